//! HTTP by hand over a bare socket: nothing stands between a test and what is on the wire.

#![allow(dead_code, reason = "each test program uses a part of it")]

use sage_oci_fake_registry::{FakeRegistry, digest};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

pub const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An answer, as far as it came.
#[derive(Debug)]
pub struct Answer {
    /// 0 where none came.
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection was reset.
    pub reset: bool,
}

impl Answer {
    pub fn get(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The path of `Location`.
    pub fn location(&self) -> String {
        let location = self.get("Location");
        match location.strip_prefix("http://") {
            Some(rest) => rest[rest.find('/').unwrap()..].to_owned(),
            None => location.to_owned(),
        }
    }

    /// The code of an error in the spec's form; empty if there is none.
    pub fn code(&self) -> String {
        let value: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        value["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends one request on a connection of its own.
pub fn ask(host: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(host).unwrap();
    // One whose request was refused half-way may not be able to send the rest.
    let _ = stream.write_all(&request(host, method, path, headers, body.len()));
    let _ = stream.write_all(body);
    let answer = read_answer(&mut stream, method == "HEAD");
    drop(stream);
    answer
}

/// The head of a request.
pub fn request(host: &str, method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

pub fn read_answer(stream: &mut TcpStream, head_only: bool) -> Answer {
    let mut answer = Answer { status: 0, headers: Vec::new(), body: Vec::new(), reset: false };
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window: &[u8]| window == b"\r\n\r\n") {
            break end;
        }
        if !more(stream, &mut bytes, &mut answer.reset, 1) {
            answer.body = bytes;
            return answer;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap();
    let Some(status) = first.strip_prefix("HTTP/1.1 ") else {
        answer.body = bytes;
        return answer;
    };
    answer.status = status[..3].parse().unwrap();
    answer.headers =
        lines.map(|line| line.split_once(": ").unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
    answer.body = bytes[end + 4..].to_vec();
    let length: usize = answer.get("Content-Length").parse().unwrap_or(0);
    if !head_only {
        let mut body = std::mem::take(&mut answer.body);
        while body.len() < length && more(stream, &mut body, &mut answer.reset, length) {}
        answer.body = body;
    }
    answer
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>, reset: &mut bool, room: usize) -> bool {
    let mut buffer = vec![0; room.clamp(1, 65536)];
    match stream.read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            bytes.extend_from_slice(&buffer[..count]);
            true
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {
            *reset = true;
            false
        }
        Err(error) => panic!("{error}"),
    }
}

/// A client of one registry.
pub struct Client<'a>(pub &'a FakeRegistry);

impl Client<'_> {
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(&self.0.host(), method, path, headers, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    /// Begins an upload.
    pub fn begin(&self, repository: &str) -> Answer {
        self.ask("POST", &format!("/v2/{repository}/blobs/uploads/"), &[], b"")
    }

    pub fn patch(&self, location: &str, first: usize, bytes: &[u8]) -> Answer {
        let range = format!("{first}-{}", first + bytes.len() - 1);
        self.ask("PATCH", location, &[("Content-Range", &range)], bytes)
    }

    /// Sends the head of a `PATCH` and a part of its body, then closes; returns when the registry has seen that.
    pub fn cut_patch(&self, location: &str, first: usize, bytes: &[u8], sent: usize) {
        let range = format!("{first}-{}", first + bytes.len() - 1);
        let mut stream = TcpStream::connect(self.0.host()).unwrap();
        let before = self.0.requests().len();
        stream
            .write_all(&request(&self.0.host(), "PATCH", location, &[("Content-Range", &range)], bytes.len()))
            .unwrap();
        stream.write_all(&bytes[..sent]).unwrap();
        while self.0.requests().len() == before {
            std::thread::yield_now();
        }
        drop(stream);
        self.0.settle();
        assert_eq!(self.0.requests()[before].received, sent as u64);
    }

    pub fn finish(&self, location: &str, digest: &str, bytes: &[u8]) -> Answer {
        let mark = if location.contains('?') { '&' } else { '?' };
        self.ask("PUT", &format!("{location}{mark}digest={digest}"), &[], bytes)
    }

    /// Pushes a blob in one piece.
    pub fn push(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        let answer = self.finish(&self.begin(repository).location(), &digest, bytes);
        assert_eq!(answer.status, 201, "{answer:?}");
        digest
    }

    pub fn put(&self, repository: &str, reference: &str, media_type: &str, bytes: &[u8]) -> Answer {
        self.ask("PUT", &format!("/v2/{repository}/manifests/{reference}"), &[("Content-Type", media_type)], bytes)
    }
}

/// A manifest with an empty config and these layers.
pub fn manifest(layers: &[&str], more: &str) -> Vec<u8> {
    let layer = |digest: &&str| {
        format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{digest}","size":1}}"#)
    };
    let layers: Vec<String> = layers.iter().map(layer).collect();
    let config = digest(b"{}");
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{IMAGE}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}},"layers":[{}]{more}}}"#,
        layers.join(",")
    )
    .into_bytes()
}

/// An index of these manifests.
pub fn index(members: &[&str]) -> Vec<u8> {
    let member = |digest: &&str| format!(r#"{{"mediaType":"{IMAGE}","digest":"{digest}","size":1}}"#);
    let members: Vec<String> = members.iter().map(member).collect();
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, members.join(",")).into_bytes()
}
