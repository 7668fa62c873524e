use crate::fields::Parts;
use crate::packed::unpack;
use crate::{archive, elf, fields, json, pyc, text};
use sage_oci_delta::Inside;
use sage_oci_tree::ImagePath;

/// Compression in compression in compression is a mistake, or malice.
const MOST_LAYERS: usize = 3;

/// Compares two versions of a file. Of dpkg's record, packages that `known` names are left out: their versions were told already.
pub fn compare(path: &ImagePath, old: &[u8], new: &[u8], known: &dyn Fn(&str) -> bool) -> Inside {
    within(path.as_str(), old, new, known, MOST_LAYERS)
}

/// A way to take a file apart.
struct Format {
    name: &'static str,
    parts: fn(&[u8]) -> Option<Parts>,
}

/// What the bytes themselves name.
const FORMATS: [Format; 5] = [
    Format { name: "elf", parts: elf::parts },
    Format { name: "byte-code", parts: pyc::parts },
    Format { name: "zip", parts: archive::zip },
    Format { name: "ar", parts: archive::ar },
    Format { name: "tar", parts: archive::tar },
];

fn within(path: &str, old: &[u8], new: &[u8], known: &dyn Fn(&str) -> bool, layers: usize) -> Inside {
    if let Some((kind, old, new)) = unpack(old, new).filter(|_| layers > 0) {
        if old == new {
            return Inside::note("bytes", format!("the same inside, packed otherwise by {kind}"));
        }
        let name = path.rsplit_once('.').map_or(path, |(name, _)| name);
        return within(name, &old, &new, known, layers - 1);
    }
    let status = |bytes| (path == "var/lib/dpkg/status").then(|| fields::status(bytes, known)).flatten();
    if let (Some(old), Some(new)) = (status(old), status(new)) {
        return told(Inside::fields("dpkg status", old, new), "nothing but the packages above");
    }
    for format in FORMATS {
        if format.name == "byte-code" && !path.ends_with(".pyc") {
            continue;
        }
        if let (Some(old), Some(new)) = ((format.parts)(old), (format.parts)(new)) {
            return told(
                Inside::fields(format.name, old, new),
                "all parts are the same; their order or what is between them differs",
            );
        }
    }
    if let (Some(old), Some(new)) = (json::parts(old), json::parts(new)) {
        return told(Inside::fields("json", old, new), "the same values, written otherwise");
    }
    text::compare(old, new).unwrap_or_else(|| bytes(old, new))
}

fn told(inside: Inside, otherwise: &str) -> Inside {
    if inside.fields.is_empty() { Inside::note(inside.format, otherwise) } else { inside }
}

fn bytes(old: &[u8], new: &[u8]) -> Inside {
    let first = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let other = old.iter().zip(new).filter(|(old, new)| old != new).count() + old.len().abs_diff(new.len());
    Inside::note("bytes", format!("{other} of {} bytes differ, the first at {first}", old.len().max(new.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn path(text: &str) -> ImagePath {
        ImagePath::parse(text).unwrap()
    }

    fn told(name: &str, old: &[u8], new: &[u8]) -> Inside {
        compare(&path(name), old, new, &|package| package == "changed")
    }

    fn fields(inside: &Inside) -> Vec<(&str, Option<&str>, Option<&str>)> {
        inside.fields.iter().map(|field| (field.name.as_str(), field.old.as_deref(), field.new.as_deref())).collect()
    }

    fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn texts_are_told_by_line() {
        let inside = told("etc/x", b"a\nb\nc\n", b"a\nB\nc\n");
        assert_eq!((inside.format, inside.diff.as_deref()), ("text", Some("@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n")));
    }

    #[test]
    fn json_is_told_by_key() {
        let inside = told("x.json", br#"{"a":[1,2],"b":{"c":"x"}}"#, br#"{"a":[1,3],"b":{}}"#);
        assert_eq!(inside.format, "json");
        assert_eq!(
            fields(&inside),
            [("a.1", Some("2"), Some("3")), ("b", None, Some("{}")), ("b.c", Some("\"x\""), None)]
        );
        let inside = told("x.json", br#"{"a":1,"b":2}"#, br#"{ "b":2, "a":1 }"#);
        assert_eq!(inside.note.as_deref(), Some("the same values, written otherwise"));
    }

    #[test]
    fn the_record_of_packages_is_told_by_field_without_what_was_told() {
        let old = b"Package: a\nVersion: 1\nSection: math\n\nPackage: changed\nVersion: 1\n";
        let new = b"Package: a\nVersion: 1\nSection: libs\n\nPackage: changed\nVersion: 2\n";
        let inside = told("var/lib/dpkg/status", old, new);
        assert_eq!(fields(&inside), [("a Section", Some("math"), Some("libs"))]);
        assert_eq!(
            told("var/lib/dpkg/status", b"Package: changed\n", b"").note.as_deref(),
            Some("nothing but the packages above")
        );
    }

    #[test]
    fn byte_code_is_told_by_its_header() {
        let code = |time: u32, body: u8| {
            [&[0x2b, 0x0e, 0x0d, 0x0a, 0, 0, 0, 0][..], &time.to_le_bytes(), &[9, 0, 0, 0, body]].concat()
        };
        let inside = told("a/__pycache__/b.cpython-314.pyc", &code(5, 1), &code(6, 1));
        assert_eq!(fields(&inside), [("source time", Some("5"), Some("6"))]);
        let inside = told("a/__pycache__/b.cpython-314.pyc", &code(5, 1), &code(5, 2));
        assert_eq!(inside.fields[0].name, "code");
        let hashed = [&[0x2b, 0x0e, 0x0d, 0x0a, 1, 0, 0, 0][..], &[7; 8], &[1]].concat();
        assert!(told("b.pyc", &code(5, 1), &hashed).fields.iter().any(|field| field.name == "source hash"));
    }

    #[test]
    fn what_is_packed_is_looked_into() {
        assert!(told("x.gz", &gzip(b"a\n", 1), &gzip(b"b\n", 9)).diff.unwrap().ends_with("-a\n+b\n"));
        let long = b"same and same and same and same".repeat(90);
        let inside = told("x.gz", &gzip(&long, 0), &gzip(&long, 9));
        assert!(inside.note.unwrap().starts_with("the same inside"));
        let zstd = |text: &[u8]| zstd::encode_all(text, 1).unwrap();
        assert!(told("x.json.zst", &zstd(b"{\"a\":1}"), &zstd(b"{\"a\":2}")).format == "json");
    }

    #[test]
    fn archives_are_told_by_member() {
        let ar = |content: &str| {
            format!("!<arch>\n{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n{content}", "a.o/", 0, 0, 0, 644, content.len())
                .into_bytes()
        };
        let inside = told("liba.a", &ar("one1"), &ar("two2"));
        assert_eq!((inside.format, inside.fields[0].name.as_str()), ("ar", "a.o"));
        let zip = |content: &[u8]| {
            let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            writer.start_file("m", zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
            writer.finish().unwrap().into_inner()
        };
        let inside = told("x.whl", &zip(b"1"), &zip(b"22"));
        assert_eq!((inside.format, inside.fields[0].name.as_str()), ("zip", "m"));
    }

    #[test]
    fn elf_is_told_by_section() {
        let own = std::env::current_exe().unwrap();
        let mut old = Vec::new();
        std::io::Read::read_to_end(&mut open(&own), &mut old).unwrap();
        let mut new = old.clone();
        let end = new.len() / 2;
        new[end] ^= 1;
        let inside = told("bin/x", &old, &new);
        assert_eq!(inside.format, "elf");
        assert!(inside.fields.len() == 1 && inside.fields[0].name.starts_with("section "), "{inside:?}");
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own program")]
    fn open(path: &std::path::Path) -> std::fs::File {
        std::fs::File::open(path).unwrap()
    }

    #[test]
    fn bytes_are_counted() {
        assert_eq!(told("x", b"\0ab", b"\0cbd").note.as_deref(), Some("2 of 4 bytes differ, the first at 1"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(old: Vec<u8>, new: Vec<u8>, start in 0..8_usize) {
            let starts: [&[u8]; 8] =
                [b"", b"\x7fELF\x02\x01\x01", b"PK\x03\x04", b"!<arch>\n", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"{\"a\":", b"\x2b\x0e\x0d\x0a"];
            let [old, new] = [old, new].map(|bytes| [starts[start], &bytes].concat());
            for name in ["x", "x.pyc", "var/lib/dpkg/status", "x.tar.gz"] {
                let _ = told(name, &old, &new);
            }
        }
    }
}
