//! The laws of the plan, on closures of any shape.

use proptest::prelude::*;
use sage_oci_closure::{Limits, Member, Plan, SMALL, plan};
use sage_oci_names::StorePath;
use std::collections::{BTreeMap, BTreeSet};

/// Nix's base-32.
const DIGITS: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

fn path(seed: u64, name: &str) -> StorePath {
    let hash: String = (0..32).map(|at| char::from(DIGITS[(seed.rotate_left(at * 5) & 31) as usize])).collect();
    StorePath::parse(&format!("/nix/store/{hash}-{name}")).unwrap()
}

/// A closure whose paths refer to earlier ones, deeply; sizes from nothing to 200 MB, most of them small.
fn closure() -> impl Strategy<Value = Vec<Member>> {
    let size = prop_oneof![6 => 0_u64..100_000, 3 => 100_000_u64..6_000_000, 1 => 6_000_000_u64..200_000_000];
    let one = (size, proptest::collection::vec(any::<proptest::sample::Index>(), 0..4), any::<bool>());
    proptest::collection::vec(one, 1..250).prop_map(|all| {
        let mut members: Vec<Member> = Vec::new();
        for (at, (nar_size, below, itself)) in all.into_iter().enumerate() {
            let own = path(at as u64 * 7919 + 1, &format!("{}-1.{at}", word(at)));
            let mut references: BTreeSet<StorePath> =
                below.iter().filter(|_| at > 0).map(|index| members[index.index(at)].path.clone()).collect();
            references.extend(itself.then(|| own.clone()));
            members.push(Member { path: own, nar_size, references: references.into_iter().collect() });
        }
        members
    })
}

/// A name that no other number has.
fn word(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect::<String>() + "-lib"
}

fn made(members: &[Member], layers: usize) -> Plan {
    plan(members, &BTreeSet::new(), Limits { layers, below: 0 }).unwrap()
}

/// The layers as sets of paths.
fn sets(plan: &Plan) -> BTreeSet<BTreeSet<StorePath>> {
    let all = plan.layers.iter().map(|layer| &layer.paths).chain([&plan.top]);
    all.filter(|paths| !paths.is_empty()).map(|paths| paths.iter().cloned().collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_path_lies_in_one_layer_and_the_limit_holds(members in closure(), layers in 2_usize..=120) {
        let plan = made(&members, layers);
        let mut all: Vec<StorePath> =
            plan.layers.iter().flat_map(|layer| &layer.paths).chain(&plan.top).cloned().collect();
        all.sort();
        let mut wanted: Vec<StorePath> = members.iter().map(|member| member.path.clone()).collect();
        wanted.sort();
        prop_assert_eq!(all, wanted);
        prop_assert!(plan.layers.len() < layers);
        let names: BTreeSet<_> = plan.layers.iter().map(|layer| &layer.name).collect();
        prop_assert_eq!(names.len(), plan.layers.len());
    }

    #[test]
    fn no_layer_is_tiny_and_none_takes_everything(members in closure()) {
        let sizes: BTreeMap<&StorePath, u64> = members.iter().map(|member| (&member.path, member.nar_size)).collect();
        let plan = made(&members, 60);
        let total: u64 = sizes.values().sum();
        for layer in &plan.layers {
            prop_assert_eq!(layer.size, layer.paths.iter().map(|path| sizes[path]).sum::<u64>());
            prop_assert!(layer.size >= SMALL, "{} has {} bytes", layer.name, layer.size);
            // Sixteen megabytes, or so much that sixty layers hold the whole: twice the mean of half the layers.
            let fair = (20 << 20).max(total / 60 * 10);
            prop_assert!(layer.paths.len() == 1 || layer.size <= fair, "{} of {total}", layer.size);
        }
        let top: u64 = plan.top.iter().map(|path| sizes[path]).sum();
        prop_assert!(top <= (16 << 20) + SMALL);
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(members in closure(), layers in 2_usize..100) {
        let mut turned = members.clone();
        turned.reverse();
        for member in &mut turned {
            member.references.reverse();
        }
        prop_assert_eq!(made(&members, layers), made(&turned, layers));
    }

    #[test]
    fn another_hash_or_version_moves_nothing(
        members in closure(), at in any::<proptest::sample::Index>(), layers in 2_usize..100,
    ) {
        let at = at.index(members.len());
        let old = members[at].path.clone();
        let new = path(u64::MAX - 1, &format!("{}-2.{}", word(at), at + 1));
        let renamed = |path: &StorePath| if *path == old { new.clone() } else { path.clone() };
        let changed: Vec<Member> = members.iter().map(|member| Member {
            path: renamed(&member.path),
            nar_size: member.nar_size,
            references: member.references.iter().map(renamed).collect(),
        }).collect();
        let before: BTreeSet<BTreeSet<StorePath>> =
            sets(&made(&members, layers)).iter().map(|set| set.iter().map(renamed).collect()).collect();
        prop_assert_eq!(before, sets(&made(&changed, layers)));
    }

    #[test]
    fn what_the_base_image_has_is_left_out(members in closure(), some in any::<u64>()) {
        let present: BTreeSet<StorePath> = members.iter().enumerate()
            .filter(|(at, _)| some >> (at % 64) & 1 == 1).map(|(_, member)| member.path.clone()).collect();
        let plan = plan(&members, &present, Limits { layers: 60, below: 3 }).unwrap();
        let placed: BTreeSet<&StorePath> =
            plan.layers.iter().flat_map(|layer| &layer.paths).chain(&plan.top).collect();
        prop_assert_eq!(placed.len() + present.len(), members.len());
        prop_assert!(placed.iter().all(|path| !present.contains(*path)));
    }
}

/// A realistic closure: like sixty packages and a tail, 1.1 GB.
fn realistic() -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for at in 0..400_u64 {
        let nar_size = match at {
            0..10 => 40_000_000 + at * 5_000_000,
            10..60 => 3_000_000 + at * 100_000,
            _ => 10_000 + at * 997 % 900_000,
        };
        let references = (1..4).filter(|back| *back <= at).map(|back| members[(at - back) as usize].path.clone());
        let references = references.collect();
        members.push(Member { path: path(at * 31 + 5, &format!("{}-1.0", word(at as usize))), nar_size, references });
    }
    members
}

#[test]
fn a_path_that_comes_or_goes_touches_few_layers() {
    let members = realistic();
    let before = sets(&made(&members, 60));
    for at in 0..members.len() {
        let gone = members[at].path.clone();
        let rest: Vec<Member> = members
            .iter()
            .filter(|member| member.path != gone)
            .map(|member| Member {
                references: member.references.iter().filter(|path| **path != gone).cloned().collect(),
                ..member.clone()
            })
            .collect();
        let after = sets(&made(&rest, 60));
        let touched = after.difference(&before).count();
        assert!(touched <= 3, "without {gone} there are {touched} new layers of {}", after.len());
    }
}

#[test]
fn what_changes_most_lies_on_top() {
    let members = realistic();
    let plan = made(&members, 60);
    assert_eq!(plan.top, [members.last().unwrap().path.clone()], "the one path that no other refers to");
    assert!(plan.layers[0].paths.contains(&members[0].path), "what refers to nothing is at the bottom");
}

#[test]
fn a_thousand_paths_of_one_name_are_split_all_the_same() {
    let member = |at: u64| Member { path: path(at + 1, "source"), nar_size: 1 << 20, references: Vec::new() };
    let members: Vec<Member> = (0..1000).map(member).collect();
    let plan = made(&members, 60);
    assert!(plan.layers.len() > 20, "{} layers", plan.layers.len());
    assert!(plan.layers.iter().all(|layer| layer.size <= 64 << 20));
}

#[test]
fn bad_lists_are_refused() {
    let one = Member { path: path(1, "a"), nar_size: 1, references: vec![path(2, "b")] };
    let text = |members: &[Member], layers| {
        plan(members, &BTreeSet::new(), Limits { layers, below: 0 }).unwrap_err().to_string()
    };
    assert!(text(std::slice::from_ref(&one), 60).contains("refers to"));
    let two = Member { references: Vec::new(), ..one };
    assert!(text(&[two.clone(), two.clone()], 60).contains("twice"));
    assert!(text(std::slice::from_ref(&two), 1).contains("too few"));
    assert!(text(&[two], 121).contains("too many"));
}

#[test]
fn a_thousand_paths_are_planned() {
    let mut members: Vec<Member> = Vec::new();
    for at in 0..1000_u64 {
        let references = (1..20).filter(|back| back * back <= at);
        let references = references.map(|back| members[(at - back * back) as usize].path.clone()).collect();
        let nar_size = 10_000 + at * at % 30_000_000;
        members.push(Member { path: path(at * 31 + 5, &format!("{}-1.0", word(at as usize))), nar_size, references });
    }
    let plan = made(&members, 60);
    assert!((2..60).contains(&plan.layers.len()), "{} layers", plan.layers.len());
    let placed = sets(&plan);
    assert_eq!(placed.iter().map(BTreeSet::len).sum::<usize>(), members.len());
    assert_eq!(placed.into_iter().flatten().collect::<BTreeSet<_>>().len(), members.len());
}
