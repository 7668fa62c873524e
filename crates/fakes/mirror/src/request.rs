/// A request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `HEAD`, or what else was sent.
    pub method: String,
    /// The path, percent-decoded, without a query; begins with `/`.
    pub path: String,
    /// The headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Which connection it came on, counted from 1: equal numbers mean a connection was used again.
    pub connection: u64,
}

impl Request {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Parses a head up to its empty line; `None` if it is no HTTP/1 request.
    pub(crate) fn parse(head: &str, connection: u64) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return None;
        }
        let path = decode(target.split('?').next()?)?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Self { method: method.to_owned(), path, headers, connection })
    }

    /// The first and last byte of a single `Range: bytes=A-` or `A-B` within a file of `size` bytes.
    /// `Some(Err(()))` is a range outside of it.
    pub(crate) fn range(&self, size: u64) -> Option<Result<(u64, u64), ()>> {
        let (first, last) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        let first: u64 = first.parse().ok()?;
        let last = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
        Some(if first < size && first <= last { Ok((first, last.min(size - 1))) } else { Err(()) })
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(range: &str) -> Request {
        Request::parse(&format!("GET /a%2Bb?x HTTP/1.1\r\nHost: h\r\nRange: {range}\r\n\r\n"), 1).unwrap()
    }

    #[test]
    fn heads_are_taken_apart() {
        let request = request("bytes=3-");
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/a+b"));
        assert_eq!(request.header("host"), Some("h"));
        assert_eq!(Request::parse("hello\r\n\r\n", 1), None);
        assert_eq!(Request::parse("GET /%zz HTTP/1.1\r\n\r\n", 1), None);
    }

    #[test]
    fn ranges() {
        assert_eq!(request("bytes=3-").range(10), Some(Ok((3, 9))));
        assert_eq!(request("bytes=3-5").range(10), Some(Ok((3, 5))));
        assert_eq!(request("bytes=10-").range(10), Some(Err(())));
        assert_eq!(request("lines=1-").range(10), None);
    }
}
