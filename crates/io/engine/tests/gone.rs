//! Engines that misbehave: a server that speaks just enough of the API, and then dies, falls silent, or lies.

use sage_oci_engine::{Engine, EngineError, Host, LoadOptions};
use sage_oci_fake_image::TinyImage;
use sage_oci_names::Architecture;
use sage_oci_names::Compression;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::time::Duration;

/// What the engine does when it is sent an image.
#[derive(Clone, Copy)]
enum OnLoad {
    Die,
    FallSilent,
    SayErrorUnpacking,
    LieAboutSuccess,
}

/// Answers one request and closes the connection.
fn answer(mut stream: UnixStream, api: &str, on_load: OnLoad) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut reply = |status: &str, body: &str| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())
    };
    let path = request.split(' ').nth(1).unwrap_or_default();
    if path.ends_with("/version") {
        reply("200 OK", &format!(r#"{{"Version":"25.0.1","ApiVersion":"{api}"}}"#))
    } else if path.ends_with("/info") {
        reply("200 OK", r#"{"DriverStatus":[["Backing Filesystem","extfs"]]}"#)
    } else if path.contains("/images/json") {
        reply("200 OK", "[]")
    } else if path.contains("/images/load") {
        reader.read_exact(&mut [0; 4096])?;
        match on_load {
            OnLoad::Die => Ok(()),
            OnLoad::FallSilent => {
                std::thread::sleep(Duration::from_secs(120));
                Ok(())
            }
            OnLoad::SayErrorUnpacking => {
                read_body(&mut reader)?;
                reply("200 OK", "{\"stream\":\"Error unpacking image: no such blob\\n\"}\n")
            }
            OnLoad::LieAboutSuccess => {
                read_body(&mut reader)?;
                reply("200 OK", "")
            }
        }
    } else {
        reply("404 Not Found", r#"{"message":"No such image"}"#)
    }
}

/// Reads a chunked body to its end. Whoever closes a connection with unread bytes in it may take his own answer back.
fn read_body(reader: &mut impl Read) -> std::io::Result<()> {
    const END: &[u8] = b"\r\n0\r\n\r\n";
    let mut body = Vec::new();
    let mut part = [0; 65536];
    while !body.ends_with(END) {
        let count = reader.read(&mut part)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        body.extend(&part[..count]);
    }
    Ok(())
}

/// A server in a folder of its own; it lives as long as the test.
fn server(api: &'static str, on_load: OnLoad) -> (tempfile::TempDir, Host) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, api, on_load));
        }
    });
    (folder, Host::Unix(path))
}

async fn load_into(on_load: OnLoad) -> EngineError {
    let (_folder, host) = server("1.44", on_load);
    let engine = Engine::connect_to(&host).await.unwrap();
    let image = TinyImage::build(&[], Compression::NONE);
    // Short only where silence is what is tested: a busy machine is silent for a moment, too.
    let silence = Duration::from_secs(if matches!(on_load, OnLoad::FallSilent) { 2 } else { 60 });
    let options = LoadOptions { silence, ..LoadOptions::default() };
    let architecture = Architecture::host().unwrap();
    let loaded = engine.load(Arc::new(image.source), architecture, &[], &options, &|_| {}).await;
    loaded.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_dies_in_the_middle() {
    let error = load_into(OnLoad::Die).await;
    assert!(matches!(error, EngineError::Gone { .. }), "{error:?}");
    assert!(error.should_retry());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_falls_silent() {
    let error = load_into(OnLoad::FallSilent).await;
    assert!(matches!(error, EngineError::Silent { seconds: 2, .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_fails_in_plain_text() {
    let error = load_into(OnLoad::SayErrorUnpacking).await;
    assert!(error.to_string().contains("Error unpacking image: no such blob"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_reports_success_and_has_nothing() {
    let error = load_into(OnLoad::LieAboutSuccess).await;
    assert!(matches!(error, EngineError::NotBelieved { .. }), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_too_old() {
    let (_folder, host) = server("1.40", OnLoad::Die);
    let error = Engine::connect_to(&host).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("version 25.0.1 (API 1.40)") && text.contains("20.10"), "{text}");
}
