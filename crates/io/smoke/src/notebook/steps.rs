use super::channel::{Kernel, expect};
use super::http::Http;
use super::message::Answer;
use crate::container::{Lab, enter};
use crate::outcome::seconds;
use crate::service::{answers, stops};
use crate::trouble::Trouble;
use crate::{Outcome, Verdict};
use sage_oci_checks::{Cell, Check, Notebook};
use sage_oci_engine::{RunSpec, Service, Waited};
use std::time::{Duration, Instant};

/// How long the server may take to answer a plain request.
const REQUEST: Duration = Duration::from_secs(15);
/// The first bytes of a PNG file (PNG specification, section 5.2).
const PNG: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];

/// Uses a notebook server step by step; each step is an outcome. After one that does not pass the others are skipped.
pub(crate) async fn run(
    lab: &Lab<'_>,
    check: &Check,
    asked: &Notebook,
    tell: &(dyn Fn(&Outcome) + Sync),
) -> Vec<Outcome> {
    let mut steps = Steps { check, tell, outcomes: Vec::new(), failed: None };
    let spec = match lab.spec(check) {
        Ok(spec) => RunSpec { publish: Some(lab.publish(asked.port)), ..spec },
        Err(missing) => {
            steps.add(Outcome::skipped(check, &missing));
            return steps.outcomes;
        }
    };
    let began = Instant::now();
    let service = match lab.engine.start(&spec).await {
        Ok(service) => service,
        Err(error) => {
            steps.add(Outcome::passed(check, began.elapsed()).with(error.into()));
            return steps.outcomes;
        }
    };
    use_it(lab, asked, &service, &mut steps, began).await;
    let (state, log) = (service.state().await.unwrap_or_default(), service.log());
    let bad = steps.outcomes.iter().any(Outcome::is_bad);
    let kept = if bad && lab.options.keep {
        Some(service.keep())
    } else {
        // What stays is found by its label.
        _ = service.remove().await;
        None
    };
    // What the container said belongs to the step that went wrong.
    if let Some(outcome) = steps.outcomes.iter_mut().find(|outcome| outcome.is_bad()) {
        let enter = enter(lab, &spec, kept.as_deref(), state.running);
        *outcome = Outcome { enter, ..outcome.clone().with_container(state, &log) };
    }
    steps.outcomes.iter().filter(|outcome| outcome.is_bad()).for_each(tell);
    steps.outcomes
}

async fn use_it(lab: &Lab<'_>, asked: &Notebook, service: &Service, steps: &mut Steps<'_>, began: Instant) {
    let http = steps.step("says its address and answers", began, ready(lab, asked, service)).await;
    let http = http.as_ref();
    let now = Instant::now;
    steps.step("refuses a wrong token", now(), async { refuses(need(http)?).await }).await;
    steps.step("lists its kernels", now(), async { lists(need(http)?, &asked.kernel).await }).await;
    let within = Duration::from_secs(asked.kernel_within);
    let start = async { Kernel::start(need(http)?, &asked.kernel, within).await };
    let mut kernel = steps.step("starts a kernel", now(), start).await;
    for cell in &asked.cell {
        let run = async {
            let answer = need(kernel.as_mut())?.run(&cell.code, cell.interrupt, cell.deadline()).await?;
            judge(cell, &answer).map_err(Trouble::failed)
        };
        steps.step(&cell.name, now(), run).await;
    }
    steps.step("shuts the kernel down", now(), async { need(kernel.as_mut())?.shut_down().await }).await;
    let within = Duration::from_secs(asked.stop_within);
    steps.step("ends on SIGTERM", now(), stops(service, within, &asked.stop_exit)).await;
}

/// The outcomes so far.
struct Steps<'a> {
    check: &'a Check,
    tell: &'a (dyn Fn(&Outcome) + Sync),
    outcomes: Vec<Outcome>,
    failed: Option<String>,
}

impl Steps<'_> {
    /// Takes a step, unless one before it has failed.
    async fn step<T>(
        &mut self,
        name: &str,
        began: Instant,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Option<T> {
        let title = format!("{}: {name}", self.check.name);
        if let Some(failed) = &self.failed {
            let reason = format!("`{failed}` did not pass");
            self.add(Outcome { name: title, ..Outcome::skipped(self.check, &reason) });
            return None;
        }
        let result = work.await;
        let mut outcome = Outcome { name: title, ..Outcome::passed(self.check, Duration::ZERO) };
        outcome.seconds = seconds(began.elapsed());
        match result {
            Ok(value) => {
                self.add(outcome);
                Some(value)
            }
            Err(trouble) => {
                self.failed = Some(name.to_owned());
                self.add(outcome.with(trouble));
                None
            }
        }
    }

    /// Tells of those that are complete; one that went wrong still lacks the container's log.
    fn add(&mut self, outcome: Outcome) {
        if matches!(outcome.result, Verdict::Passed | Verdict::Skipped) {
            (self.tell)(&outcome);
        }
        self.outcomes.push(outcome);
    }
}

/// What an earlier step has made; that it is missing is never seen, because the step is skipped then.
fn need<T>(value: Option<T>) -> Result<T, Trouble> {
    value.ok_or_else(|| Trouble::broken("an earlier step failed"))
}

/// Waits for the address in the log, and for an answer at it.
async fn ready(lab: &Lab<'_>, asked: &Notebook, service: &Service) -> Result<Http, Trouble> {
    let (began, within) = (Instant::now(), Duration::from_secs(asked.within));
    let what = format!("its address http://127.0.0.1:{}/ with a token", asked.port);
    let token = match service.find(within, |log| token(log, asked.port)).await {
        Waited::Found(token) => token,
        Waited::Ended => return Err(Trouble::ended(service.state().await?, &format!("it said {what}"))),
        Waited::Late => return Err(Trouble::late(format!("it did not say {what} within {} s", asked.within))),
    };
    let http = answers(lab, service, asked.port, within.saturating_sub(began.elapsed())).await?;
    Ok(http.with_token(&token))
}

/// The token in the address that a user on the host would open.
fn token(log: &str, port: u16) -> Option<String> {
    let host = format!("http://127.0.0.1:{port}/");
    // A line that is still being written has no end yet.
    let lines = log.split_inclusive('\n').filter(|line| line.ends_with('\n') && line.contains(&host));
    let mut tokens = lines
        .filter_map(|line| line.split_once("token="))
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
    tokens.find(|token| token.len() >= 16)
}

async fn refuses(http: &Http) -> Result<(), Trouble> {
    let path = "/api/kernelspecs";
    let none = Http::new(http.address()).get(path, REQUEST).await;
    expect(none, 403, "a request without a token")?;
    let wrong = http.with_token("0123456789abcdef").get(path, REQUEST).await;
    expect(wrong, 403, "a wrong token")
}

async fn lists(http: &Http, kernel: &str) -> Result<(), Trouble> {
    let reply = http.get("/api/kernelspecs", REQUEST).await.map_err(Trouble::failed)?;
    if reply.status != 200 {
        return Err(Trouble::failed(format!("the right token was answered with status {}", reply.status)));
    }
    let specs = reply.json().map_err(Trouble::failed)?;
    match specs["kernelspecs"].as_object() {
        Some(specs) if specs.contains_key(kernel) => Ok(()),
        Some(specs) => {
            let known: Vec<_> = specs.keys().map(String::as_str).collect();
            Err(Trouble::failed(format!("there is no kernel `{kernel}`, but {}", known.join(", "))))
        }
        None => Err(Trouble::failed("the server listed no kernels")),
    }
}

/// Decides over the answer of a cell.
fn judge(cell: &Cell, answer: &Answer) -> Result<(), String> {
    if answer.error != cell.error {
        let text = |error: &Option<String>| error.clone().unwrap_or_else(|| "no error".to_owned());
        return Err(format!("it raised {}, expected {}", text(&answer.error), text(&cell.error)));
    }
    let status = if cell.error.is_some() { "error" } else { "ok" };
    if answer.status != status {
        return Err(format!("its status is {:?}, expected {status:?}", answer.status));
    }
    for (matcher, text) in [(&cell.text, &answer.text), (&cell.stdout, &answer.stdout)] {
        if let Some(matcher) = matcher {
            matcher.judge(text)?;
        }
    }
    match (cell.png, &answer.png) {
        (true, None) => Err("it displayed no PNG".to_owned()),
        (true, Some(png)) if !png.starts_with(&PNG) => Err("its picture is no PNG".to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_that_of_the_address_a_user_opens() {
        let log = "http://0123abc:8888/?token=aaaaaaaaaaaaaaaaaaaa\n    http://127.0.0.1:8888/tree?token=0123456789abcdef01\n";
        assert_eq!(token(log, 8888).as_deref(), Some("0123456789abcdef01"));
        assert_eq!(token(log, 9999), None);
        assert_eq!(token("http://127.0.0.1:8888/?token=...\n", 8888), None);
        assert_eq!(token("http://127.0.0.1:8888/?token=0123456789abcdef01", 8888), None);
    }
}
