//! Every way in which a lock and a definition do not fit together, with the words that a person reads.

use crate::project::{Project, effect};
use sage_oci_hint::Hint as _;
use sage_oci_names::Architecture;
use sage_oci_recipe::RecipeError;

#[track_caller]
fn refused(image: &str, words: &str, hint: Option<&str>, spoil: impl FnOnce(&mut Project)) -> RecipeError {
    let error = Project::with(spoil).refused(image);
    assert_eq!(error.to_string(), words);
    assert_eq!(error.hint().as_deref(), hint);
    error
}

const LOCK_AGAIN: Option<&str> = Some("write the lock again: `sage-oci lock --channel sid`");
const RESTORE: Option<&str> = Some("restore the committed lock; locks are not edited by hand");

fn add(package: &str) -> String {
    format!("add `{package}` to the image's wanted packages, or take away what leaves it out, and write the lock again")
}

#[test]
fn as_it_is_it_fits() {
    Project::new().made("tool-dev");
}

#[test]
fn an_image_that_was_not_locked() {
    let words = "the lock of channel `sid` has no image `tool`";
    let error =
        refused("tool", words, LOCK_AGAIN, |project| drop(project.lock.images.remove(&"tool".parse().unwrap())));
    assert!(matches!(error, RecipeError::NotLocked { .. }));
    // A variant has the layers of its image, and is told by that.
    refused("tool-server", words, LOCK_AGAIN, |project| drop(project.lock.images.remove(&"tool".parse().unwrap())));
    refused("tool-dev", words, LOCK_AGAIN, |project| drop(project.lock.images.remove(&"tool".parse().unwrap())));
    let words = "the lock of channel `sid` has no image `tool-dev`";
    refused("tool-dev", words, LOCK_AGAIN, |project| drop(project.lock.images.remove(&"tool-dev".parse().unwrap())));
}

#[test]
fn an_image_that_extended_nothing_or_another_one_when_it_was_locked() {
    let words = "the lock of channel `sid` has no image `tool-dev`";
    refused("tool-dev", words, LOCK_AGAIN, |project| project.plan("tool-dev").extends = None);
    refused("tool-dev", words, LOCK_AGAIN, |project| {
        project.plan("tool-dev").extends = Some("other".parse().unwrap());
    });
    let words = "the lock of channel `sid` has no image `tool`";
    refused("tool", words, LOCK_AGAIN, |project| project.plan("tool").extends = Some("other".parse().unwrap()));
}

#[test]
fn a_package_that_was_asked_for_after_the_lock_was_made() {
    let wants = |image: &str, file: &str, package: &str| {
        format!("{file}: image `{image}` wants `{package}`, which the lock of channel `sid` does not have for it")
    };
    let ask = |package: &str| format!("[channels.sid.packages]\nwanted = [\"{package}\"]\n");
    let tool = |package: &str| format!("wanted = [\"tool\", \"{package}\"]");
    let error = refused("tool", &wants("tool", "tool.toml:13", "emacs"), LOCK_AGAIN, |project| {
        project.redefine("wanted = [\"tool\"]", &tool("emacs"));
    });
    assert!(matches!(error, RecipeError::NotWanted { .. }));
    // A variant has the packages of its image, and an image above those of the one below.
    for image in ["tool-server", "tool-dev"] {
        refused(image, &wants("tool", "tool.toml:13", "emacs"), LOCK_AGAIN, |project| {
            project.redefine("wanted = [\"tool\"]", &tool("emacs"));
        });
    }
    let line = Project::new().dev.lines().count() + 3;
    let place = format!("tool-dev.toml:{line}");
    refused("tool-dev", &wants("tool-dev", &place, "emacs"), LOCK_AGAIN, |project| {
        project.define("tool-dev", &ask("emacs"));
    });
    // In the lock, for the image above alone.
    refused("tool", &wants("tool", "tool.toml:13", "gcc"), LOCK_AGAIN, |project| {
        project.redefine("wanted = [\"tool\"]", &tool("gcc"));
    });
    // What the image below brings will do; so does what another channel asks for.
    Project::with(|project| project.define("tool-dev", &ask("libc6"))).made("tool-dev");
    Project::with(|project| {
        project.define("tool", "[channels.bookworm]\npackages.wanted = [\"emacs\"]\n");
    })
    .made("tool");
}

#[test]
fn an_image_whose_name_is_too_long_for_its_layers() {
    let long = format!("a{}", "b".repeat(95));
    let words = format!(
        "image `{long}` has a layer that cannot be named: `{long}-ld-cache` is not a valid layer name: \
         it must be at most 100 characters long"
    );
    let error = refused(&long, &words, Some("choose a shorter image name"), |project| {
        project.dev = project.dev.replace("name = \"tool-dev\"", &format!("name = \"{long}\""));
        let plan = project.lock.images.remove(&"tool-dev".parse().unwrap()).unwrap();
        project.lock.images.insert(long.parse().unwrap(), plan);
    });
    assert!(matches!(error, RecipeError::LayerName { .. }));
}

#[test]
fn a_layer_that_the_lock_does_not_describe() {
    let words = "image `tool` wants the layer `python`, which the lock does not describe";
    let error = refused("tool", words, RESTORE, |project| {
        project.lock.layers.retain(|layer| layer.name.as_str() != "python");
    });
    assert!(matches!(error, RecipeError::NoSuchLayer { .. }));
    let words = "image `tool-dev` wants the layer `dev-gcc`, which the lock does not describe";
    refused("tool-dev", words, RESTORE, |project| {
        project.lock.layers.retain(|layer| layer.name.as_str() != "dev-gcc");
    });
}

#[test]
fn a_label_that_is_computed() {
    let with = |label: &str| format!("config.cmd = [\"tool\"]\nconfig.labels = {{ \"{label}\" = \"x\" }}");
    for label in ["org.sage-oci.lock", "org.sage-oci.mine"] {
        let words =
            format!("image `tool` has a label `{label}` in its definition; labels of `org.sage-oci` are computed");
        let hint = "give it a name of your own, as `org.example.tool`";
        refused("tool", &words, Some(hint), |project| project.redefine("config.cmd = [\"tool\"]", &with(label)));
    }
    let mine = Project::with(|project| project.redefine("config.cmd = [\"tool\"]", &with("org.example.mine")));
    assert_eq!(mine.made("tool").last().config.labels["org.example.mine"], "x");
}

#[test]
fn a_package_that_a_layer_cannot_do_without() {
    let words = "the layer `ld-cache` needs the package `libc-bin`, which is in no layer of image `tool`";
    let error = refused("tool", words, Some(&add("libc-bin")), |project| project.forget("libc-bin"));
    assert!(matches!(error, RecipeError::NoPackage { .. }));
    // In the lock, and in no layer of this image.
    refused("tool", words, Some(&add("libc-bin")), |project| {
        project.package("libc-bin").layer = "dev-gcc".parse().unwrap();
    });
    Project::with(|project| {
        project.package("libc-bin").layer = "tool".parse().unwrap();
    })
    .made("tool");
}

#[test]
fn what_counts_only_where_it_is_may_be_away() {
    for package in ["bash", "libpam-modules", "libc6"] {
        let made = Project::with(|project| project.forget(package)).made("tool");
        let archives = |layer: &str| made.generate(layer).archives.keys().any(|name| name.as_str() == package);
        assert!(!["users", "configuration", "ld-cache"].into_iter().any(archives), "{package}");
    }
}

#[test]
fn a_package_whose_file_is_patched() {
    let patch = |package: &str| {
        format!("[[files]]\npath = \"/usr/share/x.js\"\npatch = \"first.patch\"\nof = \"{package}\"\ndivert = true\n")
    };
    let words = "the layer `files` needs the package `nowhere`, which is in no layer of image `tool`";
    refused("tool", words, Some(&add("nowhere")), |project| project.define("tool", &patch("nowhere")));
    // That of the image above is not there below.
    let words = "the layer `files` needs the package `gcc`, which is in no layer of image `tool`";
    refused("tool", words, Some(&add("gcc")), |project| project.define("tool", &patch("gcc")));
    Project::with(|project| project.define("tool-dev", &patch("gcc"))).made("tool-dev");
    Project::with(|project| project.define("tool-dev", &patch("tool"))).made("tool-dev");
}

#[test]
fn modules_that_no_layer_of_byte_code_holds() {
    let words = "image `tool` compiles no modules of the layer `tool`, and its package `tool` has some";
    let error = refused("tool", words, RESTORE, |project| {
        project.plan("tool").bytecode.retain(|name, _| name.as_str() != "bytecode-rest");
    });
    assert!(matches!(error, RecipeError::NoBytecode { .. }));
    refused("tool", words, RESTORE, |project| {
        project.plan("tool").bytecode.get_mut(&"bytecode-rest".parse().unwrap()).unwrap().clear()
    });
    let words =
        "image `tool` compiles no modules of the layer `python`, and its package `libpython3.14-stdlib` has some";
    refused("tool", words, RESTORE, |project| project.plan("tool").bytecode.clear());
    let words = "image `tool-dev` compiles no modules of the layer `dev-gcc`, and its package `python3-gcc` has some";
    refused("tool-dev", words, RESTORE, |project| project.plan("tool-dev").bytecode.clear());
    // The first by name of several.
    let words = "image `tool-dev` compiles no modules of the layer `dev-gcc`, and its package `gcc` has some";
    refused("tool-dev", words, RESTORE, |project| {
        project.lock.effects.push(effect("gcc", r#"{"kind":"bytecode"}"#));
        project.plan("tool-dev").bytecode.clear();
    });
}

#[test]
fn modules_without_a_python() {
    let words = "packages of image `tool` ship Python modules, and `python3-minimal` is not in the lock";
    let error = refused("tool", words, Some("add `python3` to the image's wanted packages"), |project| {
        project.forget("python3-minimal")
    });
    assert!(matches!(error, RecipeError::NoPython { .. }));
}

#[test]
fn a_machine_that_cannot_compile_for_the_image() {
    let words = "image `tool` for amd64 cannot be built on arm64: the lock pins no Python that runs there, to compile byte-code with";
    let hint = "write the lock again: `sage-oci lock --channel sid --arch amd64 --build-on arm64`, or build on amd64";
    let error = refused("tool", words, Some(hint), |project| project.machine = Architecture::Arm64);
    assert!(matches!(error, RecipeError::Foreign { .. }));
    refused("tool-dev", words, Some(hint), |project| project.machine = Architecture::Arm64);
}

#[test]
fn a_placed_file_that_is_not_there() {
    let words = "image `tool` places `/etc/tool.conf` from `tool.conf`, which is not below nix/images/files";
    let error = refused("tool", words, None, |project| drop(project.files.remove("tool.conf")));
    assert!(matches!(error, RecipeError::NoSource { .. }));
    refused("tool-dev", words, None, |project| drop(project.files.remove("tool.conf")));
    // Before anything that the lock lacks: this is what the person has just written.
    refused("tool", words, None, |project| {
        project.files.clear();
        project.lock.layers.clear();
    });
}

#[test]
fn a_patch_that_is_not_there() {
    let words = "image `tool-dev` places `/home/me/tree` from `first.patch`, which is not below nix/images/files";
    refused("tool-dev", words, None, |project| drop(project.files.remove("first.patch")));
    let words = "image `tool` places `/usr/share/x.js` from `third.patch`, which is not below nix/images/files";
    refused("tool", words, None, |project| {
        project.define(
            "tool",
            "[[files]]\npath = \"/usr/share/x.js\"\npatch = \"third.patch\"\nof = \"tool\"\ndivert = true\n",
        );
    });
}

#[test]
fn another_archive_than_the_definition_has() {
    let words = "the lock of channel `sid` has another archive of `widgets` than image `tool`";
    let error = refused("tool", words, LOCK_AGAIN, |project| {
        project.plan("tool").sources.get_mut("widgets").unwrap().sha256 = crate::project::digest(99);
    });
    assert!(matches!(error, RecipeError::OtherSource { .. }));
    refused("tool", words, LOCK_AGAIN, |project| project.plan("tool").sources.clear());
    let words = "the lock of channel `sid` has another archive of `tree` than image `tool-dev`";
    refused("tool-dev", words, LOCK_AGAIN, |project| {
        let sources = &mut project.plan("tool-dev").sources;
        let tree = sources.remove("tree").unwrap();
        sources.insert("forest".to_owned(), tree);
    });
}
