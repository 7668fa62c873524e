//! Each derivation is described twice, in the Nix language and with the builder: paths and bytes must be the same.

use crate::support::Nix;
use sage_oci_derivation::{Derivation, DerivationBuilder, Derivations, Finished, FixedHash, sha256};
use sage_oci_names::StorePath;

const SYSTEM: &str = "x86_64-linux";

fn drv(name: &str) -> DerivationBuilder {
    DerivationBuilder::new(name, SYSTEM, "/bin/build")
}

/// Compares with what Nix makes of `expression`, and reads Nix's bytes back.
fn same(nix: &Nix, finished: &Finished, expression: &str) {
    let (path, bytes) = nix.instantiate(expression);
    assert_eq!(String::from_utf8_lossy(&finished.bytes), String::from_utf8_lossy(&bytes));
    assert_eq!(finished.path, path);
    let read = Derivation::parse(&finished.derivation.name, &bytes).unwrap();
    assert_eq!(read, finished.derivation);
    assert_eq!(read.to_bytes(), bytes);
    for (output, ours) in &finished.outputs {
        assert_eq!(nix.eval(&format!("({expression}).{output}.outPath")), ours.as_str());
    }
}

#[test]
fn plain_and_several_outputs() {
    let nix = Nix::new();
    let mut all = Derivations::default();
    let plain = all.add(drv("plain-1.0")).unwrap();
    same(&nix, plain, r#"derivation { name = "plain-1.0"; system = "x86_64-linux"; builder = "/bin/build"; }"#);
    let many = all.add(drv("many").outputs(["lib", "out", "dev"]).args(["a", ""]).env("empty", "")).unwrap();
    same(
        &nix,
        many,
        r#"derivation { name = "many"; system = "x86_64-linux"; builder = "/bin/build"; args = [ "a" "" ];
             outputs = [ "lib" "out" "dev" ]; empty = ""; }"#,
    );
}

#[test]
fn special_characters_and_pass_as_file() {
    let nix = Nix::new();
    let mut all = Derivations::default();
    let odd = "quote \" back \\ new\nline \r\t dollar $ {} ü 名 \u{1}";
    let finished = all
        .add(drv("odd+-._?=").arg(odd).env("text", odd).env("passAsFile", "text").env("A-z.1", "x").env("ü", "y"))
        .unwrap();
    same(
        &nix,
        finished,
        "let odd = \"quote \\\" back \\\\ new\\nline \\r\\t dollar $ {} ü 名 \u{1}\"; in
         derivation { name = \"odd+-._?=\"; system = \"x86_64-linux\"; builder = \"/bin/build\"; args = [ odd ];
           text = odd; passAsFile = [ \"text\" ]; \"A-z.1\" = \"x\"; \"ü\" = \"y\"; }",
    );
}

#[test]
fn fixed_outputs_and_what_uses_them() {
    let nix = Nix::new();
    let mut all = Derivations::default();
    let digest = sha256("content");
    let fetch = |name: &str, mode: &str, url: &str| {
        format!(
            r#"(derivation {{ name = "{name}"; system = "x86_64-linux"; builder = "/bin/build"; url = "{url}";
                 outputHash = "{digest}"; outputHashAlgo = "sha256"; outputHashMode = "{mode}"; }})"#
        )
    };
    let flat = all.add(drv("flat").env("url", "http://a").fixed(FixedHash::Flat(digest))).unwrap().clone();
    same(&nix, &flat, &fetch("flat", "flat", "http://a"));
    let tree = all.add(drv("tree").env("url", "http://a").fixed(FixedHash::Recursive(digest))).unwrap().clone();
    same(&nix, &tree, &fetch("tree", "recursive", "http://a"));
    let mirror = all.add(drv("flat").env("url", "http://b").fixed(FixedHash::Flat(digest))).unwrap().clone();
    assert_ne!(mirror.path, flat.path);
    assert_eq!(mirror.outputs, flat.outputs);

    // Another mirror changes the `.drv` of what uses the file, but not its output.
    let user = |flat: &Finished| {
        drv("user").input(flat, "out").input(&tree, "out").env("files", format!("{} {}", flat.out(), tree.out()))
    };
    let expression = |url| {
        format!(
            r#"derivation {{ name = "user"; system = "x86_64-linux"; builder = "/bin/build";
                 files = [ {} {} ]; }}"#,
            fetch("flat", "flat", url),
            fetch("tree", "recursive", "http://a")
        )
    };
    let first = all.add(user(&flat)).unwrap().clone();
    same(&nix, &first, &expression("http://a"));
    let second = all.add(user(&mirror)).unwrap().clone();
    same(&nix, &second, &expression("http://b"));
    assert_eq!(first.outputs, second.outputs);
    assert_ne!(first.path, second.path);

    // Both mirrors at once have one hash: their entries merge.
    let both = all.add(drv("both").input(&flat, "out").input(&mirror, "out").env("f", flat.out().as_str())).unwrap();
    let [a, b] = ["http://a", "http://b"].map(|url| fetch("flat", "flat", url));
    let expression = format!(
        r#"derivation {{ name = "both"; system = "x86_64-linux"; builder = "/bin/build";
             f = builtins.appendContext "${{{a}}}" (builtins.getContext "${{{b}}}"); }}"#
    );
    same(&nix, both, &expression);
}

#[test]
fn a_chain_with_sources() {
    let nix = Nix::new();
    let mut all = Derivations::default();
    let source = StorePath::parse(&nix.eval(r#"builtins.toFile "note" "hello\n""#)).unwrap();
    let ours = all.store_dir().text_path("note", &sha256("hello\n"), &[].into()).unwrap();
    assert_eq!(ours, source);
    let low = all.add(drv("low").outputs(["out", "dev"]).input_source(source.clone()).env("src", source.as_str()));
    let low = low.unwrap().clone();
    let middle = all.add(drv("middle").input(&low, "dev").arg(low.outputs["dev"].as_str())).unwrap().clone();
    let top = all
        .add(
            drv("top")
                .input(&middle, "out")
                .input(&low, "dev")
                .input(&low, "out")
                .input_source(source.clone())
                .arg(source.as_str())
                .env("m", format!("{}/bin:{}", middle.out(), low.out()))
                .env("d", low.outputs["dev"].as_str()),
        )
        .unwrap();
    let expression = r#"
      let
        note = builtins.toFile "note" "hello\n";
        drv = more: derivation ({ system = "x86_64-linux"; builder = "/bin/build"; } // more);
        low = drv { name = "low"; outputs = [ "out" "dev" ]; src = note; };
        middle = drv { name = "middle"; args = [ low.dev ]; };
      in drv { name = "top"; args = [ note ]; m = "${middle}/bin:${low.out}"; d = low.dev; }"#;
    same(&nix, top, expression);
}
