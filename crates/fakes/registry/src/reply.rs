use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::TcpStream;

/// What a request comes to.
pub(crate) enum Outcome {
    Reply(Reply),
    /// The connection ends in good order, without a word.
    Close,
    /// The connection is reset.
    Reset,
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Outcome::Reply(reply)
    }
}

/// An answer, which faults may still change.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content: Content,
    /// Every byte of the body is another one.
    pub garbled: bool,
    /// After so many bytes of the body the connection ends.
    pub cut_after: Option<u64>,
    /// Sent before the request's body was read, and the connection ends.
    pub hasty: bool,
    /// Bytes that stand in place of the whole answer.
    pub raw: Option<&'static [u8]>,
}

pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// So many bytes from an offset on.
    Part(File, u64, u64),
}

impl Content {
    fn length(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Part(.., length) => *length,
        }
    }
}

impl Reply {
    pub fn new(status: u16) -> Self {
        let content = Content::Bytes(Vec::new());
        Self { status, headers: Vec::new(), content, garbled: false, cut_after: None, hasty: false, raw: None }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn body(mut self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.content = Content::Bytes(bytes.into());
        self.header("Content-Type", media_type)
    }

    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status).body("application/json", value.to_string())
    }

    /// An error as the distribution spec writes it ("Error Codes").
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "errors": [{ "code": code, "message": message }] }))
    }

    /// Replaces a header, or adds it.
    pub fn set(&mut self, name: &'static str, value: String) {
        self.headers.retain(|(key, _)| *key != name);
        self.headers.push((name, value));
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Writes it. `last` is called before the bytes that complete it: when the client has them, the request counts as over.
    pub fn send(self, mut stream: &TcpStream, head_only: bool, last: impl FnOnce()) -> io::Result<()> {
        if let Some(raw) = self.raw {
            last();
            return stream.write_all(raw);
        }
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 && self.get("Content-Length").is_none() {
            text.push_str(&format!("Content-Length: {}\r\n", self.content.length()));
        }
        text.push_str("\r\n");
        let length = self.content.length().min(self.cut_after.unwrap_or(u64::MAX));
        if head_only || length == 0 {
            last();
            return stream.write_all(text.as_bytes());
        }
        let garble = |bytes: &mut [u8]| {
            if self.garbled {
                bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
            }
        };
        let mut bytes = match self.content {
            // In one write: a client goes on when it has the head, and the request should be over for both then.
            Content::Bytes(bytes) => {
                let mut all = text.into_bytes();
                let head = all.len();
                all.extend(bytes.iter().take(usize::try_from(length).unwrap_or(usize::MAX)));
                garble(&mut all[head..]);
                last();
                return stream.write_all(&all);
            }
            Content::Part(mut file, start, _) => {
                file.seek(SeekFrom::Start(start))?;
                file
            }
        };
        stream.write_all(text.as_bytes())?;
        let (mut left, mut last) = (length, Some(last));
        let mut buffer = vec![0; 64 * 1024];
        while left > 0 {
            let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            bytes.read_exact(&mut buffer[..room])?;
            left -= room as u64;
            garble(&mut buffer[..room]);
            if left == 0
                && let Some(last) = last.take()
            {
                last();
            }
            stream.write_all(&buffer[..room])?;
        }
        Ok(())
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        303 => "See Other",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        507 => "Insufficient Storage",
        _ => "As Asked",
    }
}
