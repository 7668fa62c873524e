use crate::{Image, ImageError, ImageSource, Kind, Member, members};
use sage_oci_names::Architecture;

impl Image {
    /// Reads the image for one architecture.
    ///
    /// An index need not name platforms: then the images' own configs say. What is called something else than an image is looked at
    /// last.
    ///
    /// # Errors
    ///
    /// No such platform in the index, a source that fails or lacks what its index names, or documents that do not fit each other.
    pub fn open(source: &dyn ImageSource, architecture: Architecture) -> Result<Self, ImageError> {
        let mut members = members(source)?;
        members.sort_by_key(|member| member.is_called_otherwise());
        let (mut present, mut others, mut absent) = (Vec::new(), 0, None);
        for descriptor in &members {
            let said = descriptor.platform.as_ref().filter(|platform| platform.is_said());
            if let Some(platform) = said.filter(|platform| !platform.is_linux(architecture)) {
                present.push(platform.to_string());
                continue;
            }
            match Member::read(source, descriptor)? {
                Member::Image(image) if image.is_linux(architecture) => return Ok(*image),
                Member::Image(image) => present.push(image.platform()),
                Member::Other(_) => others += 1,
                Member::Absent(_) if absent.is_none() => absent = Some(descriptor),
                Member::Absent(_) => {}
            }
        }
        // What is not here may be what is asked for.
        if let Some(descriptor) = absent {
            let kind = if descriptor.media_type.kind() == Kind::Index { "index" } else { "manifest" };
            return Err(ImageError::Absent { what: format!("{kind} {}", descriptor.digest) });
        }
        present.extend((others > 0).then(|| format!("{others} that are no images")));
        Err(ImageError::NoSuchPlatform {
            architecture: architecture.to_string(),
            present: if present.is_empty() { "nothing".to_owned() } else { present.join(", ") },
        })
    }
}
