use crate::check::Build;
use crate::contract::{Row, number};
use crate::{
    Check, CheckError, Expect, FileExpect, ImageExpect, Kind, Matcher, Notebook, RunOptions, Selection, Service,
};
use sage_oci_names::{Architecture, ChannelName, ImageName};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use toml::Spanned;

/// The version of the format this crate reads.
pub const FORMAT_VERSION: u32 = 1;
/// How long a check may take where it does not say. It finds what hangs, also on a machine that is busy with other things.
const TIMEOUT_SECONDS: u64 = 300;

/// A list of checks with what differs between channels.
#[derive(Debug, Clone)]
pub struct Checks {
    extends: Option<ImageName>,
    contract: BTreeMap<String, String>,
    skips: Vec<Spanned<Skip>>,
    checks: Vec<RawCheck>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Spanned<u32>,
    extends: Option<ImageName>,
    #[serde(default)]
    contract: BTreeMap<String, String>,
    #[serde(default)]
    skip: Vec<Spanned<Skip>>,
    #[serde(default)]
    check: Vec<Spanned<RawCheck>>,
}

/// A check of the extended image that does not hold here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    name: String,
    reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    name: String,
    group: Option<String>,
    #[serde(default)]
    proves: Vec<String>,
    /// Set when an extending document skips it.
    skip: Option<String>,
    architecture: Option<Architecture>,
    #[serde(default)]
    command: Vec<String>,
    user: Option<String>,
    #[serde(default)]
    exit: i64,
    stdout: Option<Matcher>,
    file: Option<FileExpect>,
    timeout: Option<u64>,
    #[serde(default)]
    slow: bool,
    #[serde(default)]
    run: RunOptions,
    build: Option<Build>,
    service: Option<Service>,
    image: Option<ImageExpect>,
    notebook: Option<Notebook>,
    #[serde(default)]
    channel: BTreeMap<ChannelName, Difference>,
}

/// What differs in one channel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Difference {
    command: Option<Vec<String>>,
    stdout: Option<Matcher>,
    exit: Option<i64>,
    timeout: Option<u64>,
    skip: Option<String>,
}

impl Checks {
    /// Reads a document.
    ///
    /// # Errors
    /// An unknown key, a name used twice, a check that cannot fail, a `[[skip]]` that could skip nothing: each names the line.
    pub fn parse(text: &str) -> Result<Self, CheckError> {
        let document: Document = toml::from_str(text).map_err(|error| CheckError::Syntax {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        let found = *document.version.get_ref();
        if found != FORMAT_VERSION {
            let line = line_of(text, document.version.span().start);
            return Err(CheckError::Version { line, found, known: FORMAT_VERSION });
        }
        let mut names = BTreeSet::new();
        for check in &document.check {
            let name = &check.get_ref().name;
            let broken = match check.get_ref().broken() {
                None if !names.insert(name) => Some("the name is used twice"),
                broken => broken,
            };
            if let Some(why) = broken {
                let line = line_of(text, check.span().start);
                return Err(CheckError::Rule { line, name: name.clone(), why: why.to_owned() });
            }
        }
        let mut skipped = BTreeSet::new();
        for skip in &document.skip {
            let name = &skip.get_ref().name;
            let why = match () {
                () if document.extends.is_none() => "it is skipped, but this document extends no other image's checks",
                () if names.contains(name) => "it is skipped, but this document has a check of its own in its place",
                () if !skipped.insert(name) => "it is skipped twice",
                () => continue,
            };
            let line = line_of(text, skip.span().start);
            return Err(CheckError::Rule { line, name: name.clone(), why: why.to_owned() });
        }
        let mut checks: Vec<_> = document.check.into_iter().map(Spanned::into_inner).collect();
        // A group holds until the next one is named.
        let mut group = String::new();
        for check in &mut checks {
            group = check.group.take().unwrap_or(group);
            check.group = Some(group.clone());
        }
        let Document { extends, contract, skip: skips, .. } = document;
        Ok(Self { extends, contract, skips, checks, text: text.to_owned() })
    }

    /// The image whose checks hold here, too; see [`Checks::onto`].
    pub fn extends(&self) -> Option<&ImageName> {
        self.extends.as_ref()
    }

    /// These checks after those of the image that they extend.
    ///
    /// A check with the name of an inherited one takes its place; `[[skip]]` keeps an inherited one from being run.
    ///
    /// # Errors
    ///
    /// A `[[skip]]` names a check that is not inherited.
    pub fn onto(mut self, base: Self) -> Result<Self, CheckError> {
        let mut inherited = base.checks;
        for skip in &self.skips {
            let Skip { name, reason } = skip.get_ref();
            let Some(check) = inherited.iter_mut().find(|check| check.name == *name) else {
                let line = line_of(&self.text, skip.span().start);
                let why = "it is skipped, but it is not inherited".to_owned();
                return Err(CheckError::Rule { line, name: name.clone(), why });
            };
            check.skip = Some(reason.clone());
        }
        for check in self.checks {
            match inherited.iter_mut().find(|other| other.name == check.name) {
                // It stands where the other stood, under that heading where it names none of its own.
                Some(other) => {
                    let group = check.group.clone().filter(|group| !group.is_empty()).or(other.group.take());
                    *other = RawCheck { group, ..check };
                }
                None => inherited.push(check),
            }
        }
        let mut contract = base.contract;
        contract.append(&mut self.contract);
        Ok(Self { extends: base.extends, contract, skips: Vec::new(), checks: inherited, text: self.text })
    }

    /// The checks of one channel, its differences applied.
    ///
    /// # Errors
    ///
    /// A check says that it proves a row that the contract does not have.
    pub fn for_channel(&self, channel: &ChannelName) -> Result<Selection, CheckError> {
        let one = |raw: &RawCheck| raw.with(raw.channel.get(channel).cloned().unwrap_or_default());
        let checks: Vec<_> = self.checks.iter().map(one).collect();
        for check in &checks {
            if let Some(row) = check.proves.iter().find(|row| !self.contract.contains_key(*row)) {
                return Err(CheckError::Row { name: check.name.clone(), row: row.clone() });
            }
        }
        let row = |(id, what): (&String, &String)| Row { id: id.clone(), what: what.clone() };
        let mut contract: Vec<_> = self.contract.iter().map(row).collect();
        contract.sort_by_key(|row| number(&row.id));
        Ok(Selection { checks, not_selected: Vec::new(), contract })
    }
}

/// Whether a shell script's last command is one that always succeeds.
fn throws_status_away(command: &[String]) -> bool {
    let script = command.last().map_or("", String::as_str).trim_end();
    let last = script.rsplit(['\n', ';', '|', '&']).next().unwrap_or_default().trim();
    script.len() > last.len() && matches!(last, "true" | ":" | "exit 0")
}

impl RawCheck {
    /// The commands that it has in one channel or another.
    fn commands(&self) -> impl Iterator<Item = &Vec<String>> {
        let exec = self.service.as_ref().map(|service| &service.exec);
        [&self.command].into_iter().chain(self.channel.values().filter_map(|other| other.command.as_ref())).chain(exec)
    }

    /// What it holds output against, in one channel or another.
    fn matchers(&self) -> impl Iterator<Item = &Matcher> {
        let cells = self.notebook.iter().flat_map(|notebook| &notebook.cell);
        let cells = cells.flat_map(|cell| [&cell.text, &cell.stdout]).flatten();
        self.stdout.iter().chain(self.channel.values().filter_map(|other| other.stdout.as_ref())).chain(cells)
    }

    /// The rule that it breaks by itself.
    fn broken(&self) -> Option<&'static str> {
        let kinds = [self.service.is_some(), self.image.is_some(), self.notebook.is_some()];
        match () {
            () if self.name.is_empty() || self.name.chars().any(char::is_control) => Some("a name is one line of text"),
            () if self.timeout == Some(0) => Some("a timeout is at least one second"),
            () if kinds.into_iter().filter(|kind| *kind).count() > 1 => {
                Some("it is one of `service`, `image` and `notebook`, not several")
            }
            () if self.service.as_ref().is_some_and(|service| service.ready.is_none() && service.port.is_none()) => {
                Some("a service says when it is `ready`, or which `port` answers then")
            }
            () if self.matchers().any(Matcher::takes_anything) => {
                Some("its `contains` names no text, so that every output fits")
            }
            () if self.image == Some(ImageExpect::default()) => Some("it expects nothing of the image"),
            () if self.commands().any(|command| throws_status_away(command)) => Some(
                "its script ends with `true`, so its exit status says nothing; say which one is expected with `exit`",
            ),
            () => None,
        }
    }

    fn with(&self, difference: Difference) -> Check {
        let seconds = difference.timeout.or(self.timeout).unwrap_or(TIMEOUT_SECONDS);
        let kind = match (&self.service, &self.image, &self.notebook) {
            (Some(service), _, _) => Kind::Service(service.clone()),
            (_, Some(image), _) => Kind::Image(image.clone()),
            (_, _, Some(notebook)) => Kind::Notebook(notebook.clone()),
            (None, None, None) => Kind::Command,
        };
        Check {
            name: self.name.clone(),
            group: self.group.clone().unwrap_or_default(),
            proves: self.proves.clone(),
            skip: self.skip.clone().or(difference.skip),
            architecture: self.architecture,
            kind,
            command: difference.command.unwrap_or_else(|| self.command.clone()),
            user: self.user.clone(),
            expect: Expect {
                exit: difference.exit.unwrap_or(self.exit),
                stdout: difference.stdout.or_else(|| self.stdout.clone()),
                file: self.file.clone(),
            },
            timeout: Duration::from_secs(seconds),
            slow: self.slow,
            options: self.run.clone(),
            build: self.build.clone(),
        }
    }
}

/// The line a byte lies in, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Standing;

    const TWO: &str = r#"version = 1

[[check]]
name = "sum"
command = ["sage", "-c", "print(1+1)"]
stdout = { exact = "2" }

[check.channel.bookworm]
timeout = 7

[[check]]
name = "plot"
group = "pictures"
command = []
file = { path = "/tmp/p", magic = [0x89, 0x50], min_bytes = 10 }
run = { read_only = true }
channel.bookworm.skip = "too old"
"#;

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name).unwrap()
    }

    fn line(text: &str) -> usize {
        match Checks::parse(text).unwrap_err() {
            CheckError::Syntax { line, .. } | CheckError::Version { line, .. } | CheckError::Rule { line, .. } => line,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn channels_differ() {
        let checks = Checks::parse(TWO).unwrap();
        let sid = checks.for_channel(&channel("sid")).unwrap();
        assert_eq!(sid.checks[0].timeout, Duration::from_secs(TIMEOUT_SECONDS));
        assert_eq!(sid.checks[1].expect.file.as_ref().unwrap().magic, [0x89, 0x50]);
        assert!(sid.checks[1].options.read_only);
        assert_eq!((sid.checks[0].group.as_str(), sid.checks[1].group.as_str()), ("", "pictures"));
        let bookworm = checks.for_channel(&channel("bookworm")).unwrap();
        assert_eq!(bookworm.checks[0].timeout, Duration::from_secs(7));
        let skips: Vec<_> = bookworm.checks.iter().map(|check| check.skip.as_deref()).collect();
        assert_eq!(skips, [None, Some("too old")]);
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(line(&TWO.replace("timeout", "time_out")), 9);
        assert_eq!(line(&TWO.replace("version = 1", "version = 2")), 1);
        assert_eq!(line(&TWO.replace("\"plot\"", "\"sum\"")), 11);
        assert_eq!(line(&TWO.replace("exact", "regex")), 6);
        assert_eq!(line("version = 1\n[[check]\n"), 2);
        assert_eq!(line(&TWO.replace("command = []", "service = { within = 3 }")), 11);
        assert_eq!(line(&TWO.replace("command = []", "service = { port = 1 }\nimage = {}")), 11);
    }

    #[test]
    fn a_check_that_cannot_fail_is_refused() {
        let why = |text: &str| match Checks::parse(text).unwrap_err() {
            CheckError::Rule { line: 3, name, why } => (name, why),
            other => panic!("{other}"),
        };
        let check = |rest: &str| format!("version = 1\n\n[[check]]\nname = \"x\"\n{rest}\n");
        for (rest, word) in [
            ("stdout = { contains = [] }", "`contains`"),
            ("stdout = { contains = [\"\"] }", "`contains`"),
            ("channel.sid.stdout = { contains = [] }", "`contains`"),
            (
                "notebook = { kernel = \"k\", cell = [{ name = \"c\", code = \"1\", text = { contains = [] } }] }",
                "`contains`",
            ),
            ("image = {}", "nothing of the image"),
            ("command = [\"sh\", \"-c\", \"one && two | grep x; true\"]", "exit status"),
            ("command = [\"sh\", \"-c\", \"one || true\"]", "exit status"),
            ("command = [\"sh\", \"-c\", \"one\\ntrue\\n\"]", "exit status"),
            ("command = [\"sh\", \"-c\", \"one; exit 0\"]", "exit status"),
            ("channel.sid.command = [\"sh\", \"-c\", \"one || :\"]", "exit status"),
            ("service = { port = 1, exec = [\"sh\", \"-c\", \"one; true\"] }", "exit status"),
        ] {
            let (name, why) = why(&check(rest));
            assert!(name == "x" && why.contains(word), "{rest}: {why}");
        }
        for rest in [
            "stdout = { exact = \"\" }",
            "stdout = { contains = [\"a\", \"\"] }",
            "image = { entrypoint = [] }",
            "command = [\"true\"]",
            "command = [\"sh\", \"-c\", \"one; echo true\"]",
            "command = [\"sh\", \"-c\", \"true; one\"]",
        ] {
            Checks::parse(&check(rest)).unwrap_or_else(|error| panic!("{rest}: {error}"));
        }
    }

    #[test]
    fn another_image_extends() {
        let more = "version = 1\nextends = \"sagemath\"\n[[skip]]\nname = \"plot\"\nreason = \"no display\"\n\
                    [[check]]\nname = \"sum\"\ncommand = [\"other\"]\n[[check]]\nname = \"new\"\n";
        let base = Checks::parse(TWO).unwrap();
        let checks = Checks::parse(more).unwrap();
        assert_eq!(checks.extends().unwrap().to_string(), "sagemath");
        let all = checks.onto(base.clone()).unwrap().for_channel(&channel("sid")).unwrap().checks;
        let seen: Vec<_> = all.iter().map(|check| (check.name.as_str(), check.skip.as_deref())).collect();
        assert_eq!(seen, [("sum", None), ("plot", Some("no display")), ("new", None)]);
        assert_eq!(all[0].command, ["other"]);
        let unknown = Checks::parse(&more.replace("\"plot\"", "\"plop\"")).unwrap().onto(base);
        let unknown = unknown.unwrap_err();
        assert!(matches!(&unknown, CheckError::Rule { line: 3, name, .. } if name == "plop"), "{unknown:?}");
    }

    #[test]
    fn a_skip_that_skips_nothing_is_refused() {
        let refused = |text: &str| match Checks::parse(text).unwrap_err() {
            CheckError::Rule { line, name, why } => (line, name, why),
            other => panic!("{other}"),
        };
        let skip = |name: &str| format!("[[skip]]\nname = \"{name}\"\nreason = \"no display\"\n");
        let above = "version = 1\nextends = \"sagemath\"\n";
        let why = "it is skipped, but this document extends no other image's checks".to_owned();
        assert_eq!(refused(&format!("version = 1\n{}", skip("plot"))), (2, "plot".to_owned(), why.clone()));
        // Not even one of its own: `channel.NAME.skip` is for that.
        assert_eq!(refused(&format!("{TWO}\n{}", skip("sum"))), (19, "sum".to_owned(), why));
        let why = "it is skipped, but this document has a check of its own in its place".to_owned();
        let text = format!("{above}{}{}[[check]]\nname = \"sum\"\n", skip("plot"), skip("sum"));
        assert_eq!(refused(&text), (6, "sum".to_owned(), why));
        let text = format!("{above}{}{}", skip("plot"), skip("plot"));
        assert_eq!(refused(&text), (6, "plot".to_owned(), "it is skipped twice".to_owned()));
        Checks::parse(&format!("{above}{}{}", skip("plot"), skip("sum"))).unwrap();
    }

    #[test]
    fn a_row_of_the_contract_must_be_there() {
        let text = TWO.replace("name = \"sum\"", "name = \"sum\"\nproves = [\"I7\"]");
        let refused = Checks::parse(&text).unwrap().for_channel(&channel("sid")).unwrap_err();
        assert!(matches!(&refused, CheckError::Row { row, .. } if row == "I7"), "{refused:?}");
        let text = text.replace("version = 1\n", "version = 1\ncontract = { I7 = \"arguments\", I8 = \"other\" }\n");
        let rows = Checks::parse(&text).unwrap().for_channel(&channel("sid")).unwrap().rows(&[]);
        assert_eq!(rows[0].checks[0].name, "sum");
        assert_eq!(rows[1].checks, []);
    }

    /// Every row of the requirements' section on images that can be seen from outside, but for I2, which is `sagemath-dev`'s.
    /// Size (I16) and architecture (I17) are no matter of running a container.
    #[test]
    fn every_row_of_the_contract_has_a_check() {
        let read = |text| Checks::parse(text).unwrap();
        let sagemath = read(include_str!("../../../../nix/images/checks/sagemath.toml"));
        let jupyter = read(include_str!("../../../../nix/images/checks/sagemath-jupyter.toml"));
        let rows = "I1 I4 I5 I6 I7 I8 I9 I10 I11 I12 I13 I14 I15 I18 C1 C2 C4";
        for (checks, rows) in [(&sagemath, rows), (&jupyter, "I3 I8 C2")] {
            for name in ["sid", "bookworm"] {
                let selection = checks.for_channel(&channel(name)).unwrap();
                let contract = selection.rows(&selection.states());
                for id in rows.split(' ') {
                    assert!(contract.iter().any(|row| row.id == id), "the contract lacks {id}");
                }
                for row in contract {
                    assert_eq!(row.result, Standing::CanBeShown, "{} in {name}", row.id);
                }
            }
        }
    }
}
