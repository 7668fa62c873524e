use std::process::Command;
use std::sync::OnceLock;

/// The bytes of `/bin/tiny`, compiled once a process with the machine's `cc -static`.
///
/// Its commands: `echo ARG…` (one a line), `exit N`, `sleep SECONDS`, `eat MEGABYTES`, `write PATH TEXT`, `id`, `env NAME`,
/// `stay TEXT` (says it, and leaves with 0 on SIGTERM), `serve PORT TEXT` (the same, and answers HTTP with 403).
///
/// # Panics
///
/// There is no C compiler, or it fails.
pub fn program() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (source, target) = (folder.path().join("tiny.c"), folder.path().join("tiny"));
        sage_oci_files::write_atomic(&source, include_bytes!("program.c")).expect("the source is written");
        let mut compiler = Command::new("cc");
        let output = compiler.args(["-static", "-Os", "-s", "-o"]).arg(&target).arg(&source).output();
        let output = output.expect("tiny images need a C compiler, `cc`, and the static C library");
        assert!(output.status.success(), "cc failed: {}", String::from_utf8_lossy(&output.stderr));
        sage_oci_files::read(&target).expect("the program is read")
    })
}
