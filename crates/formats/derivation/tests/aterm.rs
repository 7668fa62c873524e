//! Laws of the `.drv` text: what is written is read back, and nothing else is taken.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sage_oci_derivation::{Derivation, DerivationBuilder, DerivationError, Derivations, FixedHash, Output, sha256};
use sage_oci_names::{Sha256, StorePath};
use std::cell::Cell;

fn store_path() -> impl Strategy<Value = StorePath> {
    "[0-9a-df-np-sv-z]{32}-[a-zA-Z0-9+._?=-]{1,12}"
        .prop_map(|base| StorePath::parse(&format!("/nix/store/{base}")).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\"\\\\\n\r\t,()\\[\\]a]{0,12}"]
}

fn output() -> impl Strategy<Value = Output> {
    (store_path(), any::<Option<(bool, [u8; 32])>>()).prop_map(|(path, fixed)| match fixed {
        None => Output::InputAddressed { path },
        Some((recursive, digest)) => Output::Fixed { path, recursive, sha256: Sha256::new(digest) },
    })
}

fn derivation() -> impl Strategy<Value = Derivation> {
    use proptest::collection::{btree_map, btree_set, vec};
    let inputs = btree_map(store_path(), btree_set("[a-z]{1,3}", 0..3), 0..4);
    let words = (text(), text(), vec(text(), 0..4), btree_map(text(), text(), 0..5));
    (btree_map("[a-z]{1,4}", output(), 0..3), inputs, btree_set(store_path(), 0..4), words).prop_map(
        |(outputs, input_derivations, input_sources, (system, builder, args, env))| Derivation {
            name: "x".into(),
            outputs,
            input_derivations,
            input_sources,
            system,
            builder,
            args,
            env,
        },
    )
}

proptest! {
    #[test]
    fn round_trip(derivation in derivation()) {
        let bytes = derivation.to_bytes();
        prop_assert_eq!(Derivation::parse("x", &bytes).unwrap(), derivation);
    }

    #[test]
    fn truncation_is_refused(derivation in derivation(), at: prop::sample::Index) {
        let bytes = derivation.to_bytes();
        let end = at.index(bytes.len());
        prop_assert!(Derivation::parse("x", &bytes[..end]).is_err());
    }
}

/// A change of one byte is refused, or gives another derivation whose text is exactly the changed bytes.
#[test]
fn one_text_a_derivation() {
    let (taken, refused) = (Cell::new(0), Cell::new(0));
    let more = |count: &Cell<u32>| count.set(count.get() + 1);
    let strategy = (derivation(), any::<prop::sample::Index>(), any::<u8>());
    let law = |(derivation, at, byte): (Derivation, prop::sample::Index, u8)| {
        let mut bytes = derivation.to_bytes();
        let at = at.index(bytes.len());
        let same = std::mem::replace(&mut bytes[at], byte) == byte;
        match Derivation::parse("x", &bytes) {
            Ok(read) => {
                prop_assert_eq!(read.to_bytes(), bytes);
                more(&taken);
            }
            Err(error) => {
                prop_assert!(!same, "{}", error);
                more(&refused);
            }
        }
        Ok(())
    };
    TestRunner::new(ProptestConfig::with_cases(500)).run(&strategy, law).unwrap();
    assert!(taken.get() >= 50 && refused.get() >= 50, "{} taken, {} refused", taken.get(), refused.get());
}

#[test]
fn errors_say_where() {
    let hash = "0".repeat(32);
    let good = format!(r#"Derive([("out","/nix/store/{hash}-x","","")],[],[],"s","b",["a"],[("k","v")])"#);
    assert!(Derivation::parse("x", good.as_bytes()).is_ok());
    let offset = |text: &str| match Derivation::parse("x", text.as_bytes()) {
        Err(DerivationError::Aterm { offset, .. }) => offset,
        other => panic!("{other:?}"),
    };
    assert_eq!(offset(""), 0);
    assert_eq!(offset(&good.replace("Derive", "derive")), 0);
    assert_eq!(offset(&format!("{good}\n")), good.len());
    assert_eq!(offset(&good.replace("\"v\"", "\"\\v\"")), good.find("\"v\"").unwrap() + 1);
    assert_eq!(offset(&good.replace(&hash, "short")), good.find("\"/nix").unwrap());
    assert_eq!(offset(&good.replace(r#"("k","v")"#, r#"("k","v"),("k","v")"#)), good.find("(\"k").unwrap() + 10);
    assert_eq!(offset("DrvWithVersion(\"xp-dyn-drv\",[])"), 0);
}

#[test]
fn the_builder_refuses_what_nix_would() {
    let all = Derivations::default();
    let drv = |name: &str| DerivationBuilder::new(name, "x86_64-linux", "/b");
    let stray = format!("/nix/store/{}-stray", "0".repeat(32));
    let refused = [
        drv("x.drv"),
        drv("white space"),
        drv("x").outputs([""; 0]),
        drv("x").outputs(["out", "out"]),
        drv("x").outputs(["drv"]),
        drv("x").outputs(["dev"]).fixed(FixedHash::Flat(sha256(""))),
        drv("x").env("name", "y"),
        drv("x").outputs(["dev"]).env("dev", "y"),
        drv("x").arg("a\0b"),
        drv("x").arg(&stray),
        drv("x").env("k", format!("a:{stray}/bin")),
        DerivationBuilder::new("x", "x86_64-linux", &stray),
    ];
    for builder in refused {
        assert!(builder.clone().finish(&all).is_err(), "{builder:?}");
    }
    let declared = drv("x").arg(&stray).input_source(StorePath::parse(&stray).unwrap());
    assert!(declared.finish(&all).is_ok());
}

#[test]
fn inputs_must_be_known_and_have_the_output() {
    let mut other = Derivations::default();
    let low = other.add(DerivationBuilder::new("low", "x86_64-linux", "/b")).unwrap().clone();
    let user = |output: &str| DerivationBuilder::new("user", "x86_64-linux", "/b").input(&low, output);
    let empty = Derivations::default();
    assert!(matches!(user("out").finish(&empty), Err(DerivationError::UnknownInput { .. })));
    assert!(matches!(user("dev").finish(&other), Err(DerivationError::UnknownOutput { .. })));
    let user = user("out").finish(&other).unwrap();
    assert!(Derivations::default().insert(user).is_err());
}
