/// How many are named.
const MOST: usize = 3;
/// From here on a person sees that two names are alike.
const ALIKE: f64 = 0.8;

/// The names that are most like `wanted`, best first: those that have it as a part, and those that are spelled nearly so.
pub(crate) fn near<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: &str| {
        let lower = name.to_lowercase();
        let last = lower.rsplit('/').next().unwrap_or_default();
        let spelled = strsim::jaro_winkler(&lower, &wanted).max(strsim::jaro_winkler(last, &wanted));
        let part = wanted.len() > 2 && (lower.contains(&wanted) || (last.len() > 2 && wanted.contains(last)));
        if part { spelled.max(0.9) } else { spelled }
    };
    let mut alike: Vec<(f64, &str)> = names.into_iter().map(|name| (likeness(name), name)).collect();
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    alike.sort_by(|(a, left), (b, right)| b.total_cmp(a).then(left.cmp(right)));
    alike.dedup();
    alike.into_iter().take(MOST).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_first() {
        let names = ["develop", "u/me/36363-fix", "my-branch", "origin/my-branch", "master"];
        assert_eq!(near("my-brnach", names)[0], "my-branch");
        assert_eq!(near("36363", names), ["u/me/36363-fix"]);
        assert_eq!(near("devel", names), ["develop"]);
        assert_eq!(near("zzz", names), Vec::<String>::new());
    }
}
