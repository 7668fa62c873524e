//! The rules of choosing, one by one, and the laws of answers from universes with versions, providers and omissions.

mod common;

use common::{candidate, name};
use proptest::prelude::*;
use sage_oci_hint::Hint as _;
use sage_oci_names::{Architecture, DebVersion, PackageName};
use sage_oci_resolve::{
    Candidate, Comparison, Reason, Request, Resolution, ResolveError, Universe, nearest, parse_relations, resolve,
};
use std::collections::BTreeMap;

struct Asked<'a> {
    index: Vec<Candidate>,
    wanted: &'a [&'a str],
    kept: &'a [&'a str],
    omit: &'a [&'a str],
}

fn ask(asked: Asked<'_>) -> Result<Resolution, ResolveError> {
    let universe = Universe::new(asked.index, Architecture::Amd64)?;
    let names = |all: &[&str]| all.iter().map(|text| name(text)).collect::<Vec<_>>();
    let omit = |name: &PackageName| asked.omit.contains(&name.as_str());
    resolve(&universe, &Request { wanted: &names(asked.wanted), kept: &names(asked.kept), omit: &omit })
}

fn index(texts: &[&str]) -> Vec<Candidate> {
    texts.iter().map(|text| candidate(text)).collect()
}

/// The packages of an answer, as `name=version`.
fn chosen(texts: &[&str], wanted: &[&str]) -> Vec<String> {
    let answer = ask(Asked { index: index(texts), wanted, kept: &[], omit: &[] }).unwrap();
    answer.packages.iter().map(|one| format!("{}={}", one.name, one.version)).collect()
}

#[test]
fn providers_are_ranked_as_apt_ranks_them() {
    let pick = |texts: &[&str]| {
        let mut all = vec!["app; Depends: editor"];
        all.extend(texts);
        chosen(&all, &["app"]).into_iter().find(|one| !one.starts_with("app")).unwrap()
    };
    // Essential, protected, then the priorities from the highest to the lowest, then names.
    let ladder = [
        "za; Provides: editor; Essential: yes",
        "zb; Provides: editor; Protected: yes",
        "zc; Provides: editor; Priority: required",
        "zd; Provides: editor; Priority: important",
        "ze; Provides: editor; Priority: standard",
        "zf; Provides: editor; Priority: optional",
        "yg; Provides: editor; Priority: extra",
        "xh; Provides: editor; Priority: strange",
    ];
    for place in 0..ladder.len() {
        let first = ladder[place].split(';').next().unwrap();
        assert_eq!(pick(&ladder[place..]), format!("{first}=1"));
        let mut reversed: Vec<&str> = ladder[place..].to_vec();
        reversed.reverse();
        assert_eq!(pick(&reversed), format!("{first}=1"));
    }
}

#[test]
fn of_equal_versions_and_architectures_one_is_left() {
    let all = ["app; Depends: lib", "lib 1; Depends: aa", "lib 1; Depends: bb", "aa", "bb"];
    let mut turned = all;
    turned.reverse();
    assert_eq!(chosen(&all, &["app"]), chosen(&turned, &["app"]));
    // One for another machine does not count, one for all does.
    let all = ["app; Depends: lib", "lib 2; Architecture: arm64", "lib 1; Architecture: all"];
    assert_eq!(chosen(&all, &["app"]), ["app=1", "lib=1"]);
}

#[test]
fn wanted_in_any_version_is_the_newest_that_fits() {
    assert_eq!(chosen(&["app 1", "app 3", "app 2"], &["app"]), ["app=3"]);
    assert_eq!(chosen(&["app 1", "app 3; Depends: gone", "app 2"], &["app"]), ["app=2"]);
    assert_eq!(chosen(&["app 1", "app 1:0.1", "app 9"], &["app"]), ["app=1:0.1"]);
}

#[test]
fn what_is_there_already_stays_and_is_not_asked_for() {
    let texts = ["app; Depends: lib", "lib", "doc; Depends: viewer", "viewer"];
    let answer =
        ask(Asked { index: index(&texts), wanted: &["app"], kept: &["doc"], omit: &["doc", "viewer"] }).unwrap();
    let reasons: Vec<(String, Reason)> =
        answer.packages.iter().map(|one| (one.name.to_string(), one.reason.clone())).collect();
    assert_eq!(
        reasons,
        [
            ("app".to_owned(), Reason::Wanted),
            ("doc".to_owned(), Reason::Essential),
            ("lib".to_owned(), Reason::RequiredBy(name("app")))
        ]
    );
    assert_eq!(answer.omitted[0].wanted_by, [name("doc")]);
}

#[test]
fn an_essential_package_may_be_left_out() {
    let texts = ["app; Depends: dash", "dash; Essential: yes", "grep; Essential: yes"];
    let answer = ask(Asked { index: index(&texts), wanted: &["app"], kept: &[], omit: &["dash"] }).unwrap();
    let names: Vec<&str> = answer.packages.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["app", "grep"]);
    assert_eq!(answer.omitted[0].name, name("dash"));
}

#[test]
fn nothing_stays_that_nothing_needs() {
    // The walk takes `aa` first and has to go back; what came with it goes, too.
    let texts = ["app; Depends: mm, cc", "mm; Depends: aa | bb", "aa; Depends: xx", "xx; Conflicts: cc", "bb", "cc"];
    assert_eq!(chosen(&texts, &["app"]), ["app=1", "bb=1", "cc=1", "mm=1"]);
}

#[test]
fn the_first_by_breadth_is_the_reason() {
    let texts = ["app; Depends: mm, lib", "mm; Depends: nn", "nn; Depends: lib, deep", "lib", "deep"];
    let answer = ask(Asked { index: index(&texts), wanted: &["app"], kept: &[], omit: &[] }).unwrap();
    let reason = |wanted: &str| answer.packages.iter().find(|one| one.name.as_str() == wanted).unwrap().reason.clone();
    assert_eq!(reason("lib"), Reason::RequiredBy(name("app")));
    assert_eq!(reason("deep"), Reason::RequiredBy(name("nn")));
}

#[test]
fn words_for_what_cannot_be() {
    let error = |wanted: &[&str], omit: &[&str]| {
        ask(Asked { index: index(&["app; Depends: lib (>= 2)", "lib 1"]), wanted, kept: &[], omit }).unwrap_err()
    };
    let unknown = error(&["firefox"], &[]);
    assert_eq!(unknown.to_string(), "there is no package `firefox` in the index");
    let hint = "check the name in the definition, and that the channel has the component it lies in";
    assert_eq!(unknown.hint().as_deref(), Some(hint));
    assert_eq!(error(&["ap"], &[]).hint().as_deref(), Some("did you mean `app`?"));
    let both = error(&["app"], &["app"]);
    assert_eq!(both.to_string(), "package `app` is wanted and left out at once");
    assert_eq!(both.hint().as_deref(), Some("take it out of one of the two lists of the definition"));
    let quarrel = error(&["app"], &[]);
    assert_eq!(
        quarrel.to_string(),
        "the packages asked for cannot be installed together\n  app 1 needs lib (>= 2): nothing provides that"
    );
    assert!(quarrel.hint().unwrap().starts_with("want fewer packages"));
    for (field, text) in [
        ("Pre-Depends", "app; Pre-Depends: Lib"),
        ("Conflicts", "app; Conflicts: Lib"),
        ("Breaks", "app; Breaks: Lib"),
        ("Provides", "app; Provides: Lib"),
    ] {
        let error = ask(Asked { index: index(&[text]), wanted: &["app"], kept: &[], omit: &[] }).unwrap_err();
        assert!(error.to_string().starts_with(&format!("field {field} of package app 1 cannot be read: `Lib`")));
        assert!(error.hint().unwrap().contains("report it to the archive"));
    }
}

#[test]
fn names_that_look_alike() {
    let names: Vec<PackageName> = ["libgap8", "libgap9", "libgap-dev", "gap", "gaps", "libpari9"].map(name).into();
    let near = |wanted: &str| nearest(wanted, &names).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(near("libgap"), ["libgap8", "libgap9", "libgap-dev"]);
    assert_eq!(near("libgap7"), ["libgap8", "libgap9"]);
    assert_eq!(near("gapp"), ["gap", "gaps"]);
    assert_eq!(near("ga"), ["gap"], "two letters begin too many names");
    assert_eq!(near("python3"), [""; 0]);
}

#[test]
fn each_comparison_has_its_side() {
    let (low, high): (DebVersion, DebVersion) = ("1".parse().unwrap(), "2".parse().unwrap());
    for (how, found) in [
        (Comparison::Earlier, [true, false, false]),
        (Comparison::EarlierOrEqual, [true, true, false]),
        (Comparison::Equal, [false, true, false]),
        (Comparison::LaterOrEqual, [false, true, true]),
        (Comparison::Later, [false, false, true]),
    ] {
        assert_eq!([how.holds(&low, &high), how.holds(&low, &low), how.holds(&high, &low)], found, "{how}");
    }
}

proptest! {
    /// What is written again reads the same.
    #[test]
    fn relations_round_trip(
        package in "[a-z][a-z0-9+.-]{1,6}",
        qualifier in proptest::sample::select(vec!["", ":any", ":native", ":amd64", ":i386"]),
        how in proptest::sample::select(vec!["", "<<", "<=", "=", ">=", ">>", "<", ">"]),
        version in "[0-9][0-9a-z.~]{0,4}",
        space in " {0,2}",
    ) {
        let bound = if how.is_empty() { String::new() } else { format!("{space}({space}{how}{space}{version}{space})") };
        let text = format!("{space}{package}{qualifier}{bound}{space}");
        let parsed = parse_relations(&text, Architecture::Amd64).unwrap();
        let again = parse_relations(&parsed[0][0].to_string(), Architecture::Amd64).unwrap();
        prop_assert_eq!(&parsed, &again);
        prop_assert_eq!(parsed[0][0].version.is_some(), !how.is_empty());
    }

    #[test]
    fn no_field_makes_it_panic(field in "[a-z0-9 ,|:()<>=!\\[\\]~.-]{0,40}") {
        _ = parse_relations(&field, Architecture::Arm64);
    }
}

/// Universes with two versions of some packages, versioned relations and providers.
fn any_index() -> impl Strategy<Value = Vec<Candidate>> {
    let package = (0..8_u32, 0..8_u32, 1..3_u32, 0..8_u32, any::<bool>(), any::<bool>());
    proptest::collection::vec(package, 10..16).prop_map(|packages| {
        let mut index = Vec::new();
        for (number, (first, second, version, enemy, provides, quarrels)) in packages.into_iter().enumerate() {
            let (of, own) = (number % 8, 1 + number / 8);
            let provides = if provides { format!("Provides: virtual (= {own})") } else { String::new() };
            let breaks = if quarrels { format!("Breaks: pkg{enemy} (<< {version})") } else { String::new() };
            index.push(candidate(&format!(
                "pkg{of} {own}; Depends: pkg{first} (>= {version}) | pkg{second} | virtual (>= {version}); {provides}; {breaks}"
            )));
        }
        index
    })
}

/// Whether an answer's packages, with those that stand in for it, satisfy a relation.
fn holds(answer: &Resolution, by_name: &BTreeMap<(String, String), &Candidate>, group: &str) -> bool {
    parse_relations(group, Architecture::Amd64).unwrap()[0].iter().any(|relation| {
        let fits = |found: &DebVersion| relation.version.as_ref().is_none_or(|(how, wanted)| how.holds(found, wanted));
        let provides = |candidate: &Candidate| {
            let all = parse_relations(&candidate.provides, Architecture::Amd64).unwrap();
            all.into_iter().flatten().any(|one| one.name == relation.name && one.version.is_some_and(|(_, v)| fits(&v)))
        };
        let installed = answer.packages.iter().any(|package| {
            let candidate = by_name[&(package.name.to_string(), package.version.to_string())];
            package.name == relation.name && fits(&package.version) || provides(candidate)
        });
        let stands_in = answer.omitted.iter().any(|one| {
            let own = one.name == relation.name && fits(&one.version);
            own || one.provides.get(&relation.name).is_some_and(|version| version.as_ref().is_some_and(fits))
        });
        installed || stands_in
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Every relation of every package of an answer holds, and nothing in it breaks anything else.
    #[test]
    fn answers_satisfy_every_relation(index in any_index(), omitted in proptest::collection::btree_set(1..8_u32, 0..3)) {
        let omit: Vec<String> = omitted.iter().map(|number| format!("pkg{number}")).collect();
        let omit: Vec<&str> = omit.iter().map(String::as_str).collect();
        let Ok(answer) = ask(Asked { index: index.clone(), wanted: &["pkg0"], kept: &[], omit: &omit }) else {
            return Ok(());
        };
        let by_name: BTreeMap<_, _> =
            index.iter().map(|one| ((one.name.to_string(), one.version.to_string()), one)).collect();
        for package in &answer.packages {
            prop_assert!(!omit.contains(&package.name.as_str()), "{} is left out", package.name);
            let candidate = by_name[&(package.name.to_string(), package.version.to_string())];
            prop_assert!(holds(&answer, &by_name, &candidate.depends), "{} lacks {}", package.name, candidate.depends);
            for relation in parse_relations(&candidate.breaks, Architecture::Amd64).unwrap().into_iter().flatten() {
                let (how, wanted) = relation.version.unwrap();
                let broken = answer.packages.iter().find(|other| {
                    other.name == relation.name && other.name != package.name && how.holds(&other.version, &wanted)
                });
                prop_assert!(broken.is_none(), "{} breaks {:?}", package.name, broken);
            }
        }
        let names: Vec<&PackageName> = answer.packages.iter().map(|package| &package.name).collect();
        prop_assert!(names.is_sorted_by(|a, b| a < b), "sorted, and each once");
        // What a package says it depends on is there, and somebody asked for everything.
        for package in &answer.packages {
            prop_assert!(package.depends.iter().all(|depend| names.contains(&depend)));
            if let Reason::RequiredBy(by) = &package.reason {
                let by = answer.packages.iter().find(|other| other.name == *by).unwrap();
                prop_assert!(by.depends.contains(&package.name));
            }
        }
        for one in &answer.omitted {
            prop_assert!(omit.contains(&one.name.as_str()) && !one.wanted_by.is_empty());
        }
    }

    /// Asking again for what was answered changes nothing.
    #[test]
    fn an_answer_is_a_fixed_point(index in any_index()) {
        let Ok(answer) = ask(Asked { index: index.clone(), wanted: &["pkg0"], kept: &[], omit: &[] }) else { return Ok(()) };
        let all: Vec<&str> = answer.packages.iter().map(|package| package.name.as_str()).collect();
        let only: Vec<Candidate> = index
            .into_iter()
            .filter(|one| answer.packages.iter().any(|p| p.name == one.name && p.version == one.version))
            .collect();
        let again = ask(Asked { index: only, wanted: &["pkg0"], kept: &[], omit: &[] }).unwrap();
        let names: Vec<&str> = again.packages.iter().map(|package| package.name.as_str()).collect();
        prop_assert_eq!(all, names);
    }
}
