use sage_oci_names::PackageName;
use std::collections::{BTreeMap, BTreeSet};

/// The order in which packages are configured: what a package depends on comes before it, as far as cycles allow; names
/// decide between equals and where a cycle is cut.
pub(crate) fn configuration_order<'a>(
    depends: &BTreeMap<&'a PackageName, Vec<&'a PackageName>>,
) -> Vec<&'a PackageName> {
    let mut order = Vec::with_capacity(depends.len());
    let mut begun: BTreeSet<&PackageName> = BTreeSet::new();
    for start in depends.keys() {
        // Depth first with a stack of our own: chains of dependencies may be long.
        let mut stack = vec![(*start, 0)];
        if !begun.insert(start) {
            continue;
        }
        while let Some((name, next)) = stack.last_mut() {
            match depends.get(name).and_then(|all| all.get(*next)) {
                Some(depend) => {
                    *next += 1;
                    if depends.contains_key(depend) && begun.insert(depend) {
                        stack.push((*depend, 0));
                    }
                }
                None => {
                    order.push(*name);
                    stack.pop();
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_first_and_cycles_cut_by_name() {
        let names: Vec<PackageName> =
            ["app", "bash", "libc", "libgcc"].iter().map(|n| PackageName::parse(n).unwrap()).collect();
        let [app, bash, libc, libgcc] = &names[..] else { unreachable!() };
        let depends =
            BTreeMap::from([(app, vec![bash, libc]), (bash, vec![libc]), (libc, vec![libgcc]), (libgcc, vec![libc])]);
        assert_eq!(configuration_order(&depends), [libgcc, libc, bash, app]);
    }
}
