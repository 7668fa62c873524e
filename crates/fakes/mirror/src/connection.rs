use crate::state::State;
use crate::{Fault, Request};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// More than any client sends as a head.
const HEAD_LIMIT: usize = 16 * 1024;

/// Whether the connection can take another request.
#[derive(PartialEq, Eq)]
enum After {
    Keep,
    Close,
}

/// Answers the requests of one connection until it ends. A failure on the way is the client's to notice; the server has
/// nobody to tell.
pub(crate) fn serve(stream: &TcpStream, number: u64, state: &State) {
    let _ = stream.set_nodelay(true);
    while let Ok(After::Keep) = exchange(stream, number, state) {}
}

fn exchange(stream: &TcpStream, number: u64, state: &State) -> io::Result<After> {
    let Some(head) = peek_head(stream)? else { return Ok(After::Close) };
    let request = Request::parse(&String::from_utf8_lossy(&head), number);
    let fault = request.as_ref().and_then(|request| state.judge(request));
    // The kernel answers a close with a reset when bytes it has received were not read: so keep one back.
    let consumed = if matches!(fault, Some(Fault::Reset(_))) { head.len() - 1 } else { head.len() };
    { stream }.read_exact(&mut vec![0; consumed])?;
    let Some(request) = request else {
        return status(stream, "GET", 400, "").map(|_| After::Close);
    };
    answer(stream, &request, fault, state)
}

fn answer(mut stream: &TcpStream, request: &Request, fault: Option<Fault>, state: &State) -> io::Result<After> {
    let method = request.method.as_str();
    match &fault {
        Some(Fault::Status(code)) => return status(stream, method, *code, ""),
        Some(Fault::Busy(code, seconds)) => {
            return status(stream, method, *code, &format!("Retry-After: {seconds}\r\n"));
        }
        Some(Fault::Redirect(to)) => return status(stream, method, 302, &format!("Location: {to}\r\n")),
        Some(Fault::NotHttp) => {
            stream.write_all(b"220 this is not the protocol you seek\r\n\r\n")?;
            return Ok(After::Close);
        }
        Some(Fault::Silence) => return hold(state),
        _ => {}
    }
    let mut relative = request.path.trim_start_matches('/').to_owned();
    if relative.ends_with('/') {
        // A folder's own page, as an index of packages has it.
        relative.push_str("index.json");
    }
    let safe = !relative.split('/').any(|part| matches!(part, "" | "." | ".."));
    let file = state.root.join(&relative);
    let Some(mut body) = safe.then(|| sage_oci_files::read(&file).ok()).flatten() else {
        return status(stream, method, 404, "");
    };
    match fault {
        Some(Fault::Garbage) => body.iter_mut().for_each(|byte| *byte ^= 0x55),
        Some(Fault::Longer(more) | Fault::Endless(more)) => body.resize(body.len() + more as usize, b'+'),
        Some(Fault::Shorter(less)) => body.truncate(body.len().saturating_sub(less as usize)),
        _ => {}
    }
    let size = body.len() as u64;
    let range = if fault == Some(Fault::IgnoreRange) { None } else { request.range(size) };
    let (code, body, mut headers) = match range {
        Some(Err(())) => return status(stream, method, 416, &format!("Content-Range: bytes */{size}\r\n")),
        Some(Ok((first, last))) => {
            let first = if fault == Some(Fault::WrongRange) { first.saturating_sub(1) } else { first };
            let part = &body[first as usize..=last as usize];
            (206, part, format!("Content-Range: bytes {first}-{last}/{size}\r\n"))
        }
        None => (200, &body[..], String::new()),
    };
    if !matches!(fault, Some(Fault::Endless(_))) {
        headers.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    write!(stream, "HTTP/1.1 {code} {}\r\nAccept-Ranges: bytes\r\n{headers}\r\n", reason(code))?;
    if method == "HEAD" {
        return Ok(After::Keep);
    }
    send_body(stream, body, fault, state)
}

fn send_body(mut stream: &TcpStream, body: &[u8], fault: Option<Fault>, state: &State) -> io::Result<After> {
    let first = |count: u64| &body[..body.len().min(count as usize)];
    match fault {
        Some(Fault::Half) => {
            stream.write_all(&body[..body.len() / 2])?;
            Ok(After::Close)
        }
        Some(Fault::Reset(count)) => {
            stream.write_all(first(count))?;
            // Time for the client to take what was sent: a reset throws away what it has not read.
            std::thread::sleep(Duration::from_millis(50));
            Ok(After::Close)
        }
        Some(Fault::Stall(count)) => {
            stream.write_all(first(count))?;
            hold(state)
        }
        Some(Fault::Endless(_)) => {
            stream.write_all(body)?;
            Ok(After::Close)
        }
        Some(Fault::Drip(piece, pause)) => {
            for chunk in body.chunks(piece.max(1)) {
                stream.write_all(chunk)?;
                std::thread::sleep(pause);
                if state.stopping.load(Ordering::Relaxed) {
                    return Ok(After::Close);
                }
            }
            Ok(After::Keep)
        }
        _ => {
            stream.write_all(body)?;
            Ok(After::Keep)
        }
    }
}

/// Keeps the connection open without a word until the server stops.
fn hold(state: &State) -> io::Result<After> {
    while !state.stopping.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(After::Close)
}

fn status(mut stream: &TcpStream, method: &str, code: u16, headers: &str) -> io::Result<After> {
    let body = format!("{code} {}\n", reason(code));
    write!(stream, "HTTP/1.1 {code} {}\r\n{headers}Content-Length: {}\r\n\r\n", reason(code), body.len())?;
    if method != "HEAD" {
        stream.write_all(body.as_bytes())?;
    }
    Ok(After::Keep)
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        206 => "Partial Content",
        302 => "Found",
        400 => "Bad Request",
        404 => "Not Found",
        416 => "Range Not Satisfiable",
        _ => "As Asked",
    }
}

/// Waits for a whole head without taking it from the socket; `None` at the end of the connection, or of patience
/// with a head that never becomes whole.
fn peek_head(stream: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; HEAD_LIMIT];
    let mut known = 0;
    for _ in 0..10_000 {
        let count = stream.peek(&mut buffer)?;
        if let Some(end) = buffer[..count].windows(4).position(|window| window == b"\r\n\r\n") {
            buffer.truncate(end + 4);
            return Ok(Some(buffer));
        }
        match count {
            0 => return Ok(None),
            HEAD_LIMIT => return Err(ErrorKind::InvalidData.into()),
            // `peek` returns at once while old bytes wait, so do not spin when nothing new has come.
            same if same == known => std::thread::sleep(Duration::from_millis(1)),
            more => known = more,
        }
    }
    Ok(None)
}
