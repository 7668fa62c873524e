use crate::support::{
    Bench, bad, builder, entries, good, layers, nix, open, output, parts, parts_expression, root, text, valid,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[test]
fn a_deep_closure_is_the_same_image_both_ways() {
    let bench = Bench::new();
    let top = parts(40, "1");
    // With derivations in `contents`, as nixpkgs has them.
    let options = format!(
        "name = \"deep\"; contents = [ {} ]; copyToRoot = [ {0} ]; config.Cmd = [ \"/bin/show\" \"/refs\" ];",
        parts_expression(40)
    );
    let whole = bench.nix_image(&options).unwrap();
    let by_layer = bench.image(&["deep", &top, "--copy-to-root", &top, "--cmd", "/bin/show", "--cmd", "/refs"]);
    assert_eq!(valid(&whole), valid(&by_layer));
    assert_eq!(open(&whole).manifest_bytes, open(&by_layer).manifest_bytes);
    // Forty parts and the maker, a layer each only for those that are large.
    let requisites = good(nix("nix-store").args(["--query", "--requisites", &top]));
    let entries = entries(&whole);
    for path in requisites.lines() {
        let (_, _, times) = &entries[path.trim_start_matches('/')];
        assert_eq!(*times, 1, "{path}");
    }
    assert!((5..20).contains(&layers(&whole).len()), "{} layers", layers(&whole).len());
    // The builder's second name of a file is a file again; equal files are one.
    let part = top.trim_start_matches('/');
    let link = &entries[&format!("{part}/data/same-b")].0.kind;
    let target = format!("{part}/data/same-a");
    assert_eq!(*link, sage_oci_tree::EntryKind::HardLink { target: target.parse().unwrap() });
}

#[test]
fn an_optimised_store_gives_the_same_bytes() {
    let bench = Bench::new();
    let store = format!("local?root={}", bench.path("root").display());
    let builder = builder();
    let top = parts(8, "1");
    import(&good(nix("nix-store").args(["--query", "--requisites", &top, builder])), &store);
    let expression = format!(
        "import {} {{ builder = builtins.storePath \"{builder}\"; system = builtins.currentSystem; }} \
         {{ name = \"same\"; contents = [ (builtins.storePath \"{top}\") ]; }}",
        root().join("nix/closure-image.nix").display()
    );
    let build = |extra: &[&str]| {
        good(nix("nix-build").args(["--store", &store, "--no-out-link", "-E", &expression]).args(extra))
    };
    let first = build(&["--cores", "1"]);
    good(nix("nix-store").args(["--store", &store, "--optimise"]));
    let linked = std::os::unix::fs::MetadataExt::nlink(
        &sage_oci_files::metadata(bench.path("root").join(format!("{}/data/same-a", &top[1..]))).unwrap(),
    );
    assert!(linked > 2, "the store was not optimised");
    // Nix compares the second output with the first itself.
    assert_eq!(build(&["--cores", "2", "--check"]), first);
    sage_oci_files::remove_dir_all(bench.path("root")).unwrap();
}

/// Copies paths into another store.
fn import(paths: &str, store: &str) {
    let export = nix("nix-store").arg("--export").args(paths.lines()).output().unwrap();
    assert!(export.status.success());
    let mut command = nix("nix-store");
    command
        .args(["--store", store, "--import"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &export.stdout).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_thousand_small_paths_come_through_a_list() {
    let bench = Bench::new();
    let names: Vec<String> = (0..1000).map(|number| format!("many/small-{number}-1.{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        bench.file(name, format!("{number}\n").repeat(500));
    }
    let list = good(nix("nix-store").arg("--add").args(names.iter().map(|name| bench.path(name))));
    let made = text(bench.sage_oci_with(&["closure", "many", "--paths-from", "-"], &list));
    let made = Path::new(&made);
    valid(made);
    let entries = entries(made);
    assert!(list.lines().all(|path| entries.contains_key(&path[1..])));
    assert!(layers(made).len() <= 3, "{} layers for two megabytes", layers(made).len());
    let file = bench.file("paths", &list);
    let again = text(bench.sage_oci(&["closure", "many", "--paths-from", file.to_str().unwrap()]));
    assert_eq!(Path::new(&again), made, "nothing is built again");
}

#[test]
fn one_changed_path_is_one_new_layer_and_docker_gets_no_more() {
    let bench = Bench::new();
    let name = format!("sage-oci-closure-test-{}", std::process::id());
    let load = |version: &str| {
        let top = parts(30, version);
        let arguments =
            ["closure", &name, &top, "--copy-to-root", &top, "--cmd", "/bin/show", "--cmd", "/refs", "--load"];
        let output = bench.sage_oci(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(text(output), format!("{name}:latest"));
        let folder = bench.image(&arguments[1..9]);
        let shown = good(Command::new("docker").args(["run", "--rm", &name]));
        (layers(&folder), said, shown)
    };
    let (first, _, shown) = load("1");
    assert!(shown.contains("-1.28") && shown.ends_with("0:0"), "{shown}");
    let (second, said, _) = load("2");
    let old: BTreeSet<&String> = first.iter().collect();
    let new: Vec<&String> = second.iter().filter(|layer| !old.contains(layer)).collect();
    assert_eq!(new.len(), 1, "{first:#?} {second:#?}");
    assert_eq!(second.last(), Some(new[0]), "what changes lies on top");
    let sent = said.lines().find(|line| line.contains("Imported")).unwrap();
    assert!(!sent.contains(" 0 B there already"), "{sent}");
    good(Command::new("docker").args(["image", "rm", "--force", &name]));
}

#[test]
fn a_path_in_a_shared_layer_changes_that_layer_only() {
    let bench = Bench::new();
    let mut paths = Vec::new();
    for number in 0..60_u64 {
        let mut state = number;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as u8
        })
        .take(1_000_000)
        .collect();
        let name = format!("part-{}-1.0", "x".repeat(number as usize + 1));
        bench.file(&name, bytes);
        paths.push(bench.add(&name));
    }
    let made = |paths: &[String]| {
        layers(Path::new(&text(bench.sage_oci_with(&["closure", "shared", "--paths-from", "-"], &paths.join("\n")))))
    };
    // Nothing refers to them, but together they are too many for the top layer.
    let before = made(&paths);
    bench.file(&format!("part-{}-2.0", "x".repeat(8)), vec![7; 1_000_000]);
    paths[7] = bench.add(&format!("part-{}-2.0", "x".repeat(8)));
    let after = made(&paths);
    assert!(before.len() > 3 && before.len() == after.len(), "{before:#?}");
    assert_eq!(before.iter().zip(&after).filter(|(old, new)| old != new).count(), 1);
}

#[test]
fn a_base_image_is_not_repeated() {
    let bench = Bench::new();
    let (below, above) = (parts(20, "1"), parts(25, "1"));
    let base = bench.image(&["base", &below, "--env", "A=1"]);
    let options = format!(
        "name = \"above\"; contents = [ (builtins.storePath \"{above}\") ]; fromImage = builtins.storePath \"{}\"; \
         user.name = \"me\"; config.Env = [ \"B=2\" ];",
        base.display()
    );
    let whole = bench.nix_image(&options).unwrap();
    let config = bench.file("options.json", r#"{"user":{"name":"me"},"config":{"Env":["B=2"]}}"#);
    let by_layer =
        bench.image(&["above", &above, "--from-image", base.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(open(&whole).manifest_bytes, open(&by_layer).manifest_bytes);
    valid(&whole);
    assert!(layers(&whole).starts_with(&layers(&base)));
    let entries = entries(&whole);
    let twice = |path: &str| entries[path].2;
    let store: Vec<&String> =
        entries.keys().filter(|path| path.starts_with("nix/store/") && path.matches('/').count() == 2).collect();
    assert!(store.len() >= 25);
    assert!(store.iter().all(|path| twice(path) == 1), "no path twice");
    let passwd = String::from_utf8(entries["etc/passwd"].1.clone()).unwrap();
    assert!(passwd.starts_with("root:") && passwd.contains("me:x:1000:"), "{passwd}");
    let config = &open(&whole).config.config;
    assert_eq!((config.env.join(" "), config.user.as_deref()), ("A=1 B=2".to_owned(), Some("1000:1000")));
}

#[test]
fn the_registration_is_what_nix_reads() {
    let bench = Bench::new();
    let top = parts(12, "1");
    let config = bench.file("options.json", r#"{"includeNixDB":true}"#);
    let made = bench.image(&["db", &top, "--config", config.to_str().unwrap()]);
    let root = bench.path("root");
    sage_oci_files::create_dir_all(&root).unwrap();
    for layer in layers(&made) {
        let blob = made.join("blobs/sha256").join(&layer[7..]);
        good(
            Command::new("tar")
                .args(["--extract", "--zstd", "--no-same-owner", "--directory"])
                .arg(&root)
                .arg("--file")
                .arg(blob),
        );
    }
    let store = format!("local?root={}", root.display());
    let registration = sage_oci_files::read_to_string(root.join("nix-path-registration")).unwrap();
    text(output(nix("nix-store").args(["--store", &store, "--load-db"]), &registration));
    text(output(nix("nix-store").args(["--store", &store, "--verify", "--check-contents"]), ""));
    let known = good(nix("nix-store").args(["--store", &store, "--query", "--requisites", &top]));
    assert_eq!(known, good(nix("nix-store").args(["--query", "--requisites", &top])));
    assert!(known.lines().count() > 1 && known.lines().all(|path| registration.contains(path)), "{known}");
    sage_oci_files::remove_dir_all(root).unwrap();
    assert!(bad(bench.sage_oci(&["closure", "db"])).contains("nothing to make an image of"));
}
