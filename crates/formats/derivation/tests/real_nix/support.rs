//! Real Nix with a store of its own below the target folder.

use sage_oci_names::StorePath;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

pub struct Nix {
    folder: tempfile::TempDir,
}

impl Nix {
    /// A new, empty store. Not below `/tmp`: Nix refuses a store root whose parents all may write.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a Nix command on the store, with `input` on its standard input, and gives its standard output.
    pub fn run(&self, program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
        let home = self.folder.path();
        let mut child = Command::new(program)
            .args(["--store", &format!("local?root={}", home.join("root").display())])
            .args(["--option", "build-users-group", "", "--option", "substituters", ""])
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("this test needs Nix's `{program}` on PATH: {error}"));
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {args:?}: {errors}");
        output.stdout
    }

    /// Instantiates an expression; the `.drv` file's path and bytes.
    pub fn instantiate(&self, expression: &str) -> (StorePath, Vec<u8>) {
        let out = String::from_utf8(self.run("nix-instantiate", &["-E", expression], b"")).unwrap();
        let path = StorePath::parse(out.trim().split('!').next().unwrap()).unwrap();
        let bytes = self.read(&path);
        (path, bytes)
    }

    /// Evaluates an expression whose value is a string.
    pub fn eval(&self, expression: &str) -> String {
        let out = String::from_utf8(self.run("nix-instantiate", &["--eval", "--json", "-E", expression], b"")).unwrap();
        out.trim().trim_matches('"').to_owned()
    }

    /// The bytes of a file in the store.
    pub fn read(&self, path: &StorePath) -> Vec<u8> {
        let real = self.folder.path().join("root").join(path.as_str().trim_start_matches('/'));
        let mut bytes = Vec::new();
        std::fs::File::open(real).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }
}
