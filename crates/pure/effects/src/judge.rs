use std::collections::BTreeMap;

use sage_oci_names::{PackageName, Sha256};
use sha2::{Digest, Sha256 as Hasher};

use crate::{Census, Effect, OwnedEffect, Refusal, local_directories, shell, triggers};

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
