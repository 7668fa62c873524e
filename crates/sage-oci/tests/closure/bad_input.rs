use crate::support::{self, Bench, bad, good, nix, output};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn small(bench: &Bench, name: &str) -> String {
    bench.file(name, format!("{name}\n").repeat(1000));
    bench.add(name)
}

#[test]
fn a_path_that_is_not_registered() {
    let bench = Bench::new();
    let ghost = format!("/nix/store/{}-ghost", "0".repeat(32));
    let said = bad(bench.sage_oci(&["closure", "x", &ghost]));
    assert!(said.contains(&format!("{ghost} is not a valid path")) && said.contains("hint: "), "{said}");
    let said = bad(bench.sage_oci(&["closure", "x", "/etc/passwd"]));
    assert!(said.contains("`/etc/passwd` is no store path") && said.contains("nix-store --add"), "{said}");
    let said = bench.nix_image(&format!("name = \"x\"; contents = [ \"{ghost}\" ];")).unwrap_err();
    assert!(said.contains(&ghost), "{said}");
}

#[test]
fn unknown_keys_are_named() {
    let bench = Bench::new();
    let path = small(&bench, "a");
    let config = bench.file("options.json", r#"{"config":{"Cmdd":["x"]}}"#);
    let said = bad(bench.sage_oci(&["closure", "x", &path, "--config", config.to_str().unwrap()]));
    assert!(said.contains("unknown field `Cmdd`") && said.contains("`Cmd`"), "{said}");
    let contents = format!("name = \"x\"; contents = [ (builtins.storePath \"{path}\") ];");
    let said = bench.nix_image(&format!("{contents} config.Cmdd = [ \"x\" ];")).unwrap_err();
    assert!(said.contains("config has no key Cmdd"), "{said}");
    let said = bench.nix_image(&format!("{contents} tags = [ \"x\" ];")).unwrap_err();
    assert!(said.contains("unexpected argument 'tags'"), "{said}");
}

#[test]
fn two_trees_with_one_file() {
    let bench = Bench::new();
    bench.file("one/bin/x", "1");
    bench.file("two/bin/x", "2");
    let (one, two) = (bench.add("one"), bench.add("two"));
    let expected = format!("`/bin/x` is brought twice: by {one} and by {two}");
    let said = bad(bench.sage_oci(&["closure", "x", "--copy-to-root", &one, "--copy-to-root", &two]));
    assert!(said.contains(&expected), "{said}");
    let paths = [one, two].map(|path| format!("(builtins.storePath \"{path}\")")).join(" ");
    let said = bench.nix_image(&format!("name = \"x\"; copyToRoot = [ {paths} ];")).unwrap_err();
    assert!(said.contains(&expected), "{said}");
    bench.file("three", "no tree");
    let three = bench.add("three");
    let said = bad(bench.sage_oci(&["closure", "x", "--copy-to-root", &three]));
    assert!(said.contains(&format!("{three} is no directory")), "{said}");
}

#[test]
fn limits_and_permissions_that_cannot_be_kept() {
    let bench = Bench::new();
    let path = small(&bench, "a");
    let said = bad(bench.sage_oci(&["closure", "x", &path, "--max-layers", "1"]));
    assert!(said.contains("1 layers are too few") && said.contains("at least 2"), "{said}");
    let said = bad(bench.sage_oci(&["closure", "x", &path, "--max-layers", "121"]));
    assert!(said.contains("too many"), "{said}");
    for (permission, words) in [
        (r#"{"path":"/nothing/here","uid":1}"#, "nothing in this image's own layers"),
        (r#"{"path":"/etc/passwd","mode":"9"}"#, "`9` is no mode"),
        (r#"{"path":"/etc/passwd","capabilities":"cap_fly+ep"}"#, "there is no `cap_fly`"),
        (r#"{"path":"/nix/store/00000000000000000000000000000000-x/y","uid":1}"#, "no layer of this image"),
    ] {
        let config = bench.file("options.json", format!(r#"{{"permissions":[{permission}]}}"#));
        let said = bad(bench.sage_oci(&["closure", "x", &path, "--config", config.to_str().unwrap()]));
        assert!(said.contains(words), "{permission}: {said}");
    }
    let said = bad(bench.sage_oci(&["closure", "x", &path, "--from-image", &path]));
    assert!(said.contains("is no folder") && said.contains("`oci-layout`"), "{said}");
}

/// Runs the builder as Nix does, on a closure that a test describes; `wrap` stands before its command.
fn builder(bench: &Bench, path: &str, change: impl Fn(String) -> String, out: &Path, wrap: &[&str]) -> Output {
    let known = good(nix("nix-store").args(["--dump-db", path]));
    let lines: Vec<&str> = known.lines().collect();
    let text = format!(
        r#"{{"spec":{{"step":"closure","contents":["{path}"],"image":{{"name":"x","architecture":"amd64"}}}},
            "outputs":{{"out":"{}"}},
            "closure":[{{"path":"{path}","narHash":"sha256:{}","narSize":{},"references":[]}}]}}"#,
        out.display(),
        lines[1],
        lines[2]
    );
    let attributes = bench.file("attrs.json", change(text));
    let program = format!("{}/bin/sage-oci-builder", support::builder());
    let mut command = match wrap {
        [] => Command::new(&program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(&program);
            command
        }
    };
    output(command.env("NIX_ATTRS_JSON_FILE", attributes).env("NIX_BUILD_CORES", "2"), "")
}

#[test]
fn a_path_that_changes_or_goes_is_named() {
    let bench = Bench::new();
    let path = small(&bench, "steady");
    let out = bench.path("out");
    let run = |change: &dyn Fn(String) -> String| builder(&bench, &path, change, &out, &[]);
    assert!(run(&|text| text).status.success());
    sage_oci_files::remove_dir_all(&out).unwrap();
    // The same as content that has changed since Nix registered it: the digest of the disk is another one.
    let digest = |text: String| {
        let at = text.find("\"sha256:").unwrap() + 8;
        let other = if &text[at..=at] == "0" { "1" } else { "0" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    let said = bad(run(&digest));
    assert!(
        said.contains(&format!("{path} is not what Nix's database says")) && said.contains("--repair-path"),
        "{said}"
    );
    let said = bad(run(&|text| text.replace("\"narSize\":", "\"narSize\":1")));
    assert!(said.contains("is not what Nix's database says"), "{said}");
    let ghost = format!("/nix/store/{}-ghost", "0".repeat(32));
    let said = bad(run(&|text| text.replace(&path, &ghost)));
    assert!(said.contains(&format!("{ghost} is valid for Nix, but is not on disk")), "{said}");
    let said = bad(run(&|text| text.replacen(&path, &ghost, 1)));
    assert!(said.contains(&format!("{ghost} is not in the closure")), "{said}");
    assert!(!out.exists(), "nothing is left");
}

#[test]
fn no_space_and_a_read_only_store() {
    let bench = Bench::new();
    let mut state = 1_u64;
    let random = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as u8
    });
    bench.file("large", random.take(3_000_000).collect::<Vec<u8>>());
    let path = bench.add("large");
    let folder: PathBuf = bench.path("small");
    sage_oci_files::create_dir_all(&folder).unwrap();
    let on = |options: &str| {
        let script = format!("mount -t tmpfs -o {options} none {} && exec \"$0\" \"$@\"", folder.display());
        let wrap = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script];
        bad(builder(&bench, &path, |text| text, &folder.join("out"), &wrap))
    };
    let said = on("size=1m");
    assert!(said.contains("No space left on device"), "{said}");
    let said = on("ro");
    assert!(said.contains("Read-only file system") && said.contains("hint: "), "{said}");
}
