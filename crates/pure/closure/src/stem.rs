/// What stays of a store path's name when its version changes: `openssl-bin` of `openssl-3.0.13-bin`.
///
/// The version begins at the first `-` that no letter follows, as for Nix's `parseDrvName`; words at its end, which name
/// an output, are kept. Numbers behind dots go too: `python3.11-numpy-1.26` and `python3.12-numpy-2.0` are one.
pub fn stem(name: &str) -> String {
    let version = name.match_indices('-').map(|(at, _)| at).find(|at| {
        let next = name[at + 1..].chars().next();
        next.is_some_and(|next| !next.is_ascii_alphabetic())
    });
    let (base, version) = version.map_or((name, ""), |at| name.split_at(at));
    let mut stem = without_minor_numbers(base);
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let words = version.rsplit('-').take_while(is_word).collect::<Vec<_>>();
    for word in words.iter().rev() {
        stem.push('-');
        stem.push_str(word);
    }
    stem
}

fn without_minor_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('.') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            out.push('.');
        }
        rest = &behind[digits..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_go_and_outputs_stay() {
        for (name, expected) in [
            ("openssl-3.0.13", "openssl"),
            ("openssl-3.0.13-bin", "openssl-bin"),
            ("glibc-2.38-66-dev", "glibc-dev"),
            ("python3.11-numpy-1.26.4", "python3-numpy"),
            ("python3.12-numpy-2.0", "python3-numpy"),
            ("perl5.38.2-URI-5.21", "perl5-URI"),
            ("source", "source"),
            ("hook.sh", "hook.sh"),
            ("x-", "x-"),
            ("-1", ""),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }
}
