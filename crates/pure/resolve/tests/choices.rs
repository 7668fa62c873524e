//! What the resolver chooses and how it explains itself, on small universes.

mod common;

use common::{candidate, name};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use sage_oci_hint::Hint as _;
use sage_oci_names::{Architecture, DebVersion, PackageName};
use sage_oci_resolve::{Candidate, Reason, Request, Resolution, ResolveError, Universe, resolve};
use std::cell::Cell;

fn answer(index: &[&str], wanted: &[&str], omit: &[&str]) -> Result<Resolution, ResolveError> {
    let universe = Universe::new(index.iter().map(|text| candidate(text)).collect(), Architecture::Amd64)?;
    let wanted: Vec<PackageName> = wanted.iter().map(|text| name(text)).collect();
    resolve(&universe, &Request { wanted: &wanted, kept: &[], omit: &|name| omit.contains(&name.as_str()) })
}

/// The packages of an answer, as `name` or, where it is not version 1, `name=version`.
fn chosen(index: &[&str], wanted: &[&str]) -> Vec<String> {
    let packages = answer(index, wanted, &[]).unwrap().packages;
    let text = |p: &sage_oci_resolve::Resolved| match p.version.as_str() {
        "1" => p.name.to_string(),
        version => format!("{}={version}", p.name),
    };
    packages.iter().map(text).collect()
}

fn failure(index: &[&str], wanted: &[&str]) -> String {
    answer(index, wanted, &[]).unwrap_err().to_string()
}

#[test]
fn the_first_alternative_that_can_be_had() {
    assert_eq!(chosen(&["app; Depends: aa | bb", "aa", "bb"], &["app"]), ["aa", "app"]);
    assert_eq!(chosen(&["app; Depends: gone | bb", "bb"], &["app"]), ["app", "bb"]);
    assert_eq!(chosen(&["app; Depends: aa | bb", "aa; Depends: gone", "bb"], &["app"]), ["app", "bb"]);
    // Deep inside, too: the first alternative fails two steps down.
    assert_eq!(
        chosen(&["app; Depends: aa | bb", "aa; Depends: cc", "cc; Depends: gone", "bb"], &["app"]),
        ["app", "bb"]
    );
}

#[test]
fn what_is_chosen_already_will_do() {
    assert_eq!(chosen(&["app; Depends: bb, aa | bb", "aa", "bb"], &["app"]), ["app", "bb"]);
    assert_eq!(chosen(&["app; Depends: aa | bb", "aa", "bb"], &["app", "bb"]), ["app", "bb"]);
}

#[test]
fn a_real_package_before_a_provider_and_providers_by_priority() {
    let index = ["app; Depends: editor", "editor", "nano; Provides: editor; Priority: important"];
    assert_eq!(chosen(&index, &["app"]), ["app", "editor"]);
    let index = ["app; Depends: editor", "ed; Provides: editor", "nano; Provides: editor; Priority: important"];
    assert_eq!(chosen(&index, &["app"]), ["app", "nano"]);
    let index = ["app; Depends: editor", "vi; Provides: editor", "ed; Provides: editor"];
    assert_eq!(chosen(&index, &["app"]), ["app", "ed"]);
}

#[test]
fn versions_and_versioned_provides() {
    let two = ["app; Depends: lib", "lib 1", "lib 2"];
    assert_eq!(chosen(&two, &["app"]), ["app", "lib=2"]);
    let older = ["app; Depends: lib (<< 2)", "lib 1", "lib 2"];
    assert_eq!(chosen(&older, &["app"]), ["app", "lib"]);
    let provided =
        ["app; Depends: api (>= 3)", "old; Provides: api (= 2)", "plain; Provides: api", "zz; Provides: api (= 3)"];
    assert_eq!(chosen(&provided, &["app"]), ["app", "zz"]);
}

#[test]
fn qualifiers() {
    let allowed = ["app; Depends: python3:any", "python3; Multi-Arch: allowed"];
    assert_eq!(chosen(&allowed, &["app"]), ["app", "python3"]);
    assert!(failure(&["app; Depends: python3:any", "python3"], &["app"]).contains("app 1 needs python3:any"));
    assert_eq!(chosen(&["app; Depends: lib:amd64", "lib"], &["app"]), ["app", "lib"]);
    assert!(failure(&["app; Depends: lib:i386", "lib"], &["app"]).contains("lib:i386"));
}

#[test]
fn essential_packages_come_along_and_reasons_are_told() {
    let answer =
        answer(&["app; Depends: lib", "lib", "dash; Essential: yes; Pre-Depends: lib"], &["app"], &[]).unwrap();
    let reasons: Vec<Reason> = answer.packages.iter().map(|package| package.reason.clone()).collect();
    assert_eq!(reasons, [Reason::Wanted, Reason::Essential, Reason::RequiredBy(name("app"))]);
    assert_eq!(answer.packages[1].depends, [name("lib")]);
}

#[test]
fn conflicts_lead_to_another_alternative() {
    let index = ["app; Depends: aa | bb, cc", "aa; Conflicts: cc", "bb", "cc"];
    assert_eq!(chosen(&index, &["app"]), ["app", "bb", "cc"]);
    let breaks = ["app; Depends: aa | bb, cc", "aa", "bb", "cc; Breaks: aa (<< 2)"];
    assert_eq!(chosen(&breaks, &["app"]), ["app", "bb", "cc"]);
    // A package may conflict with what it provides itself.
    let own = ["app; Depends: mta", "exim; Provides: mta; Conflicts: mta"];
    assert_eq!(chosen(&own, &["app"]), ["app", "exim"]);
    // Conflicts with a version do not hit a Provides without one.
    assert_eq!(chosen(&["app; Depends: aa; Conflicts: api (<< 2)", "aa; Provides: api"], &["app"]), ["aa", "app"]);
}

#[test]
fn cycles_are_fine() {
    assert_eq!(chosen(&["aa; Depends: bb", "bb; Depends: aa"], &["aa"]), ["aa", "bb"]);
}

#[test]
fn left_out_packages_satisfy_but_do_not_come_and_ask_for_nothing() {
    let index = ["app; Depends: doc, lib", "doc; Depends: viewer; Conflicts: lib", "viewer", "lib; Depends: doc"];
    let found = answer(&index, &["app"], &["doc"]).unwrap();
    assert_eq!(found.packages.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["app", "lib"]);
    assert_eq!(found.omitted.len(), 1);
    assert_eq!(found.omitted[0].wanted_by, [name("app"), name("lib")]);
    assert!(found.omitted[0].provides.is_empty());
    assert!(matches!(answer(&index, &["doc"], &["doc"]), Err(ResolveError::WantedOmitted { .. })));
}

#[test]
fn left_out_packages_stand_in_for_what_they_provide() {
    let index = ["app; Depends: api (>= 2), plain, doc", "doc; Provides: api (= 3), plain, unused"];
    let found = answer(&index, &["app"], &["doc"]).unwrap();
    let provides: Vec<String> =
        found.omitted[0].provides.iter().map(|(name, version)| format!("{name} {version:?}")).collect();
    assert_eq!(provides.len(), 2, "{provides:?}");
    assert_eq!(found.omitted[0].provides[&name("api")], Some(DebVersion::parse("3").unwrap()));
    assert_eq!(found.omitted[0].provides[&name("plain")], None);
}

#[test]
fn a_left_out_package_that_provides_a_name_twice_stands_in_with_the_version() {
    for provides in ["api, api (= 3)", "api (= 3), api", "api (= 2), api (= 3)"] {
        let doc = format!("doc; Provides: {provides}");
        let found = answer(&["app; Depends: api (>= 3)", &doc], &["app"], &["doc"]).unwrap();
        let version = found.omitted[0].provides[&name("api")].as_ref().map(ToString::to_string);
        assert_eq!(version.as_deref(), Some("3"), "{provides}");
    }
}

#[test]
fn an_unknown_package_has_a_hint() {
    let error = answer(&["sagemath"], &["sagemaht"], &[]).unwrap_err();
    assert!(error.to_string().contains("`sagemaht`"));
    assert_eq!(error.hint().unwrap(), "did you mean `sagemath`?");
}

#[test]
fn quarrels_are_told_chain_by_chain() {
    let message = failure(&["app; Depends: aa, mm", "mm; Depends: bb", "aa", "bb; Conflicts: aa"], &["app"]);
    let wanted = "aa 1 and bb 1 exclude each other\n    app 1 needs aa: aa 1\n    app 1 needs mm: mm 1 needs bb: bb 1";
    assert!(message.contains(wanted), "{message}");
    let message = failure(&["app; Depends: mm", "mm; Depends: gone (>= 2) | lost"], &["app"]);
    assert!(message.contains("app 1 needs mm: mm 1 needs gone (>= 2) | lost: nothing provides that"), "{message}");
}

#[test]
fn a_malformed_field_names_its_package() {
    assert!(failure(&["app; Depends: lib (~ 2)"], &["app"]).starts_with("field Depends of package app 1"));
    // Out of reach, nobody minds.
    assert_eq!(chosen(&["app", "other; Depends: lib (~ 2)"], &["app"]), ["app"]);
}

/// Random small universes with alternatives, providers and conflicts.
fn index() -> impl Strategy<Value = Vec<Candidate>> {
    let relation = proptest::collection::vec(0..12_u32, 0..4);
    let package = (relation.clone(), relation, proptest::option::weighted(0.2, 0..12_u32), any::<bool>());
    proptest::collection::vec(package, 12).prop_map(|packages| {
        let mut index = Vec::new();
        for (number, (hard, soft, conflict, provides)) in packages.into_iter().enumerate() {
            let one = |n: &u32| format!("pkg{n}");
            let mut alternatives: Vec<String> = soft.iter().map(one).collect();
            if !soft.is_empty() {
                alternatives.push("virtual".to_owned());
            }
            let hard = hard.first().map(one).unwrap_or_default();
            let conflicts = conflict.iter().map(one).collect::<String>();
            let provides = if provides { "virtual" } else { "" };
            index.push(candidate(&format!(
                "pkg{number} 1; Depends: {hard}, {}; Conflicts: {conflicts}; Provides: {provides}",
                alternatives.join(" | ")
            )));
        }
        index
    })
}

/// What became of the universes of a law.
#[derive(Default)]
struct Seen {
    /// Those with an answer of at least three packages, and those without an answer.
    answers: Cell<u32>,
    refusals: Cell<u32>,
    /// Those where an alternative that stands first was not the one that was taken.
    choices: Cell<u32>,
}

impl Seen {
    fn note(&self, index: &[Candidate], answer: Result<&Resolution, &ResolveError>) {
        let more = |count: &Cell<u32>| count.set(count.get() + 1);
        let Ok(answer) = answer else { return more(&self.refusals) };
        if answer.packages.len() >= 3 {
            more(&self.answers);
        }
        let there = |name: &str| answer.packages.iter().any(|package| package.name.as_str() == name);
        let groups = index.iter().filter(|one| there(one.name.as_str())).flat_map(|one| one.depends.split(','));
        if groups.filter_map(|group| group.split_once('|')).any(|(first, _)| !there(first.trim())) {
            more(&self.choices);
        }
    }

    /// A law that met neither answers nor refusals nor choices has shown nothing.
    fn enough(&self) {
        let (answers, refusals, choices) = (self.answers.get(), self.refusals.get(), self.choices.get());
        println!("{answers} answers, {refusals} refusals, {choices} with a choice");
        assert!(answers >= 50 && refusals >= 25 && choices >= 20, "{answers}, {refusals}, {choices}");
    }
}

/// Runs a law over 500 universes, and sees to it that they are of all sorts.
fn over_universes<S: Strategy>(strategy: &S, law: impl Fn(&Seen, S::Value) -> Result<(), TestCaseError>) {
    let seen = Seen::default();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(500));
    runner.run(strategy, |value| law(&seen, value)).unwrap();
    seen.enough();
}

fn solve(candidates: Vec<Candidate>, wanted: &[PackageName]) -> Result<Resolution, ResolveError> {
    let universe = Universe::new(candidates, Architecture::Amd64).unwrap();
    resolve(&universe, &Request { wanted, kept: &[], omit: &|_| false })
}

#[test]
fn the_order_of_the_input_never_matters() {
    let order = Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle();
    over_universes(&(index(), order), |seen, (index, order)| {
        let shuffled: Vec<Candidate> = order.iter().map(|place| index[*place].clone()).collect();
        let answer = solve(index.clone(), &[name("pkg3"), name("pkg0")]);
        seen.note(&index, answer.as_ref());
        let other = solve(shuffled, &[name("pkg0"), name("pkg3")]);
        let text = |answer: Result<Resolution, ResolveError>| answer.map_err(|error| error.to_string());
        prop_assert_eq!(text(answer), text(other));
        Ok(())
    });
}

#[test]
fn an_answer_is_consistent() {
    over_universes(&index(), |seen, index| {
        let answer = solve(index.clone(), &[name("pkg0")]);
        seen.note(&index, answer.as_ref());
        let Ok(answer) = answer else { return Ok(()) };
        let has = |wanted: &str| {
            answer.packages.iter().any(|package| {
                package.name.as_str() == wanted
                    || wanted == "virtual" && index.iter().any(|c| c.name == package.name && c.provides == "virtual")
            })
        };
        prop_assert!(has("pkg0"));
        for package in &answer.packages {
            let candidate = index.iter().find(|candidate| candidate.name == package.name).unwrap();
            for group in candidate.depends.split(',').filter(|group| !group.trim().is_empty()) {
                prop_assert!(group.split('|').any(|one| has(one.trim())), "{} lacks {group}", package.name);
            }
            let conflict = candidate.conflicts.as_str();
            prop_assert!(conflict.is_empty() || conflict == candidate.name.as_str() || !has(conflict));
        }
        Ok(())
    });
}
