//! No field of a lock can change unseen: each leaf of the sample's document is changed in turn.

use sage_oci_lock::{Lock, Standing};
use serde_json::Value;

/// A lock with every field that the format has.
fn whole() -> Lock {
    let mut lock = Lock::parse(include_str!("locks/format-2.json")).unwrap();
    let python = Lock::parse(include_str!("locks/format-2-interpreters.json")).unwrap();
    lock.interpreters = python.interpreters;
    lock.compilers = Lock::parse(include_str!("locks/format-2-compilers.json")).unwrap().compilers;
    let source = r#"{"sha256":"HEX","fetch":{"nar_sha256":"HEX","size":77}}"#.replace("HEX", &"5".repeat(64));
    let mut above = lock.images.values().next().unwrap().clone();
    above.extends = Some("tool".parse().unwrap());
    above.wanted = vec!["dash".parse().unwrap()];
    above.layers.clear();
    above.bytecode.clear();
    above.sources.insert("tree".to_owned(), serde_json::from_str(&source).unwrap());
    lock.images.insert("tool-dev".parse().unwrap(), above);
    lock.omitted[0].image = Some("tool-dev".parse().unwrap());
    lock
}

/// Every leaf of a document: its path, and another value of its kind for each thing that it may be.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, Vec<Value>)>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, one)| leaves(one, &format!("{path}/{}", key.replace('/', "~1")), found))
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(n, one)| leaves(one, &format!("{path}/{n}"), found)),
        Value::Null => found.push((path.to_owned(), vec!["9".into()])),
        Value::Bool(yes) => found.push((path.to_owned(), vec![(!yes).into()])),
        Value::Number(number) => found.push((path.to_owned(), vec![(number.as_u64().unwrap() + 1).into()])),
        Value::String(text) => {
            // Names, digests, architectures, reasons: what is no value of the field is passed over.
            let mut others = vec![format!("{text}x"), "e".repeat(64)];
            others.extend(["arm64", "essential", "wanted", "dash"].map(ToOwned::to_owned));
            found.push((path.to_owned(), others.into_iter().filter(|other| other != text).map(Value::from).collect()));
        }
    }
}

/// What the state of the archive was: where nothing else differs, a new lock would be the same.
fn is_dated(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[1..] {
        ["format" | "channel" | "architecture"] => true,
        ["suites", _, field, ..] => ["date", "valid_until", "inrelease", "indexes", "older_than"].contains(&field),
        _ => false,
    }
}

#[test]
fn a_change_of_any_field_is_told() {
    let old = whole();
    let document = serde_json::to_value(&old).unwrap();
    let mut all = Vec::new();
    leaves(&document, "", &mut all);
    let (mut told, mut dated) = (0, 0);
    for (path, others) in all {
        let mut read = 0;
        for other in others {
            let mut changed = document.clone();
            *changed.pointer_mut(&path).unwrap() = other.clone();
            let Ok(new) = serde_json::from_value::<Lock>(changed) else { continue };
            read += 1;
            let diff = new.diff(&old);
            match is_dated(&path) {
                true => dated += 1,
                false => {
                    assert!(!diff.is_empty() && diff.lines().len() > 2, "{path}: {other}");
                    assert!(!old.diff(&new).is_empty(), "{path}, the other way round");
                    told += 1;
                }
            }
        }
        // Another kind of effect has other fields, and documents are a few words.
        assert!(read > 0 || path.ends_with("/kind") || path.ends_with("/document"), "{path} was never changed");
    }
    assert!(told > 150 && dated > 10, "{told}, {dated}");
    assert!(old.diff(&old).is_empty());
}

#[test]
fn a_field_that_goes_is_told() {
    let old = whole();
    let document = serde_json::to_value(&old).unwrap();
    let mut gone = 0;
    for path in [
        "/images/tool-dev",
        "/images/tool-dev/extends",
        "/images/tool-dev/wanted",
        "/images/tool-dev/sources",
        "/images/tool/bytecode/bytecode-rest",
        "/packages/2/suite",
        "/packages/2/replaced",
        "/packages/0/scripts",
        "/omitted/0/image",
        "/omitted/0/provides",
        "/interpreters",
        "/compilers",
        "/suites/0/expired",
        "/suites/1/security",
        "/suites/1/older_than",
    ] {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let mut changed = document.clone();
        let map = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        assert!(map.remove(key).is_some(), "{path}");
        let new: Lock = serde_json::from_value(changed).unwrap();
        assert!(!new.diff(&old).is_empty() && !old.diff(&new).is_empty(), "{path}");
        gone += 1;
    }
    assert_eq!(gone, 15);
}

/// The lines beside the sum.
fn lines(change: impl FnOnce(&mut Lock)) -> Vec<String> {
    let old = whole();
    let mut new = whole();
    change(&mut new);
    new.diff(&old).lines()[2..].to_vec()
}

fn of<'l>(lock: &'l mut Lock, image: &str) -> &'l mut sage_oci_lock::ImagePlan {
    lock.images.get_mut(&image.parse().unwrap()).unwrap()
}

#[test]
fn what_becomes_of_an_image() {
    assert_eq!(lines(|lock| drop(lock.images.remove(&"tool-dev".parse().unwrap()))), ["image tool-dev: gone"]);
    let added = lines(|lock| {
        let plan = of(lock, "tool").clone();
        lock.images.insert("third".parse().unwrap(), plan);
    });
    assert_eq!(added, ["image third: new"]);
    assert_eq!(lines(|lock| of(lock, "tool").version = "2.2".to_owned()), ["image tool: version 2.1 -> 2.2"]);
    assert_eq!(lines(|lock| of(lock, "tool-dev").extends = None), ["image tool-dev: extends nothing, extended `tool`"]);
    assert_eq!(
        lines(|lock| of(lock, "tool").extends = Some("x".parse().unwrap())),
        ["image tool: extends `x`, extended nothing"]
    );
    assert_eq!(
        lines(|lock| of(lock, "tool-dev").wanted.clear()),
        ["image tool-dev: other packages of the extended image are asked for"]
    );
    assert_eq!(lines(|lock| of(lock, "tool").layers.reverse()), ["image tool: package layers in another order"]);
    assert_eq!(
        lines(|lock| of(lock, "tool").layers[0] = "ground".parse().unwrap()),
        ["image tool: package layers +ground -base"]
    );
    let held =
        |lock: &mut Lock| of(lock, "tool").bytecode.values_mut().for_each(|held| held.push("base".parse().unwrap()));
    assert_eq!(lines(held), ["image tool: byte-code layers hold other layers' modules"]);
    let named = |lock: &mut Lock| {
        let held = of(lock, "tool").bytecode.pop_first().unwrap().1;
        of(lock, "tool").bytecode.insert("bytecode-tool".parse().unwrap(), held);
    };
    assert_eq!(lines(named), ["image tool: byte-code layers +bytecode-tool -bytecode-rest"]);
    // Several things of one image stand in one line.
    let both = lines(|lock| {
        of(lock, "tool").version = "3".to_owned();
        of(lock, "tool").layers.pop();
    });
    assert_eq!(both, ["image tool: version 2.1 -> 3; package layers -tool"]);
}

#[test]
fn an_archive_beside_the_packages_is_fetched_and_pulled() {
    let other = |lock: &mut Lock| {
        let tree = of(lock, "tool-dev").sources.get_mut("tree").unwrap();
        (tree.sha256, tree.fetch.size) = ("6".repeat(64).parse().unwrap(), 88);
    };
    assert_eq!(lines(other), ["image tool-dev: another archive of `tree`"]);
    let old = whole();
    let mut new = whole();
    other(&mut new);
    let diff = new.diff(&old);
    assert_eq!((diff.fetch_bytes, diff.pull_bytes), (88, 88));
    assert_eq!(diff.images[0].standing, Standing::Changed);
    new.images.clone_from(&old.images);
    of(&mut new, "tool-dev").sources.clear();
    let diff = new.diff(&old);
    assert_eq!((diff.fetch_bytes, diff.lines().pop().unwrap().as_str()), (0, "image tool-dev: archive `tree` is gone"));
    let back = old.diff(&new);
    assert_eq!((back.fetch_bytes, back.lines().pop().unwrap().as_str()), (77, "image tool-dev: archive `tree` is new"));
    // Two images with the same archive: it is fetched once.
    let mut twice = whole();
    let tree = of(&mut twice, "tool-dev").sources["tree"].clone();
    of(&mut twice, "tool").sources.insert("tree".to_owned(), tree);
    assert_eq!(twice.diff(&new).fetch_bytes, 77);
    assert_eq!(twice.diff(&old).fetch_bytes, 0);
}

#[test]
fn what_is_said_of_the_same_archive() {
    assert_eq!(lines(|lock| lock.packages[1].reason = sage_oci_lock::Reason::Wanted), ["= libc6 differs in reason"]);
    let several = lines(|lock| {
        lock.packages[2].replaced.clear();
        lock.packages[2].depends.clear();
        lock.packages[2].suite = None;
    });
    assert_eq!(several, ["= tool differs in suite, dependencies, replaced paths"]);
    // An equal version in another text is another file name.
    assert_eq!(lines(|lock| lock.packages[1].version = "0:2.43-1".parse().unwrap()), ["= libc6 differs in version"]);
    // Of another archive all that is told in one line.
    let bumped = lines(|lock| {
        lock.packages[1].version = "2.44-1".parse().unwrap();
        lock.packages[1].sha256 = "f".repeat(64).parse().unwrap();
        lock.packages[1].installed_size += 1;
        lock.packages[1].depends.clear();
    });
    assert_eq!(bumped, ["~ libc6 2.43-1 -> 2.44-1 in base (200 B)"]);
}

#[test]
fn suites_but_for_their_dates() {
    assert_eq!(lines(|lock| lock.suites.swap(0, 1))[0], "suite sid-security: precedence");
    assert_eq!(lines(|lock| drop(lock.suites.pop())), ["suite sid-security: gone"]);
    assert_eq!(lines(|lock| lock.suites[1].suite = "new".to_owned()), ["suite new: new", "suite sid-security: gone"]);
    let several = lines(|lock| {
        let suite = &mut lock.suites[0];
        suite.mirrors.clear();
        suite.signers.clear();
        suite.expired = false;
        suite.older_than = Some("2026-10-30T08:00:00Z".to_owned());
    });
    assert_eq!(several, ["suite sid: mirrors, signers, an expired index, an older index"]);
}

#[test]
fn what_is_assigned_and_the_order_of_effects() {
    assert_eq!(
        lines(|lock| _ = lock.layers[0].sources.insert("zlib".parse().unwrap())),
        ["layer base: other sources are assigned to it"]
    );
    assert_eq!(lines(|lock| lock.effects.reverse()), ["effects: in another order"]);
    assert_eq!(lines(|lock| lock.effects.push(lock.effects[0].clone())), ["effects: in another order"]);
}

#[test]
fn a_new_time_stamp_is_in_every_layer() {
    let old = whole();
    let mut new = whole();
    new.epoch += 1;
    let diff = new.diff(&old);
    // Nothing to fetch, and everything to pull: each entry of each layer has the time.
    assert_eq!((diff.fetch_bytes, diff.pull_bytes, diff.pull_layers, diff.redated), (0, 427, 2, true));
    assert_eq!(
        diff.lines(),
        [
            "0 changed, 0 added, 0 removed",
            "0 B to fetch for a build, about 427 B to pull in 2 layers",
            "every layer is made anew: the time stamp of all files differs"
        ]
    );
    // Yet nothing but dates differs, which is what `lock --check` asks.
    assert!(new.is_same_but_for_dates(&old));
}
