//! Through a daemon that does not trust us, as an ordinary user meets it.

use crate::support::{Bench, discover, folder, settings};
use sage_oci_store::{Access, Settings};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Daemon(Child);

impl Daemon {
    fn start(programs: &Path, store: &str, socket: &Path) -> Self {
        let child = Command::new(programs.join("nix-daemon"))
            .args(["--store", store, "--option", "build-users-group", "", "--option", "trusted-users", "somebody-else"])
            .env("NIX_DAEMON_SOCKET_PATH", socket)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("this test needs Nix's `nix-daemon`: {error}"));
        let daemon = Self(child);
        let start = Instant::now();
        while !socket.exists() {
            assert!(start.elapsed() < Duration::from_secs(20), "nix-daemon makes no socket");
            std::thread::sleep(Duration::from_millis(20));
        }
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_untrusted_user_adds_registers_and_builds() {
    let place = folder("daemon-server");
    let direct = settings(&place);
    let store = direct.store.clone().unwrap();
    // A socket's path may have 107 characters only; so it is not below the target folder.
    let short = tempfile::tempdir().unwrap();
    let socket = short.path().join("socket");
    let programs = discover(direct).programs().to_owned();
    let _daemon = Daemon::start(&programs, &store, &socket);

    let uri = format!("unix://{}?root={}", socket.display(), place.join("root").display());
    let mut bench = Bench::with("daemon", |settings: &mut Settings| settings.store = Some(uri));
    assert_eq!(bench.nix.access(), Access::Daemon);
    let odd = "quote \" back \\ new\nline \r\n\t ${x} $y ü";
    let low = bench.builder("low").outputs(["dev", "out"]).args(["write", "out", "dev"]).env("text", odd);
    let low = bench.graph.add(low.env("A.b-c", odd).env("passAsFile", "A.b-c")).unwrap().clone();
    bench.register();
    let top = bench.copy("top", &low, "end");
    // Its input is registered already, so it is read from the store.
    bench.register();
    let (result, _) = bench.realise(&[&top]);
    assert_eq!(result.unwrap().built.len(), 2);
    assert_eq!(bench.read(top.out()), format!("{odd}end"));
    drop(bench);
    sage_oci_files::remove_dir_all(&place).unwrap();
}
