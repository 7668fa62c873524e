//! References: what is parsed is what is written, part by part, and nothing else is taken.

use proptest::prelude::*;
use sage_oci_names::{EngineId, Reference};

/// The grammar's own expressions (distribution/reference, `regexp.go`), but for registries that are no hosts.
fn registry() -> impl Strategy<Value = String> {
    r"(localhost|([a-zA-Z0-9]([a-zA-Z0-9-]{0,5}[a-zA-Z0-9])?\.){1,3}[a-z]{1,4}|\[::[0-9a-f]{1,4}\])(:[0-9]{1,5})?"
}

fn repository() -> impl Strategy<Value = String> {
    let part = r"[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}";
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

fn tag() -> impl Strategy<Value = String> {
    r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}"
}

proptest! {
    #[test]
    fn what_the_grammar_has_is_taken_part_by_part(
        registry in prop::option::of(registry()),
        repository in repository(),
        tag in prop::option::of(tag()),
        digest in prop::option::of("[0-9a-f]{64}"),
    ) {
        // Without a registry, a first part that looks like a host is one.
        let repository = if registry.is_none() { format!("x/{repository}") } else { repository };
        let mut text = registry.iter().map(|registry| format!("{registry}/")).collect::<String>();
        text.push_str(&repository);
        text.extend(tag.iter().map(|tag| format!(":{tag}")));
        text.extend(digest.iter().map(|hex| format!("@sha256:{hex}")));
        let found = Reference::parse(&text).unwrap();
        prop_assert_eq!((found.registry(), found.repository()), (registry.as_deref(), repository.as_str()));
        prop_assert_eq!((found.tag(), found.digest().map(|digest| digest.sha256().hex())), (tag.as_deref(), digest));
        prop_assert_eq!(found.to_string(), text);
    }

    #[test]
    fn what_is_taken_comes_out_as_it_went_in(text in r"[a-cA-B0-1:@/._\[\] -]{0,12}") {
        if let Ok(found) = Reference::parse(&text) {
            prop_assert_eq!(found.to_string(), text.clone());
            let json = serde_json::to_string(&found).unwrap();
            prop_assert_eq!(serde_json::from_str::<Reference>(&json).unwrap(), found);
        }
    }

    #[test]
    fn nothing_is_a_name_and_an_id(text in r"(sha256:)?[0-9a-f]{62,66}") {
        prop_assert!(Reference::parse(&text).is_err() || EngineId::parse(&text).is_err());
    }

    #[test]
    fn any_text_has_an_answer(text in any::<String>()) {
        if let Err(error) = Reference::parse(&text) {
            prop_assert!(text.contains(&error.piece) && error.to_string().contains(&text));
        }
    }
}
