use crate::asked::said;
use crate::emulated::{self, candidates};
use crate::emulator;
use crate::layers::{Blob, Judged, judge, same_blob};
use crate::rebuilt::Rebuilt;
use crate::{Bench, Built, Conditions, Ran, ReproduceError, Request, Watch};
use sage_oci_derivation::Finished;
use sage_oci_files::{self as files, FileError};
use sage_oci_names::{LayerName, StorePath};
use sage_oci_verify::{Cause, Emulation, FORMAT, LayerReport, NotVaried, Report, Variation, Verdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The coarsest clock of a format, that of zip, counts two seconds: builds in one of its ticks would be the same by chance.
const TICK: Duration = Duration::from_millis(2100);

/// Builds an image again, compares, and looks for what a difference depends on.
///
/// Its layers are built under all variations at once. Where one comes out otherwise than it was published it is built twice without
/// any. If both are the same and the varied one is not, one variation after the other is tried; if they differ, what may vary from run
/// to run is held still.
///
/// # Errors
/// [`ReproduceError`]: it could not be built, or not be compared.
pub fn verify(request: &Request<'_>, watch: &dyn Watch) -> Result<Report, ReproduceError> {
    let (mut wanted, here) = (request.wanted.clone(), &request.here);
    // That one is of single layers, and after all others.
    let emulates = wanted.remove(&Variation::CpuKind);
    let (conditions, mut not_varied) = Conditions::of(&wanted, here);
    let scratch = tempfile::Builder::new()
        .prefix("sage-oci-verify-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir_in(&request.folder)
        .map_err(FileError::at("make a folder in", &request.folder))?;
    let work = Work { request, watch, scratch: scratch.path() };
    let mut varied = conditions.varied().clone();
    watch.begins("again");
    let mut bench = work.bench("varied", conditions)?;
    let built = work.build(&mut bench, request.only.as_ref(), true)?;
    watch.begins("comparing");
    let mut layers = work.layers(&built)?;
    let emulation = match emulates.then_some(&here.no_emulator) {
        None => None,
        Some(Some(why)) => {
            not_varied.push(NotVaried { variation: Variation::CpuKind, why: why.clone() });
            None
        }
        Some(None) => Some(work.emulate(&bench, &mut layers, &mut not_varied)?),
    };
    let emulation = emulation.filter(|emulation| !emulation.layers.is_empty());
    let is_told = |one: &NotVaried| one.variation == Variation::CpuKind;
    if emulates && emulation.is_none() && !not_varied.iter().any(is_told) {
        let why = "no layer that was built is one of those that are emulated; `--emulate` chooses others".to_owned();
        not_varied.push(NotVaried { variation: Variation::CpuKind, why });
    }
    varied.extend(emulation.as_ref().map(|_| Variation::CpuKind));
    let rebuilt = match (&request.only, out(&built, &request.top)) {
        (None, Some(layout)) => Some(Rebuilt::open(request, layout)?),
        _ => None,
    };
    let differ = || layers.iter().filter(|(_, judged)| judged.verdict == Verdict::Different);
    let unknown: Vec<&LayerName> =
        differ().filter(|(_, judged)| !judged.on_old_processor).map(|(name, _)| name).collect();
    let is_damaged = layers.iter().any(|(_, judged)| judged.is_damaged);
    let same_files = match rebuilt.as_ref().filter(|_| !is_damaged) {
        None => false,
        Some(rebuilt) if rebuilt.has_the_layers_of(request) => differ().next().is_none(),
        Some(rebuilt) => rebuilt.has_the_files_of(request)?,
    };
    let mut reasons = if same_files { BTreeMap::new() } else { work.reasons(&unknown, &built)? };
    let mut reports = Vec::new();
    for (name, mut judged) in layers {
        let Reasons { why, causes } = reasons.remove(&name).unwrap_or_default();
        judged.why = judged.why.or(why);
        let causes = match judged.on_old_processor {
            false => causes,
            true => vec![Cause { variation: Variation::CpuKind, observed: said(Variation::CpuKind, None) }],
        };
        reports.push(report(request, name, judged, causes));
    }
    let of_layers = reports.iter().map(|layer| layer.verdict.clone());
    let (verdict, documents) = match &rebuilt {
        None => (Verdict::of_all(of_layers), Vec::new()),
        Some(rebuilt) => rebuilt.verdict(request, of_layers, same_files),
    };
    Ok(Report {
        format: FORMAT,
        subject: request.subject.clone(),
        manifest: request.keeps_blobs.then_some(request.image.descriptor.digest),
        rebuilt: rebuilt.map(|rebuilt| rebuilt.digest()),
        lock: request.lock.clone(),
        verdict,
        layers: reports,
        documents,
        varied: varied.into_iter().collect(),
        not_varied,
        emulation,
    })
}

fn report(request: &Request<'_>, name: LayerName, judged: Judged, causes: Vec<Cause>) -> LayerReport {
    let published = published(request, &name).map(|layer| layer.diff_id);
    let Judged { verdict, rebuilt, found: differences, why, .. } = judged;
    LayerReport { name: name.to_string(), diff_id: published, rebuilt, verdict, why, differences, causes }
}

fn published<'r>(request: &Request<'r>, name: &LayerName) -> Option<&'r sage_oci_image::ImageLayer> {
    let named = request.image.layers.iter().find(|layer| layer.name.as_deref() == Some(name.as_str()));
    named.or_else(|| {
        // An image that was written anew may have lost its layers' names.
        let nameless = request.image.layers.len() == request.layers.len()
            && request.image.layers.iter().all(|layer| layer.name.is_none());
        let place = request.layers.iter().position(|(layer, _)| layer == name).filter(|_| nameless)?;
        request.image.layers.get(place)
    })
}

/// Why a layer does not come out as it was published.
#[derive(Debug, Clone, Default)]
struct Reasons {
    why: Option<String>,
    causes: Vec<Cause>,
}

struct Work<'w> {
    request: &'w Request<'w>,
    watch: &'w dyn Watch,
    scratch: &'w Path,
}

impl<'w> Work<'w> {
    /// An empty bench with the archives.
    fn bench(&self, name: &str, conditions: Conditions) -> Result<Bench<'w>, ReproduceError> {
        let Request { derivations, builder, launcher, archives, .. } = self.request;
        let mut bench = Bench::new(&self.scratch.join(name), derivations, builder, launcher, conditions)?;
        for (out, files) in archives {
            bench.provide(out, files.iter().cloned())?;
        }
        Ok(bench)
    }

    /// Builds one layer or all, and the whole if that is asked for.
    fn build(&self, bench: &mut Bench<'_>, only: Option<&LayerName>, whole: bool) -> Result<Built, ReproduceError> {
        let of = self.request.layers.iter().filter(|(name, _)| only.is_none_or(|only| only == name));
        let mut wanted: Vec<&StorePath> = of.map(|(_, derivation)| derivation).collect();
        wanted.extend((only.is_none() && whole).then_some(&self.request.top));
        bench.build(&wanted, self.request.jobs, &|finished: &Finished, left| {
            self.watch.built(&finished.derivation.name, left)
        })
    }

    /// What came of each layer, of the image's order.
    fn layers(&self, built: &Built) -> Result<Vec<(LayerName, Judged)>, ReproduceError> {
        let mut all = Vec::new();
        for (name, derivation) in &self.request.layers {
            let Some(out) = out(built, derivation) else { continue };
            let Request { source, keeps_blobs, .. } = *self.request;
            let judged = match published(self.request, name) {
                Some(layer) => judge(source, layer, keeps_blobs, out, name.as_str())?,
                None => Judged::absent(),
            };
            all.push((name.clone(), judged));
        }
        Ok(all)
    }

    /// Builds chosen layers by an emulator. Those that come out otherwise differ from now on.
    fn emulate(
        &self,
        bench: &Bench<'_>,
        layers: &mut [(LayerName, Judged)],
        not_varied: &mut Vec<NotVaried>,
    ) -> Result<Emulation, ReproduceError> {
        let request = self.request;
        let size = |name: &LayerName| published(request, name).map(|layer| layer.descriptor.size);
        let candidates = candidates(request, size);
        let chosen = request.emulate.choose(&candidates);
        let is_chosen =
            |(name, judged): &&(LayerName, Judged)| chosen.contains(&name) && judged.verdict != Verdict::Different;
        let chosen = layers.iter().filter(is_chosen);
        let chosen: Vec<_> =
            chosen.filter_map(|(name, _)| Some((name.clone(), self.derivation(name)?.clone()))).collect();
        if !chosen.is_empty() {
            self.watch.begins("on an older processor");
        }
        let mut emulated = Vec::new();
        for (name, ran) in emulated::build(request, bench, &self.scratch.join("emulated"), chosen, self.watch)? {
            let out = ran.map(|ran| ran.outputs.get("out").cloned());
            let (Ok(Some(out)), Some(layer)) = (&out, published(request, &name)) else {
                not_varied.extend(out.err().map(|error| emulated::not_varied(&name, &error)));
                continue;
            };
            let judged = judge(request.source, layer, request.keeps_blobs, out, name.as_str())?;
            if let Some((_, before)) = layers.iter_mut().find(|(layer, _)| *layer == name)
                && judged.verdict != before.verdict
            {
                *before = Judged { on_old_processor: true, ..judged };
            }
            emulated.push(name.to_string());
        }
        emulated.sort_unstable();
        let others = layers.iter().map(|(name, _)| name.to_string()).filter(|name| !emulated.contains(name)).collect();
        Ok(Emulation { by: emulator::words().join(" "), layers: emulated, others })
    }

    /// For each layer that differs, what it depends on.
    fn reasons(&self, differ: &[&LayerName], varied: &Built) -> Result<BTreeMap<LayerName, Reasons>, ReproduceError> {
        let mut all = BTreeMap::new();
        if differ.is_empty() {
            return Ok(all);
        }
        self.watch.begins("without any variation");
        let mut control = self.bench("control", Conditions::usual(&self.request.here))?;
        for name in differ {
            let built = self.build(&mut control, Some(name), false)?;
            let Some(derivation) = self.derivation(name) else { continue };
            let (Some(plain), Some(other)) = (out(&built, derivation), out(varied, derivation)) else { continue };
            let comes_back = || {
                std::thread::sleep(TICK);
                match self.alone(name, None)? {
                    Some((_, again)) => again.same(plain),
                    None => Ok(false),
                }
            };
            let reasons = if same_blob(plain, other)? {
                let why = "it comes out the same each time, and not as it was published".to_owned();
                Reasons { why: Some(why), causes: Vec::new() }
            } else if comes_back()? {
                Reasons { why: None, causes: self.bisect(name, plain)? }
            } else {
                let why = "it comes out otherwise each time that it is built".to_owned();
                Reasons { why: Some(why), causes: self.pin(name)? }
            };
            all.insert((*name).clone(), reasons);
        }
        Ok(all)
    }

    /// Tries one variation after the other against a build without any.
    fn bisect(&self, name: &LayerName, plain: &Path) -> Result<Vec<Cause>, ReproduceError> {
        let mut causes = Vec::new();
        for variation in self.request.wanted.iter().copied().filter(|one| *one != Variation::CpuKind) {
            if let Some((ran, again)) = self.alone(name, Some(variation))?
                && !again.same(plain)?
            {
                causes.push(Cause { variation, observed: said(variation, ran.observed.as_ref()) });
            }
        }
        Ok(causes)
    }

    /// A layer that comes out otherwise each time: what is the same twice, and so makes it come out the same twice?
    fn pin(&self, name: &LayerName) -> Result<Vec<Cause>, ReproduceError> {
        let mut first = Vec::new();
        for variation in [Variation::Time, Variation::Random, Variation::Aslr, Variation::Memory] {
            first.extend(self.alone(name, Some(variation))?.map(|(ran, blob)| (variation, ran, blob)));
        }
        std::thread::sleep(TICK);
        let mut causes = Vec::new();
        for (variation, ran, one) in first {
            if self.alone(name, Some(variation))?.is_some_and(|(_, other)| one == other) {
                causes.push(Cause { variation, observed: said(variation, ran.observed.as_ref()) });
            }
        }
        Ok(causes)
    }

    /// Builds a layer and all that it needs once more, with one variation or none; nothing where this machine does not allow that.
    fn alone(&self, name: &LayerName, variation: Option<Variation>) -> Result<Option<(Ran, Blob)>, ReproduceError> {
        let (conditions, impossible) = Conditions::of(&variation.into_iter().collect(), &self.request.here);
        let Some(derivation) = self.derivation(name).filter(|_| impossible.is_empty()) else { return Ok(None) };
        if let Some(variation) = variation {
            self.watch.begins(&format!("{name} with {variation} alone"));
        }
        let mut bench = self.bench("alone", conditions)?;
        let mut built = self.build(&mut bench, Some(name), false)?;
        let ran = built.ran.remove(derivation).unwrap_or_default();
        let blob = ran.outputs.get("out").map(|out| Blob::of(out)).transpose()?;
        files::remove_dir_all(self.scratch.join("alone"))?;
        Ok(blob.map(|blob| (ran, blob)))
    }

    fn derivation(&self, name: &LayerName) -> Option<&'w StorePath> {
        self.request.layers.iter().find(|(layer, _)| layer == name).map(|(_, derivation)| derivation)
    }
}

fn out<'b>(built: &'b Built, derivation: &StorePath) -> Option<&'b Path> {
    built.ran.get(derivation)?.outputs.get("out").map(PathBuf::as_path)
}
