//! How far long work is: one bar on a terminal, a plain line now and then elsewhere.

use crate::{Printer, interrupt};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sage_oci_fetch::Summary;
use sage_oci_produce::Timings;
use sage_oci_store::Event;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Without a terminal a line is printed this often.
const PLAIN_PERIOD: Duration = Duration::from_secs(15);

/// A bar that becomes lines where nobody can watch it.
pub struct Meter {
    printer: Printer,
    verb: &'static str,
    unit: Unit,
    bar: ProgressBar,
    terminal: bool,
    printed: Mutex<Option<Instant>>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Things, with their name in the plural.
    Things(&'static str),
}

impl Meter {
    /// A meter that shows nothing until its length is known.
    pub fn new(printer: Printer, verb: &'static str, unit: Unit) -> Self {
        let terminal = console::user_attended_stderr() && !printer.is_quiet();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { printer, verb, unit, bar, terminal, printed: Mutex::new(None) }
    }

    /// Begins, with so much to do.
    pub fn start(&self, length: u64) {
        self.bar.set_length(length);
        self.bar.reset();
        if self.terminal {
            let counts = match self.unit {
                Unit::Bytes => "{bytes}/{total_bytes} {bytes_per_sec} {eta}".to_owned(),
                Unit::Things(name) => format!("{{pos}}/{{len}} {name} {{elapsed}}"),
            };
            let verb = console::style(format!("{:>10}", self.verb)).for_stderr().green().bold();
            let template = format!("{verb} [{{bar:30}}] {counts}  {{wide_msg}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                self.bar.set_style(style.progress_chars("=> "));
            }
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    /// So much more is done.
    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
        self.plain_line();
    }

    /// So much was counted too early.
    pub fn withdraw(&self, by: u64) {
        self.bar.dec(by);
    }

    /// So much is done, of so much.
    pub fn set(&self, done: u64, length: u64) {
        self.bar.set_length(length);
        self.bar.set_position(done);
        self.plain_line();
    }

    /// So much is done; where that is more than was expected, the expectation grows.
    pub fn reach(&self, done: u64) {
        self.set(done, self.bar.length().unwrap_or(0).max(done));
    }

    /// What is going on.
    pub fn message(&self, text: String) {
        self.bar.set_message(text);
    }

    /// A line for people that does not disturb the bar.
    pub fn note(&self, text: &str) {
        self.bar.suspend(|| self.printer.note(text));
    }

    /// Ends; the bar vanishes.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn plain_line(&self) {
        if self.terminal || self.printer.is_quiet() {
            return;
        }
        let Ok(mut printed) = self.printed.lock() else { return };
        let now = Instant::now();
        if printed.is_none_or(|last| now - last >= PLAIN_PERIOD) {
            let first = printed.replace(now).is_none();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            if first {
                return;
            }
            match self.unit {
                Unit::Bytes => {
                    self.printer.step(self.verb, format_args!("{} of {}", HumanBytes(done), HumanBytes(all)))
                }
                Unit::Things(name) => self.printer.step(self.verb, format_args!("{done} of {all} {name}")),
            }
        }
    }
}

impl sage_oci_fetch::Progress for Meter {
    fn started(&self, files: usize, bytes: u64) {
        if files > 0 {
            self.printer.step(self.verb, format_args!("{files} archives, {}", HumanBytes(bytes)));
            self.start(bytes);
        }
    }

    fn advanced(&self, bytes: u64) {
        self.advance(bytes);
    }

    fn withdrawn(&self, bytes: u64) {
        self.withdraw(bytes);
    }

    fn retried(&self, file: &str, why: &str) {
        self.note(&format!("{:>10} {file}: {why}", "again"));
    }

    fn finished(&self, _file: &str) {}
}

/// Shows what happens while an image is produced.
pub struct Building {
    printer: Printer,
    fetch: Meter,
    build: Meter,
    running: BTreeSet<String>,
    /// What Nix has said, without the store paths that it was about.
    said: BTreeSet<String>,
    timings: Timings,
    /// What is said once before the first build.
    manner: Option<String>,
}

impl Building {
    /// An observer that prints through `printer`; `manner` tells how builds will run.
    pub fn new(printer: Printer, manner: String) -> Self {
        Self {
            printer,
            timings: Timings::default(),
            manner: Some(manner),
            fetch: Meter::new(printer, "Fetching", Unit::Bytes),
            build: Meter::new(printer, "Building", Unit::Things("steps")),
            running: BTreeSet::new(),
            said: BTreeSet::new(),
        }
    }

    /// What the builds took.
    pub fn timings(&self) -> &Timings {
        &self.timings
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        self.fetch.finish();
        self.build.finish();
    }
}

impl sage_oci_produce::Observer for Building {
    fn fetching(&self) -> &dyn sage_oci_fetch::Progress {
        &self.fetch
    }

    fn adding(&mut self, fetched: Summary, layers: usize) {
        self.fetch.finish();
        let Summary { fetched, present, bytes } = fetched;
        self.printer
            .step("Fetched", format_args!("{fetched} archives, {}; {present} were in the cache", HumanBytes(bytes)));
        self.printer.step("Storing", format_args!("the archives of {layers} layers"));
    }

    fn building(&mut self, event: Event) -> ControlFlow<()> {
        self.timings.note(&event);
        if let Event::BuildStarted { .. } = event
            && let Some(manner) = self.manner.take()
        {
            self.printer.step("Building", manner);
        }
        match event {
            Event::Progress { done, expected, .. } if expected > 0 => {
                if self.build.bar.length().is_none() {
                    self.build.start(expected);
                }
                self.build.set(done, expected);
            }
            Event::BuildStarted { derivation } => _ = self.running.insert(short(derivation.name())),
            Event::BuildFinished { derivation } => _ = self.running.remove(&short(derivation.name())),
            // Of a warning that Nix repeats for path after path only the first is shown; the log has all.
            Event::Message { level: 0 | 1, text } if self.said.insert(without_paths(&text)) => self.build.note(&text),
            _ => {}
        }
        self.build.message(self.running.iter().cloned().collect::<Vec<_>>().join(" "));
        match interrupt::flag().load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

fn short(name: &str) -> String {
    name.trim_end_matches(".drv").to_owned()
}

fn without_paths(text: &str) -> String {
    text.split(['\'', ' ']).filter(|word| !word.starts_with("/nix/store/")).collect()
}
