use sage_oci_names::PackageName;

/// Up to three names that look like `wanted`, the most similar first: for a hint in an error.
///
/// A name is similar when a quarter of its letters or fewer must change, or when it begins with what was asked for.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a PackageName>) -> Vec<PackageName> {
    let limit = wanted.len().div_ceil(4).min(3);
    let mut found: Vec<(usize, &PackageName)> = names
        .into_iter()
        .filter_map(|name| {
            let text = name.as_str();
            if wanted.len() >= 3 && text.starts_with(wanted) {
                return Some((text.len() - wanted.len(), name));
            }
            if text.len().abs_diff(wanted.len()) > limit {
                return None;
            }
            let distance = distance(wanted.as_bytes(), text.as_bytes());
            (distance <= limit).then_some((distance, name))
        })
        .collect();
    found.sort();
    found.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

/// Levenshtein's distance.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names() {
        let names: Vec<PackageName> =
            ["sagemath", "sagemath-doc", "sagetex", "bash"].iter().map(|n| PackageName::parse(n).unwrap()).collect();
        let near = |wanted| nearest(wanted, &names).iter().map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(near("sagmath"), ["sagemath"]);
        assert_eq!(near("sagemath-"), ["sagemath", "sagemath-doc"]);
        assert!(near("firefox").is_empty());
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }
}
