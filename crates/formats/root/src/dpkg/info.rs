use crate::{Item, RootError};
use sage_oci_deb::{Control, Stanza};
use sage_oci_tree::ImagePath;

/// Where dpkg keeps a file list and the control files of each package.
const INFO: &str = "/var/lib/dpkg/info";

/// The MD5 of each unpacked file, by its path in the archive, in the archive's order.
#[derive(Debug, Default)]
pub struct Sums(Vec<(ImagePath, String)>);

impl Sums {
    /// Notes the sum of a file.
    pub fn add(&mut self, path: &ImagePath, md5: &str) {
        self.0.push((path.clone(), md5.to_owned()));
    }

    /// A hard link has the sum of its file.
    pub fn link(&mut self, path: &ImagePath, target: &ImagePath) {
        if let Some((_, md5)) = self.0.iter().find(|(known, _)| known == target) {
            let md5 = md5.clone();
            self.0.push((path.clone(), md5));
        }
    }

    fn text(&self) -> String {
        self.0.iter().map(|(path, md5)| format!("{md5}  {path}\n")).collect()
    }
}

/// The files of a package below dpkg's `info` folder, as dpkg itself writes them when it unpacks the package.
///
/// `paths` are the archive's paths in its order, before any rewriting: dpkg lists excluded and diverted paths too. `sums` is
/// there when the package has no `md5sums`: dpkg then makes one.
///
/// # Errors
///
/// The package brings a `list` of its own, or a control file whose name leads elsewhere.
pub fn info_files(
    stanza: &Stanza,
    control: &Control,
    paths: &[ImagePath],
    sums: Option<&Sums>,
) -> Result<Vec<Item>, RootError> {
    let name = stanza.get("Package").unwrap_or_default();
    // Packages of several architectures may be there at once only if they say so; their files carry the architecture.
    let stem = match (stanza.get("Multi-Arch"), stanza.get("Architecture")) {
        (Some("same"), Some(architecture)) => format!("{INFO}/{name}:{architecture}"),
        _ => format!("{INFO}/{name}"),
    };
    let mut list = String::from("/.\n");
    for path in paths {
        list.push('/');
        list.push_str(path.as_str());
        list.push('\n');
    }
    let mut items = vec![Item::file(&format!("{stem}.list"), 0o644, list)?];
    for (file, content) in &control.files {
        // The stanza goes to the status file; a `list` of the package's own would fake the real one.
        if file == "list" {
            return Err(RootError::Path { path: format!("{stem}.{file}"), why: "dpkg makes this file itself" });
        }
        if file != "control" {
            items.push(Item::file(&format!("{stem}.{file}"), content.mode, content.bytes.clone())?);
        }
    }
    if let Some(sums) = sums {
        items.push(Item::file(&format!("{stem}.md5sums"), 0o644, sums.text())?);
    }
    items.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(items)
}
