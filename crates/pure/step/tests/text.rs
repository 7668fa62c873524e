//! Every kind of step as its builder reads it: one text, nothing unknown taken, defaults left out.
//!
//! A step's text is hashed into its derivation: another text would give every image another path.

use sage_oci_names::Algorithm;
use sage_oci_step::{ClosureImage, FetchStep, Resources, RootFiles, Step};

/// Builder's texts, one of each kind. Keys stand in the order of the types' fields.
const STEPS: &[(&str, &str)] = &[
    (
        "fetch",
        r#"{"step":"fetch","mirrors":["http://m"],"files":[{"name":"a.deb","path":"pool/a.deb","size":5,"sha256":"0000000000000000000000000000000000000000000000000000000000000001"},{"name":"b.deb","path":"pool/b.deb","size":6,"sha256":"0000000000000000000000000000000000000000000000000000000000000002","mirrors":["http://n"]}]}"#,
    ),
    (
        "layer",
        r#"{"step":"layer","name":"base","sealing":{"epoch":1,"compression":"zstd","level":3},"packages":[{"name":"dash","archive":"/a.deb","scripts":{"postinst":"0000000000000000000000000000000000000000000000000000000000000001"},"replaced":{"usr/x":"libc6"}}],"base":true,"effects":[{"package":"dash","kind":"metadata","path":"/x","mode":"0755"}],"users":{"root":0},"groups":{"root":0},"exclude":["/usr/share/doc/*"],"include":[]}"#,
    ),
    (
        "bytecode",
        r#"{"step":"bytecode","name":"bytecode-rest","sealing":{"epoch":1,"compression":"none","level":0},"interpreter":{"archives":["/p.deb"],"version":"3.14","architecture":"amd64"},"packages":[{"name":"python3-x","archive":"/x.deb","directories":["/usr/lib/python3"],"replaced":{}}],"exclude":[],"include":[]}"#,
    ),
    (
        "generate",
        r#"{"step":"generate","name":"users","sealing":{"epoch":1,"compression":"zstd","level":3},"architecture":"arm64","generate":"users","user":"me","sudo":false,"contents":["/c"],"archives":{},"effects":[],"users":{},"groups":{},"exclude":[],"include":[]}"#,
    ),
    (
        "source",
        r#"{"step":"source","name":"source-x","sealing":{"epoch":1,"compression":"zstd","level":3},"archive":"/x.tar.gz","patches":[{"name":"p","text":"t"}],"path":"/home/me/x","owner":1000,"author":"Me <me@x>","message":"x 1","tag":"1","contents":[]}"#,
    ),
    (
        "wheel",
        r#"{"step":"wheel","name":"wheel-x","sealing":{"epoch":1,"compression":"zstd","level":3},"interpreter":{"archives":[],"version":"3.14","architecture":"amd64"},"distribution":"x","version":"1","archive":"/x.whl","exclude":[],"include":[],"contents":[]}"#,
    ),
    (
        "root",
        r#"{"step":"root","packages":[{"name":"hello","archive":"/a.deb","scripts":{},"replaced":{}}],"effects":[],"exclude":["/usr/share/doc/*"],"include":[],"links":{"/usr/local/bin/a":"/usr/bin/b"},"prepare":["/usr/bin/a"]}"#,
    ),
    (
        "run",
        r#"{"step":"run","root":"/r","mounts":{"/sysroot":"/s"},"subject":"a.b","folder":"/build","files":{"a":"/f"},"empty":["b"],"folders":["c"],"env":{},"directory":"","commands":[{"line":"true"},{"line":"false","after":[0]}],"keep":{"c/d":"d"},"reads":{"c/d.dep":["a"]}}"#,
    ),
    (
        "overlay",
        r#"{"step":"overlay","name":"commit-files","sealing":{"epoch":1,"compression":"zstd","level":3},"files":{"/usr/a":{"source":"/f"},"/usr/b":{"source":"/g","executable":true}},"removed":["/usr/c"],"contents":[]}"#,
    ),
    (
        "checkout",
        r#"{"step":"checkout","name":"source-x","sealing":{"epoch":1,"compression":"zstd","level":3},"tree":"/t","commit":"/c","path":"/home/me/x","owner":1000,"branch":"b","contents":[]}"#,
    ),
    (
        "image",
        r#"{"step":"image","name":"tool","architecture":"amd64","epoch":1,"layers":["/l"],"config":{"user":"me","working_dir":"/","env":{"A":"b"},"entrypoint":[],"cmd":["sh"],"ports":["1/tcp"],"labels":{},"stop_signal":""},"annotations":{"a":"b"},"lock":"{}\\n"}"#,
    ),
    ("index", r#"{"step":"index","name":"tool","images":{"amd64":"/a","arm64":"/b"}}"#),
    ("links", r#"{"step":"links","links":{"bin/tool":"/t"}}"#),
    (
        "closure-layer",
        r#"{"step":"closure-layer","name":"glibc","sealing":{"epoch":1,"compression":"zstd","level":3},"owner":{"uid":0,"gid":0},"paths":[{"path":"/nix/store/00000000000000000000000000000000-glibc","nar_sha256":"0000000000000000000000000000000000000000000000000000000000000001","nar_size":5}],"permissions":[]}"#,
    ),
];

/// Kinds of generated layers, with what only they say.
const GENERATED: &[&str] = &[
    r#""generate":"alternatives""#,
    r#""generate":"ld-cache""#,
    r#""generate":"certificates""#,
    r#""generate":"configuration""#,
    r#""generate":"users","user":"me","sudo":true"#,
    r#""generate":"dpkg","automatic":["libc6"],"omitted":{"tool-doc":"1:2.1-3"},"sources":"Types: deb\n""#,
    r#""generate":"files","files":[{"path":"/a","text":"x","mode":"0644","owner":"root","group":"root"}]"#,
    r#""generate":"files","files":[{"path":"/a","link":"b","mode":"0644","owner":"root","group":"root"}]"#,
    r#""generate":"files","files":[{"path":"/a","directory":true,"mode":"1777","owner":"me","group":"me"}]"#,
    r#""generate":"files","files":[{"path":"/a","patch":{"package":"hello","name":"p","text":"t"},"mode":"0644","owner":"root","group":"root"}]"#,
];

fn generate(kind: &str) -> String {
    STEPS[3].1.replacen(r#""generate":"users","user":"me","sudo":false"#, kind, 1)
}

#[test]
fn every_step_has_one_text() {
    let generated = GENERATED.iter().map(|kind| generate(kind));
    for text in STEPS.iter().map(|(_, text)| (*text).to_owned()).chain(generated) {
        let step: Step = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(serde_json::to_string(&step).unwrap(), text);
    }
}

#[test]
fn steps_are_told_apart_by_their_word() {
    for (word, text) in STEPS {
        let step: Step = serde_json::from_str(text).unwrap();
        let kind = match step {
            Step::Fetch(_) => "fetch",
            Step::Layer(_) => "layer",
            Step::Bytecode(_) => "bytecode",
            Step::Generate(_) => "generate",
            Step::Source(_) => "source",
            Step::Wheel(_) => "wheel",
            Step::Root(_) => "root",
            Step::Run(_) => "run",
            Step::Overlay(_) => "overlay",
            Step::Checkout(_) => "checkout",
            Step::Image(_) => "image",
            Step::Index(_) => "index",
            Step::Links(_) => "links",
            Step::Closure(_) => "closure",
            Step::ClosureLayer(_) => "closure-layer",
            Step::ClosureTop(_) => "closure-top",
            Step::ClosureImage(_) => "closure-image",
        };
        assert_eq!(kind, *word);
    }
    let error = serde_json::from_str::<Step>(r#"{"step":"moon"}"#).unwrap_err().to_string();
    assert!(error.starts_with("unknown variant `moon`, expected one of `fetch`, `layer`, `bytecode`"), "{error}");
    let error = serde_json::from_str::<Step>(r#"{"links":{}}"#).unwrap_err().to_string();
    assert!(error.starts_with("missing field `step`"), "{error}");
}

/// A builder that is older than the recipe must not make something else in silence.
#[test]
fn a_key_that_nobody_reads_is_refused() {
    for (word, text) in STEPS.iter().filter(|(word, _)| *word != "generate") {
        let spoiled = text.replacen('{', "{\"moon\":1,", 1);
        let error = serde_json::from_str::<Step>(&spoiled).expect_err(word).to_string();
        assert!(error.contains("unknown field `moon`"), "{word}: {error}");
    }
    for (from, to) in
        [(r#""level":3"#, r#""level":3,"moon":1"#), (r#""archive":"/a.deb""#, r#""archive":"/a.deb","moon":1"#)]
    {
        let error = serde_json::from_str::<Step>(&STEPS[1].1.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains("unknown field `moon`"), "{error}");
    }
}

#[test]
fn what_lies_below_is_only_said_where_something_does() {
    let with = |above: &str| STEPS[3].1.replacen(r#""archives""#, &format!(r#"{above}"archives""#), 1);
    for above in [r#""above":{"contents":["/b"]},"#, r#""above":{"contents":["/b"],"replaces":"/r"},"#] {
        let text = with(above);
        let step: Step = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&step).unwrap(), text);
    }
    assert!(serde_json::from_str::<Step>(&with(r#""above":{"contents":[],"moon":1},"#)).is_err());
}

#[test]
fn files_are_fetched_from_their_own_mirrors() {
    let Step::Fetch(fetch) = serde_json::from_str::<Step>(STEPS[0].1).unwrap() else { panic!("it is a fetch") };
    let by: Vec<(Vec<&str>, Vec<&str>)> = fetch
        .by_mirrors()
        .into_iter()
        .map(|(mirrors, files)| {
            (mirrors.iter().map(String::as_str).collect(), files.iter().map(|file| file.name.as_str()).collect())
        })
        .collect();
    assert_eq!(by, [(vec!["http://m"], vec!["a.deb"]), (vec!["http://n"], vec!["b.deb"])]);
    // A file that names the step's own mirrors goes with the others; no file is lost.
    let mut same = fetch.clone();
    same.files[1].mirrors.clone_from(&same.mirrors);
    assert_eq!(same.by_mirrors().into_values().map(|files| files.len()).collect::<Vec<_>>(), [2]);
    let none = FetchStep { mirrors: fetch.mirrors, files: Vec::new() };
    assert!(none.by_mirrors().is_empty());
}

#[test]
fn only_a_builder_s_own_line_tells_what_it_used() {
    let used = Resources { cpu_ms: 1, peak_bytes: 2, written_bytes: 3 };
    assert_eq!(used.line(), r#"resources {"cpu_ms":1,"peak_bytes":2,"written_bytes":3}"#);
    assert_eq!(Resources::parse(&used.line()), Some(used));
    for line in [
        r#" resources {"cpu_ms":1,"peak_bytes":2,"written_bytes":3}"#,
        r#"Resources {"cpu_ms":1,"peak_bytes":2,"written_bytes":3}"#,
        r#"resources {"cpu_ms":1,"peak_bytes":2}"#,
        r#"resources {"cpu_ms":-1,"peak_bytes":2,"written_bytes":3}"#,
        r#"resources {"cpu_ms":1,"peak_bytes":2,"written_bytes":3} and more"#,
    ] {
        assert_eq!(Resources::parse(line), None, "{line}");
    }
}

fn closure(more: &str) -> Result<ClosureImage, String> {
    let text = format!(r#"{{"name":"a","architecture":"amd64"{more}}}"#);
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

#[test]
fn a_closure_image_has_defaults() {
    let image = closure("").unwrap();
    assert_eq!((image.created, image.max_layers, image.compression), (1, 60, Algorithm::Zstd));
    assert_eq!((image.owner.uid, image.owner.gid, image.root_files), (0, 0, RootFiles::Link));
    assert!(!image.include_nix_db);
    for (more, level) in [
        ("", 3),
        (r#","compression":"gzip""#, 6),
        (r#","compression":"none""#, 0),
        (r#","level":19"#, 19),
        (r#","compression":"gzip","level":1"#, 1),
        (r#","level":null"#, 3),
    ] {
        assert_eq!(closure(more).unwrap().compression().unwrap().level(), level, "{more}");
    }
    let user = |more: &str| closure(&format!(r#","user":{{"name":"me"{more}}}"#)).unwrap().user.unwrap();
    let plain = user("");
    assert_eq!((plain.uid, plain.gid(), plain.home().as_str(), plain.shell()), (1000, 1000, "/home/me", "/bin/sh"));
    let own = user(r#","uid":5,"home":"/srv","shell":"/bin/zsh""#);
    assert_eq!((own.uid, own.gid(), own.home().as_str(), own.shell()), (5, 5, "/srv", "/bin/zsh"));
    assert_eq!(user(r#","uid":5,"gid":7"#).gid(), 7);
}

#[test]
fn a_closure_image_takes_nix_s_words_and_no_others() {
    let said = closure(
        r#","maxLayers":20,"rootFiles":"copy","includeNixDB":true,"owner":{"uid":1},"permissions":[{"path":"/x"}],"config":{"Cmd":["sh"],"ExposedPorts":{"1/tcp":{}},"WorkingDir":"/"}"#,
    )
    .unwrap();
    assert_eq!((said.max_layers, said.root_files, said.include_nix_db), (20, RootFiles::Copy, true));
    assert_eq!((said.owner.uid, said.owner.gid, said.permissions[0].recursive), (1, 0, false));
    assert_eq!(said.config.working_dir.as_deref(), Some("/"));
    for (more, expected) in [
        (r#","max_layers":20"#, "unknown field `max_layers`"),
        (r#","includeNixDb":true"#, "unknown field `includeNixDb`"),
        (r#","rootFiles":"hardlink""#, "unknown variant `hardlink`, expected `link` or `copy`"),
        (r#","owner":{"user":1}"#, "unknown field `user`, expected `uid` or `gid`"),
        (r#","user":{"uid":1}"#, "missing field `name`"),
        (r#","permissions":[{"mode":"0755"}]"#, "missing field `path`"),
        (r#","permissions":[{"path":"/x","caps":"x"}]"#, "unknown field `caps`"),
        (r#","config":{"cmd":["sh"]}"#, "unknown field `cmd`"),
        (r#","config":{"ExposedPorts":{"1/tcp":{"a":1}}}"#, "unknown field `a`"),
        (r#","copyToRoot":["/etc"]"#, "`/etc` is not a valid store path"),
        (r#","fromImage":"base.tar""#, "`base.tar` is not a valid store path: it must be absolute"),
        (r#","maxLayers":-1"#, "invalid value: integer `-1`"),
    ] {
        let error = closure(more).expect_err(more);
        assert!(error.starts_with(expected), "{more}: {error}");
    }
}
