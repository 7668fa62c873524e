use crate::Nix;

/// What a person adds to a command line of plain `nix` so that it builds as this program would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Arguments without spaces or quotes: `nix build .#x $(…)` splits them at white space.
    pub words: Vec<String>,
    /// Lines for `NIX_CONFIG`: settings to the empty value, which no word can carry.
    pub config: Vec<String>,
}

impl Nix {
    /// The settings that this program gives to `nix-store`, as words for `nix`, with flakes switched on first.
    pub fn words(&self) -> Words {
        words(&self.options)
    }
}

fn words(options: &[String]) -> Words {
    let mut words: Vec<String> = ["nix-command", "flakes"]
        .into_iter()
        .flat_map(|feature| ["--extra-experimental-features".to_owned(), feature.to_owned()])
        .collect();
    let mut config = Vec::new();
    let mut rest = options.iter();
    while let Some(flag) = rest.next() {
        if flag != "--option" {
            words.extend([Some(flag), rest.next()].into_iter().flatten().cloned());
            continue;
        }
        let (Some(name), Some(value)) = (rest.next(), rest.next()) else { break };
        match (name.as_str(), value.as_str()) {
            // Not asking at all is the same as having nobody to ask.
            ("substituters", "") => words.extend(option("substitute", "false")),
            (name, "") => config.push(format!("{name} =")),
            ("substituters", caches) => {
                for (place, cache) in caches.split_whitespace().enumerate() {
                    words.extend(option(if place == 0 { "substituters" } else { "extra-substituters" }, cache));
                }
            }
            (name, value) => words.extend(option(name, value)),
        }
    }
    Words { words, config }
}

fn option(name: &str, value: &str) -> [String; 3] {
    ["--option".to_owned(), name.to_owned(), value.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[&str]) -> (String, Vec<String>) {
        let Words { words, config } = words(&text.iter().map(ToString::to_string).collect::<Vec<_>>());
        let features = "--extra-experimental-features nix-command --extra-experimental-features flakes";
        (words.join(" ").strip_prefix(features).unwrap().trim_start().to_owned(), config)
    }

    #[test]
    fn no_word_is_empty_or_has_a_space() {
        let (words, config) = of(&["--option", "build-users-group", "", "--option", "substituters", ""]);
        assert_eq!((words.as_str(), config), ("--option substitute false", vec!["build-users-group =".to_owned()]));
        let (words, _) = of(&["--option", "substituters", "http://a http://b", "--store", "local?root=/x"]);
        assert_eq!(words, "--option substituters http://a --option extra-substituters http://b --store local?root=/x");
    }
}
