use sage_oci_step::ClosureMember;
use std::fmt::Write;

/// Where the text lies; dockerTools puts it there too.
pub(crate) const PATH: &str = "nix-path-registration";

/// What `nix-store --load-db` reads: path, digest, size, deriver, and the references behind their number.
///
/// The deriver is left empty, because which derivation made a path first differs between machines; a time is not in
/// this format. A ready database would not be reproducible: SQLite's pages depend on its version and on the order of
/// writes, and Nix stores the time.
pub(crate) fn text(members: &[ClosureMember]) -> String {
    let mut text = String::new();
    for member in members {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{}\n{}\n{}\n\n{}\n",
            member.path,
            member.nar_sha256,
            member.nar_size,
            member.references.len()
        );
        for reference in &member.references {
            let _ = writeln!(text, "{reference}");
        }
    }
    text
}
