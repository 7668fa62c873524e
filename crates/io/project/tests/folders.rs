//! What a project's folder answers, and each way in which it does not: with the file, and what to do.

#![expect(clippy::disallowed_methods, reason = "where a test fails, its line says what it asked for")]

use sage_oci_files as files;
use sage_oci_hint::Hint as _;
use sage_oci_names::{Architecture, ChannelName};
use sage_oci_project::{Project, ProjectError};
use std::path::Path;

/// A copy of the small project, to be spoilt.
fn copy() -> (tempfile::TempDir, Project) {
    fn copied(from: &Path, to: &Path) {
        files::create_dir_all(to).unwrap();
        for path in files::list(from).unwrap() {
            let target = to.join(path.file_name().unwrap());
            match path.is_dir() {
                true => copied(&path, &target),
                false => files::write_atomic(target, &files::read(path).unwrap()).unwrap(),
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copied(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/small"), folder.path());
    let project = Project::at(folder.path()).unwrap().unwrap();
    (folder, project)
}

fn sid() -> ChannelName {
    "sid".parse().unwrap()
}

fn write(project: &Project, below: &str, text: &str) {
    files::write_atomic(project.root().join(below), text.as_bytes()).unwrap();
}

#[test]
fn images_come_in_the_order_of_their_names_and_with_their_channels() {
    let (_folder, project) = copy();
    let names: Vec<_> = project.images().unwrap().iter().map(|image| image.name.to_string()).collect();
    // In the folder `tool-dev.toml` comes first.
    assert_eq!(names, ["tool", "tool-dev"]);
    assert_eq!(project.default_channel().unwrap(), sid());
    let image = |channel: Option<&ChannelName>| project.image(&"tool-server".parse().unwrap(), channel);
    assert_eq!(image(None).unwrap(), image(Some(&sid())).unwrap());
    let error = image(Some(&"bookworm".parse().unwrap())).unwrap_err();
    assert!(error.to_string().contains("bookworm"), "{error}");
    // What is no definition lies there unread.
    write(&project, "nix/images/notes.txt", "{");
    write(&project, "nix/channels/notes.md", "{");
    assert_eq!((project.images().unwrap().len(), project.channels().unwrap().len()), (2, 1));
}

#[test]
fn locks_are_found_by_channel_and_architecture() {
    let (_folder, project) = copy();
    let below = |architecture| {
        let path = project.lock_path(&sid(), architecture);
        path.strip_prefix(project.root()).unwrap().display().to_string()
    };
    assert_eq!(below(Architecture::Amd64), "nix/locks/sid.json");
    assert_eq!(below(Architecture::Arm64), "nix/locks/sid-arm64.json");
    assert_eq!(project.locked_architectures(&sid()).unwrap(), [Architecture::Amd64, Architecture::Arm64]);
    files::remove_file(project.lock_path(&sid(), Architecture::Amd64)).unwrap();
    assert_eq!(project.locked_architectures(&sid()).unwrap(), [Architecture::Arm64]);
    let error = project.lock(&sid(), Architecture::Amd64).unwrap_err();
    assert!(matches!(error, ProjectError::NoLock { .. }), "{error:?}");
    assert!(error.to_string().starts_with("channel `sid` has no lock: "), "{error}");
    assert!(error.to_string().ends_with("nix/locks/sid.json is not there"), "{error}");
    assert_eq!(error.hint().as_deref(), Some("write it with `sage-oci lock --channel sid`"));
    // A channel that nobody knows is not one that is not locked.
    let error = project.lock(&"sit".parse().unwrap(), Architecture::Amd64).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.hint()), ("there is no channel `sit`; there are `sid`", None));
}

#[test]
fn what_cannot_be_used_names_its_file() {
    let (_folder, project) = copy();
    write(&project, "nix/locks/sid.json", "{");
    let error = project.lock(&sid(), Architecture::Amd64).unwrap_err();
    assert!(matches!(error, ProjectError::Lock { .. }), "{error:?}");
    assert!(error.to_string().contains("nix/locks/sid.json: "), "{error}");
    let text = files::read_to_string(project.lock_path(&sid(), Architecture::Arm64)).unwrap();
    write(&project, "nix/locks/sid.json", &text.replacen("\"format\": 2", "\"format\": 3", 1));
    let error = project.lock(&sid(), Architecture::Amd64).unwrap_err();
    assert!(error.to_string().contains('3') && error.hint().is_some(), "{error}");

    write(&project, "nix/images/tool.toml", "format = 1\nname = \"tool\"\nnonsense = 1\n");
    let error = project.images().unwrap_err();
    assert!(matches!(error, ProjectError::Definition(_)), "{error:?}");
    assert!(error.to_string().contains("nix/images/tool.toml"), "{error}");
    write(&project, "nix/channels/sid.toml", "format = 1\n");
    assert!(project.channels().unwrap_err().to_string().contains("nix/channels/sid.toml"));

    let (_folder, project) = copy();
    let error = project.checks(&"tool".parse().unwrap()).unwrap_err();
    assert!(matches!(error, ProjectError::File(_)) && error.to_string().contains("checks/tool.toml"), "{error:?}");
    assert!(!project.has_checks(&"tool".parse().unwrap()).unwrap());
    files::create_dir_all(project.root().join("nix/images/checks")).unwrap();
    write(&project, "nix/images/checks/tool.toml", "version = 1\n");
    assert!(project.has_checks(&"tool".parse().unwrap()).unwrap());
    let expected = ("nix/images/checks/tool.toml".to_owned(), "version = 1\n".to_owned());
    assert_eq!(project.checks(&"tool".parse().unwrap()).unwrap(), expected);
}

#[test]
fn a_lock_that_does_not_fit_gives_no_recipe() {
    let (_folder, project) = copy();
    let text = files::read_to_string(project.root().join("nix/images/tool.toml")).unwrap();
    write(&project, "nix/images/tool.toml", &text.replace(&"1".repeat(64), &"3".repeat(64)));
    let error = project.recipe(&sid(), Architecture::Amd64).unwrap_err();
    assert!(matches!(error, ProjectError::Recipe { .. }), "{error:?}");
    assert!(error.to_string().contains("nix/locks/sid.json: ") && error.to_string().contains("widgets"), "{error}");
    assert!(error.hint().unwrap().contains("sage-oci lock --channel sid"), "{:?}", error.hint());
    let error = project.recipe(&"none".parse().unwrap(), Architecture::Amd64).unwrap_err();
    assert!(matches!(error, ProjectError::Unknown { .. }), "{error:?}");
}

#[test]
fn keys_are_named_with_the_line_that_wants_them() {
    let (_folder, project) = copy();
    let mut suite = project.channel(&sid()).unwrap().suites.remove(0);
    let name = suite.keys[0].value.clone();
    let error = project.keys(&suite).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("nix/channels/sid.toml:") && text.contains(&format!("trusts the key `{name}`")), "{text}");
    assert!(error.hint().unwrap().contains("correct `keys` in the channel's definition"));
    files::create_dir_all(project.root().join("nix/keys")).unwrap();
    for key in &suite.keys {
        write(&project, &format!("nix/keys/{}.asc", key.value), "armour");
    }
    suite.keys.truncate(1);
    assert_eq!(project.keys(&suite).unwrap(), [(name, b"armour".to_vec())]);
}

#[test]
fn a_folder_without_images_is_no_project() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Project::at(folder.path()).unwrap().is_none());
    let error = Project::discover(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with(&format!("no sage-oci project at {}", folder.path().display())), "{error}");
    assert!(error.hint().unwrap().contains("--project DIR"));
    files::create_dir_all(folder.path().join("nix/images")).unwrap();
    files::create_dir_all(folder.path().join("nix/channels")).unwrap();
    let project = Project::at(folder.path()).unwrap().unwrap();
    assert!(project.images().unwrap().is_empty() && project.placed_files().unwrap().is_empty());
    assert!(matches!(project.default_channel(), Err(ProjectError::NotFound { .. })));
    assert_eq!(project.list_of_images().unwrap().name, "nix/images.json");
}

#[test]
fn a_document_that_is_not_there_is_none_and_one_that_differs_is_told_as_it_is() {
    let (_folder, project) = copy();
    let document = project.recipe(&sid(), Architecture::Amd64).unwrap();
    assert_eq!(project.document_path(&document), project.root().join("nix/recipes/sid.json"));
    assert_eq!(project.written(&document).unwrap().as_ref(), Some(&document.text));
    write(&project, "nix/recipes/sid.json", "{}");
    assert_eq!(project.written(&document).unwrap().as_deref(), Some("{}"));
    files::remove_file(project.document_path(&document)).unwrap();
    assert_eq!(project.written(&document).unwrap(), None);
}
