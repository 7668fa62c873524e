//! What holds for every path and every tree.

#![expect(clippy::disallowed_methods, reason = "Linux itself is asked, about links in a temporary folder")]

use proptest::prelude::*;
use sage_oci_tree::{ImagePath, Kind, Tree};
use std::collections::BTreeMap;
use std::path::Path;

fn path() -> impl Strategy<Value = ImagePath> {
    prop::collection::vec("[a-c.]{0,2}[a-c]", 1..5).prop_map(|parts| ImagePath::parse(&parts.join("/")).unwrap())
}

proptest! {
    #[test]
    fn paths_stay_inside_and_do_not_change_again(text in "[a./]{0,12}") {
        let bad = text.is_empty() || text.split('/').any(|part| part == "..");
        let anchored = ImagePath::anchored(&text);
        prop_assert_eq!(anchored.is_err(), bad);
        prop_assert_eq!(ImagePath::relative(&text).is_err(), bad || text.starts_with('/'));
        let Ok(path) = anchored else { return Ok(()) };
        prop_assert!(path.components().all(|part| !matches!(part, "" | "." | "..")));
        prop_assert_eq!(path.components().collect::<Vec<_>>().join("/"), path.as_str());
        prop_assert_eq!(ImagePath::anchored(&path.absolute()), Ok(path.clone()));
        if let Ok(relative) = ImagePath::relative(&text) {
            prop_assert_eq!(&relative, &path);
        }
        // Strictly taken is exactly what is normal already.
        let strict = ImagePath::parse(&text);
        prop_assert_eq!(strict.is_ok(), !path.is_root() && path.as_str() == text);
        if !path.is_root() {
            prop_assert_eq!(ImagePath::parse(path.as_str()), Ok(path.clone()));
            let json = serde_json::to_string(&path).unwrap();
            prop_assert_eq!(serde_json::from_str::<ImagePath>(&json).unwrap(), path);
        }
    }

    #[test]
    fn parts_make_the_whole(a in path(), b in path()) {
        let both = a.join(&b);
        prop_assert_eq!(both.strip_prefix(&a), Some(b.clone()));
        prop_assert!(both.is_within(&a) && both.is_within(&both) && !a.is_within(&both));
        prop_assert_eq!(both.depth(), a.depth() + b.depth());
        prop_assert_eq!(both.name(), b.name());
        prop_assert_eq!(both.parent().unwrap().child(both.name()), Ok(both.clone()));
        let above: Vec<ImagePath> = both.ancestors().collect();
        prop_assert_eq!(above.len() + 1, both.depth());
        prop_assert_eq!(above.last().cloned(), both.parent().filter(|parent| !parent.is_root()));
        prop_assert!(above.windows(2).all(|pair| pair[1].parent().as_ref() == Some(&pair[0])));
        // A link's target from where the link is: up as often as it is deep, then down.
        let up = format!("{}{b}", "../".repeat(a.depth() - 1));
        prop_assert_eq!(a.target(&up), Some(b.clone()));
        prop_assert_eq!(a.target(&format!("../{up}")), None);
        prop_assert_eq!(a.target(&b.absolute()), Some(b));
    }

    /// A plain map that is searched from end to end does the same.
    #[test]
    fn trees_do_what_a_plain_map_does(changes in prop::collection::vec((path(), 0..5_u8), 1..30)) {
        let mut tree = Tree::new();
        let mut plain: BTreeMap<ImagePath, Kind<u8>> = BTreeMap::new();
        for (path, what) in changes {
            let strictly_below = |other: &ImagePath| other != &path && other.is_within(&path);
            match what {
                0 => {
                    let there = plain.keys().any(|other| other.is_within(&path));
                    prop_assert_eq!(tree.remove(&path), there);
                    plain.retain(|other, _| !other.is_within(&path));
                }
                1 => {
                    prop_assert_eq!(tree.remove_below(&path), plain.keys().any(strictly_below));
                    plain.retain(|other, _| !strictly_below(other));
                }
                2 => {
                    tree.insert(path.clone(), Kind::Directory);
                    plain.insert(path.clone(), Kind::Directory);
                }
                _ => {
                    tree.insert(path.clone(), Kind::File(what));
                    plain.retain(|other, _| !strictly_below(other));
                    plain.insert(path.clone(), Kind::File(what));
                }
            }
            prop_assert!(tree.iter().eq(plain.iter()));
            let parent = path.parent().unwrap();
            let names: Vec<&str> =
                plain.keys().filter(|other| other.parent().as_ref() == Some(&parent)).map(ImagePath::name).collect();
            prop_assert_eq!(tree.list(&parent).map(|(name, _)| name).collect::<Vec<_>>(), names);
            let below = plain.iter().filter(|(other, _)| *other != &parent && other.is_within(&parent));
            prop_assert!(tree.below(&parent).eq(below));
        }
    }

    #[test]
    fn added_parents_are_directories_and_hide_nothing(paths in prop::collection::vec(path(), 1..8)) {
        let mut tree: Tree<Kind<()>> = Tree::new();
        for path in &paths {
            if tree.get(path).is_none() {
                tree.insert_with_parents(path.clone(), Kind::Directory, |_| Kind::Directory);
            }
        }
        for (path, _) in &tree {
            prop_assert!(path.ancestors().all(|parent| tree.get(&parent).is_some()), "{}", path);
        }
        prop_assert!(paths.iter().all(|path| tree.resolve(path.as_str()).as_ref() == Some(path)));
    }
}

/// A tree of three names, deep enough for every kind of way; links are relative, for an absolute one would leave the folder.
fn small_tree() -> impl Strategy<Value = Vec<(ImagePath, Kind<()>)>> {
    let place = prop::collection::vec("[a-c]", 1..4).prop_map(|parts| ImagePath::parse(&parts.join("/")).unwrap());
    let kind = prop_oneof![
        2 => Just(Kind::Directory),
        1 => Just(Kind::File(())),
        3 => way().prop_map(Kind::Symlink),
    ];
    prop::collection::vec((place, kind), 1..12)
}

fn way() -> impl Strategy<Value = String> {
    let part =
        prop_oneof![4 => "[a-c]", 2 => Just("..".to_owned()), 1 => Just(".".to_owned()), 1 => Just(String::new())];
    let not_absolute = |text: &String| !text.is_empty() && !text.starts_with('/');
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.join("/")).prop_filter("relative", not_absolute)
}

/// Linux's answer for a way that stays in the folder.
fn linux(root: &Path, text: &str) -> Option<ImagePath> {
    let real = std::fs::canonicalize(root.join(text)).ok()?;
    let inside = real.strip_prefix(std::fs::canonicalize(root).unwrap()).ok()?.to_str().unwrap();
    Some(if inside.is_empty() { ImagePath::root() } else { ImagePath::parse(inside).unwrap() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn links_lead_where_linux_says(nodes in small_tree(), ways in prop::collection::vec(way(), 8)) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut tree = Tree::new();
        for (path, kind) in nodes {
            let free = tree.get(&path).is_none();
            if !free || path.ancestors().any(|parent| tree.get(&parent).is_some_and(|kind: &Kind<()>| !kind.is_directory())) {
                continue;
            }
            std::fs::create_dir_all(root.join(&path).parent().unwrap()).unwrap();
            match &kind {
                Kind::Directory => std::fs::create_dir(root.join(&path)).unwrap(),
                Kind::File(()) => std::fs::write(root.join(&path), b"").unwrap(),
                Kind::Symlink(target) => std::os::unix::fs::symlink(target, root.join(&path)).unwrap(),
            }
            tree.insert_with_parents(path, kind, |_| Kind::Directory);
        }
        for way in ways {
            // Above our root is only itself, above the folder another one: such ways cannot be compared.
            if !leaves(root, &way) {
                prop_assert_eq!(tree.resolve(&way), linux(root, &way), "{}", way);
            }
        }
    }
}

/// Whether a way goes above the folder at some point. Linux gives up after 40 links, and so does this.
fn leaves(root: &Path, way: &str) -> bool {
    let top = std::fs::canonicalize(root).unwrap();
    let mut at = top.clone();
    let mut todo: Vec<String> = way.split('/').rev().map(str::to_owned).collect();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "" | "." => {}
            ".." if at == top => return true,
            ".." => _ = at.pop(),
            name => match std::fs::read_link(at.join(name)) {
                Ok(_) if links == 40 => return false,
                Ok(target) => {
                    links += 1;
                    todo.extend(target.to_str().unwrap().split('/').rev().map(str::to_owned));
                }
                Err(_) => at.push(name),
            },
        }
    }
    false
}
