//! Every way in which an image definition can be wrong, as a person sees it: file, line and sentence.

use sage_oci_definition::{DefinitionError, Image};
use sage_oci_hint::Hint as _;

const TINY: &str = include_str!("images/tiny.toml");
const DEV: &str = include_str!("images/tiny-dev.toml");

/// The one change that a case makes, and what is said of it.
type Case = (&'static str, &'static str, &'static str);

fn spoiled(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the fixture has no `{from}`");
    text.replacen(from, to, 1)
}

fn alone(cases: &[Case]) {
    for (from, to, expected) in cases {
        let error = Image::parse("tiny.toml", &spoiled(TINY, from, to)).expect_err(expected);
        assert_eq!(error.to_string(), *expected);
        assert_eq!(error.hint(), None, "the line says it all");
    }
}

fn above(cases: &[Case]) {
    for (from, to, expected) in cases {
        let files = [("dev.toml", spoiled(DEV, from, to)), ("tiny.toml", TINY.to_owned())];
        let files = files.map(|(file, text)| (file.to_owned(), text));
        assert_eq!(Image::parse_all(&files).expect_err(expected).to_string(), *expected);
    }
}

#[test]
fn the_fixtures_are_right() {
    let files = [("dev.toml", DEV), ("tiny.toml", TINY)].map(|(file, text)| (file.to_owned(), text.to_owned()));
    let images = Image::parse_all(&files).unwrap();
    let names: Vec<String> = images.iter().flat_map(Image::names).map(|name| name.to_string()).collect();
    assert_eq!(names, ["tiny-dev", "tiny-dev-jupyter", "tiny", "tiny-jupyter"]);
}

#[test]
fn keys_that_nobody_reads() {
    let line = |file: &str, text: &str, from: &str, to: &str| {
        let error = match file {
            "dev.toml" => Image::parse_all(&[
                ("dev.toml".to_owned(), spoiled(text, from, to)),
                ("tiny.toml".to_owned(), TINY.to_owned()),
            ])
            .map(drop),
            _ => Image::parse(file, &spoiled(text, from, to)).map(drop),
        };
        error.unwrap_err().to_string()
    };
    for (from, to, place, key) in [
        ("title = \"Tiny\"", "titel = \"Tiny\"", "tiny.toml:3", "titel"),
        ("wanted = [", "want = [", "tiny.toml:14", "want"),
        ("reason = \"not used\"", "why = \"not used\"", "tiny.toml:20", "why"),
        ("sudo = true", "su = true", "tiny.toml:27", "su"),
        ("stop-signal", "stop_signal", "tiny.toml:33", "stop_signal"),
        ("owner = \"me\"", "user = \"me\"", "tiny.toml:41", "user"),
        ("tags = ", "tag = ", "tiny.toml:57", "tag"),
        ("config.cmd = [\"jupyter\"]", "cmd = [\"jupyter\"]", "tiny.toml:62", "cmd"),
        ("level = 3", "levels = 3", "tiny.toml:10", "levels"),
    ] {
        let error = line("tiny.toml", TINY, from, to);
        assert!(error.starts_with(&format!("{place}: unknown field `{key}`, expected")), "{error}");
    }
    for (from, to, place, key) in [
        ("title = \"Tiny to work on\"", "url = \"https://x\"", "dev.toml:4", "url"),
        ("brought-back", "brought_back", "dev.toml:9", "brought_back"),
        ("[config]", "[compression]\nlevel = 1\n[config]", "dev.toml:11", "compression"),
        ("[config]", "[user]\nname = \"you\"\n[config]", "dev.toml:11", "user"),
    ] {
        let error = line("dev.toml", DEV, from, to);
        assert!(error.starts_with(&format!("{place}: unknown field `{key}`, expected")), "{error}");
    }
}

#[test]
fn values_of_another_kind() {
    alone(&[
        ("format = 1", "format = \"1\"", "tiny.toml:1: invalid type: string \"1\", expected u64"),
        ("format = 1\n", "", "tiny.toml:1: missing field `format`"),
        ("name = \"tiny\"", "name = 1", "tiny.toml:2: invalid type: integer `1`, expected a string"),
        (
            "name = \"tiny\"",
            "name = \"Tiny\"",
            "tiny.toml:2: `Tiny` is not a valid image name: it must begin with a lower-case letter or a digit",
        ),
        (
            "version-of = \"hello\"",
            "version-of = \"h\"",
            "tiny.toml:7: `h` is not a valid package name: it needs at least two characters",
        ),
        (
            "default-channel = \"sid\"",
            "default-channel = \"si d\"",
            "tiny.toml:8: `si d` is not a valid channel name: only lower-case letters, digits and `-` are allowed",
        ),
        (
            "licenses = ",
            "repository = \"github:o/r\"\nlicenses = ",
            "tiny.toml:6: `github:o/r` must be as https://github.com/OWNER/NAME, without `.git` and a slash at the end",
        ),
        ("id = 1000", "id = -1", "tiny.toml:24: invalid value: integer `-1`, expected u32"),
        ("id = 1000", "id = 4294967296", "tiny.toml:24: invalid value: integer `4294967296`, expected u32"),
        ("sudo = true", "sudo = \"yes\"", "tiny.toml:27: invalid type: string \"yes\", expected a boolean"),
        ("cmd = [\"hello\"]", "cmd = \"hello\"", "tiny.toml:30: invalid type: string \"hello\", expected a sequence"),
        ("LANG = \"C.UTF-8\"", "LANG = 1", "tiny.toml:31: invalid type: integer `1`, expected a string"),
        ("level = 3", "level = 3.5", "tiny.toml:10: invalid type: floating point `3.5`, expected u32"),
        ("home = \"/home/me\"\n", "", "tiny.toml:22: missing field `home`"),
        ("reason = \"not used\"\n", "", "tiny.toml:18: missing field `reason`"),
        ("title = \"Tiny notebook\"\n", "", "tiny.toml:59: missing field `title`"),
    ]);
}

#[test]
fn broken_toml() {
    for (from, to, place) in [
        ("title = \"Tiny\"", "title = \"Tiny", "tiny.toml:3: "),
        ("[packages]", "[packages", "tiny.toml:13: "),
        ("url = ", "title = ", "tiny.toml:5: "),
        ("[user]", "[packages]", "tiny.toml:22: "),
    ] {
        let error = Image::parse("tiny.toml", &spoiled(TINY, from, to)).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
    }
    let error = Image::parse("empty.toml", "").unwrap_err().to_string();
    assert_eq!(error, "empty.toml:1: missing field `format`");
}

#[test]
fn what_an_image_says_against_itself() {
    alone(&[
        (
            "algorithm = \"zstd\"",
            "algorithm = \"xz\"",
            "tiny.toml:10: `compression.algorithm` must be `zstd`, `gzip` or `none`",
        ),
        (
            "level = 3",
            "level = 23",
            "tiny.toml:10: `compression.level`: `23` is not a valid level of zstd: its levels are 1 to 22",
        ),
        (
            "default-channel = \"sid\"",
            "default-channel = \"trixie\"",
            "tiny.toml:8: the image has no `[channels.trixie]`, which `default-channel` names",
        ),
        (
            "\"sudo\",",
            "\"Sudo\",",
            "tiny.toml:16: `Sudo` is not a valid package name: it must begin with a lower-case letter or a digit",
        ),
        (
            "packages.wanted = [\"old-hello\"]",
            "packages.wanted = [\"old_hello\"]",
            "tiny.toml:45: `old_hello` is not a valid package name: only lower-case letters, digits, `+`, `-` and `.` are allowed",
        ),
        (
            "wanted = [",
            "brought-back = [\"x\"]\nwanted = [",
            "tiny.toml:14: `brought-back` is for images that extend another one",
        ),
        (
            "packages.wanted = [\"old-hello\"]",
            "packages.brought-back = [\"old-hello\"]",
            "tiny.toml:45: `brought-back` is for images that extend another one",
        ),
    ]);
}

#[test]
fn files_that_cannot_be_placed() {
    const FILE: &str = "link = \"hello\"";
    const PATH: &str = "path = \"/usr/local/bin/x\"";
    let either = "tiny.toml:35: `/usr/local/bin/x` needs either `source`, `patch`, `link` or `directory = true`";
    let patch = "tiny.toml:35: `/usr/local/bin/x`: a `patch` needs `of`, the package of the file, and `divert = true`";
    let mode = |mode: &str| format!("tiny.toml:35: `mode = \"{mode}\"` must be four octal digits, as `0755`");
    let path = |path: &str| format!("tiny.toml:35: `path = \"{path}\"` must be absolute, without `..`");
    let cases: Vec<(&str, String, String)> = vec![
        (FILE, String::new(), either.to_owned()),
        (FILE, "directory = false".to_owned(), either.to_owned()),
        (FILE, "link = \"a\"\nsource = \"b\"".to_owned(), either.to_owned()),
        (FILE, "link = \"a\"\ndirectory = true".to_owned(), either.to_owned()),
        (FILE, "source = \"a\"\ndirectory = true".to_owned(), either.to_owned()),
        (
            FILE,
            "source = \"a/b\"".to_owned(),
            "tiny.toml:35: `source = \"a/b\"` must be a file name below nix/images/files".to_owned(),
        ),
        (
            FILE,
            "patch = \"../b\"\nof = \"hello\"\ndivert = true".to_owned(),
            "tiny.toml:35: `patch = \"../b\"` must be a file name below nix/images/files".to_owned(),
        ),
        (FILE, "patch = \"b\"".to_owned(), patch.to_owned()),
        (FILE, "patch = \"b\"\ndivert = true".to_owned(), patch.to_owned()),
        (FILE, "patch = \"b\"\nof = \"hello\"".to_owned(), patch.to_owned()),
        (FILE, "patch = \"b\"\nof = \"hello\"\ndivert = true\nlink = \"c\"".to_owned(), patch.to_owned()),
        (FILE, "patch = \"b\"\nof = \"hello\"\ndivert = true\nsource = \"c\"".to_owned(), patch.to_owned()),
        (FILE, "patch = \"b\"\nof = \"hello\"\ndivert = true\ndirectory = true".to_owned(), patch.to_owned()),
        (
            FILE,
            "source = \"a\"\nof = \"hello\"".to_owned(),
            "tiny.toml:35: `/usr/local/bin/x`: `of` is for a `patch`".to_owned(),
        ),
        (
            FILE,
            "directory = true\ndivert = true".to_owned(),
            "tiny.toml:35: `/usr/local/bin/x`: a directory is not diverted".to_owned(),
        ),
        (PATH, "path = \"usr/x\"".to_owned(), path("usr/x")),
        (PATH, "path = \"\"".to_owned(), path("")),
        (PATH, "path = \"/usr/../etc/x\"".to_owned(), path("/usr/../etc/x")),
        (PATH, "path = \"/..\"".to_owned(), path("/..")),
    ];
    for (from, to, expected) in cases {
        let error = Image::parse("tiny.toml", &spoiled(TINY, from, &to)).expect_err(&to).to_string();
        assert_eq!(error, expected);
    }
    for wrong in ["", "755", "00755", "0o755", "0789", "u+rw", "+755", "٠٧٥٥"] {
        let text = spoiled(TINY, FILE, &format!("link = \"hello\"\nmode = \"{wrong}\""));
        assert_eq!(Image::parse("tiny.toml", &text).expect_err(wrong).to_string(), mode(wrong));
    }
    // A name with two dots inside is a name like any other.
    Image::parse("tiny.toml", &spoiled(TINY, PATH, "path = \"/usr/a..b/...\"")).unwrap();
}

#[test]
fn files_of_a_channel_are_looked_at_too() {
    let text = spoiled(TINY, "[channels.bookworm]", "[channels.bookworm]\nfiles = [{ path = \"x\", link = \"y\" }]");
    assert_eq!(
        Image::parse("tiny.toml", &text).unwrap_err().to_string(),
        "tiny.toml:45: `path = \"x\"` must be absolute, without `..`"
    );
}

const SOURCE: &str = r#"
[[sources]]
name = "tree"
version = "1.0"
urls = ["https://a.example/tree-1.0.tar.gz"]
sha256 = "0000000000000000000000000000000000000000000000000000000000000001"
size = 5
path = "/home/me/tree"
author = "Me <me@example.org>"
patches = ["fix.patch"]
"#;

const WHEEL: &str = r#"
[[wheels]]
name = "some-tool"
version = "1.0"
urls = ["https://a.example/some_tool-1.0-py3-none-any.whl"]
sha256 = "0000000000000000000000000000000000000000000000000000000000000001"
size = 5
reason = "newer"
exclude = ["/usr/local/bin/*"]
"#;

/// With an archive behind everything else; the line that an error of it has.
fn with(archive: &str) -> (String, usize) {
    (format!("{TINY}{archive}"), TINY.lines().count() + 2)
}

#[test]
fn source_trees_that_cannot_be() {
    let urls = "`urls` must be web addresses that all end in one file name";
    let path = |path: &str| format!("`path = \"{path}\"` must be absolute, without `..` and a slash at the end");
    let url = "\"https://a.example/tree-1.0.tar.gz\"";
    let cases = [
        ("\"tree\"", "\"Tree\"", "`name = \"Tree\"` must be one word".to_owned()),
        ("\"tree\"", "\"\"", "`name = \"\"` must be one word".to_owned()),
        ("\"tree\"", "\"a/b\"", "`name = \"a/b\"` must be one word".to_owned()),
        ("\"tree\"", "\"-a\"", "`name = \"-a\"` must be one word".to_owned()),
        ("\"1.0\"", "\"1 0\"", "`version = \"1 0\"` must be one word".to_owned()),
        ("\"1.0\"", "\"../1\"", "`version = \"../1\"` must be one word".to_owned()),
        (url, "", urls.to_owned()),
        (url, "\"ftp://a.example/tree-1.0.tar.gz\"", urls.to_owned()),
        (url, "\"file:///tree-1.0.tar.gz\"", urls.to_owned()),
        (url, "\"https://a.example/\"", urls.to_owned()),
        (url, "\"https://a.example/x?y=1\"", urls.to_owned()),
        (url, "\"https://a.example/x.tar.gz\", \"https://b.example/y.tar.gz\"", urls.to_owned()),
        ("/home/me/tree", "home/me/tree", path("home/me/tree")),
        ("/home/me/tree", "/home/me/tree/", path("/home/me/tree/")),
        ("/home/me/tree", "/home/../etc", path("/home/../etc")),
        ("/home/me/tree", "/", path("/")),
        ("fix.patch", "a/fix.patch", "`a/fix.patch` must be a file name below nix/images/files".to_owned()),
    ];
    for (from, to, expected) in cases {
        let (text, line) = with(&spoiled(SOURCE, from, to));
        let error = Image::parse("tiny.toml", &text).expect_err(&expected).to_string();
        assert_eq!(error, format!("tiny.toml:{line}: {expected}"));
    }
    Image::parse("tiny.toml", &with(SOURCE).0).unwrap();
}

#[test]
fn wheels_that_cannot_be() {
    let file = "some_tool-1.0-py3-none-any.whl";
    let wants =
        |file: &str| format!("`{file}` must be `some_tool-1.0-...-none-any.whl`, a wheel without compiled code");
    let cases = [
        (file, "some_tool-1.1-py3-none-any.whl", wants("some_tool-1.1-py3-none-any.whl")),
        (file, "other-1.0-py3-none-any.whl", wants("other-1.0-py3-none-any.whl")),
        (file, "some-tool-1.0-py3-none-any.whl", wants("some-tool-1.0-py3-none-any.whl")),
        (file, "some_tool-1.0-cp313-cp313-linux_x86_64.whl", wants("some_tool-1.0-cp313-cp313-linux_x86_64.whl")),
        (file, "some_tool-1.0.tar.gz", wants("some_tool-1.0.tar.gz")),
        ("\"/usr/local/bin/*\"", "\"bin/*\"", "`exclude = \"bin/*\"` must be a glob of absolute paths".to_owned()),
        ("\"some-tool\"", "\"Some-Tool\"", "`name = \"Some-Tool\"` must be one word".to_owned()),
    ];
    for (from, to, expected) in cases {
        let (text, line) = with(&spoiled(WHEEL, from, to));
        let error = Image::parse("tiny.toml", &text).expect_err(&expected).to_string();
        assert_eq!(error, format!("tiny.toml:{line}: {expected}"));
    }
    Image::parse("tiny.toml", &with(&spoiled(WHEEL, "\"/usr/local/bin/*\"", "\"*/tests/*\"")).0).unwrap();
}

#[test]
fn names_of_archives_are_those_of_layers() {
    let long = "x".repeat(100);
    let letters = "only lower-case letters, digits and `-` are allowed";
    for (text, name, layer, why) in [
        (WHEEL, "\"some-tool\"", "some_tool", letters),
        (SOURCE, "\"tree\"", "my_tree", letters),
        (SOURCE, "\"tree\"", long.as_str(), "it must be at most 100 characters long"),
    ] {
        let kind = if text == WHEEL { "wheel" } else { "source" };
        let (text, line) = with(&spoiled(text, name, &format!("\"{layer}\"")));
        let error = Image::parse("tiny.toml", &text).expect_err(layer).to_string();
        let expected =
            format!("tiny.toml:{line}: `name = \"{layer}\"`: `{kind}-{layer}` is not a valid layer name: {why}");
        assert_eq!(error, expected);
    }
    Image::parse("tiny.toml", &with(&spoiled(SOURCE, "\"tree\"", "\"a.tree-2\"")).0).unwrap();
}

#[test]
fn two_archives_of_one_name() {
    let wheel = spoiled(WHEEL, "\"some-tool\"", "\"tree\"").replace("some_tool-1.0", "tree-1.0");
    let (text, first) = with(&format!("{SOURCE}{wheel}"));
    let second = first + SOURCE.lines().count();
    assert_eq!(
        Image::parse("tiny.toml", &text).unwrap_err().to_string(),
        format!("tiny.toml:{second}: `tree` is the name of another source tree or wheel")
    );
    // Two channels may each have one of the name: no image has both.
    let of = |channel: &str| SOURCE.replace("[[sources]]", &format!("[[channels.{channel}.sources]]"));
    Image::parse("tiny.toml", &format!("{TINY}{}{}", of("sid"), of("bookworm"))).unwrap();
}

#[test]
fn two_images_of_one_name() {
    let error = |files: &[(&str, String)]| {
        let files: Vec<_> = files.iter().map(|(file, text)| ((*file).to_owned(), text.clone())).collect();
        Image::parse_all(&files).unwrap_err().to_string()
    };
    let tiny = TINY.to_owned();
    let other = TINY.replace("title = \"Tiny\"", "title = \"Other\"");
    assert_eq!(
        error(&[("a.toml", tiny.clone()), ("b.toml", other)]),
        "b.toml:1: `tiny` is the name of another image or variant, in a.toml"
    );
    // A variant counts: nobody could say which of the two is meant.
    let variant = TINY.replace("variants.tiny-jupyter", "variants.tiny");
    assert_eq!(error(&[("a.toml", variant)]), "a.toml:1: `tiny` is the name of another image or variant, in a.toml");
    let above = DEV.replace("variants.tiny-dev-jupyter", "variants.tiny-jupyter");
    assert_eq!(
        error(&[("dev.toml", above), ("tiny.toml", tiny.clone())]),
        "tiny.toml:1: `tiny-jupyter` is the name of another image or variant, in dev.toml"
    );
    let above = DEV.replace("name = \"tiny-dev\"", "name = \"tiny-jupyter\"");
    assert_eq!(
        error(&[("tiny.toml", tiny), ("dev.toml", above)]),
        "dev.toml:1: `tiny-jupyter` is the name of another image or variant, in tiny.toml"
    );
}

#[test]
fn an_archive_of_the_extended_image_has_its_name_alone() {
    let parse = |dev: &str, tiny: &str| {
        let files = [("dev.toml", format!("{DEV}{dev}")), ("tiny.toml", format!("{TINY}{tiny}"))];
        Image::parse_all(&files.map(|(file, text)| (file.to_owned(), text)))
    };
    // Both layers would be called `source-tree`, and one tree would lie over the other.
    let line = DEV.lines().count() + 2;
    let expected = format!("dev.toml:{line}: `tree` is the name of another source tree or wheel");
    assert_eq!(parse(SOURCE, SOURCE).unwrap_err().to_string(), expected);
    let of = |channel: &str| SOURCE.replace("[[sources]]", &format!("[[channels.{channel}.sources]]"));
    assert_eq!(parse(SOURCE, &of("bookworm")).unwrap_err().to_string(), expected);
    assert_eq!(parse(&of("sid"), &of("sid")).unwrap_err().to_string(), expected);
    // Of another channel it is in no image beside it.
    parse(&of("sid"), &of("bookworm")).unwrap();
    parse(SOURCE, WHEEL).unwrap();
}

#[test]
fn extensions_that_cannot_be() {
    above(&[
        (
            "extends = \"tiny\"",
            "extends = \"tinny\"",
            "dev.toml:3: there is no image `tinny` that stands alone; there are `tiny`",
        ),
        ("extends = \"tiny\"", "extends = \"tiny-dev\"", "dev.toml:3: an image cannot extend itself"),
        // A variant has no layers of its own.
        (
            "extends = \"tiny\"",
            "extends = \"tiny-jupyter\"",
            "dev.toml:3: there is no image `tiny-jupyter` that stands alone; there are `tiny`",
        ),
        (
            "extends = \"tiny\"",
            "extends = \"Tiny\"",
            "dev.toml:3: `Tiny` is not a valid image name: it must begin with a lower-case letter or a digit",
        ),
        ("extends = \"tiny\"", "extends = 1", "dev.toml:3: invalid type: integer `1`, expected a string"),
        (
            "[channels.sid]",
            "[channels.trixie]",
            "dev.toml:14: `tiny`, which this image extends, has no channel `trixie`",
        ),
        (
            "packages.wanted = [\"meson\"]",
            "tags = [\"x\"]",
            "dev.toml:14: the tags are those of `tiny`, which this image extends",
        ),
        (
            "packages.wanted = [\"meson\"]",
            "exclude = [\"/x\"]",
            "dev.toml:14: the paths that are left out are those of `tiny`, which this image extends",
        ),
        (
            "packages.wanted = [\"meson\"]",
            "include = [\"/x\"]",
            "dev.toml:14: the paths that stay are those of `tiny`, which this image extends",
        ),
        (
            "\"gcc\"",
            "\"GCC\"",
            "dev.toml:8: `GCC` is not a valid package name: it must begin with a lower-case letter or a digit",
        ),
    ]);
}

#[test]
fn no_image_is_named_twice_as_what_is_extended() {
    // A chain is refused at the line of the upper one.
    let third = DEV
        .replace("\"tiny-dev\"", "\"third\"")
        .replace("variants.tiny-dev", "variants.third")
        .replace("extends = \"tiny\"", "extends = \"tiny-dev\"");
    let files = [("third.toml", third.as_str()), ("dev.toml", DEV), ("tiny.toml", TINY)];
    let error = Image::parse_all(&files.map(|(file, text)| (file.to_owned(), text.to_owned()))).unwrap_err();
    assert_eq!(error.to_string(), "third.toml:3: there is no image `tiny-dev` that stands alone; there are `tiny`");
}

#[test]
fn an_extension_needs_its_base_beside_it() {
    let error = Image::parse("dev.toml", DEV).unwrap_err().to_string();
    assert_eq!(error, "dev.toml:3: there is no image `tiny` that stands alone; there are ");
}

#[test]
fn a_newer_format_is_told_before_its_unknown_keys() {
    let newer = |file: &str, text: &str| match Image::parse(file, text).unwrap_err() {
        error @ DefinitionError::Newer { .. } => (error.to_string(), error.hint().unwrap()),
        other => panic!("{other}"),
    };
    let expected =
        |file: &str| (format!("{file} has format 2, this program knows format 1"), "update sage-oci".to_owned());
    assert_eq!(newer("tiny.toml", &spoiled(TINY, "format = 1", "format = 2")), expected("tiny.toml"));
    assert_eq!(newer("tiny.toml", &spoiled(TINY, "format = 1", "format = 2\nmoons = 3")), expected("tiny.toml"));
    assert_eq!(newer("dev.toml", &spoiled(DEV, "format = 1", "format = 2\nmoons = 3")), expected("dev.toml"));
}

#[test]
fn channels_that_are_not_there() {
    let image = Image::parse("tiny.toml", TINY).unwrap();
    let channel = |text: &str| text.parse().unwrap();
    let error = image.resolve(&"tiny".parse().unwrap(), &channel("trixie")).unwrap_err();
    assert_eq!(error.to_string(), "image `tiny` has no channel `trixie`; it has `bookworm`, `sid`");
    assert_eq!(error.hint().as_deref(), Some("try `--channel bookworm`"));
    image.check_channels(&[channel("bookworm"), channel("sid"), channel("trixie")]).unwrap();
    let error = image.check_channels(&[channel("sid"), channel("trixie")]).unwrap_err().to_string();
    assert_eq!(error, "tiny.toml:44: there is no channel `bookworm`; there are `sid`, `trixie`");
}

#[test]
fn what_a_commit_changes() {
    const UPSTREAM: &str = "[channels.sid.upstream]
name = \"Tiny\"
package = \"python3-tiny\"
modules = \"/usr/lib/python3/dist-packages\"
folder = \"src\"
top = \"tiny\"
release = { image = \"tiny-dev\", source = \"tiny\" }
marks = [\"meson.build\"]
mark-hint = \"only meson\"
versions = [\"VERSION\"]
options = []
adjust = [{ file = \"meson.build\", from = \"<3\", to = \"<4\", reason = \"4 does\" }]
[channels.sid.upstream.root.cross]
amd64 = [\"g++-x86-64-linux-gnu\"]
arm64 = [\"g++-aarch64-linux-gnu\", \"cython3\"]

[variants.tiny-jupyter]
";
    let text = spoiled(TINY, "[variants.tiny-jupyter]\n", UPSTREAM);
    let image = Image::parse("tiny.toml", &text).unwrap();
    let tiny = image.resolve(&image.name, &"sid".parse().unwrap()).unwrap();
    let cross = &tiny.upstream.unwrap().root.cross[&sage_oci_names::Architecture::Arm64];
    assert_eq!(cross.iter().map(|package| package.as_str()).collect::<Vec<_>>(), ["g++-aarch64-linux-gnu", "cython3"]);
    for (from, to, expected) in [
        (
            "folder = \"src\"",
            "folder = \"../src\"",
            "tiny.toml:59: `../src` in `folder` must be a path below the tree's top folder",
        ),
        (
            "\"/usr/lib/python3/dist-packages\"",
            "\"/usr/\"",
            "tiny.toml:59: `modules = \"/usr/\"` must be absolute, without `..` and a slash at the end",
        ),
        ("[\"g++-x86-64-linux-gnu\"]", "[]", "tiny.toml:59: `root.cross.amd64` names no package, so leave it out"),
        (
            "file = \"m",
            "file = \"/m",
            "tiny.toml:59: `/meson.build` in `adjust` must be a path below the tree's top folder",
        ),
        ("<4", "<3", "tiny.toml:59: `adjust` of `meson.build` needs two texts that differ, and something to look for"),
        (", reason = \"4 does\"", "", "tiny.toml:70: missing field `reason`"),
        (
            "g++-aarch64-linux-gnu",
            "G++",
            "tiny.toml:73: `G++` is not a valid package name: it must begin with a lower-case letter or a digit",
        ),
        (
            "arm64 = [",
            "arm65 = [",
            "tiny.toml:73: `arm65` is not a valid supported architecture: only amd64 and arm64 are supported",
        ),
    ] {
        let error = Image::parse("tiny.toml", &spoiled(&text, from, to)).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}
