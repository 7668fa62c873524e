use crate::{ImagePlan, Lock, Omitted, Reason};
use sage_oci_names::{ImageName, LayerName, PackageName};
use std::collections::{BTreeMap, BTreeSet};

impl Lock {
    /// The lock as it would be if there were only this image and the one that it extends; `None` if it has no such image.
    ///
    /// What another image brings is not in it: neither packages nor what their scripts do, nor what is left out there. So an
    /// image stays what it is when one that extends it is added to the lock.
    pub fn view(&self, image: &ImageName) -> Option<Self> {
        let plan = self.images.get(image)?;
        let base = match &plan.extends {
            Some(base) => Some((base, self.images.get(base)?)),
            None => None,
        };
        let layers: BTreeSet<&LayerName> = base.iter().flat_map(|(_, base)| &base.layers).chain(&plan.layers).collect();
        let mut packages: Vec<_> =
            self.packages.iter().filter(|package| layers.contains(&package.layer)).cloned().collect();
        for package in packages.iter_mut().filter(|package| plan.wanted.contains(&package.name)) {
            package.reason = Reason::Wanted;
        }
        let names: BTreeSet<&PackageName> = packages.iter().map(|package| &package.name).collect();
        let effects = self.effects.iter().filter(|owned| names.contains(&owned.package)).cloned().collect();
        let omitted = self.omitted_of(image, plan).into_values().filter(|omitted| !names.contains(&omitted.name));
        let omitted = omitted.cloned().collect();
        let mut images = BTreeMap::from([(image.clone(), plan.clone())]);
        images.extend(base.map(|(name, plan)| (name.clone(), plan.clone())));
        let layers = self.layers.iter().filter(|layer| layers.contains(&layer.name)).cloned().collect();
        Some(Self { images, layers, packages, omitted, effects, ..self.clone() })
    }

    /// What is left out for an image: its own word counts before that of the image that it extends. Of one that stands alone
    /// nothing is said beside what is said of all ([`Lock::check`]).
    fn omitted_of(&self, image: &ImageName, plan: &ImagePlan) -> BTreeMap<&PackageName, &Omitted> {
        let said_of = |of| self.omitted.iter().filter(move |omitted| omitted.image.as_ref() == of);
        let mut all: BTreeMap<_, _> = said_of(None).map(|omitted| (&omitted.name, omitted)).collect();
        if plan.extends.is_some() {
            all.extend(said_of(Some(image)).map(|omitted| (&omitted.name, omitted)));
        }
        all
    }
}
