//! From Nix's words to one of our errors. Its exit status tells little, and its words change from version to version.

use crate::StoreError;
use std::path::PathBuf;

/// The error for what Nix wrote before it failed.
pub(crate) fn classify(action: &'static str, text: &str, log: Option<PathBuf>) -> StoreError {
    let message = complaint(text);
    let says = |signs: &[&str]| signs.iter().any(|sign| message.contains(sign));
    if says(&["interrupted by the user"]) {
        StoreError::Interrupted { action }
    } else if says(&["No space left on device", "database or disk is full"]) {
        StoreError::NoSpace { action, message, log }
    } else if says(&[
        "Read-only file system",
        "Permission denied",
        "readonly database",
        "read-only store",
        "remounting",
    ]) {
        StoreError::ReadOnly { action, message, log }
    } else if says(&[
        "lacks a valid signature",
        "lacks a signature by a trusted key",
        "not privileged",
        "not a trusted user",
    ]) {
        StoreError::NotTrusted { action, message }
    } else {
        StoreError::Failed { action, message, log }
    }
}

/// The lines from the first error on; all where none is marked as one.
fn complaint(text: &str) -> String {
    let text = plain(text);
    let text = text.find("error:").map_or(&text[..], |at| &text[at + "error:".len()..]).trim();
    if text.is_empty() { "it said nothing".to_owned() } else { text.to_owned() }
}

/// The text without terminal control sequences (ECMA-48 CSI), which Nix writes even into its machine-readable log.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let parameters = &rest[at + 2..];
        match parameters.find(|c: char| ('\u{40}'..='\u{7e}').contains(&c)) {
            // The final character is ASCII, so it is one byte long.
            Some(end) => rest = &parameters[end + 1..],
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

/// Which derivation a message is about, if it says that one failed by itself and not through its inputs.
pub(crate) fn failed_derivation(message: &str) -> Option<&str> {
    let failed =
        ["failed", "Cannot build", "hash mismatch", "timed out", "produced", "cannot build", "not allowed", "platform"];
    // The last word on several targets, and what failed through its inputs, repeat what has been said.
    let repeated = message.starts_with("build of ") || message.contains("dependenc");
    if repeated || !failed.iter().any(|sign| message.contains(sign)) {
        return None;
    }
    message.split('\'').find(|part| part.ends_with(".drv") && part.starts_with('/'))
}

/// The exit status that a message tells of.
pub(crate) fn exit_status(message: &str) -> Option<i32> {
    let rest = message.split_once("exit code ")?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRV: &str = "/nix/store/v510inn1bq273y7l2afgzii0b3jhri89-bad.drv";

    #[test]
    fn words_of_both_versions() {
        let old = format!("builder for '{DRV}' failed with exit code 3;\nlast 10 log lines:");
        let new =
            format!("Cannot build '{DRV}'.\nReason: builder failed with exit code 3.\nOutput paths:\n  /nix/store/x");
        for message in [old, new] {
            assert_eq!(failed_derivation(&message), Some(DRV));
            assert_eq!(exit_status(&message), Some(3));
        }
        let mismatch = format!("hash mismatch in fixed-output derivation '{DRV}':\n  specified: a\n  got: b");
        assert_eq!((failed_derivation(&mismatch), exit_status(&mismatch)), (Some(DRV), None));
        let summary = format!("build of '{DRV}', '{DRV}' failed");
        assert_eq!(failed_derivation(&summary), None);
        for through_inputs in [
            format!("1 dependencies of derivation '{DRV}' failed to build"),
            format!("Cannot build '{DRV}'.\nReason: 1 dependency failed."),
        ] {
            assert_eq!(failed_derivation(&through_inputs), None);
        }
    }

    #[test]
    fn kinds() {
        let kind = |text: &str| classify("build", text, None);
        assert!(matches!(kind("error: interrupted by the user"), StoreError::Interrupted { .. }));
        assert!(matches!(kind("error: writing to file: No space left on device"), StoreError::NoSpace { .. }));
        assert!(matches!(kind("error: creating directory '/nix': Read-only file system"), StoreError::ReadOnly { .. }));
        let remount = "error: remounting \"/x/nix/store\" writable: Invalid argument";
        assert!(matches!(kind(remount), StoreError::ReadOnly { .. }));
        assert!(matches!(
            kind("error: cannot add path '/x' because it lacks a signature by a trusted key"),
            StoreError::NotTrusted { .. }
        ));
        let other = kind("warning: x\n\u{1b}[31;1merror:\u{1b}[0m path '\u{1b}[35;1m/x\u{1b}[0m' is not valid\n");
        assert_eq!(other.to_string(), "Nix could not build: path '/x' is not valid");
        assert_eq!(kind("").to_string(), "Nix could not build: it said nothing");
    }

    #[test]
    fn control_sequences_go() {
        assert_eq!(plain("a\u{1b}[31;1mb\u{1b}[0mc"), "abc");
        assert_eq!(plain("é\u{1b}[31"), "é");
        assert_eq!(plain("\u{1b}["), "");
    }
}
