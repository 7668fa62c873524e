use crate::support::{Bench, entries, good, layers, open, text, valid};
use sage_oci_tree::EntryKind;
use std::path::Path;
use std::process::Command;

/// An image with everything that can be asked for.
fn image(bench: &Bench, options: &str) -> (String, std::path::PathBuf) {
    bench.file("app/bin/tool", "#!/bin/show\n");
    bench.file("app/bin/other", "x");
    bench.file("app/etc/app.conf", "a=1\n");
    let app = bench.add("app");
    let config = bench.file("options.json", options.replace("APP", &app));
    let made = bench.image(&["options", &app, "--copy-to-root", &app, "--config", config.to_str().unwrap()]);
    valid(&made);
    (app, made)
}

#[test]
fn owners_modes_and_capabilities_are_metadata() {
    let bench = Bench::new();
    let (app, made) = image(
        &bench,
        r#"{"owner":{"uid":1000,"gid":100},
            "permissions":[
              {"path":"APP/bin/tool","mode":"4755","uid":0,"gid":0,"capabilities":"cap_net_raw+ep"},
              {"path":"/etc","recursive":true,"uid":7}]}"#,
    );
    let entries = entries(&made);
    let tool = &entries[&format!("{}/bin/tool", &app[1..])].0;
    assert_eq!((tool.mode, tool.uid, tool.gid), (0o4755, 0, 0));
    assert_eq!(tool.xattrs["security.capability"][..8], [1, 0, 0, 2, 0, 0x20, 0, 0]);
    let other = &entries[&format!("{}/bin/other", &app[1..])].0;
    assert_eq!((other.mode, other.uid, other.gid), (0o444, 1000, 100));
    assert_eq!((entries["nix/store"].0.mode, entries["nix/store"].0.uid), (0o755, 1000));
    assert_eq!((entries["etc/passwd"].0.uid, entries["etc"].0.uid, entries["tmp"].0.uid), (7, 7, 0));
}

#[test]
fn the_usual_files_are_there() {
    let bench = Bench::new();
    let (app, made) = image(&bench, r#"{"user":{"name":"ada","uid":1234,"shell":"/bin/tool"}}"#);
    let entries = entries(&made);
    let of = |path: &str| {
        let (entry, bytes, _) = &entries[path];
        (entry.mode, entry.uid, String::from_utf8_lossy(bytes).into_owned())
    };
    assert_eq!((of("tmp").0, of("root").0), (0o1777, 0o700));
    assert_eq!((of("home/ada").0, of("home/ada").1), (0o755, 1234));
    assert!(of("etc/passwd").2.ends_with("ada:x:1234:1234:ada:/home/ada:/bin/tool\n"));
    assert!(of("etc/group").2.ends_with("ada:x:1234:\n"));
    let link = EntryKind::Symlink { target: format!("{app}/bin/tool") };
    assert_eq!(entries["bin/tool"].0.kind, link);
    assert_eq!(open(&made).config.config.user.as_deref(), Some("1234:1234"));
}

#[test]
fn files_can_be_copied_instead_of_linked() {
    let bench = Bench::new();
    let (_, made) = image(&bench, r#"{"rootFiles":"copy","permissions":[{"path":"/bin/tool","mode":"755"}]}"#);
    let entries = entries(&made);
    assert_eq!(entries["etc/app.conf"].1, b"a=1\n");
    assert_eq!((entries["bin/tool"].0.mode, entries["bin/other"].0.mode), (0o755, 0o644));
}

#[test]
fn configuration_annotations_and_architecture() {
    let bench = Bench::new();
    let options = r#"{"architecture":"arm64","created":86400,"annotations":{"org.opencontainers.image.title":"t"},
        "config":{"Cmd":["/bin/tool"],"Env":["A=1"],"ExposedPorts":{"80/tcp":{}},"Volumes":{"/data":{}},
        "WorkingDir":"/data","StopSignal":"SIGINT","Labels":{"l":"1"},"User":"nobody"}}"#;
    let (_, made) = {
        bench.file("app/f", "x");
        let app = bench.add("app");
        let config = bench.file("options.json", options);
        (app.clone(), bench.image(&["arm", &app, "--config", config.to_str().unwrap()]))
    };
    let folder = sage_oci_layout::LayoutDir::open(&made).unwrap();
    let image = sage_oci_image::Image::open(&folder, sage_oci_names::Architecture::Arm64).unwrap();
    let config = String::from_utf8(image.config_bytes).unwrap();
    for part in [
        r#""architecture":"arm64""#,
        r#""created":"1970-01-02T00:00:00Z""#,
        r#""ExposedPorts":{"80/tcp":{}}"#,
        r#""Volumes":{"/data":{}}"#,
        r#""StopSignal":"SIGINT""#,
        r#""Labels":{"l":"1"}"#,
        r#""User":"nobody""#,
    ] {
        assert!(config.contains(part), "{part}: {config}");
    }
    assert_eq!(image.manifest.annotations["org.opencontainers.image.title"], "t");
}

#[test]
fn diff_ids_do_not_depend_on_the_compression() {
    let bench = Bench::new();
    let diff_ids = |options: &str| {
        let (_, made) = image(&bench, options);
        let image = open(&made);
        (image.config.rootfs.diff_ids, image.layers[0].layer_type.as_str(), layers(&made))
    };
    let zstd = diff_ids("{}");
    let gzip = diff_ids(r#"{"compression":"gzip"}"#);
    let none = diff_ids(r#"{"compression":"none"}"#);
    assert!(zstd.0 == gzip.0 && gzip.0 == none.0);
    assert!(zstd.1.ends_with("+zstd") && gzip.1.ends_with("+gzip") && none.1.ends_with(".tar"));
    assert_eq!(none.2[0], none.0[0].to_string());
}

#[test]
fn a_container_has_the_capability_and_the_user() {
    let bench = Bench::new();
    let top = crate::support::parts(5, "1");
    let config = bench.file(
        "options.json",
        format!(
            r#"{{"user":{{"name":"ada"}},"permissions":[{{"path":"{top}/bin/show","mode":"2755","uid":0,"gid":42}}],
                "config":{{"Cmd":["{top}/bin/show","/etc/passwd"]}}}}"#
        ),
    );
    let name = format!("sage-oci-closure-options-{}", std::process::id());
    text(bench.sage_oci(&["closure", &name, &top, "--config", config.to_str().unwrap(), "--load"]));
    let shown = good(Command::new("docker").args(["run", "--rm", &name]));
    assert!(shown.contains("ada:x:1000:") && shown.ends_with("1000:1000"), "{shown}");
    good(Command::new("docker").args(["image", "rm", "--force", &name]));
    assert!(Path::new(&top).exists());
}
