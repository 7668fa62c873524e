//! The reader of scripts held to real shells: what it lets through runs no program, in dash and in bash.

#![expect(clippy::disallowed_methods, reason = "a test's own files in a temporary folder")]

mod attacks;

use attacks::ATTACKS;
use sage_oci_census::{Census, Package};
use sage_oci_names::PackageName;
use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What the reader says of a postinst.
fn judge(shell: &str, body: &str) -> Result<(), String> {
    let name = PackageName::parse("demo").unwrap();
    let text = format!("#!/bin/{shell}\n{body}");
    let scripts = BTreeMap::from([("postinst".to_owned(), text.into_bytes())]);
    let package = Package { name: &name, version: "1", scripts: &scripts };
    Census::default().judge(&package).map(drop).map_err(|refusals| refusals[0].why.clone())
}

/// A folder with a `reboot` that leaves a mark, and with programs that only read.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        std::fs::create_dir_all(folder.path().join("evil")).unwrap();
        std::fs::create_dir_all(&bin).unwrap();
        for name in ["bin/reboot", "evil/tool"] {
            let program = folder.path().join(name);
            std::fs::write(&program, "#!/bin/sh\n: > \"$HOME/mark\"\n").unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        for tool in ["cat", "grep", "head", "uname", "env", "sh", "bash"] {
            symlink(format!("/bin/{tool}"), bin.join(tool)).unwrap();
        }
        Self(folder)
    }

    /// Whether a script runs `reboot`.
    fn reboots(&self, shell: &str, body: &str) -> bool {
        let path = |name: &str| -> PathBuf { self.0.path().join(name) };
        let script = path("postinst");
        std::fs::write(&script, format!("#!/bin/{shell}\n{body}")).unwrap();
        let mut child = Command::new(format!("/bin/{shell}"))
            .arg(&script)
            .args(["configure", ""])
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", path("bin"))
            .env("HOME", self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs `dash` and `bash`");
        child.wait().unwrap();
        let marked = path("mark").try_exists().unwrap();
        if marked {
            std::fs::remove_file(path("mark")).unwrap();
        }
        marked
    }
}

#[test]
fn attacks_do_what_they_say() {
    let world = World::new();
    let mut wrong = Vec::new();
    for (shells, what, body) in ATTACKS {
        for shell in ["dash", "bash"] {
            if world.reboots(shell, body) != shells.contains(&shell) {
                wrong.push(format!("{shell}: {what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_attack_is_let_through() {
    let passed: Vec<&str> = ATTACKS
        .iter()
        .filter(|(_, _, body)| judge("sh", body).is_ok() || judge("bash", body).is_ok())
        .map(|(_, what, _)| *what)
        .collect();
    assert_eq!(passed, Vec::<&str>::new());
}
