use std::io::{self, BufRead, ErrorKind, Read};

/// More than any client sends as a head.
const LIMIT: u64 = 64 * 1024;

/// The first lines of a request.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub method: String,
    /// Percent-decoded, without the query.
    pub path: String,
    /// As it was sent, without the question mark.
    pub query: String,
    /// In order, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// Reads one; `None` where the connection ends before it begins.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut reader = reader.take(LIMIT);
        let Some(first) = line(&mut reader)? else { return Ok(None) };
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
            return Err(ErrorKind::InvalidData.into());
        };
        if !version.starts_with("HTTP/1.") {
            return Err(ErrorKind::InvalidData.into());
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = Vec::new();
        loop {
            let line = line(&mut reader)?.ok_or(ErrorKind::UnexpectedEof)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(ErrorKind::InvalidData)?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Some(Self { method: method.to_owned(), path: decoded(path, false), query: query.to_owned(), headers }))
    }

    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A value of the query.
    pub fn value(&self, key: &str) -> Option<String> {
        pairs(&self.query).into_iter().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// All values of the query under one name.
    pub fn values(&self, key: &str) -> Vec<String> {
        pairs(&self.query).into_iter().filter_map(|(name, value)| (name == key).then_some(value)).collect()
    }

    /// Whether this is the method.
    pub fn is(&self, method: &str) -> bool {
        self.method == method
    }

    /// Whether the client is done after this request.
    pub fn closes(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// One line without its end; `None` at the end of the stream.
pub(crate) fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.pop() != Some(b'\n') {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes).map(Some).map_err(|_| ErrorKind::InvalidData.into())
}

/// The names and values of a query or a form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name, true), decoded(value, true))
    };
    text.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// Text without percent signs; what is no escape stays. In a form `+` is a space.
fn decoded(text: &str, form: bool) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) if form => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_taken_apart() {
        let text = "PUT /v2/a%2Fb?digest=sha256%3Aab&x=1+2&x=3 HTTP/1.1\r\nHost: h\r\nContent-Range:0-1\r\n\r\n";
        let head = Head::read(&mut text.as_bytes()).unwrap().unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str()), ("PUT", "/v2/a/b"));
        assert_eq!(head.header("content-range"), Some("0-1"));
        assert_eq!(head.value("digest").as_deref(), Some("sha256:ab"));
        assert_eq!(head.values("x"), ["1 2", "3"]);
        assert!(Head::read(&mut "".as_bytes()).unwrap().is_none());
        for bad in ["GET /\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GE"] {
            assert!(Head::read(&mut bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
