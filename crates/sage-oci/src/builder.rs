use crate::machine::machine;
use crate::{Failure, interrupt};
use sage_oci_emit::{BUILDER, PROGRAM};
use sage_oci_names::{Architecture, StorePath};
use sage_oci_store::Nix;
use std::io::Read;

/// The program that derivations run, as `build.rs` compiled it.
pub const OWN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sage-oci-builder"));

/// The builder of every derivation, in the store: the one that is asked for, or this command's own.
///
/// # Errors
/// The one that is asked for is neither in the store nor in a binary cache that is asked, or is no builder for this machine.
pub fn in_store(nix: &Nix, asked: Option<&StorePath>) -> Result<StorePath, Failure> {
    match asked {
        None => interrupt::unless(|| nix.add_program(BUILDER, OWN)),
        Some(path) => {
            interrupt::unless(|| fetch(nix, path))?;
            check(nix, path)?;
            Ok(path.clone())
        }
    }
}

fn fetch(nix: &Nix, path: &StorePath) -> Result<(), Failure> {
    if path.is_derivation() {
        let hint = format!("build it first, and give its output: `nix-store --realise {path}`");
        return Err(Failure::new(format_args!("`--builder` names a derivation, {path}"), Some(hint)));
    }
    if nix.is_valid(std::slice::from_ref(path))? == [true] {
        return Ok(());
    }
    nix.substitute(path).map_err(|error| {
        let hint = "name a cache that has it with `--substituters`, and trust its key in nix.conf; without `--builder` this \
                    command uses its own";
        let error = format!("the builder {path} is not in the store, and no binary cache gave it: {error}");
        Failure::new(error, Some(hint.to_owned()))
    })
}

/// That there is a program, and that this machine runs it.
fn check(nix: &Nix, path: &StorePath) -> Result<(), Failure> {
    let file = nix.real_path(path).join(PROGRAM);
    let hint = "`sage-oci builder` prints the path of this command's own builder".to_owned();
    let mut head = [0; 20];
    let program = sage_oci_files::open(&file).ok().and_then(|mut program| program.read_exact(&mut head).ok());
    if program.is_none() || !head.starts_with(b"\x7fELF") {
        return Err(Failure::new(format_args!("{path} is no builder: it has no program `{PROGRAM}`"), Some(hint)));
    }
    let machine = machine()?;
    // `e_machine` of an ELF header (System V ABI, chapter 4), little-endian on both.
    let number = u16::from_le_bytes([head[18], head[19]]);
    let expected = match machine {
        Architecture::Amd64 => 62,
        Architecture::Arm64 => 183,
    };
    if number != expected {
        let error = format!("the builder {path} is for another machine: this one is {machine}");
        return Err(Failure::new(error, Some(hint)));
    }
    Ok(())
}
