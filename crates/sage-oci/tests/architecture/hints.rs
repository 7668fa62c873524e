//! No hint is lost or passed on by hand: every error derives it.

use crate::{crates, sources};
use proc_macro2::{TokenStream, TokenTree};

/// What is written by hand, and why.
const BY_HAND: [&str; 3] = [
    // The trait itself, for boxes and for what the system says, and its macro.
    "pure/hint/src/lib.rs",
    "pure/hint-derive/src/expand.rs",
    // A hint that looks at the disk anew.
    "io/files/src/error.rs",
];

/// How many errors a file derives, and what is wrong with it.
fn look(tokens: TokenStream) -> (usize, Vec<&'static str>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut errors, mut wrong) = (0, Vec::new());
    for pair in tokens.windows(2) {
        let text = pair[1].to_string().replace(' ', "");
        if pair[0].to_string() == "derive" && text.contains("thiserror::Error") {
            errors += 1;
            wrong.extend((!text.contains("sage_oci_hint::Hint")).then_some("an error without `sage_oci_hint::Hint`"));
        }
        wrong.extend((pair[0].to_string() == "fn" && text == "hint").then_some("a hint by hand"));
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            let (more, also) = look(group.stream());
            errors += more;
            wrong.extend(also);
        }
    }
    (errors, wrong)
}

#[test]
fn every_error_derives_its_hint() {
    let mut errors = 0;
    let mut found = Vec::new();
    for layer in ["pure", "formats", "io", "builder", "sage-oci"] {
        let folder = crates().join(layer);
        for file in sources(&folder).iter().filter(|file| file.components().any(|part| part.as_os_str() == "src")) {
            let name = file.strip_prefix(crates()).unwrap().to_str().unwrap().to_owned();
            let (count, wrong) = look(sage_oci_files::read_to_string(file).unwrap().parse().unwrap());
            errors += count;
            found
                .extend(wrong.into_iter().filter(|_| !BY_HAND.contains(&&*name)).map(|what| format!("{name}: {what}")));
        }
    }
    assert!(errors > 30, "only {errors} errors were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_is_wrong_is_found() {
    let wrong = |text: &str| look(text.parse().unwrap()).1;
    assert_eq!(wrong("#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)] enum E {}"), Vec::<&str>::new());
    assert_eq!(wrong("mod m { #[derive(Debug, thiserror::Error)] enum E {} }").len(), 1);
    assert_eq!(wrong("impl E { pub fn hint(&self) -> Option<String> { None } }").len(), 1);
}
