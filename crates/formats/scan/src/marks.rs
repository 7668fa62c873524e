use memchr::memmem::Finder;
use sage_oci_lint::Mark;

/// Bytes of the end of a piece that are looked at again with the next one: no mark is longer.
pub(crate) const OVERLAP: usize = 512;
/// The alphabet of Nix's digests.
const BASE32: &[u8] = b"0123456789abcdfghijklmnpqrsvwxyz";
/// The length of a digest in a store path.
const DIGEST: usize = 32;
/// How much of a path is told.
const TOLD: usize = 120;

/// Looks for what must not be in any file.
pub(crate) struct Marks {
    store: Finder<'static>,
    build: Finder<'static>,
    key: Finder<'static>,
    here: Vec<Finder<'static>>,
}

impl Marks {
    /// `forbidden` are texts of the caller's own.
    pub(crate) fn new(forbidden: &[String]) -> Self {
        let finder = |text: &str| Finder::new(text.as_bytes()).into_owned();
        Self {
            store: finder("/nix/store/"),
            build: finder("/build/"),
            key: finder("-----BEGIN "),
            here: forbidden.iter().map(|text| finder(text)).collect(),
        }
    }

    /// Adds what is in a piece and not known yet.
    pub(crate) fn look(&self, piece: &[u8], known: &mut Vec<Mark>) {
        let has = |known: &[Mark], kind: fn(&Mark) -> bool| known.iter().any(kind);
        if !has(known, |mark| matches!(mark, Mark::Store(_))) {
            known.extend(self.store.find_iter(piece).find_map(|at| store_path(piece, at)).map(Mark::Store));
        }
        if !has(known, |mark| matches!(mark, Mark::Build(_))) {
            known.extend(self.build.find_iter(piece).find_map(|at| build_path(piece, at)).map(Mark::Build));
        }
        if !has(known, |mark| matches!(mark, Mark::PrivateKey(_))) {
            known.extend(self.key.find_iter(piece).find_map(|at| private_key(piece, at)).map(Mark::PrivateKey));
        }
        if !has(known, |mark| matches!(mark, Mark::Here(_))) {
            known.extend(self.here.iter().find_map(|text| text.find(piece).map(|at| Mark::Here(path_at(piece, at)))));
        }
    }
}

fn store_path(piece: &[u8], at: usize) -> Option<String> {
    let digest = piece.get(at + 11..at + 11 + DIGEST)?;
    let is_store_path = digest.iter().all(|byte| BASE32.contains(byte)) && piece.get(at + 11 + DIGEST) == Some(&b'-');
    is_store_path.then(|| path_at(piece, at))
}

/// One that begins there: not `/usr/share/doc/x/build/`.
fn build_path(piece: &[u8], at: usize) -> Option<String> {
    let begins = at.checked_sub(1).and_then(|before| piece.get(before)).is_none_or(|byte| !is_of_path(*byte));
    let goes_on = piece.get(at + 7).is_some_and(|byte| byte.is_ascii_alphanumeric());
    (begins && goes_on).then(|| path_at(piece, at))
}

fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-+~@$*:})]%\\".contains(&byte)
}

/// A key, and not a program's word for one: its line is followed by its bytes.
fn private_key(piece: &[u8], at: usize) -> Option<String> {
    let begins = at.checked_sub(1).and_then(|before| piece.get(before)).is_none_or(|byte| *byte == b'\n');
    let line = &piece[at..piece.len().min(at + 64)];
    let end = line.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&line[..end]).ok()?.trim_end();
    let kind = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
    let next = piece.get(at + end + 1..at + end + 33)?;
    let body = next.starts_with(b"Proc-Type:")
        || next.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
    (begins && body && kind.ends_with("PRIVATE KEY")).then(|| kind.to_owned())
}

fn path_at(piece: &[u8], at: usize) -> String {
    let rest = &piece[at..piece.len().min(at + TOLD)];
    let end = rest.iter().position(|byte| !byte.is_ascii_graphic() || b"\"'`:;,()<>|".contains(byte));
    String::from_utf8_lossy(&rest[..end.unwrap_or(rest.len())]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Vec<Mark> {
        let mut found = Vec::new();
        Marks::new(&["/home/me".to_owned()]).look(text.as_bytes(), &mut found);
        found
    }

    #[test]
    fn store_paths_have_a_digest() {
        let path = format!("/nix/store/{}-name/bin/x", "0".repeat(32));
        assert_eq!(look(&format!("a {path}\" b")), [Mark::Store(path.clone())]);
        assert!(look("/nix/store/ is where Nix keeps things, /nix/store/abc-x too").is_empty());
        assert!(look(&path.replace('0', "e")).is_empty(), "no digest has an e");
    }

    #[test]
    fn build_folders_begin_a_path() {
        assert_eq!(look("x \"/build/sage/x.c\""), [Mark::Build("/build/sage/x.c".to_owned())]);
        for other in ["/usr/share/build/x", "../build/x", "$(top)/build/x", "/build/ x"] {
            assert!(look(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn keys_have_bytes() {
        let bytes = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
        let key = format!("-----BEGIN PRIVATE KEY-----\n{bytes}");
        assert_eq!(look(&key), [Mark::PrivateKey("PRIVATE KEY".to_owned())]);
        assert!(look(&format!("-----BEGIN CERTIFICATE-----\n{bytes}")).is_empty());
        assert!(
            look("it begins with\n-----BEGIN PRIVATE KEY-----\nand then come its bytes, as everybody knows").is_empty()
        );
        assert!(look("\"-----BEGIN RSA PRIVATE KEY-----\\n\" \"-----END").is_empty());
    }

    #[test]
    fn texts_of_the_caller() {
        assert_eq!(look("in /home/me/x, there"), [Mark::Here("/home/me/x".to_owned())]);
    }
}
