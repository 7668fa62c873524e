use crate::Outcome;
use crate::container::{Lab, enter};
use crate::notebook::Http;
use crate::outcome::{judge, readable};
use crate::pressure::Pressure;
use crate::trouble::Trouble;
use sage_oci_checks::{Answer, Check, Service as Asked};
use sage_oci_engine::{RunSpec, Service, Waited};
use std::time::{Duration, Instant};

/// How long to wait before a port is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// Starts a container that stays, waits until it is ready, runs a command in it, and stops it.
pub(crate) async fn run(lab: &Lab<'_>, check: &Check, asked: &Asked) -> Outcome {
    let began = Instant::now();
    let spec = match lab.spec(check) {
        Ok(spec) => RunSpec { publish: asked.port.map(|port| lab.publish(port)), ..spec },
        Err(missing) => return Outcome::skipped(check, &missing),
    };
    let service = match lab.engine.start(&spec).await {
        Ok(service) => service,
        Err(error) => return Outcome::passed(check, began.elapsed()).with(error.into()),
    };
    let trouble = steps(lab, check, asked, &service).await.err();
    settle(lab, check, &spec, service, trouble, began).await
}

async fn steps(lab: &Lab<'_>, check: &Check, asked: &Asked, service: &Service) -> Result<(), Trouble> {
    let within = Duration::from_secs(asked.within);
    let began = Instant::now();
    if let Some(words) = &asked.ready {
        let find = |log: &str| log.contains(words.as_str()).then_some(());
        match service.find(within, find).await {
            Waited::Found(()) => {}
            Waited::Ended => return Err(Trouble::ended(service.state().await?, &format!("it said {words:?}"))),
            Waited::Late => return Err(Trouble::late(format!("it did not say {words:?} within {} s", asked.within))),
        }
    }
    if let Some(port) = asked.port {
        answers(lab, service, port, within.saturating_sub(began.elapsed())).await?;
    }
    if asked.exec.is_empty() {
        let log = service.log();
        let answer = Answer { exit: check.expect.exit, stdout: &String::from_utf8_lossy(&log), file: None };
        check.expect.judge(&answer).map_err(Trouble::failed)?;
    } else {
        let output = service.exec(&asked.exec, None, check.timeout).await?;
        judge(check, &output).map_err(|trouble| {
            let said = String::from_utf8_lossy(&output.stderr);
            Trouble { message: format!("{} {}", trouble.message, said.trim()).trim_end().to_owned(), ..trouble }
        })?;
    }
    match asked.stop_within {
        Some(seconds) => stops(service, Duration::from_secs(seconds), &asked.stop_exit).await,
        None => Ok(()),
    }
}

/// Waits until a published port answers HTTP, whatever it says; gives a client for it.
pub(crate) async fn answers(lab: &Lab<'_>, service: &Service, port: u16, within: Duration) -> Result<Http, Trouble> {
    let Some(address) = service.address(port).await? else {
        let state = service.state().await?;
        return Err(match state.running {
            true => Trouble::broken(format!("the engine at {} does not publish port {port}", lab.engine.host())),
            false => Trouble::ended(state, &format!("port {port} answered")),
        });
    };
    let http = Http::new(address);
    let ask = async {
        loop {
            match http.get("/api", Duration::from_secs(5)).await {
                Ok(_) => return Ok(()),
                Err(_) if service.state().await?.running => tokio::time::sleep(PAUSE).await,
                Err(_) => return Err(Trouble::ended(service.state().await?, &format!("port {port} answered"))),
            }
        }
    };
    match tokio::time::timeout(within, ask).await {
        Ok(answered) => answered.map(|()| http),
        Err(_) => Err(Trouble::late(format!("port {port} did not answer in time"))),
    }
}

/// Asks a container to end, and expects that it does in time and with one of these exit statuses. Of one that does not the
/// trouble says what it did meanwhile.
pub(crate) async fn stops(service: &Service, within: Duration, exits: &[i64]) -> Result<(), Trouble> {
    let before = Pressure::now();
    if !service.stop(within).await? {
        let waited = Pressure::now().since(&before);
        let threads = threads(service).await;
        service.kill().await?;
        let late = format!("it did not end within {} s after SIGTERM, and was killed", within.as_secs());
        let seen = [waited, threads].into_iter().flatten().map(|seen| format!("; {seen}"));
        return Err(Trouble::late(late + &seen.collect::<String>()));
    }
    let exit = service.state().await?.exit;
    match exit {
        Some(exit) if exits.contains(&exit) => Ok(()),
        exit => {
            Err(Trouble::failed(format!("after SIGTERM its exit status was {}, expected one of {exits:?}", text(exit))))
        }
    }
}

/// What the threads of a container's first process are at, where it has a shell: name, state and system call, as Linux numbers
/// them (proc(5)).
async fn threads(service: &Service) -> Option<String> {
    let look = r#"for thread in /proc/1/task/*; do read -r name <$thread/comm; read -r call rest <$thread/syscall
        while read -r key state rest; do [ "$key" != State: ] || break; done <$thread/status
        printf ', %s %s %s' "$name" "$state" "$call"; done"#;
    let command = ["sh", "-c", look].map(str::to_owned);
    let output = service.exec(&command, None, Duration::from_secs(5)).await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = readable(text.trim_start_matches(", "));
    (output.exit == Some(0) && !text.is_empty()).then(|| format!("its threads (name, state, system call): {text}"))
}

fn text(exit: Option<i64>) -> String {
    exit.map_or_else(|| "unknown".to_owned(), |exit| exit.to_string())
}

/// The outcome; the container is removed, or kept where it did not do what it should and may be kept.
pub(crate) async fn settle(
    lab: &Lab<'_>,
    check: &Check,
    spec: &RunSpec,
    service: Service,
    trouble: Option<Trouble>,
    began: Instant,
) -> Outcome {
    let Some(trouble) = trouble else {
        let removed = service.remove().await;
        let outcome = Outcome::passed(check, began.elapsed());
        return match removed {
            Ok(()) => outcome,
            Err(error) => outcome.with(error.into()),
        };
    };
    let (state, log) = (service.state().await.unwrap_or_default(), service.log());
    let kept = if lab.options.keep {
        Some(service.keep())
    } else {
        // What stays is found by its label.
        _ = service.remove().await;
        None
    };
    let mut outcome = Outcome::passed(check, began.elapsed()).with(trouble).with_container(state, &log);
    outcome.enter = enter(lab, spec, kept.as_deref(), state.running);
    outcome
}
