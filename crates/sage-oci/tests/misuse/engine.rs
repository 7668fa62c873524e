//! Engines that are not there, or die in the middle of an import.

use crate::process::{Running, until};
use crate::proxy::{Moment, Proxy};
use crate::world::{HEAVY, World, client};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

#[test]
fn there_is_none() {
    let world = World::new("no-engine", 1000).locked();
    for verb in ["load", "smoke"] {
        let mut command = world.command(&[verb, &world.image]);
        command.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
        let said = crate::world::Said::from(command.output().unwrap());
        said.refused_with_hint(&["no container engine was found", "/nonexistent/docker.sock"], "DOCKER_HOST");
    }
}

/// A Docker engine of the test's own, apart from the machine's: other folders, another socket.
///
/// It gets namespaces of its own, too. An engine without a bridge removes the default one, so it must not see the
/// machine's network; and when the first process of a process namespace is killed, its helpers die with it.
pub struct Daemon {
    folder: tempfile::TempDir,
    child: Child,
}

impl Daemon {
    /// Starts it in a folder, with what is there.
    pub fn start(folder: tempfile::TempDir) -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "this test starts a second Docker engine to kill it, and that takes root: run it with sudo"
        );
        let at = |name: &str| folder.path().join(name);
        let log = sage_oci_files::append(at("log")).unwrap();
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let child = Command::new("unshare")
            .env("PATH", path)
            .args(["--net", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc", "dockerd"])
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .arg("--host")
            .arg(format!("unix://{}", at("docker.sock").display()))
            .args(["--bridge=none", "--iptables=false", "--ip-masq=false"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("this test needs `unshare` and `dockerd`");
        let mut daemon = Self { folder, child };
        until("the second engine", || {
            let log = || sage_oci_files::read_to_string(daemon.folder.path().join("log")).unwrap();
            assert!(daemon.child.try_wait().unwrap().is_none(), "the second engine ended:\n{}", log());
            let mut client = Command::new("docker");
            client.env("DOCKER_HOST", format!("unix://{}", daemon.folder.path().join("docker.sock").display()));
            client.args(["version"]).stdout(Stdio::null()).stderr(Stdio::null());
            client.status().unwrap().success().then_some(())
        });
        daemon
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// Its client's answer.
    pub fn docker(&self, arguments: &[&str]) -> String {
        let mut docker = Command::new("docker");
        docker.env("DOCKER_HOST", format!("unix://{}", self.socket().display())).args(arguments);
        client(&mut docker)
    }

    /// `kill -9`, as the kernel does when memory is short; gives the folder back, less what only a running engine has.
    pub fn kill(mut self) -> tempfile::TempDir {
        self.end();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        for name in ["exec", "pid", "docker.sock"] {
            let path = folder.path().join(name);
            if path.is_dir() { sage_oci_files::remove_dir_all(path) } else { sage_oci_files::remove_file(path) }
                .unwrap();
        }
        folder
    }

    /// Its process dies with `unshare`, which ends by SIGKILL alone.
    fn end(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn it_is_killed_in_the_middle_of_an_import() {
    let world = World::new("killed", HEAVY).locked();
    world.on_image("build", &[]).fine();
    let daemon = Daemon::start(tempfile::tempdir().unwrap());
    let proxy = Proxy::before(daemon.socket(), Moment::Upload(HEAVY / 2));
    let mut command = world.command(&["load", &world.image]);
    command.env("DOCKER_HOST", proxy.host());
    let running = Running::of(command);
    proxy.reached();
    let folder = daemon.kill();
    proxy.go_on();
    running.end().refused_with_hint(&["went away while taking the image"], "the engine's log");

    // The engine comes back as it was: nothing has the name, and the same command goes through.
    let daemon = Daemon::start(folder);
    assert_eq!(daemon.docker(&["images", "--quiet"]), "");
    let mut command = world.command(&["load", &world.image]);
    command.env("DOCKER_HOST", format!("unix://{}", daemon.socket().display()));
    crate::world::Said::from(command.output().unwrap()).fine();
    assert_eq!(daemon.docker(&["ps", "--all", "--quiet"]), "");
    assert_eq!(daemon.docker(&["images", "--format", "{{.Tag}}"]).lines().count(), 2);
}
