use std::collections::BTreeMap;

use sage_oci_names::{PackageName, Sha256};
use sha2::{Digest, Sha256 as Hasher};

use crate::{Census, Refusal, local_directories, shell, triggers};
use sage_oci_effects::{Effect, OwnedEffect};

/// A package with its maintainer scripts.
#[derive(Debug, Clone, Copy)]
pub struct Package<'a> {
    /// Its name.
    pub name: &'a PackageName,
    /// Its version, for messages.
    pub version: &'a str,
    /// Members of its control archive by name: `preinst`, `postinst`, `prerm`, `postrm`, `config`, `triggers`.
    pub scripts: &'a BTreeMap<String, Vec<u8>>,
}

/// What becomes of a package's scripts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// The effects of its first installation, in order, each with the package whose files it concerns.
    pub effects: Vec<OwnedEffect>,
    /// One account a script, in the order in which dpkg looks at them.
    pub accounts: Vec<Account>,
}

/// How one script is accounted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The script's kind.
    pub script: String,
    /// The digest of its text.
    pub sha256: Sha256,
    /// The verdict.
    pub verdict: Verdict,
}

/// A verdict on one script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Scripts of this kind do not run when a package is installed, or only ask questions.
    Kind(&'static str),
    /// A rule understood every line that runs; the number of effects it found.
    Understood(usize),
    /// People judged it; the number of effects they wrote down, and their reason.
    Judged(usize, String),
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kind(why) => write!(f, "nothing: {why}"),
            Self::Understood(0) => write!(f, "nothing: every line that runs is understood"),
            Self::Understood(effects) => write!(f, "emulated, {effects} effects: every line that runs is understood"),
            Self::Judged(0, reason) => write!(f, "nothing: {reason}"),
            Self::Judged(effects, reason) => write!(f, "emulated, {effects} effects: {reason}"),
        }
    }
}

impl Census {
    /// Accounts for every script of a package.
    ///
    /// A verdict of the census comes first, then the rules for scripts that debhelper makes (see [`crate`]).
    ///
    /// # Errors
    /// Each script that neither accounts for, with its text.
    pub fn judge(&self, package: &Package<'_>) -> Result<Judgement, Vec<Refusal>> {
        let mut judgement = Judgement::default();
        let mut refusals = Vec::new();
        let known = ["preinst", "triggers", "config", "postinst", "prerm", "postrm"];
        let others = package.scripts.keys().map(String::as_str).filter(|kind| !known.contains(kind));
        for script in known.into_iter().chain(others) {
            let Some(bytes) = package.scripts.get(script) else { continue };
            let sha256 = Sha256::new(Hasher::digest(bytes).into());
            match self.verdict(package, script, sha256, bytes) {
                Ok((effects, verdict)) => {
                    judgement.effects.extend(effects);
                    judgement.accounts.push(Account { script: script.to_owned(), sha256, verdict });
                }
                Err(why) => refusals.push(Refusal {
                    package: package.name.clone(),
                    version: package.version.to_owned(),
                    script: script.to_owned(),
                    sha256,
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    why,
                }),
            }
        }
        if refusals.is_empty() { Ok(judgement) } else { Err(refusals) }
    }

    fn verdict(
        &self,
        package: &Package<'_>,
        script: &str,
        sha256: Sha256,
        bytes: &[u8],
    ) -> Result<(Vec<OwnedEffect>, Verdict), String> {
        match script {
            "prerm" | "postrm" => {
                return Ok((Vec::new(), Verdict::Kind("it runs when a package is removed or replaced")));
            }
            "config" => return Ok((Vec::new(), Verdict::Kind("it asks debconf questions; postinst acts on defaults"))),
            _ => {}
        }
        if let Some(entry) = self.entries.get(&(package.name.clone(), script.to_owned(), sha256)) {
            let owned = entry.effects.iter().map(|declared| OwnedEffect {
                package: declared.package.as_ref().unwrap_or(package.name).clone(),
                effect: declared.effect.clone(),
            });
            return Ok((owned.collect(), Verdict::Judged(entry.effects.len(), entry.reason.clone())));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let effects = match script {
            "preinst" => shell::follow(text, &[Some("install")])?,
            "postinst" => postinst(text, answers_triggers(package)?)?,
            "triggers" => triggers::read(text)?.0,
            _ => return Err(format!("`{script}` is not a kind of script that is known")),
        };
        let verdict = Verdict::Understood(effects.len());
        Ok((effects.into_iter().map(|effect| OwnedEffect { package: package.name.clone(), effect }).collect(), verdict))
    }
}

fn postinst(text: &str, triggered: bool) -> Result<Vec<Effect>, String> {
    let (text, mut effects) = local_directories::take(text);
    effects.extend(shell::follow(&text, &[Some("configure"), Some("")])?);
    if triggered {
        for effect in shell::follow(&text, &[Some("triggered"), None])? {
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
    }
    Ok(effects)
}

/// Whether dpkg calls the package's postinst a second time, with `triggered`.
fn answers_triggers(package: &Package<'_>) -> Result<bool, String> {
    match package.scripts.get("triggers").map(|bytes| std::str::from_utf8(bytes)) {
        None => Ok(false),
        Some(Ok(text)) => Ok(triggers::read(text)?.1),
        Some(Err(_)) => Err("its triggers file is not UTF-8 text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sage_oci_effects::Document;
    use sage_oci_hint::Hint as _;

    fn judge(census: &Census, scripts: &[(&str, &str)]) -> Result<Judgement, Vec<Refusal>> {
        let scripts = scripts.iter().map(|(kind, text)| ((*kind).to_owned(), text.as_bytes().to_vec())).collect();
        let name = PackageName::parse("demo").unwrap();
        census.judge(&Package { name: &name, version: "1.0-2", scripts: &scripts })
    }

    fn hex(text: &str) -> String {
        Sha256::new(Hasher::digest(text).into()).hex()
    }

    #[test]
    fn every_script_gets_an_account() {
        let scripts = [
            ("preinst", "#!/bin/sh\nif [ \"$1\" = upgrade ]; then rm -f /x; fi\n"),
            ("triggers", "activate-noawait ldconfig\n"),
            ("config", "#!/usr/bin/perl\n"),
            ("postinst", "#!/bin/sh\npy3compile -p demo\n"),
            ("prerm", "\u{7f}ELF"),
            ("postrm", "rm -rf /\n"),
        ];
        let judgement = judge(&Census::default(), &scripts).unwrap();
        let accounts: Vec<(&str, String)> =
            judgement.accounts.iter().map(|account| (account.script.as_str(), account.verdict.to_string())).collect();
        let understood = "every line that runs is understood";
        assert_eq!(
            accounts,
            [
                ("preinst", format!("nothing: {understood}")),
                ("triggers", format!("emulated, 1 effects: {understood}")),
                ("config", "nothing: it asks debconf questions; postinst acts on defaults".to_owned()),
                ("postinst", format!("emulated, 1 effects: {understood}")),
                ("prerm", "nothing: it runs when a package is removed or replaced".to_owned()),
                ("postrm", "nothing: it runs when a package is removed or replaced".to_owned()),
            ]
        );
        let effects: Vec<&Effect> = judgement.effects.iter().map(|owned| &owned.effect).collect();
        let cache = Effect::Computed { document: Document::LdCache };
        assert_eq!(effects, [&cache, &Effect::Bytecode { directories: Vec::new() }]);
        assert!(judgement.effects.iter().all(|owned| owned.package.as_str() == "demo"));
        assert_eq!(judgement.accounts[3].sha256.hex(), hex(scripts[3].1));
    }

    #[test]
    fn triggers_call_the_script_again() {
        let script = "#!/bin/sh\nif [ \"$1\" = triggered ]; then ldconfig; fi\n";
        let quiet = judge(&Census::default(), &[("postinst", script)]).unwrap();
        assert_eq!(quiet.effects, []);
        let both = [("postinst", script), ("triggers", "interest /usr/lib\n")];
        assert_eq!(judge(&Census::default(), &both).unwrap().effects.len(), 1);
        let unknown = "#!/bin/sh\ncase \"$1\" in triggered) refresh ;; esac\n";
        let both = [("postinst", unknown), ("triggers", "interest-noawait /usr/lib\n")];
        assert!(judge(&Census::default(), &both).unwrap_err()[0].why.contains("`refresh`"));
    }

    #[test]
    fn a_verdict_of_the_census_comes_first_and_holds_for_its_digest_alone() {
        let script = "#!/bin/sh\nrefresh\n";
        let toml = format!(
            "[[script]]\npackage = \"demo\"\nscript = \"postinst\"\nsha256 = [\"{}\"]\nbecause = \"it refreshes\"\n\
             effects = [\n  {{ kind = \"directory\", path = \"/srv/demo\", mode = \"0750\" }},\n  \
             {{ package = \"libdemo1\", kind = \"bytecode\", directories = [\"/usr/lib/demo\"] }},\n]\n",
            hex(script)
        );
        let census = Census::parse([("demo.toml", toml.as_str())]).unwrap();
        let judgement = judge(&census, &[("postinst", script)]).unwrap();
        let packages: Vec<&str> = judgement.effects.iter().map(|owned| owned.package.as_str()).collect();
        assert_eq!(packages, ["demo", "libdemo1"]);
        assert_eq!(judgement.accounts[0].verdict.to_string(), "emulated, 2 effects: it refreshes");
        assert!(judge(&census, &[("postinst", "#!/bin/sh\nrefresh \n")]).is_err());
        assert!(judge(&census, &[("preinst", script)]).is_err());
    }

    #[test]
    fn a_refusal_shows_the_script_and_what_to_add() {
        let script = "#!/bin/sh\nset -e\nrefresh --all\n";
        let scripts = [("postinst", script), ("preinst", "#!/usr/bin/perl\n"), ("isinstallable", "x")];
        let refusals = judge(&Census::default(), &scripts).unwrap_err();
        assert_eq!(refusals.len(), 3);
        let refusal = refusals.iter().find(|refusal| refusal.script == "postinst").unwrap();
        let sha256 = hex(script);
        assert_eq!(
            refusal.to_string(),
            format!(
                "postinst of demo 1.0-2 is not accounted for: line 3: `refresh` is not understood with these arguments\n\
                 sha256: {sha256}\n  | #!/bin/sh\n  | set -e\n  | refresh --all"
            )
        );
        let hint = refusal.hint().unwrap();
        assert!(
            hint.contains(&format!("package = \"demo\"\nscript = \"postinst\"\nsha256 = [\"{sha256}\"]")),
            "{hint}"
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let name = PackageName::parse("demo").unwrap();
        let scripts = BTreeMap::from([("postinst".to_owned(), vec![0x7f, 0x45, 0xff, 0xfe])]);
        let package = Package { name: &name, version: "1", scripts: &scripts };
        assert!(Census::default().judge(&package).unwrap_err()[0].why.contains("not UTF-8"));
    }
}
