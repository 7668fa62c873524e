//! A notebook server, used step by step: one that does all right, and the same with one fault at a time.

use futures_util::{SinkExt, StreamExt};
use sage_oci_checks::Checks;
use sage_oci_engine::{Engine, Host, RunId};
use sage_oci_fake_engine::{About, Container, FakeEngine, Image, digest};
use sage_oci_names::{ChannelName, EngineImage};
use sage_oci_smoke::{Outcome, Report, SmokeOptions, Verdict, run_checks};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

const TOKEN: &str = "0123456789abcdef01234567";

const CHECKS: &str = r#"version = 1
[[check]]
name = "n"
command = ["serve"]
notebook = { kernel = "sage", within = 60, kernel_within = 60, stop_within = 60, cell = [
  { name = "adds", code = "1+1", timeout = 60, text = { exact = "2" } },
  { name = "prints", code = "print", timeout = 60, stdout = { contains = ["printed"] } },
  { name = "fails", code = "1/0", timeout = 60, error = "ZeroDivisionError" },
  { name = "draws", code = "plot", timeout = 60, png = true },
  { name = "can be interrupted", code = "while", timeout = 60, interrupt = true, error = "KeyboardInterrupt" },
] }
"#;

/// What is wrong with a server; nothing, as a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    TakesAnyToken,
    RefusesItsOwnToken,
    ListsNoKernels,
    HasAnotherKernel,
    StartsNoKernel,
    SaysNoJson,
    WrongSum,
    PrintsNothing,
    NoError,
    OtherError,
    NoPicture,
    NoPng,
    StatusIsNotOk,
    IsNotInterrupted,
    DiesOnPlot,
    HangsUpOnPlot,
    KeepsTheKernel,
    AnswersForTheDead,
}

/// A server on this machine.
async fn server(fault: Fault) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gone = Arc::new(AtomicBool::new(false));
    let interrupted = Arc::new(tokio::sync::Notify::new());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (gone, interrupted) = (Arc::clone(&gone), Arc::clone(&interrupted));
            tokio::spawn(serve(stream, fault, gone, interrupted));
        }
    });
    port
}

async fn serve(mut stream: TcpStream, fault: Fault, gone: Arc<AtomicBool>, interrupted: Arc<tokio::sync::Notify>) {
    // The request is looked at and left where it is: a WebSocket's handshake wants it again.
    let mut head = [0; 4096];
    let request = loop {
        let count = stream.peek(&mut head).await.unwrap();
        let text = String::from_utf8_lossy(&head[..count]).into_owned();
        if count == 0 || text.contains("\r\n\r\n") {
            break text;
        }
        tokio::task::yield_now().await;
    };
    if request.contains("/channels") {
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        while let Some(Ok(Message::Text(text))) = socket.next().await {
            let asked: Value = serde_json::from_str(text.as_str()).unwrap();
            let answers = kernel(&asked, fault, &interrupted).await;
            for (kind, content) in answers {
                if kind == "hang up" {
                    return;
                }
                let message =
                    json!({ "header": { "msg_type": kind }, "parent_header": asked["header"], "content": content });
                socket.send(Message::text(message.to_string())).await.unwrap();
                if kind == "stream" && asked["content"]["code"] == "while" {
                    interrupted.notified().await;
                }
            }
        }
        return;
    }
    // Body and all.
    let _ = stream.read(&mut head).await.unwrap();
    let right = request.to_ascii_lowercase().contains(&format!("authorization: token {TOKEN}"));
    let open = match fault {
        Fault::TakesAnyToken => true,
        Fault::RefusesItsOwnToken => false,
        _ => right,
    };
    let line = request.lines().next().unwrap_or_default().to_owned();
    let (status, body) = match line.as_str() {
        line if line.starts_with("GET /api ") => (200, json!({})),
        _ if !open => (403, json!({})),
        line if line.starts_with("GET /api/kernelspecs ") => match fault {
            Fault::ListsNoKernels => (200, json!({})),
            Fault::HasAnotherKernel => (200, json!({ "kernelspecs": { "python3": {}, "r": {} } })),
            _ => (200, json!({ "kernelspecs": { "sage": {} } })),
        },
        line if line.starts_with("POST /api/kernels ") => {
            (if fault == Fault::StartsNoKernel { 500 } else { 201 }, json!({ "id": "k1" }))
        }
        line if line.starts_with("POST /api/kernels/k1/interrupt ") => {
            interrupted.notify_one();
            (204, json!(null))
        }
        line if line.starts_with("DELETE /api/kernels/k1 ") => {
            gone.store(fault != Fault::AnswersForTheDead, Ordering::Relaxed);
            (if fault == Fault::KeepsTheKernel { 500 } else { 204 }, json!(null))
        }
        line if line.starts_with("GET /api/kernels/k1 ") => {
            (if gone.load(Ordering::Relaxed) { 404 } else { 200 }, json!({}))
        }
        _ => (405, json!({})),
    };
    let body = match (fault, status) {
        (_, 204) => String::new(),
        (Fault::SaysNoJson, 201) => "no JSON".to_owned(),
        _ => body.to_string(),
    };
    let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// What the kernel says, in order.
async fn kernel(asked: &Value, fault: Fault, _interrupted: &tokio::sync::Notify) -> Vec<(&'static str, Value)> {
    let reply = |status: &str| ("execute_reply", json!({ "status": status }));
    let idle = ("status", json!({ "execution_state": "idle" }));
    let error = |name: &str| ("error", json!({ "ename": name }));
    let shows = |data: Value| ("display_data", json!({ "data": data }));
    let prints = |text: &str| ("stream", json!({ "name": "stdout", "text": text }));
    let picture = |bytes: &str| shows(json!({ "image/png": bytes }));
    if asked["header"]["msg_type"] == "kernel_info_request" {
        return vec![("kernel_info_reply", json!({ "status": "ok" })), idle];
    }
    let said = match (asked["content"]["code"].as_str().unwrap(), fault) {
        ("1+1", Fault::WrongSum) => vec![("execute_result", json!({ "data": { "text/plain": "3" } })), reply("ok")],
        ("1+1", Fault::StatusIsNotOk) => {
            vec![("execute_result", json!({ "data": { "text/plain": "2" } })), reply("aborted")]
        }
        ("1+1", _) => vec![("execute_result", json!({ "data": { "text/plain": "2" } })), reply("ok")],
        ("print", Fault::PrintsNothing) => {
            vec![("stream", json!({ "name": "stderr", "text": "printed" })), reply("ok")]
        }
        ("print", _) => vec![prints("pri"), prints("nted"), reply("ok")],
        ("1/0", Fault::NoError) => vec![reply("ok")],
        ("1/0", Fault::OtherError) => vec![error("TypeError"), reply("error")],
        ("1/0", _) => vec![error("ZeroDivisionError"), reply("error")],
        ("plot", Fault::NoPicture) => vec![shows(json!({ "text/plain": "a plot" })), reply("ok")],
        ("plot", Fault::NoPng) => vec![picture("R0lGODlh"), reply("ok")],
        ("plot", Fault::DiesOnPlot) => vec![("status", json!({ "execution_state": "restarting" }))],
        ("plot", Fault::HangsUpOnPlot) => vec![("hang up", json!({}))],
        ("plot", _) => vec![picture("iVBORw0K\nGgo="), reply("ok")],
        ("while", Fault::IsNotInterrupted) => vec![prints("begun"), reply("ok")],
        ("while", _) => vec![prints("begun"), error("KeyboardInterrupt"), reply("error")],
        (other, _) => panic!("nobody asked for {other}"),
    };
    said.into_iter().chain([idle]).collect()
}

async fn run(fault: Fault, says: &str, container: impl FnOnce(&mut Container)) -> (Report, usize) {
    let port = server(fault).await;
    let fake = FakeEngine::start(About::docker_28());
    fake.has(Image::new(&digest(1), &[]).named("app:1"));
    let mut does = Container { port: Some(port), ..Container::stays(says) };
    container(&mut does);
    fake.runs(does);
    let engine =
        Engine::connect_to(&Host::parse(&format!("unix://{}", fake.socket().display())).unwrap()).await.unwrap();
    let selection = Checks::parse(CHECKS).unwrap().for_channel(&ChannelName::parse("sid").unwrap()).unwrap();
    let options = SmokeOptions { jobs: 1, run: RunId::unique(), keep: false, port: None };
    let report = run_checks(&engine, &EngineImage::parse("app:1").unwrap(), &selection, &options, &|_| {}).await;
    (report, fake.containers())
}

fn address() -> String {
    format!("    http://127.0.0.1:8888/tree?token={TOKEN}\n")
}

/// The step that did not pass, how, and why; all after it are skipped for it.
fn broken(report: &Report) -> (&str, Verdict, &str) {
    let at = report.checks.iter().position(Outcome::is_bad).unwrap_or_else(|| panic!("{report:?}"));
    let bad = &report.checks[at];
    let name = bad.name.strip_prefix("n: ").unwrap();
    assert!(report.checks[..at].iter().all(|one| one.result == Verdict::Passed), "{report:?}");
    for after in &report.checks[at + 1..] {
        assert_eq!((after.result, after.message.as_str()), (Verdict::Skipped, &format!("`{name}` did not pass")[..]));
    }
    assert!(bad.output_tail.contains("127.0.0.1") || bad.output_tail.is_empty(), "{bad:?}");
    assert!(bad.enter[0].starts_with("docker run --rm -it --publish=127.0.0.1::8888"), "{bad:?}");
    (name, bad.result, &bad.message)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_all_right() {
    let (report, left) = run(Fault::None, &address(), |_| {}).await;
    let steps: Vec<_> = report.checks.iter().map(|one| one.name.strip_prefix("n: ").unwrap()).collect();
    let expected = [
        "says its address and answers",
        "refuses a wrong token",
        "lists its kernels",
        "starts a kernel",
        "adds",
        "prints",
        "fails",
        "draws",
        "can be interrupted",
        "shuts the kernel down",
        "ends on SIGTERM",
    ];
    assert_eq!(steps, expected);
    assert!(report.is_good(), "{report:?}");
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_at_a_time() {
    for (fault, step, message) in [
        (
            Fault::TakesAnyToken,
            "refuses a wrong token",
            "a request without a token was answered with status 200, expected 403",
        ),
        (Fault::RefusesItsOwnToken, "lists its kernels", "the right token was answered with status 403"),
        (Fault::ListsNoKernels, "lists its kernels", "the server listed no kernels"),
        (Fault::HasAnotherKernel, "lists its kernels", "there is no kernel `sage`, but python3, r"),
        (Fault::StartsNoKernel, "starts a kernel", "starting the kernel was answered with status 500"),
        (Fault::SaysNoJson, "starts a kernel", "the server answered no JSON: "),
        (Fault::WrongSum, "adds", ""),
        (Fault::StatusIsNotOk, "adds", "its status is \"aborted\", expected \"ok\""),
        (Fault::PrintsNothing, "prints", ""),
        (Fault::NoError, "fails", "it raised no error, expected ZeroDivisionError"),
        (Fault::OtherError, "fails", "it raised TypeError, expected ZeroDivisionError"),
        (Fault::NoPicture, "draws", "it displayed no PNG"),
        (Fault::NoPng, "draws", "its picture is no PNG"),
        (Fault::DiesOnPlot, "draws", "the kernel died; the server says it is restarting"),
        (Fault::HangsUpOnPlot, "draws", "the WebSocket broke: "),
        (Fault::IsNotInterrupted, "can be interrupted", "it raised no error, expected KeyboardInterrupt"),
        (
            Fault::KeepsTheKernel,
            "shuts the kernel down",
            "shutting the kernel down was answered with status 500, expected 204",
        ),
        (
            Fault::AnswersForTheDead,
            "shuts the kernel down",
            "asking for the kernel afterwards was answered with status 200, expected 404",
        ),
    ] {
        let (report, left) = run(fault, &address(), |_| {}).await;
        let (name, verdict, said) = broken(&report);
        assert_eq!((name, verdict), (step, Verdict::Failed), "{fault:?}: {said}");
        assert!(said.starts_with(message), "{fault:?}: {said}");
        assert_eq!(left, 0, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_container_itself_does_wrong() {
    let (report, left) =
        run(Fault::None, "nothing of use\n", |container| (container.stays, container.exit) = (false, 9)).await;
    let (name, verdict, said) = {
        let bad = report.checks.iter().find(|one| one.is_bad()).unwrap();
        (bad.name.as_str(), bad.result, bad.message.as_str())
    };
    assert_eq!((name, verdict), ("n: says its address and answers", Verdict::Failed));
    assert_eq!(
        said,
        "the container ended with exit status 9 before it said its address http://127.0.0.1:8888/ with a token"
    );
    assert_eq!(left, 0);
    let (report, _) = run(Fault::None, &address(), |container| container.exit = 7).await;
    let (name, _, said) = broken(&report);
    assert_eq!(name, "ends on SIGTERM");
    assert!(said.starts_with("after SIGTERM its exit status was 7, expected one of "), "{said}");
    let (report, _) = run(Fault::None, &address(), |container| container.port = None).await;
    let (name, verdict, said) = broken(&report);
    assert_eq!((name, verdict), ("says its address and answers", Verdict::Broken));
    assert!(said.ends_with("does not publish port 8888"), "{said}");
    let refused = |container: &mut Container| container.start = Some((500, "no".to_owned()));
    let (report, left) = run(Fault::None, "", refused).await;
    assert_eq!((report.checks.len(), report.checks[0].result, left), (1, Verdict::Broken, 0));
}
