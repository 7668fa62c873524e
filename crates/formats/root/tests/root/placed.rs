//! Files that the image's definition places.

use crate::common::*;
use sage_oci_effects::Mode;
use sage_oci_hint::Hint as _;
use sage_oci_root::{Item, RootError};
use sage_oci_step::{GenerateKind, PlacedContent, PlacedFile, SourcePatch};

fn place(path: &str, content: PlacedContent) -> PlacedFile {
    let (owner, group) = ("sage".to_owned(), "root".to_owned());
    PlacedFile { path: path.to_owned(), content, mode: Mode::new(0o640), owner, group }
}

fn text(text: &str) -> PlacedContent {
    PlacedContent::Text(text.to_owned())
}

/// A patch that turns a line of a file into another.
fn patch(package: &str, path: &str, old: &str) -> PlacedContent {
    let text = format!("why\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-{old}\n+new\n");
    PlacedContent::Patch { package: name(package), patch: SourcePatch { name: "x.patch".to_owned(), text } }
}

fn image() -> Image {
    let base = Package::new("base-files")
        .link("bin", "usr/bin")
        .directory("usr/bin", 0o755)
        .link("var/run", "/run")
        .directory("run", 0o755)
        .file("run/shipped", "")
        .file("usr/share/x/data", "old\n");
    // Its file is diverted: the layer has it elsewhere, the archive at its own place.
    let diverted = Package::new("diverted").file("usr/lib/x.js", "old\n");
    let mut image = Image::of([base, diverted]);
    let entry = image.packages[1].contents.entries.last_mut().unwrap();
    entry.path = at("usr/lib/x.js.distrib");
    image
}

fn make(files: Vec<PlacedFile>) -> Result<Vec<Item>, RootError> {
    image().items(GenerateKind::Files { files }, Vec::new())
}

#[test]
fn every_kind_of_placed_file() {
    let files = vec![
        place("/etc/motd", text("hello\n")),
        place("/var/run/pid", text("")),
        place("/bin/run-it", PlacedContent::Link("../x".to_owned())),
        place("/usr/share/x", PlacedContent::Directory(true)),
        place("/usr/lib/x.js", patch("diverted", "usr/lib/x.js", "old")),
    ];
    golden("placed", &make(files).unwrap());
}

#[test]
fn a_packages_file_is_not_replaced_unseen() {
    for path in ["/usr/share/x/data", "/var/run", "/var/run/shipped"] {
        let error = make(vec![place(path, text("mine"))]).unwrap_err();
        let RootError::Shipped { package, .. } = &error else { panic!("{error}") };
        assert_eq!(package.as_str(), "base-files");
        assert!(error.hint().unwrap().contains("`divert = true`"));
    }
    let error = make(vec![place("/usr/share/x/data", PlacedContent::Link("x".to_owned()))]).unwrap_err();
    assert_eq!(error.to_string(), "the definition places `/usr/share/x/data`, which the package base-files ships");
}

#[test]
fn a_patch_fits_or_says_why_not() {
    let other = patch("diverted", "usr/lib/y.js", "old");
    let PlacedContent::Patch { package, patch: mut two } = patch("diverted", "usr/lib/x.js", "old") else { panic!() };
    two.text.push_str("--- /dev/null\n+++ b/usr/lib/new.js\n@@ -0,0 +1 @@\n+new\n");
    let more = PlacedContent::Patch { package, patch: two };
    for (content, why) in [
        (patch("diverted", "usr/lib/x.js", "older"), "expects `older`, the file has `old`"),
        (more, "the patch wants `usr/lib/new.js` to be new"),
        (other, "the patch wants `usr/lib/y.js` to be there"),
    ] {
        let error = make(vec![place("/usr/lib/x.js", content)]).unwrap_err();
        assert!(matches!(&error, RootError::Patch { patch, .. } if patch == "x.patch"), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
    let error = make(vec![place("/usr/lib/z.js", patch("diverted", "usr/lib/z.js", "old"))]).unwrap_err();
    assert!(matches!(&error, RootError::Absent { path, .. } if path == "/usr/lib/z.js"), "{error}");
}

#[test]
fn owners_and_paths_are_checked() {
    let mut file = place("/etc/x", text(""));
    file.owner = "stranger".to_owned();
    let error = make(vec![file]).unwrap_err();
    assert_eq!(error.to_string(), "the user `stranger` of `/etc/x` does not exist in the image");
    let error = make(vec![place("/etc/../../x", text(""))]).unwrap_err();
    assert!(matches!(error, RootError::Path { .. }), "{error}");
    let error = make(vec![place("/etc/x", text("a")), place("/etc/x", text("b"))]).unwrap_err();
    assert!(matches!(error, RootError::Conflict { .. }), "{error}");
}
