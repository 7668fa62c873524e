use crate::RevisionError;
use std::collections::BTreeMap;

/// So many links are followed behind each other, as Linux does.
const MOST: usize = 40;

/// Refuses a link below `source` that is absolute, leads out of the tree by `..`, through other links too, or in a circle.
///
/// # Errors
/// [`RevisionError::LinkOut`] with the first such link.
pub(crate) fn check(links: &BTreeMap<String, String>, source: &str) -> Result<(), RevisionError> {
    let below = |path: &str| path.strip_prefix(source).is_some_and(|rest| rest.starts_with('/'));
    match links.iter().find(|(path, _)| below(path) && leads_out(links, path)) {
        Some((path, target)) => Err(RevisionError::LinkOut { path: path.clone(), target: target.clone() }),
        None => Ok(()),
    }
}

fn leads_out(links: &BTreeMap<String, String>, path: &str) -> bool {
    let mut place: Vec<&str> = Vec::new();
    let mut rest: Vec<&str> = path.split('/').rev().collect();
    let mut steps = 0;
    while let Some(part) = rest.pop() {
        match part {
            "" | "." => {}
            ".." => {
                if place.pop().is_none() {
                    return true;
                }
            }
            name => {
                place.push(name);
                if let Some(target) = links.get(&place.join("/")) {
                    steps += 1;
                    if steps > MOST || target.starts_with('/') {
                        return true;
                    }
                    place.pop();
                    rest.extend(target.split('/').rev());
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_out() {
        let check = |links: &[(&str, &str)]| {
            let links = links.iter().map(|(path, target)| ((*path).to_owned(), (*target).to_owned())).collect();
            check(&links, "src/sage").map_err(|error| error.to_string())
        };
        for good in [
            &[("src/sage/a", "b")][..],
            &[("src/sage/a", "../../README")],
            &[("src/sage/a", "../../")],
            &[("src/sage/a", "../../pkgs/x"), ("pkgs/x", "y")],
            // Not below the source.
            &[("a", "/etc/passwd"), ("src/sagemath", "../../..")],
        ] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
        for bad in [
            &[("src/sage/a", "/etc/passwd")][..],
            &[("src/sage/a", "../../..")],
            &[("src/sage/a", "x/../../../../b")],
            &[("src/sage/a", "a")],
            // By the name alone it stays inside; through the other link it does not.
            &[("src/sage/a", "deep/../x"), ("src/sage/deep", "../../"), ("src/sage/b", "deep/../x")],
            &[("src/sage/a", "../../top"), ("top", "/etc")],
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
