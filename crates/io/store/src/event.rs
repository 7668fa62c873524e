use crate::failure::{failed_derivation, plain};
use sage_oci_names::StorePath;
use serde::Deserialize;

/// What happens while Nix builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A build that will be needed; all of them are told before the first begins.
    Planned {
        /// The derivation.
        derivation: StorePath,
    },
    /// How far the builds are, by Nix's own count.
    Progress {
        /// Builds that are done.
        done: u64,
        /// All that are known to be needed. It grows at first, and some versions count one twice for a moment; for a steady
        /// total count [`Event::Planned`].
        expected: u64,
        /// Those that run now.
        running: u64,
        /// Those that failed.
        failed: u64,
    },
    /// A build begins.
    BuildStarted {
        /// The derivation.
        derivation: StorePath,
    },
    /// A build has ended, well or not.
    BuildFinished {
        /// The derivation.
        derivation: StorePath,
    },
    /// A build failed, not one of its inputs; comes before or after its end, by Nix's version.
    BuildFailed {
        /// The derivation.
        derivation: StorePath,
        /// Nix's own words.
        reason: String,
    },
    /// A path is fetched from a binary cache or another store.
    Copying {
        /// The path.
        path: StorePath,
    },
    /// A builder wrote a line.
    Line {
        /// Its derivation.
        derivation: StorePath,
        /// The line, without its end and without terminal control sequences.
        text: String,
    },
    /// Nix itself says something.
    Message {
        /// 0 for errors, 1 for warnings, more for what matters less.
        level: u8,
        /// Its words.
        text: String,
    },
    /// Nothing new for a tenth of a second.
    Tick,
}

/// Nix's numbers of activities and results (`logging.hh`); stable since 2.0.
mod kind {
    pub(super) const COPY_PATH: u64 = 100;
    pub(super) const BUILDS: u64 = 104;
    pub(super) const BUILD: u64 = 105;
    pub(super) const SUBSTITUTE: u64 = 108;
    pub(super) const LOG_LINE: u64 = 101;
    pub(super) const PROGRESS: u64 = 105;
}

/// One line of the machine-readable log.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Entry {
    Start {
        id: u64,
        #[serde(rename = "type")]
        kind: u64,
        #[serde(default)]
        fields: Vec<serde_json::Value>,
    },
    Stop {
        id: u64,
    },
    Result {
        id: u64,
        #[serde(rename = "type")]
        kind: u64,
        #[serde(default)]
        fields: Vec<serde_json::Value>,
    },
    Msg {
        #[serde(default)]
        level: u8,
        msg: String,
        raw_msg: Option<String>,
    },
}

/// Turns the lines of Nix's log into events; remembers what runs.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    builds: std::collections::BTreeMap<u64, StorePath>,
    /// The activity that counts all builds.
    counter: Option<u64>,
}

impl Reader {
    /// The event of one line, if it is one. A line that is not in the machine's form is a message.
    pub(crate) fn read(&mut self, line: &str) -> Option<Event> {
        let entry = line.strip_prefix("@nix ").map(serde_json::from_str);
        match entry {
            Some(Ok(entry)) => self.entry(entry),
            // A kind of entry that is not known here.
            Some(Err(_)) => None,
            None => Some(Event::Message { level: 2, text: plain(line) }),
        }
    }

    fn entry(&mut self, entry: Entry) -> Option<Event> {
        match entry {
            Entry::Start { id, kind: kind::BUILD, fields } => {
                let derivation = path(&fields)?;
                self.builds.insert(id, derivation.clone());
                Some(Event::BuildStarted { derivation })
            }
            Entry::Start { id, kind: kind::BUILDS, .. } => {
                self.counter = Some(id);
                None
            }
            Entry::Start { kind: kind::COPY_PATH | kind::SUBSTITUTE, fields, .. } => {
                Some(Event::Copying { path: path(&fields)? })
            }
            Entry::Start { .. } => None,
            Entry::Stop { id } => self.builds.remove(&id).map(|derivation| Event::BuildFinished { derivation }),
            Entry::Result { id, kind: kind::LOG_LINE, fields } => {
                let text = plain(fields.first()?.as_str()?);
                Some(Event::Line { derivation: self.builds.get(&id)?.clone(), text })
            }
            Entry::Result { id, kind: kind::PROGRESS, fields } if self.counter == Some(id) => {
                let number = |at: usize| fields.get(at).and_then(serde_json::Value::as_u64);
                let (done, expected) = (number(0)?, number(1)?);
                Some(Event::Progress { done, expected, running: number(2)?, failed: number(3)? })
            }
            Entry::Result { .. } => None,
            Entry::Msg { level, msg, raw_msg } => message(level, &plain(&raw_msg.unwrap_or(msg))),
        }
    }
}

/// What Nix says in words: some of its facts come in no other way.
fn message(level: u8, text: &str) -> Option<Event> {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let derivation = |path: &str| StorePath::parse(path).ok().filter(StorePath::is_derivation);
    if let Some(planned) = text.strip_prefix("  ").and_then(derivation) {
        return Some(Event::Planned { derivation: planned });
    }
    if text.contains("you did not specify '--add-root'") {
        // Roots are the caller's choice, see `Nix::add_root`.
        return None;
    }
    let failed = (level == 0).then(|| failed_derivation(text)).flatten().and_then(derivation);
    Some(match failed {
        Some(derivation) => Event::BuildFailed { derivation, reason: text.to_owned() },
        None => Event::Message { level, text: text.to_owned() },
    })
}

fn path(fields: &[serde_json::Value]) -> Option<StorePath> {
    StorePath::parse(fields.first()?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_as_nix_tells_it() {
        let drv = "/nix/store/v510inn1bq273y7l2afgzii0b3jhri89-bad.drv";
        let derivation = StorePath::parse(drv).unwrap();
        let lines = [
            format!(r#"@nix {{"action":"msg","level":3,"msg":"  {drv}"}}"#),
            r#"@nix {"action":"start","id":2,"level":0,"text":"","type":104}"#.to_owned(),
            format!(
                r#"@nix {{"action":"start","fields":["{drv}","",1,1],"id":5,"level":3,"parent":0,"text":"building","type":105}}"#
            ),
            r#"@nix {"action":"result","fields":[0,2,1,0],"id":2,"type":105}"#.to_owned(),
            r#"@nix {"action":"result","fields":[9,9,9,9],"id":3,"type":105}"#.to_owned(),
            r#"@nix {"action":"result","fields":["\u001b[1mhello\u001b[0m"],"id":5,"type":101}"#.to_owned(),
            r#"@nix {"action":"unheard-of"}"#.to_owned(),
            "@nix broken".to_owned(),
            format!(
                r#"@nix {{"action":"msg","level":0,"msg":"x","raw_msg":"builder for '{drv}' failed with exit code 3"}}"#
            ),
            r#"@nix {"action":"stop","id":5}"#.to_owned(),
            r#"@nix {"action":"stop","id":5}"#.to_owned(),
            "plain words".to_owned(),
        ];
        let mut reader = Reader::default();
        let events: Vec<Event> = lines.iter().filter_map(|line| reader.read(line)).collect();
        let reason = format!("builder for '{drv}' failed with exit code 3");
        assert_eq!(
            events,
            [
                Event::Planned { derivation: derivation.clone() },
                Event::BuildStarted { derivation: derivation.clone() },
                Event::Progress { done: 0, expected: 2, running: 1, failed: 0 },
                Event::Line { derivation: derivation.clone(), text: "hello".into() },
                Event::BuildFailed { derivation: derivation.clone(), reason },
                Event::BuildFinished { derivation },
                Event::Message { level: 2, text: "plain words".into() },
            ]
        );
    }
}
