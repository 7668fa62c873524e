use crate::block::{DASHES, FAILED, STARS, failure};
use crate::stats::{self, Entry};
use crate::{FileName, FileRun, Run};
use std::collections::BTreeMap;

/// How much of what a file wrote is kept where there is trouble, in bytes: its end.
const OUTPUT: usize = 4096;
/// What begins the line of a file, and again the line about it at the end: today's form, and that of Sage 9.5.
const COMMANDS: [&str; 2] = ["python3 -m sage.doctest ", "sage -t "];
/// Between a file and what is wrong with it.
const WRONG: &str = "  # ";

/// A line of whoever runs `sage -t`: this file or folder, which was asked for, is not in the image.
pub const ABSENT: &str = "sage-oci: not here: ";
/// A line of whoever runs `sage -t`: it was not run, as there is nothing to test.
pub const NOTHING: &str = "sage-oci: nothing to test";

/// Whether a line of the log begins a file, and how many files there are where it says that.
pub(crate) fn mark(line: &str) -> (bool, Option<usize>) {
    let begins = COMMANDS.iter().any(|command| line.starts_with(command)) && !line.contains(WRONG);
    let count = line.strip_prefix("Doctesting ").and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    (begins, count)
}

/// Reads what `sage -t` has left: the log, standard output and standard error in one, and the statistics, where there are any.
///
/// `exit` is the exit status; none where it was ended from outside. Nothing is an error here: what is not understood, or not there, is
/// [trouble](Run::trouble).
pub fn read(log: &[u8], stats: Option<&[u8]>, exit: Option<i64>) -> Run {
    let text = String::from_utf8_lossy(log);
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.line(line));
    let Reader { mut run, expected, ended, .. } = reader;
    let entries = match stats.map(stats::parse) {
        None => BTreeMap::new(),
        Some(Ok(entries)) => entries,
        Some(Err(error)) => {
            run.trouble.push(format!("the statistics cannot be read: {error}"));
            BTreeMap::new()
        }
    };
    run.files.iter_mut().for_each(|file| settle(file, entries.get(&file.file.module())));
    if !ended {
        run.trouble.push("the run did not come to its end".to_owned());
    }
    if let Some(expected) = expected.filter(|expected| *expected > run.files.len()) {
        run.trouble.push(format!("only {} of {expected} files were tested", run.files.len()));
    }
    let bad = |file: &FileRun| !file.failures.is_empty() || file.trouble.is_some();
    if let Some(exit) = exit.filter(|exit| *exit != 0)
        && run.trouble.is_empty()
        && !run.files.iter().any(bad)
    {
        run.trouble.push(format!("the exit status is {exit}, and the log names no failure"));
    }
    run
}

/// Completes a file with what the statistics say, and holds both against each other.
fn settle(file: &mut FileRun, entry: Option<&Entry>) {
    let Some(entry) = entry else { return };
    file.tests = entry.ntests.unwrap_or(file.tests);
    file.seconds = entry.seconds().unwrap_or(file.seconds);
    if entry.failed && file.failures.is_empty() && file.trouble.is_none() {
        file.trouble = Some("it has failed, and the log does not say how".to_owned());
    }
}

/// Where the reader stands.
#[derive(Default, PartialEq)]
enum Place {
    /// Between files, or among a file's plain lines.
    #[default]
    Plain,
    /// Behind a line of stars.
    Block,
    /// In the raw output of a file that was killed, up to the next stars.
    Raw,
    /// In the example of a slow test, which is indented.
    Slow,
    /// In the list of processes of a file that was killed, up to the next stars.
    Processes,
    /// In what pytest says.
    Pytest,
}

#[derive(Default)]
struct Reader<'a> {
    run: Run,
    place: Place,
    block: Vec<&'a str>,
    /// How many files there are to test.
    expected: Option<usize>,
    /// Whether all files are through, and what follows is about all of them.
    after: bool,
    /// Whether the last line, with the time of all tests, was there.
    ended: bool,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &'a str) {
        if line == STARS {
            self.stars();
            return;
        }
        match self.place {
            Place::Raw => self.output(line),
            Place::Processes => {}
            Place::Slow if line.starts_with(' ') || line.is_empty() => {}
            Place::Slow => {
                self.place = Place::Plain;
                self.plain(line);
            }
            Place::Block => self.in_block(line),
            Place::Pytest => self.pytest(line),
            Place::Plain => self.plain(line),
        }
    }

    fn stars(&mut self) {
        self.take_block();
        self.place = Place::Block;
    }

    /// A block that began with a file's line is ended by stars alone: what a test printed is indented, and cannot end it.
    fn in_block(&mut self, line: &'a str) {
        match self.block.first() {
            // A report of a slow test, which no stars end.
            Some(_) if self.block.len() == 1 && line != FAILED => {
                self.block.clear();
                self.place = Place::Slow;
            }
            // The end of a run that broke off within the file.
            Some(_) if line == DASHES || line.starts_with("Killing test ") => {
                self.take_block();
                self.place = Place::Plain;
            }
            Some(_) => self.block.push(line),
            None if line.starts_with("File \"") => self.block.push(line),
            None if line.starts_with("Tests run before ") => self.place = Place::Raw,
            None if line.starts_with("Process tree before kill") => self.place = Place::Processes,
            None if line.is_empty() => {}
            None => {
                self.place = Place::Plain;
                self.plain(line);
            }
        }
    }

    fn take_block(&mut self) {
        let block = std::mem::take(&mut self.block);
        let Some((name, failure)) = failure(&block) else { return };
        match self.run.files.iter_mut().rev().find(|file| file.file == name) {
            Some(file) => file.failures.push(failure),
            None => self.begin(name).failures.push(failure),
        }
    }

    fn begin(&mut self, file: FileName) -> &mut FileRun {
        let (failures, output) = (Vec::new(), String::new());
        self.run.files.push(FileRun { file, tests: 0, seconds: 0.0, failures, trouble: None, output });
        self.run.files.last_mut().expect("a file was just added")
    }

    fn plain(&mut self, line: &str) {
        if let Some(command) = COMMANDS.iter().find_map(|command| line.strip_prefix(command)) {
            self.command(command);
        } else if let (_, Some(count)) = mark(line) {
            self.expected = Some(count);
        } else if let Some(path) = line.strip_prefix(ABSENT) {
            self.run.absent.extend(FileName::parse(path));
        } else if let Some(rest) = line.strip_prefix("Skipping '") {
            self.run.skipped.extend(
                rest.split_once("' because it ").map(|(place, why)| (FileName::of_place(place), format!("it {why}"))),
            );
        } else if let Some(rest) = line.strip_prefix("Doctests interrupted: ") {
            self.run.trouble.push(format!("interrupted: {rest}"));
        } else if line == DASHES {
            self.after = true;
        } else if line.starts_with("Total time for all tests: ") || line == NOTHING {
            self.ended = true;
        } else if line.starts_with("Running pytest on ") {
            self.place = Place::Pytest;
        } else if let Some(said) = line.strip_prefix("    ") {
            self.said(said);
        } else {
            self.output(line);
        }
    }

    /// The line that begins a file; with what is wrong behind it, one of those at the end.
    fn command(&mut self, command: &str) {
        let (words, wrong) = match command.split_once(WRONG) {
            Some((words, wrong)) => (words, Some(wrong)),
            None => (command, None),
        };
        let name = FileName::of_place(without_options(words));
        let Some(wrong) = wrong else {
            self.begin(name);
            return;
        };
        let count = wrong.strip_suffix(" doctests failed").or_else(|| wrong.strip_suffix(" doctest failed"));
        let at = self.run.files.iter().rposition(|file| file.file == name);
        let file = match at {
            Some(at) => &mut self.run.files[at],
            None => self.begin(name),
        };
        let told = file.failures.len();
        match count.map(|count| count.parse::<usize>()) {
            Some(Ok(count)) if count == told => {}
            Some(Ok(count)) if file.trouble.is_none() => {
                file.trouble = Some(format!("{count} tests failed, and the log tells of {told}"));
            }
            Some(_) => {}
            None if file.trouble.is_none() => file.trouble = Some(wrong.to_owned()),
            None => {}
        }
    }

    /// A line about the file as a whole.
    fn said(&mut self, said: &str) {
        let Some(file) = self.run.files.last_mut().filter(|_| !self.after) else { return };
        if let Some(counts) =
            said.strip_prefix('[').and_then(|rest| rest.strip_suffix("s wall]").or(rest.strip_suffix(" s]")))
        {
            let number = |word: &str| counts.split(", ").find_map(|part| part.split_once(word)?.0.parse::<u64>().ok());
            file.tests = number(" test").unwrap_or(file.tests);
            let time = counts.rsplit(", ").next().and_then(|part| part.parse().ok());
            file.seconds = time.unwrap_or(file.seconds);
        } else if is_trouble(said) {
            file.trouble = Some(said.to_owned());
        } else {
            self.output(said);
        }
    }

    /// What a file wrote, as long as there is trouble with it.
    fn output(&mut self, line: &str) {
        let last = self.run.files.last_mut().filter(|file| file.trouble.is_some());
        let Some(file) = last.filter(|_| !self.after) else { return };
        file.output.push_str(line);
        file.output.push('\n');
        if file.output.len() > 2 * OUTPUT {
            let cut = file.output.ceil_char_boundary(file.output.len() - OUTPUT);
            file.output.drain(..cut);
        }
    }

    /// The tests that only pytest runs: what fails is named in its summary.
    fn pytest(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR ")) else { return };
        let node = rest.split_once(" - ").map_or(rest, |(node, _)| node);
        let (place, test) = node.split_once("::").unwrap_or((node, "collection"));
        let failure =
            crate::Failure { function: "pytest".to_owned(), line: 0, example: test.to_owned(), text: line.to_owned() };
        self.begin(FileName::of_place(place)).failures.push(failure);
    }
}

/// Whether a line about a file says that it was not tested to the end, or is not as it should be.
fn is_trouble(said: &str) -> bool {
    let begins =
        ["Timed out", "Killed due to ", "Bad exit: ", "Error: ", "Error in doctesting framework", "Testing error: "];
    begins.iter().any(|begin| said.starts_with(begin)) || said.ends_with(" in doctesting framework")
}

/// The file of a command line of `sage -t`, which is its last word and may hold spaces.
fn without_options(words: &str) -> &str {
    let mut rest = words.trim();
    while let Some(option) = rest.strip_prefix("--") {
        let (name, after) = option.split_once(' ').unwrap_or((option, ""));
        rest = after.trim_start();
        if name == "warn-long" {
            let (value, after) = rest.split_once(' ').unwrap_or((rest, ""));
            if value.parse::<f64>().is_ok() {
                rest = after.trim_start();
            }
        }
    }
    rest
}
