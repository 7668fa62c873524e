//! Laws for any content.

use proptest::prelude::*;
use sage_oci_cython::Scanner;
use std::collections::BTreeMap;

/// Sources of the pieces that scanning turns on.
fn sources() -> impl Strategy<Value = String> {
    let pieces = [
        "'",
        "\"",
        "'''",
        "\"\"\"",
        "\\",
        "\n",
        "\r\n",
        "{",
        "}",
        "{{",
        "(",
        ")",
        "[",
        ":",
        ";",
        "#",
        "f",
        "rb",
        "cimport",
        "from",
        "include",
        "cdef extern from",
        " ",
        ".",
        ",",
        "*",
        "as",
        "sage.x",
        "y",
        "\u{e9}",
        "\u{feff}",
        "\0",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..80).prop_map(|pieces| pieces.concat())
}

fn closure(content: &[u8]) -> Vec<String> {
    let mut files: BTreeMap<String, Vec<u8>> = ["sage/x.pxd", "sage/y.pxd", "sage/z.pxd", "sage/x.pxi", "y.pxi"]
        .map(|path| (path.to_owned(), Vec::new()))
        .into();
    files.insert("sage/a.pyx".to_owned(), content.to_vec());
    Scanner::new(&files).closure("sage/a.pyx").unwrap().sources.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_have_a_closure(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        closure(&content);
    }

    #[test]
    fn any_pieces_have_a_closure(content in sources()) {
        closure(content.as_bytes());
    }

    #[test]
    fn a_docstring_before_changes_nothing(content in sources(), text in "[a-z .,;:#(\n{}\"]{0,40}") {
        let with = format!("r'''\ncimport sage.z\n{text}'''\n{content}");
        prop_assert_eq!(closure(with.as_bytes()), closure(content.strip_prefix('\u{feff}').unwrap_or(&content).as_bytes()));
    }

    #[test]
    fn what_stands_on_its_own_line_after_closed_lines_is_found(
        lines in proptest::collection::vec("[a-z =+.,]{0,10}('[a-z#({\"]{0,9}'|\"[a-z;:)'#]{0,9}\"|\\([a-z,\n]{0,5}\\))?( #.{0,9})?", 0..8),
    ) {
        let content = lines.iter().map(|line| format!("x{line}\n")).collect::<String>() + "cimport sage.z\n";
        prop_assert!(closure(content.as_bytes()).contains(&"sage/z.pxd".to_owned()), "{}", content);
    }
}
