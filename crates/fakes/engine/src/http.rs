use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;

/// A request, read in full.
pub(crate) struct Request {
    pub method: String,
    /// The path without the API's version and without a query, percent-decoded.
    pub path: String,
    pub query: String,
    pub body: Vec<u8>,
}

impl Request {
    pub fn read(stream: &UnixStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (mut length, mut chunked) = (0, false);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let header = header.trim().to_ascii_lowercase();
            match header.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok()?,
                Some(("transfer-encoding", "chunked")) => chunked = true,
                _ if header.is_empty() => break,
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size).ok()?;
                let size = u64::from_str_radix(size.trim(), 16).ok()?;
                reader.by_ref().take(size).read_to_end(&mut body).ok()?;
                reader.read_line(&mut String::new()).ok()?;
                if size == 0 {
                    break;
                }
            }
        } else {
            reader.take(length).read_to_end(&mut body).ok()?;
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let path = match path.split_once('/').and_then(|(_, rest)| rest.split_once('/')) {
            Some((version, rest)) if version.starts_with("v1.") => format!("/{rest}"),
            _ => path.to_owned(),
        };
        Some(Self { method, path: decoded(&path), query: query.to_owned(), body })
    }

    /// A value of the query.
    pub fn value(&self, key: &str) -> String {
        let pair = self.query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        decoded(pair.unwrap_or_default())
    }
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                out.push(char::from(byte));
                out.push_str(&part[2..]);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// An answer.
pub(crate) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, value: &Value) -> Self {
        Self { status, body: value.to_string().into_bytes() }
    }

    pub fn message(status: u16, message: &str) -> Self {
        Self::json(status, &serde_json::json!({ "message": message }))
    }

    pub fn send(&self, mut stream: &UnixStream) {
        // Who asked may be gone.
        let length =
            if self.status == 204 { String::new() } else { format!("Content-Length: {}\r\n", self.body.len()) };
        let head = format!(
            "HTTP/1.1 {} x\r\nContent-Type: application/json\r\n{length}Connection: close\r\n\r\n",
            self.status
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&self.body));
    }
}

/// Answers that the connection is a stream from now on.
pub(crate) fn upgrade(mut stream: &UnixStream) {
    let head = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    let _ = stream.write_all(head.as_bytes());
}

/// Writes a piece of standard output (1) or standard error (2) into such a stream.
pub(crate) fn frame(mut stream: &UnixStream, number: u8, text: &str) {
    if !text.is_empty() {
        let length = u32::try_from(text.len()).expect("a short text");
        let head = [&[number, 0, 0, 0][..], &length.to_be_bytes()].concat();
        let _ = stream.write_all(&head).and_then(|()| stream.write_all(text.as_bytes()));
    }
}
