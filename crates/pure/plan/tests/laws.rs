//! Laws of the layer plan.

use proptest::prelude::*;
use sage_oci_names::{ImageName, LayerName, PackageName, SourceName};
use sage_oci_plan::{Member, Options, Planned, Previous, plan};
use std::collections::{BTreeMap, BTreeSet};

fn member(number: u32, source: u32, size: u64, base: bool, both: bool) -> Member {
    let images: &[&str] = if both { &["small", "big"] } else { &["big"] };
    Member {
        name: PackageName::parse(&format!("package{number}")).unwrap(),
        source: SourceName::parse(&format!("source{source}")).unwrap(),
        installed_size: size,
        base,
        images: images.iter().map(|name| ImageName::parse(name).unwrap()).collect(),
    }
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    let one = (0..30_u32, 0..120_000_u64, proptest::bool::weighted(0.1), any::<bool>());
    proptest::collection::vec(one, 1..80).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered.map(|(number, (source, size, base, both))| member(number as u32, source, size, base, both)).collect()
    })
}

/// The layer of each source in each set of images.
fn assignments(layers: &[Planned]) -> BTreeMap<(SourceName, BTreeSet<ImageName>), LayerName> {
    let mut all = BTreeMap::new();
    for layer in layers {
        for source in &layer.sources {
            let old = all.insert((source.clone(), layer.images.clone()), layer.name.clone());
            assert_eq!(old, None, "{source} lies in two layers");
        }
    }
    all
}

fn previous(layers: &[Planned]) -> Previous {
    layers.iter().map(|layer| (layer.name.clone(), layer.sources.clone())).collect()
}

/// Room for all, so that the limit on layers does not come into play.
fn roomy() -> Options {
    Options { package_layers: 1000, ..Options::default() }
}

proptest! {
    #[test]
    fn every_package_has_one_layer(members in members()) {
        let layers = plan(&members, &[], None, &Options::default()).unwrap();
        let assigned = assignments(&layers);
        for member in &members {
            prop_assert!(assigned.contains_key(&(member.source.clone(), member.images.clone())));
        }
        let names: BTreeSet<&LayerName> = layers.iter().map(|layer| &layer.name).collect();
        prop_assert_eq!(names.len(), layers.len());
        prop_assert_eq!(layers.iter().map(|l| l.size).sum::<u64>(), members.iter().map(|m| m.installed_size).sum::<u64>());
    }

    #[test]
    fn order_of_input_is_irrelevant(members in members(), seed in any::<u64>()) {
        let mut shuffled = members.clone();
        shuffled.sort_by_key(|member| u64::from(member.name.as_str().bytes().map(u32::from).sum::<u32>()).wrapping_mul(seed | 1));
        let plain = plan(&members, &[], None, &Options::default()).unwrap();
        prop_assert_eq!(plain, plan(&shuffled, &[], None, &Options::default()).unwrap());
    }

    #[test]
    fn a_wider_image_begins_with_the_narrower_ones_layers(members in members()) {
        let layers = plan(&members, &[], None, &Options::default()).unwrap();
        let small = ImageName::parse("small").unwrap();
        let first_without = layers.iter().position(|layer| !layer.images.contains(&small)).unwrap_or(layers.len());
        prop_assert!(layers[first_without..].iter().all(|layer| !layer.images.contains(&small)));
    }

    #[test]
    fn a_kept_plan_moves_nothing(members in members(), sizes in proptest::collection::vec(0..200_000_u64, 80)) {
        let before = plan(&members, &[], None, &Options::default()).unwrap();
        let bumped: Vec<Member> = members
            .iter()
            .zip(&sizes)
            .map(|(member, size)| Member { installed_size: *size, base: !member.base, ..member.clone() })
            .collect();
        let after = plan(&bumped, &[], Some(&previous(&before)), &Options::default()).unwrap();
        prop_assert_eq!(assignments(&before), assignments(&after));
    }

    #[test]
    fn removing_a_source_moves_no_other(members in members(), gone in 0..30_u32) {
        let gone = SourceName::parse(&format!("source{gone}")).unwrap();
        let rest: Vec<Member> = members.iter().filter(|member| member.source != gone).cloned().collect();
        // The tiers are named by the images that there are; with the last package of one, names change.
        let images = |all: &[Member]| all.iter().flat_map(|m| m.images.clone()).collect::<BTreeSet<_>>();
        prop_assume!(images(&members) == images(&rest));
        let mut before = assignments(&plan(&members, &[], None, &roomy()).unwrap());
        before.retain(|(source, _), _| *source != gone);
        prop_assert_eq!(before, assignments(&plan(&rest, &[], None, &roomy()).unwrap()));
    }

    #[test]
    fn newcomers_have_their_own_layer(members in members(), size in 0..200_000_u64) {
        let before = plan(&members, &[], None, &Options::default()).unwrap();
        let mut more = members.clone();
        more.push(Member { images: members[0].images.clone(), ..member(99, 99, size, false, true) });
        let after = plan(&more, &[], Some(&previous(&before)), &Options::default()).unwrap();
        let new: Vec<&Planned> = after.iter().filter(|layer| layer.name.as_str().ends_with("newcomers")).collect();
        prop_assert_eq!(new.len(), 1);
        prop_assert_eq!(new[0].sources.len(), 1);
        let mut assigned = assignments(&after);
        assigned.retain(|(source, _), _| source.as_str() != "source99");
        prop_assert_eq!(assigned, assignments(&before));
    }

    #[test]
    fn the_number_of_layers_is_bounded(members in members()) {
        let options = Options { package_layers: 24, ..Options::default() };
        let layers = plan(&members, &[], None, &options).unwrap();
        prop_assert!(layers.len() <= 24, "{}", layers.len());
    }
}

#[test]
fn the_payload_lies_on_top_in_the_definitions_order() {
    let members: Vec<Member> = (0..20).map(|n| member(n, n, 1000, n < 3, true)).collect();
    let payload: Vec<SourceName> = ["source7", "source2"].iter().map(|name| SourceName::parse(name).unwrap()).collect();
    let layers = plan(&members, &payload, None, &Options::default()).unwrap();
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names[0], "base");
    assert_eq!(names[names.len() - 2..], ["source7", "source2"]);
    let unknown = [SourceName::parse("nowhere").unwrap()];
    assert!(plan(&members, &unknown, None, &Options::default()).unwrap_err().to_string().contains("nowhere"));
}

#[test]
fn layers_above_another_image_say_whose_they_are() {
    let names = |both| {
        let members = [member(1, 1, 10, false, false), member(2, 2, 10, false, both)];
        let options = Options::above(&ImageName::parse("b").unwrap());
        let layers = plan(&members, &[], None, &options).unwrap();
        layers.iter().map(|layer| layer.name.to_string()).collect::<Vec<_>>()
    };
    assert!(names(false).iter().all(|name| name.starts_with("big-tail-")), "{:?}", names(false));
    assert!(names(true).iter().any(|name| name.starts_with("big+small-tail-")), "{:?}", names(true));
}
