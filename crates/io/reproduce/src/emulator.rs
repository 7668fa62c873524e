//! An older processor.

use std::process::Stdio;

/// The emulator, of Debian's package `qemu-user-static`.
const EMULATOR: &str = "/usr/bin/qemu-x86_64-static";
/// The processor: the first ones with 64 bits, with nothing beyond SSE3.
const PROCESSOR: [&str; 2] = ["-cpu", "kvm64"];

/// The words with which a builder is started by the emulator, before its own name.
pub(crate) fn words() -> [&'static str; 3] {
    [EMULATOR, PROCESSOR[0], PROCESSOR[1]]
}

/// Why no older processor can be had here, if it cannot: a program is run on one.
pub(crate) fn no_emulator() -> Option<String> {
    if std::env::consts::ARCH != "x86_64" {
        return Some("an older processor is known of amd64 alone".to_owned());
    }
    if !sage_oci_files::exists(EMULATOR).unwrap_or_default() {
        return Some(format!(
            "there is no {EMULATOR}: `sage-oci doctor --fix` installs Debian's package qemu-user-static"
        ));
    }
    let mut command = sage_oci_child::command(EMULATOR);
    command.args(PROCESSOR).arg("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("{EMULATOR} runs no program here ({status})")),
        Err(error) => Some(format!("{EMULATOR} cannot be started: {error}")),
    }
}
