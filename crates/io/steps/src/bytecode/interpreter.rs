use crate::StepError;
use crate::bytecode::unpack::Unpacked;
use sage_oci_names::Architecture;
use sage_oci_step::Interpreter;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program that compiles.
const PROGRAM: &str = include_str!("compile.py");

/// A Python unpacked to a folder, run by its own loader: nothing of the machine is used but the kernel.
pub(crate) struct Python {
    version: String,
    loader: PathBuf,
    libraries: PathBuf,
    home: PathBuf,
    program: PathBuf,
}

impl Python {
    /// Unpacks an interpreter below `folder`.
    pub(crate) fn unpack(interpreter: &Interpreter, folder: PathBuf) -> Result<Self, StepError> {
        let mut root = Unpacked::new(folder);
        let python = format!("usr/bin/python{}", interpreter.version);
        for archive in &interpreter.archives {
            // Programs, documents and data are of no use to a compiler.
            root.archive(archive, |path, _| Ok(path.as_str().starts_with("usr/lib") || path.as_str() == python))?;
        }
        root.make_links()?;
        let triplet = interpreter.architecture.triplet();
        let loader = match interpreter.architecture {
            Architecture::Amd64 => "ld-linux-x86-64.so.2",
            Architecture::Arm64 => "ld-linux-aarch64.so.1",
        };
        Ok(Self {
            version: interpreter.version.clone(),
            loader: root.path(format!("usr/lib/{triplet}/{loader}")),
            libraries: root.path(format!("usr/lib/{triplet}")),
            home: root.path("usr"),
            program: root.path(&python),
        })
    }

    /// `major.minor`, as `3.14`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Compiles the modules of a list (see `compile.py`); gives the lines about those that do not compile.
    pub(crate) fn compile(&self, list: &Path) -> Result<Vec<String>, StepError> {
        let failed = |why: String| StepError::Python { version: self.version.clone(), why };
        let Output { status, stdout, stderr } = Command::new(&self.loader)
            .arg("--library-path")
            .arg(&self.libraries)
            .arg(&self.program)
            // Neither site packages nor the working directory nor a user's folder; warnings about modules help nobody here.
            .args(["-S", "-s", "-P", "-B", "-W", "ignore", "-c", PROGRAM])
            .env_clear()
            .env("PYTHONHOME", &self.home)
            .env("PYTHONHASHSEED", "0")
            .env("LC_ALL", "C.UTF-8")
            .stdin(sage_oci_files::open(list)?)
            .output()
            .map_err(|error| failed(format!("cannot start {}: {error}", self.loader.display())))?;
        if !status.success() {
            return Err(failed(format!("{status}\n{}", String::from_utf8_lossy(&stderr).trim_end())));
        }
        Ok(String::from_utf8_lossy(&stdout).lines().map(str::to_owned).collect())
    }
}
