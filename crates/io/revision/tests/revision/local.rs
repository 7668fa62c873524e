//! Repositories and folders of this machine.

use crate::world::{FILES, World, git};
use sage_oci_hint::Hint;
use sage_oci_revision::RevisionError;
use sage_oci_source::{BlobId, FileKind};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

#[test]
fn a_work_tree_is_the_commit_that_is_checked_out() {
    let world = World::new();
    world.repository("r");
    let hash = git(&world.path("r"), &["rev-parse", "HEAD"]);
    let mut found = world.open("{}/r").unwrap();
    let names: Vec<&str> = found.tree.files.keys().map(String::as_str).collect();
    assert_eq!(names, ["README", "meson.build", "src/sage/a.pyx", "src/sage/version.py"]);
    assert_eq!(found.file("src/sage/a.pyx").unwrap().unwrap(), b"cdef int a\n");
    let identity = &found.identity;
    assert_eq!(identity.commit.as_deref(), Some(hash.as_str()));
    assert_eq!((identity.version.as_str(), identity.branch.as_deref()), ("10.9", Some("main")));
    assert_eq!(identity.describe, Some(format!("10.9-g{}", &hash[..10])));
    assert_eq!((identity.time, &identity.origin, identity.dirty.len()), (Some(1_793_534_400), &None, 0));
    let raw = String::from_utf8(identity.raw_commit.clone().unwrap()).unwrap();
    assert!(raw.starts_with("tree ") && raw.ends_with("\n\nwhy\n"), "{raw}");
}

#[test]
fn any_revision_and_any_place() {
    let world = World::new();
    let first = git(&world.repository("with space@x"), &["rev-parse", "HEAD"]);
    let folder = world.path("with space@x");
    git(&folder, &["tag", "-a", "10.9", "-m", "x"]);
    world.write("with space@x/src/sage/a.pyx", "cdef int b\n");
    let second = world.commit("with space@x");
    git(&folder, &["branch", "u/me/fix", "HEAD~1"]);
    git(&folder, &["update-ref", "refs/pull/7/head", "HEAD"]);
    git(&folder, &["remote", "add", "origin", "https://me:secret@h/sage.git"]);
    for (text, hash, branch, describe) in [
        ("", &second, Some("main"), format!("10.9-1-g{}", &second[..10])),
        ("@HEAD~1", &first, None, "10.9".to_owned()),
        ("@u/me/fix", &first, Some("u/me/fix"), "10.9".to_owned()),
        ("@10.9", &first, None, "10.9".to_owned()),
        ("@refs/pull/7/head", &second, Some("pull-7"), format!("10.9-1-g{}", &second[..10])),
        (&format!("@{first}"), &first, None, "10.9".to_owned()),
    ] {
        let identity = world.open(&format!("{{}}/with space@x{text}")).unwrap().identity;
        assert_eq!(identity.commit.as_ref(), Some(hash), "{text}");
        assert_eq!((identity.branch.as_deref(), identity.describe), (branch, Some(describe)), "{text}");
        assert_eq!(identity.origin.as_deref(), Some("https://h/sage.git"));
    }
    // A folder in it, a second work tree of it, a bare clone.
    assert_eq!(world.open("{}/with space@x/src").unwrap().identity.commit, Some(second.clone()));
    git(&folder, &["worktree", "add", "-q", world.path("second").to_str().unwrap(), "u/me/fix"]);
    assert_eq!(world.open("{}/second").unwrap().identity.commit, Some(first));
    git(world.dir.path(), &["clone", "-q", "--bare", folder.to_str().unwrap(), "bare"]);
    let bare = world.open("{}/bare@main").unwrap();
    assert_eq!((bare.identity.commit, bare.identity.origin), (Some(second), None));
}

#[test]
fn changed_files_are_named_and_taken_only_when_asked_for() {
    let mut world = World::new();
    let folder = world.repository("r");
    world.write("r/gone", "x");
    world.write("r/plain", "x");
    world.commit("r");
    world.write("r/src/sage/a.pyx", "cdef int changed\n");
    world.write("r/src/sage/new.pyx", "new\n");
    world.write("r/src/sage/untracked.pyx", "untracked\n");
    git(&folder, &["add", "src/sage/new.pyx"]);
    sage_oci_files::remove_file(folder.join("gone")).unwrap();
    git(&folder, &["rm", "-q", "--cached", "plain"]);
    let dirty = ["gone", "plain", "src/sage/a.pyx", "src/sage/new.pyx"];
    let mut found = world.open("{}/r").unwrap();
    assert_eq!((found.identity.dirty.as_slice(), found.identity.takes_dirty), (&dirty.map(str::to_owned)[..], false));
    assert_eq!(found.file("src/sage/a.pyx").unwrap().unwrap(), b"cdef int a\n");
    assert!(found.tree.id("gone").is_some() && found.tree.id("src/sage/new.pyx").is_none());
    world.dirty = true;
    let mut found = world.open("{}/r").unwrap();
    assert_eq!((found.identity.dirty.as_slice(), found.identity.takes_dirty), (&dirty.map(str::to_owned)[..], true));
    assert_eq!(found.file("src/sage/a.pyx").unwrap().unwrap(), b"cdef int changed\n");
    assert_eq!(found.file("src/sage/new.pyx").unwrap().unwrap(), b"new\n");
    let all: Vec<BlobId> = found.tree.files.values().map(|file| file.id).collect();
    let contents = found.read_all(&all).unwrap();
    assert_eq!(contents.iter().map(|content| BlobId::of(content)).collect::<Vec<_>>(), all);
    for absent in ["gone", "plain", "src/sage/untracked.pyx"] {
        assert!(found.tree.id(absent).is_none(), "{absent}");
    }
    assert!(matches!(world.refused("{}/r@HEAD~1").0, RevisionError::NotDirty { .. }));
}

#[test]
fn a_merge_that_is_not_finished_is_not_taken() {
    let mut world = World::new();
    let folder = world.repository("r");
    git(&folder, &["checkout", "-q", "-b", "other"]);
    world.write("r/README", "other\n");
    world.commit("r");
    git(&folder, &["checkout", "-q", "main"]);
    world.write("r/README", "mine\n");
    world.commit("r");
    let mut merge = sage_oci_child::command("git");
    merge.arg("-C").arg(&folder).args(["-c", "user.name=T", "-c", "user.email=t@localhost", "merge", "-q", "other"]);
    assert!(!merge.output().unwrap().status.success());
    assert_eq!(world.open("{}/r").unwrap().identity.dirty, ["README"]);
    world.dirty = true;
    assert!(matches!(world.refused("{}/r").0, RevisionError::Unmerged { path } if path == "README"));
}

#[test]
fn what_is_checked_out_does_not_matter_to_objects() {
    let world = World::new();
    let folder = world.repository("r");
    world.write("r/.gitattributes", "*.pyx text eol=crlf filter=x export-ignore\n");
    world.write("r/bytes", b"\xff\xfe\0");
    world.commit("r");
    git(&folder, &["config", "core.autocrlf", "true"]);
    git(&folder, &["config", "core.fsmonitor", "touch {}/ran; false"]);
    git(&folder, &["replace", "HEAD:README", "HEAD:bytes"]);
    let mut found = world.open("{}/r").unwrap();
    assert_eq!(found.file("README").unwrap().unwrap(), b"read me\n");
    assert_eq!(found.file("src/sage/a.pyx").unwrap().unwrap(), b"cdef int a\n");
    assert_eq!(found.file("bytes").unwrap().unwrap(), b"\xff\xfe\0");
    assert!(!sage_oci_files::exists(folder.join("{}/ran")).unwrap());
}

#[test]
fn revisions_that_are_none() {
    let world = World::new();
    let folder = world.repository("r");
    git(&folder, &["branch", "my-branch"]);
    let (error, said) = world.refused("{}/r@my-brnach");
    assert!(matches!(error, RevisionError::UnknownRevision { shallow: false, .. }), "{said}");
    assert!(said.contains("did you mean `my-branch`?"), "{said}");
    for (text, kind) in [("@HEAD:src", "tree"), ("@HEAD:README", "blob"), ("@HEAD^{tree}", "tree")] {
        let (error, said) = world.refused(&format!("{{}}/r{text}"));
        assert!(matches!(error, RevisionError::NotACommit { kind: found, .. } if found == kind), "{said}");
    }
    for text in ["@--upload-pack=x", "@-x"] {
        assert!(matches!(world.refused(&format!("{{}}/r{text}")).0, RevisionError::Option { .. }), "{text}");
    }
    for text in ["@", "@main..my-branch", "@^main", "@main my-branch", "@:/nothing"] {
        let (error, said) = world.refused(&format!("{{}}/r{text}"));
        assert!(matches!(error, RevisionError::UnknownRevision { .. }), "{text}: {said}");
    }
    git(world.dir.path(), &["init", "-q", "empty"]);
    assert!(matches!(world.refused("{}/empty").0, RevisionError::Empty { .. }));
}

#[test]
fn a_shallow_clone_says_how_to_get_the_rest() {
    let world = World::new();
    let folder = world.repository("r");
    world.commit("r");
    let address = format!("file://{}", folder.display());
    git(world.dir.path(), &["clone", "-q", "--depth=1", &address, "shallow"]);
    assert!(world.open("{}/shallow").is_ok());
    let (error, said) = world.refused("{}/shallow@HEAD~1");
    assert!(matches!(error, RevisionError::UnknownRevision { shallow: true, .. }), "{said}");
    assert!(said.contains("fetch --unshallow"), "{said}");
}

#[test]
fn another_project_and_an_old_tree() {
    let world = World::new();
    let folder = world.path("other");
    sage_oci_files::create_dir_all(&folder).unwrap();
    assert!(matches!(world.refused("{}/other").0, RevisionError::NoSource { missing, .. } if missing == "src/sage"));
    assert!(matches!(world.refused("{}/not/there").0, RevisionError::NoSuchPath { .. }));
    git(&folder, &["init", "-q"]);
    world.write("other/README", "x");
    world.commit("other");
    assert!(matches!(world.refused("{}/other").0, RevisionError::OtherProject { .. }));
    let old = world.repository("old");
    git(&old, &["rm", "-q", "meson.build"]);
    world.commit("old");
    let (error, said) = world.refused("{}/old");
    assert!(matches!(error, RevisionError::MissingFile { path, .. } if path == "meson.build"));
    assert!(said.ends_with("hint: only 10.x can be built"), "{said}");
    world.repository("mute");
    world.write("mute/src/sage/version.py", "none\n");
    world.commit("mute");
    assert!(matches!(world.refused("{}/mute").0, RevisionError::NoVersion { .. }));
}

#[test]
fn links_submodules_and_names_that_lead_elsewhere() {
    let world = World::new();
    let folder = world.repository("r");
    let link = |target: &str, path: &str| sage_oci_files::symlink(target, folder.join(path)).unwrap();
    link("/etc/passwd", "top-link");
    link("../../README", "src/sage/inside");
    world.repository("module");
    git(&folder, &["submodule", "--quiet", "add", world.path("module").to_str().unwrap(), "module"]);
    world.commit("r");
    let found = world.open("{}/r").unwrap();
    assert_eq!((found.tree.files["top-link"].kind, found.left_out), (FileKind::Symlink, vec!["module".to_owned()]));
    link("../../../x", "src/sage/out");
    world.commit("r");
    let (error, said) = world.refused("{}/r");
    assert!(matches!(error, RevisionError::LinkOut { path, .. } if path == "src/sage/out"), "{said}");
    sage_oci_files::remove_file(folder.join("src/sage/out")).unwrap();
    git(&folder, &["submodule", "--quiet", "add", world.path("module").to_str().unwrap(), "src/sage/module"]);
    world.commit("r");
    assert!(matches!(world.refused("{}/r").0, RevisionError::Submodule { path } if path == "src/sage/module"));
    let second = world.repository("second");
    let name = std::ffi::OsStr::from_bytes(b"src/sage/\xff.pyx");
    sage_oci_files::write_new(second.join(name), b"x").unwrap();
    world.commit("second");
    let (error, said) = world.refused("{}/second");
    assert!(matches!(error, RevisionError::NotUtf8 { .. }), "{said}");
}

#[test]
fn an_unpacked_archive_needs_no_git() {
    let world = World::new();
    world.files("plain");
    world.write("plain/src/sage/__pycache__/a.pyc", "x");
    let mut opening = world.opening();
    opening.git = Path::new("/no/such/git");
    let plain = world.path("plain");
    let open =
        |text: &Path, opening: &_| sage_oci_revision::open(&crate::world::wanted(text.to_str().unwrap()), opening);
    let mut found = open(&plain, &opening).unwrap();
    assert_eq!((found.tree.files.len(), found.identity.version.as_str()), (FILES.len(), "10.9"));
    assert_eq!(found.file("README").unwrap().unwrap(), b"read me\n");
    world.write("plain/README", "changed\n");
    assert!(matches!(found.file("README"), Err(RevisionError::Changed { .. })));
    assert!(matches!(world.refused("{}/plain@main").0, RevisionError::NoRevisions { .. }));
    let error = open(&world.repository("r"), &opening).unwrap_err();
    assert!(matches!(error, RevisionError::NoGit { .. }) && error.hint().unwrap().contains("install git"), "{error}");
}

#[test]
fn a_repository_of_another_user_is_explained() {
    let world = World::new();
    let folder = world.repository("r");
    // Only root can give it away.
    for path in [folder.clone(), folder.join(".git")] {
        if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
            return;
        }
    }
    let (error, said) = world.refused("{}/r");
    assert!(matches!(error, RevisionError::OtherOwner { .. }), "{said}");
    assert!(said.contains("git config --global --add safe.directory"), "{said}");
}
