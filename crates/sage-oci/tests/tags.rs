//! `tags`, the real command, against a registry that can misbehave.

use assert_cmd::Command;
use sage_oci_fake_registry::{FakeRegistry, Fault, Profile, When};
use sage_oci_image::{
    ConfigSettings, Descriptor, ImageInput, LayerRef, LayerType, assemble, assemble_index, digest_of,
};
use sage_oci_names::{Architecture, DiffId, LayerName};
use std::collections::BTreeMap;
use std::path::PathBuf;

const LAYER: &[u8] = b"layer";
const PATH: &str = "me/app";
const OLD: &str = "2026-10-30T08:21:14Z";
const NEW: &str = "2026-11-20T08:21:14Z";

/// A project with one image in two channels, and a registry.
struct World {
    folder: tempfile::TempDir,
    fake: FakeRegistry,
}

struct Said {
    status: i32,
    stdout: String,
    stderr: String,
}

impl World {
    fn new(profile: Profile) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap(), fake: FakeRegistry::start(profile) };
        for folder in ["locks", "census", "images/files", "channels", "keys"] {
            sage_oci_files::create_dir_all(world.path("nix").join(folder)).unwrap();
        }
        world.write("nix/images/app.toml", DEFINITION);
        for channel in ["new", "old"] {
            world.write(&format!("nix/channels/{channel}.toml"), &CHANNEL.replace("NAME", channel));
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        sage_oci_files::write_atomic(self.path(name), text.as_bytes()).unwrap();
    }

    fn image(&self, version: &str, created: &str, architecture: Architecture) -> Descriptor {
        self.titled("App", version, created, architecture)
    }

    fn titled(&self, title: &str, version: &str, created: &str, architecture: Architecture) -> Descriptor {
        self.annotated(annotations(title, version, created), architecture)
    }

    /// An image of a revision of the source, whose version is 1.1~beta2.
    fn of_revision(&self, tag: &str, commit: &str) -> String {
        let mut annotations = annotations("App", tag, OLD);
        annotations.insert("org.sage-oci.upstream.version".to_owned(), "1.1.beta2".to_owned());
        annotations.insert("org.opencontainers.image.revision".to_owned(), commit.repeat(40));
        self.annotated(annotations, Architecture::Amd64).digest.to_string()
    }

    fn annotated(&self, annotations: BTreeMap<String, String>, architecture: Architecture) -> Descriptor {
        let blob = digest_of(LAYER);
        let input = ImageInput {
            architecture,
            epoch: 1,
            layers: vec![LayerRef {
                name: LayerName::parse("layer").unwrap(),
                diff_id: DiffId::parse(&blob.to_string()).unwrap(),
                blob,
                size: LAYER.len() as u64,
                media_type: LayerType::Tar,
            }],
            config: ConfigSettings::default(),
            annotations,
            below: None,
        };
        let made = assemble(&input).unwrap();
        self.fake.put_blob(PATH, LAYER);
        self.fake.put_blob(PATH, &made.config);
        let (digest, media_type) = (made.descriptor.digest.to_string(), made.descriptor.media_type.to_string());
        self.fake.put_manifest(PATH, &digest, &media_type, &made.manifest);
        made.descriptor
    }

    fn index(&self, members: Vec<Descriptor>, version: &str) -> String {
        let made = assemble_index(members, annotations("App", version, OLD)).unwrap();
        let (digest, media_type) = (made.descriptor.digest.to_string(), made.descriptor.media_type.to_string());
        self.fake.put_manifest(PATH, &digest, &media_type, &made.image_index);
        digest
    }

    /// Writes a report of `smoke` about what it called so.
    fn report(&self, about: &str, results: &[&str]) {
        let checks: Vec<_> =
            results.iter().map(|result| serde_json::json!({ "name": "x", "result": result })).collect();
        let text = serde_json::json!({ "version": 2, "images": [{ "image": about, "checks": checks }] }).to_string();
        self.write("report.json", &text);
    }

    fn name(&self, digest: &str) -> String {
        format!("{}/{PATH}@{digest}", self.fake.host())
    }

    fn tags(&self, digest: &str, more: &[&str]) -> Said {
        let output = Command::cargo_bin("sage-oci")
            .unwrap()
            .env("NO_COLOR", "1")
            .env("HOME", self.folder.path())
            .env("DOCKER_CONFIG", self.folder.path())
            .env_remove("SAGE_OCI_PROJECT")
            .env_remove("DOCKER_AUTH_CONFIG")
            .env_remove("REGISTRY_AUTH_FILE")
            .env_remove("XDG_RUNTIME_DIR")
            .current_dir(self.folder.path())
            .args(["tags", &self.name(digest)])
            .args(more)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The part of a job of GitHub's that publishes, for a branch that is not protected.
    fn publishes(&self, branch: &str, more: &[&str]) -> Said {
        let output = Command::cargo_bin("sage-oci")
            .unwrap()
            .env_clear()
            .env("NO_COLOR", "1")
            .env("HOME", self.folder.path())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", "me/app")
            .env("GITHUB_EVENT_NAME", "push")
            .env("GITHUB_REF", format!("refs/heads/{branch}"))
            .env("GITHUB_REF_PROTECTED", "false")
            .env("SAGE_OCI_REGISTRY_USER", "me")
            .env("SAGE_OCI_REGISTRY_PASSWORD", "x")
            .current_dir(self.folder.path())
            .args(["ci", "--part", "publish", "--channel", "new", "--repository", &format!("{}/me", self.fake.host())])
            .args(more)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { status: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn at(&self, digest: &str) -> Vec<String> {
        let all = self.fake.tags(PATH).into_iter();
        all.filter(|(tag, at)| at == digest && !tag.starts_with("sha256-")).map(|(tag, _)| tag).collect()
    }
}

impl Said {
    #[track_caller]
    fn ends(&self, status: i32, texts: &[&str]) -> &str {
        assert_eq!(self.status, status, "{}{}", self.stdout, self.stderr);
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in:\n{}", self.stderr);
        }
        &self.stdout
    }
}

fn annotations(title: &str, version: &str, created: &str) -> BTreeMap<String, String> {
    [
        ("org.opencontainers.image.title", title),
        ("org.opencontainers.image.version", version),
        ("org.opencontainers.image.created", created),
        ("org.sage-oci.channel", "new"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

#[test]
fn an_untested_image_gets_no_tag_unless_it_is_said_why() {
    let world = World::new(Profile::distribution2());
    let digest = world.image("1.0", OLD, Architecture::Amd64).digest.to_string();
    let refused = world.tags(&digest, &[]);
    assert_eq!(refused.ends(1, &["no test report is about amd64", "hint: `sage-oci smoke", "--untested REASON"]), "");
    assert!(world.at(&digest).is_empty());
    world.tags(&digest, &["--untested", " "]).ends(2, &["reason", "empty"]);
    let said = world.tags(&digest, &["--untested", "no engine here"]);
    let expected: String =
        ["1.0-1", "1.0", "new", "develop", "latest"].map(|tag| format!("{tag}  - -> {digest}\n")).concat();
    assert_eq!(said.ends(0, &["tagged although: no engine here", "Moved `latest`: the tag is new"]), expected);
    let again = world.tags(&digest, &["--untested", "no engine here"]);
    assert_eq!(again.ends(0, &["Stays `latest`: it is at this image"]), "");
}

#[test]
fn a_report_of_this_very_image_is_put_beside_it() {
    let world = World::new(Profile::gitlab());
    let digest = world.image("1.0", OLD, Architecture::Amd64).digest.to_string();
    let other = world.image("1.1", OLD, Architecture::Amd64).digest.to_string();
    for about in ["app:1.0".to_owned(), world.name(&other)] {
        world.report(&about, &["passed"]);
        let text = format!("report.json: is about `{about}`, and not about this image");
        assert_eq!(world.tags(&digest, &["--report", "report.json"]).ends(2, &[&text]), "");
    }
    world.report(&world.name(&other), &["passed", "failed"]);
    world
        .tags(&other, &["--report", "report.json", "--dry-run"])
        .ends(1, &["1 checks that did not pass, and 1 that did"]);
    world.tags(&other, &[]).ends(1, &["no test report"]);
    world.tags(&other, &["--report", "report.json"]).ends(1, &["1 checks that did not pass"]);
    world.tags(&other, &[]).ends(1, &["1 checks that did not pass"]);
    world.write("report.json", "no report");
    world.tags(&digest, &["--report", "report.json"]).ends(2, &["report.json: this is no report of `sage-oci smoke"]);
    world.report(&world.name(&digest), &["passed", "skipped"]);
    let dry = world.tags(&digest, &["--report", "report.json", "--dry-run"]);
    assert_eq!(dry.ends(0, &["Would move `new`"]).lines().count(), 5);
    assert!(world.at(&digest).is_empty());
    world.tags(&digest, &[]).ends(1, &["no test report"]);
    assert_eq!(world.tags(&digest, &["--report", "report.json"]).ends(0, &[]).lines().count(), 5);
    // It is there now.
    assert_eq!(world.tags(&digest, &[]).ends(0, &[]), "");
}

#[test]
fn an_index_is_tagged_when_each_member_was_tested() {
    let world = World::new(Profile::ghcr());
    let members = [Architecture::Amd64, Architecture::Arm64].map(|one| world.image("1.0", OLD, one));
    let index = world.index(members.to_vec(), "1.0");
    world.report(&world.name(&index), &["passed"]);
    world.tags(&index, &["--report", "report.json"]).ends(2, &["not about this image"]);
    world.report(&world.name(&members[0].digest.to_string()), &["passed"]);
    world.tags(&index, &["--report", "report.json"]).ends(1, &["no test report is about arm64"]);
    world.report(&world.name(&members[1].digest.to_string()), &["passed"]);
    world.tags(&index, &["--report", "report.json"]).ends(0, &[]);
    assert_eq!(world.at(&index), ["1.0", "1.0-1", "develop", "latest", "new"]);
}

#[test]
fn the_purpose_is_the_versions_unless_it_is_said() {
    let world = World::new(Profile::plain());
    let untested = ["--untested", "a test"];
    let candidate = world.image("1.1~rc1", NEW, Architecture::Amd64).digest.to_string();
    world.tags(&candidate, &untested).ends(0, &["Stays `latest`: the image is a pre-release"]);
    assert_eq!(world.at(&candidate), ["1.1.rc1", "1.1.rc1-1", "develop"]);
    let image = world.image("1.0", OLD, Architecture::Amd64).digest.to_string();
    let with = |purpose: &str| world.tags(&image, &[&untested[..], &["--as", purpose]].concat());
    with("branch:fix-x").ends(0, &[]);
    // Another channel's tag is no branch's.
    with("branch:old").ends(0, &[]);
    assert_eq!(world.at(&image), ["branch-old", "fix-x"]);
    with("develop").ends(0, &["Stays `develop`: it is at a newer image"]);
    with("nightly").ends(2, &["it is none of `release`"]);
    with("branch:").ends(2, &["it is none of `release`"]);
    with("release").ends(0, &[]);
    assert_eq!(world.at(&image), ["1.0", "1.0-1", "branch-old", "fix-x", "latest", "new"]);
}

#[test]
fn a_downgrade_wants_a_reason_and_lasts() {
    let world = World::new(Profile::docker_hub());
    let untested = ["--untested", "a test"];
    let tags = |digest: &str, more: &[&str]| world.tags(digest, &[&untested[..], more].concat());
    let (good, bad) =
        ["1.0", "1.1"].map(|version| world.image(version, OLD, Architecture::Amd64).digest.to_string()).into();
    tags(&good, &[]).ends(0, &[]);
    tags(&bad, &[]).ends(0, &[]);
    tags(&good, &["--downgrade", ""]).ends(2, &["the reason for overruling is empty"]);
    tags(&good, &["--only", "latest"]).ends(2, &["--downgrade"]);
    let said = tags(&good, &["--downgrade", "plots are broken", "--only", "latest"]);
    assert_eq!(said.ends(0, &["plots are broken"]), format!("latest  {bad} -> {good}\n"));
    let retry = tags(&bad, &[]);
    assert_eq!(retry.ends(0, &["Stays `latest`: it was put where it is on purpose: plots are broken"]), "");
}

#[test]
fn somebody_else_is_met_and_said_and_json_has_it_all() {
    let world = World::new(Profile::plain());
    let mine = world.image("1.0", OLD, Architecture::Amd64).digest.to_string();
    let newer = world.image("1.1", NEW, Architecture::Amd64).digest.to_string();
    for tag in ["1.1-1", "latest"] {
        let moves = Fault::MovesTag { repository: PATH.to_owned(), tag: tag.to_owned(), digest: newer.clone() };
        world.fake.inject(moves, When::on("PUT", &format!("/v2/{PATH}/manifests/develop")));
    }
    let said = world.tags(&mine, &["--untested", "a test", "--json"]);
    let json: serde_json::Value = serde_json::from_str(said.ends(0, &["warning: somebody else put `latest`"])).unwrap();
    assert_eq!((&json["format"], &json["digest"], &json["dry_run"]), (&1.into(), &mine.as_str().into(), &false.into()));
    assert_eq!(json["untested"], "a test");
    assert_eq!(json["surprises"][0]["tag"], "latest");
    let all = |list: &str| -> Vec<String> {
        json[list].as_array().unwrap().iter().map(|one| one["tag"].as_str().unwrap().to_owned()).collect()
    };
    assert!(all("moves").starts_with(&["1.0-1", "1.0", "new", "develop"].map(str::to_owned)), "{json}");
    assert!(all("stays").contains(&"latest".to_owned()), "{json}");
    assert_eq!(world.at(&newer), ["1.1-1", "develop", "latest", "new"]);
}

#[test]
fn a_rule_that_keeps_a_floating_tag_is_not_fine() {
    let world = World::new(Profile::docker_hub().immutable("*"));
    let old = world.image("1.0", OLD, Architecture::Amd64).digest.to_string();
    let new = world.image("1.1", OLD, Architecture::Amd64).digest.to_string();
    world.tags(&old, &["--untested", "a test"]).ends(0, &[]);
    // The same digest again is no failure.
    world.tags(&old, &["--untested", "a test"]).ends(0, &[]);
    let said = world.tags(&new, &["--untested", "a test"]);
    said.ends(1, &["error: the registry does not let `develop`, `latest`, `new` move", "hint: "]);
    assert_eq!(world.at(&new), ["1.1", "1.1-1"]);
}

#[test]
fn what_is_no_image_of_the_project_gets_no_tags() {
    let world = World::new(Profile::plain());
    let foreign = world.titled("Other", "1.0", OLD, Architecture::Amd64).digest.to_string();
    world.tags(&foreign, &["--untested", "x"]).ends(2, &["is no image of this project: its title is `Other`"]);
    let odd = world.image("nightly", OLD, Architecture::Amd64).digest.to_string();
    world.tags(&odd, &["--untested", "x"]).ends(2, &["`org.opencontainers.image.version` is `nightly`", "hint: "]);
    let absent = format!("sha256:{}", "0".repeat(64));
    world.tags(&absent, &["--untested", "x"]).ends(2, &["has no sha256:000"]);
}

#[test]
fn an_image_of_a_revision_gets_its_own_tag_and_no_other() {
    let world = World::new(Profile::plain());
    let untested = ["--untested", "a test"];
    let tags = |digest: &str, more: &[&str]| world.tags(digest, &[&untested[..], more].concat());
    let branch = world.of_revision("my-branch", "a");
    for purpose in ["release", "pre-release", "develop", "branch:my-branch"] {
        tags(&branch, &["--as", purpose]).ends(0, &["Stays `my-branch`: the image is of a chosen revision"]);
    }
    assert!(world.at(&branch).is_empty());
    tags(&branch, &[]).ends(0, &["Moved `my-branch`"]);
    let next = world.of_revision("my-branch", "b");
    tags(&next, &["--as", "revision"]).ends(0, &["Moved `my-branch`: the tag follows its branch"]);
    for own in ["latest", "new", "old", "develop", "1.0"] {
        let image = world.of_revision(own, "c");
        tags(&image, &[]).ends(0, &[&format!("Stays `{own}`: no image of a revision of the source may have this tag")]);
        assert!(world.at(&image).is_empty());
    }
    let beta = world.of_revision("1.1.beta2", "d");
    tags(&beta, &[]).ends(0, &["Moved `1.1.beta2`"]);
    let packaged = world.image("1.1~beta2", OLD, Architecture::Amd64).digest.to_string();
    tags(&packaged, &[]).ends(0, &["Moved `1.1.beta2`: the packaged release takes the place of 1.1.beta2 (1.1.beta2)"]);
    assert_eq!((world.at(&next), world.at(&beta)), (vec!["my-branch".to_owned()], Vec::new()));
}

#[test]
fn a_job_publishes_a_revision_under_its_own_tag() {
    let world = World::new(Profile::plain());
    sage_oci_files::create_dir_all(world.path("out/results")).unwrap();
    world.write("nix/ci.toml", "format = 1\nproject = [\"me/app\"]\n[refs]\ndevelop = [\"main\"]\n");
    let outcome = |tag: &str| {
        let digest = world.of_revision(tag, "a");
        world.report(&world.name(&digest), &["passed"]);
        // The report is put there, and nothing is tagged.
        world.tags(&digest, &["--report", "report.json", "--as", "release"]).ends(0, &["Stays"]);
        let repository = format!("{}/{PATH}", world.fake.host());
        let outcome = serde_json::json!({
            "format": 1, "image": "app", "channel": "new", "architecture": "amd64", "version": tag, "title": "App",
            "digest": digest, "repository": repository, "size": 5, "layers": 1, "passed": 1, "failed": 0, "skipped": 0,
            "seconds": 1.0, "failing": [], "packages": {}, "commit": null, "revised": null, "pushed_again": true,
            "revision": {
                "tag": tag, "version": "1.1.beta2", "commit": null, "dirty": [], "compiled": ["app.core"], "kept": 7,
                "files": 0, "removed": 0, "merged": [], "conflicts": [], "doctests": null,
            },
        });
        world.write("out/results/app-new-amd64.json", &outcome.to_string());
        digest
    };
    let digest = outcome("fix-x");
    world
        .publishes("fix-x", &[])
        .ends(2, &["the results of app of new are of the revision `fix-x`", "hint: say `--sage`"]);
    world
        .publishes("other", &["--sage", "fix-x"])
        .ends(0, &["`fix-x` stays: it is not the tag of `other`, and only protected refs move others"]);
    assert!(world.at(&digest).is_empty());
    let said = world.publishes("fix-x", &["--sage", "."]);
    let wanted = format!("{}/{PATH}:fix-x@{digest}\n", world.fake.host());
    assert_eq!(said.ends(0, &["published 1 image of fix-x, 1 check passed"]), wanted);
    assert_eq!(world.at(&digest), ["fix-x"]);
    let page = sage_oci_files::read_to_string(world.path("out/summary.md")).unwrap();
    assert!(page.contains("`fix-x`: version 1.1.beta2") && page.contains("| 1 | 7 | 0 |"), "{page}");
    // The newest beta is no branch's.
    let beta = outcome("1.1.beta2");
    world.publishes("1.1.beta2", &["--sage", "1.1.beta2"]).ends(0, &["`1.1.beta2` stays: it is not the tag of"]);
    assert!(world.at(&beta).is_empty());
}

const DEFINITION: &str = r#"format = 1
name = "app"
title = "App"
description = "made for a test"
url = "https://example.org"
licenses = "MIT"
version-of = "app"
default-channel = "new"
payload = ["app"]
compression = { algorithm = "zstd", level = 1 }

[packages]
wanted = ["app"]

[user]
name = "me"
id = 1000
home = "/home/me"
shell = "/usr/bin/tiny"

[config]
cmd = ["/usr/bin/tiny"]

[channels.new]
tags = ["new", "latest"]

[channels.old]
tags = ["old"]
"#;

const CHANNEL: &str = r#"format = 1
name = "NAME"
description = "made for a test"
mirrors = ["http://localhost"]
keys = ["test"]
suites = [{ suite = "tiny", components = ["main"] }]
"#;
