//! What people read of a job, and that nothing foreign takes it over.

use proptest::prelude::*;
use sage_oci_names::{Architecture, BlobDigest, ChannelName, ImageName, Sha256};
use sage_oci_pipeline::{
    Config, Failing, Has, Outcome, Plan, Previous, Published, Surroundings, TagLine, Verdict, examples, plan,
    status_line, summary,
};
use std::collections::BTreeMap;

fn planned(name: &str) -> Plan {
    let config = Config::parse("nix/ci.toml", include_str!("ci.toml")).unwrap();
    let has = Has {
        credentials: true,
        repository: None,
        images: ["sagemath", "sagemath-dev"].map(|name| ImageName::parse(name).unwrap()).into(),
        channels: vec![ChannelName::parse("sid").unwrap()],
        architectures: vec![Architecture::Amd64, Architecture::Arm64],
        revision: None,
    };
    let example = examples().into_iter().find(|one| one.name == name).unwrap();
    let surroundings = Surroundings::of(&example.environment).unwrap();
    let surroundings = match example.event {
        Some(event) => surroundings.with_event(event).unwrap(),
        None => surroundings,
    };
    plan(&surroundings, &config, &has).unwrap()
}

fn digest(byte: u8) -> BlobDigest {
    BlobDigest::new(Sha256::new([byte; 32]))
}

fn packages(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
}

fn outcome(image: &str, architecture: Architecture) -> Outcome {
    Outcome {
        format: 1,
        image: ImageName::parse(image).unwrap(),
        channel: ChannelName::parse("sid").unwrap(),
        architecture,
        version: Some("10.10".to_owned()),
        title: "SageMath 10.10".to_owned(),
        digest: digest(1),
        repository: Some(format!("ghcr.io/sagemath/{image}")),
        size: 1_234_567_890,
        layers: 21,
        passed: 312,
        failed: 0,
        skipped: 2,
        seconds: 81.25,
        failing: Vec::new(),
        packages: packages(&[("libc6", "2.41-1")]),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        revised: Some(1_790_000_000),
        pushed_again: true,
        revision: None,
    }
}

fn published() -> Published {
    Published {
        image: ImageName::parse("sagemath").unwrap(),
        channel: ChannelName::parse("sid").unwrap(),
        repository: "ghcr.io/sagemath/sagemath".to_owned(),
        digest: digest(3),
        architectures: vec![Architecture::Amd64, Architecture::Arm64],
        tags: vec![
            TagLine {
                tag: "10.10-1".to_owned(),
                from: None,
                to: digest(3),
                why: "the first image of 10.10".to_owned(),
            },
            TagLine {
                tag: "develop".to_owned(),
                from: Some(digest(2)),
                to: digest(3),
                why: "10.10 is newer than 10.10.rc2".to_owned(),
            },
        ],
        stays: vec!["`latest` stays: it is at 10.11, which is newer".to_owned()],
        previous: Some(Previous {
            digest: digest(2),
            size: Some(1_200_000_000),
            packages: packages(&[("libc6", "2.40-9"), ("old", "1"), ("same", "1")]),
        }),
        size: 1_234_567_890,
        packages: packages(&[("libc6", "2.41-1"), ("new", "3"), ("same", "1")]),
        binder: None,
    }
}

fn failing(name: &str, message: &str, tail: &str) -> Failing {
    Failing { name: name.to_owned(), message: message.to_owned(), tail: tail.to_owned() }
}

#[test]
fn a_release() {
    let plan = planned("protected tag");
    let outcomes = [
        outcome("sagemath", Architecture::Amd64),
        outcome("sagemath", Architecture::Arm64),
        outcome("sagemath-dev", Architecture::Amd64),
    ];
    let machine = ["4 processors".to_owned(), "16 GB of memory".to_owned()];
    let page = summary(&plan, &machine, &outcomes, &[published()], &[]);
    assert_eq!(page, include_str!("release.md"), "\n{page}");
    assert_eq!(status_line(&outcomes, &[published()], &[]), "published 1 image, 936 checks passed");
}

#[test]
fn a_fork_with_a_failing_check() {
    let plan = planned("pull request from a fork");
    let mut bad = outcome("sagemath", Architecture::Amd64);
    bad.repository = None;
    bad.pushed_again = false;
    bad.failed = 2;
    bad.failing = vec![
        failing(
            "gap/<script>",
            "exit status 1, `gap` said \"no\" | and <b>more</b>",
            "\u{1b}[31mbefore\u{1b}[0m\r\n```\n</details>\n",
        ),
        failing("maxima", "# it hung", ""),
    ];
    let outcomes = [bad];
    let failures = ["`sagemath-dev` was not built: no space is left".to_owned()];
    let page = summary(&plan, &[], &outcomes, &[], &failures);
    assert_eq!(page, include_str!("failing.md"), "\n{page}");
    assert!(!Verdict::of(&outcomes, &[], &failures).is_good());
    assert_eq!(
        status_line(&outcomes, &[], &failures),
        "failed: 2 of 314 checks (gap/<script>, maxima); `sagemath-dev` was not built: no space is left"
    );
}

#[test]
fn each_verdict() {
    let pushed = outcome("sagemath", Architecture::Amd64);
    let tested = Outcome { repository: None, ..pushed.clone() };
    let built = Outcome { passed: 0, skipped: 0, ..tested.clone() };
    let named = Outcome { failing: vec![failing("a", "b", "")], ..tested.clone() };
    for (outcomes, verdict, line) in [
        (vec![pushed], Verdict::Pushed, "pushed 1 image without tags, 312 checks passed"),
        (vec![tested.clone(), tested], Verdict::Tested, "built 2 images, 624 checks passed, nothing pushed"),
        (vec![built], Verdict::Built, "built 1 image, no check was run, nothing pushed"),
        (vec![named], Verdict::Failed, "failed: 1 of 313 checks (a)"),
        (vec![], Verdict::Nothing, "no image was built"),
    ] {
        assert_eq!(Verdict::of(&outcomes, &[], &[]), verdict);
        assert_eq!(status_line(&outcomes, &[], &[]), line);
    }
}

#[test]
fn binder_opens_only_what_is_there() {
    let mut one = published();
    one.binder = Some("binder/10.10 x".to_owned());
    let link = "[Open it on Binder](https://mybinder.org/v2/gh/sagemath/sage-oci/binder/10.10%20x)";
    assert!(summary(&planned("protected tag"), &[], &[], &[one.clone()], &[]).contains(link));
    let mut home = planned("protected tag");
    home.repository = None;
    let page = summary(&home, &[], &[], &[one], &[]);
    assert!(!page.contains("](https://mybinder") && page.contains("FROM ghcr.io/sagemath/sagemath@sha256:"), "{page}");
}

#[test]
fn differences_are_counted_beyond_sixty() {
    let mut one = published();
    one.packages = (0..100).map(|n| (format!("p{n:03}"), "1".to_owned())).collect();
    let page = summary(&planned("protected tag"), &[], &[], &[one.clone()], &[]);
    assert!(
        page.contains("103 packages differ, 34.5 MB larger") && page.contains("+ p057 1\n  and 43 more\n```"),
        "{page}"
    );
    one.previous = Some(Previous { digest: one.digest, size: None, packages: BTreeMap::new() });
    assert!(summary(&planned("protected tag"), &[], &[], &[one.clone()], &[]).contains("the same image as the last"));
    one.previous = None;
    assert!(summary(&planned("protected tag"), &[], &[], &[one], &[]).contains("the first one published here"));
}

#[test]
fn an_address_that_is_none_is_no_link() {
    let mut plan = planned("protected tag");
    for address in ["javascript:alert(1)", "https://x/) [y](https://z", "http://x"] {
        plan.job = Some(address.to_owned());
        assert!(summary(&plan, &[], &[], &[], &[]).contains(&format!("by `{address}`")));
    }
}

#[test]
fn results_are_read_again() {
    let mut one = outcome("sagemath", Architecture::Amd64);
    one.failing = vec![failing("a", "b", "c\u{1b}")];
    assert_eq!(one.file_name(), "sagemath-sid-amd64.json");
    let text = one.to_json();
    assert_eq!(Outcome::parse("x.json", &text).unwrap(), one);
    let error = |text: &str| Outcome::parse("x.json", text).unwrap_err().to_string();
    assert_eq!(
        error(&text.replacen("\"format\": 1", "\"format\": 2", 1).replacen("\"title\"", "\"headline\"", 1)),
        "x.json has format 2, this program knows format 1"
    );
    assert!(error(&text.replacen("\"title\"", "\"headline\"", 1)).starts_with("x.json:7: unknown field `headline`"));
    assert!(error("{}").starts_with("x.json:1: missing field `format`"));
    assert!(error(&text.replacen("\"amd64\"", "\"m68k\"", 1)).contains("only amd64 and arm64"));
}

/// Text that wants to be markup, and a lot of it.
fn hostile() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("```"),
        Just("`"),
        Just("~~~"),
        Just("\n"),
        Just("\n\n"),
        Just("<script>"),
        Just("</details>"),
        Just("|"),
        Just("\\"),
        Just("\u{1b}[2J"),
        Just("](https://evil)"),
        Just("![x](https://evil)"),
        Just("# "),
        Just("a"),
        Just("ä"),
        Just(" "),
        Just("\r"),
        Just("\u{202e}"),
        Just("- "),
        Just("1. "),
        Just("\t")
    ];
    (proptest::collection::vec(word, 0..30), 1usize..3).prop_map(|(words, times)| words.concat().repeat(times))
}

/// The lines of a page outside its fences; panics where a fence is left open.
fn outside(page: &str) -> Vec<&str> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in page.lines() {
        let marks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if line == open => fence = None,
            Some(open) => assert!(marks.len() < open.len() || line != marks, "closed early"),
            None if marks.len() >= 3 && !line[marks.len()..].contains('`') => fence = Some(marks),
            None => lines.push(line),
        }
    }
    assert_eq!(fence, None, "a fence is open at the end");
    lines
}

/// A line without its spans of code and escaped characters.
fn bare(line: &str) -> String {
    let mut bare = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches('`').len();
        if c == '\\' {
            rest = rest[1..].chars().next().map_or("", |next| &rest[1 + next.len_utf8()..]);
        } else if run > 0 {
            let marks = &rest[..run];
            let mut from = run;
            // The span ends at the next row of exactly as many backticks.
            let end = loop {
                let at = from + rest[from..].find(marks).expect("a span of code ends in its line");
                let length = rest.len() - at - rest[at..].trim_start_matches('`').len();
                if length == run {
                    break at + run;
                }
                from = at + length;
            };
            rest = &rest[end..];
        } else {
            bare.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    bare
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn foreign_text_is_no_markup(text in hostile()) {
        let mut plan = planned("protected tag");
        plan.reference.clone_from(&text);
        plan.repository = Some(text.clone());
        plan.commit = Some(text.clone());
        plan.job = Some(text.clone());
        plan.why.push(text.clone());
        let mut one = outcome("sagemath", Architecture::Amd64);
        one.title.clone_from(&text);
        one.failing = vec![failing(&text, &text, &text)];
        let mut other = outcome("sagemath-dev", Architecture::Amd64);
        other.repository = Some(text.clone());
        let mut shown = published();
        shown.repository.clone_from(&text);
        shown.tags[0].tag.clone_from(&text);
        shown.tags[0].why.clone_from(&text);
        shown.stays.push(text.clone());
        shown.packages.insert(text.clone(), text.clone());
        shown.binder = Some(text.clone());
        let failures = [text.clone()];
        let outcomes = [one, other];
        let page = summary(&plan, std::slice::from_ref(&text), &outcomes, &[shown], &failures);
        let foreign = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
        prop_assert!(!page.contains(foreign), "a control character");
        for line in outside(&page) {
            let ours = ["<details><summary>The machine</summary>", "<details><summary>Packages</summary>", "</details>"];
            let bare = bare(line);
            prop_assert!(ours.contains(&line) || !bare.contains(['<', '[', ']', '!']) || line.starts_with("[Open it on Binder](https://mybinder.org/v2/gh/"), "{line}");
            prop_assert!(!line.starts_with("# ") && !line.starts_with("- - ") && !line.starts_with("- # "), "{line}");
            prop_assert!(bare.matches('|').count() == if line.starts_with('|') { 7 } else { 0 }, "{line}");
        }
        prop_assert!(status_line(&outcomes, &[], &failures).len() <= 140);
    }

    #[test]
    fn a_page_has_less_than_its_limit(length in 0usize..40_000, count in 0usize..90, mark in "[`ä\\\\<a\n]") {
        let text = mark.repeat(length / mark.len());
        let mut plan = planned("protected tag");
        plan.why = vec![text.clone(); count];
        let mut one = outcome("sagemath", Architecture::Amd64);
        one.failing = vec![failing("x", &text[..text.floor_char_boundary(3000)], &text); count.min(50)];
        let mut shown = published();
        shown.stays.clone_from(&plan.why);
        shown.packages = (0..count).map(|n| (format!("{n}{}", &text[..text.floor_char_boundary(1000)]), "1".to_owned())).collect();
        let machine = vec![text; count.min(20)];
        let page = summary(&plan, &machine, &vec![one; count.min(5)], &vec![shown; count.min(3)], &[]);
        prop_assert!(page.len() <= 900 * 1024);
        outside(&page);
    }
}

#[test]
fn a_page_that_is_cut_says_so() {
    let machine = vec!["x".repeat(80); 20_000];
    let page = summary(&planned("protected tag"), &machine, &[], &[], &[]);
    assert!(page.len() < 900 * 1024 && page.ends_with("The rest is cut: a page may have 900 KiB.\n"));
    let many = vec![outcome("sagemath", Architecture::Amd64); 20_000];
    let page = summary(&planned("protected tag"), &[], &many, &[], &[]);
    assert!((890 * 1024..900 * 1024).contains(&page.len()), "{}", page.len());
}
