use crate::head::{Head, line};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

/// The body of a request, read as it comes. One that ends before it is whole is an error of kind `UnexpectedEof`.
pub(crate) struct Body<'a> {
    reader: &'a mut BufReader<TcpStream>,
    left: Left,
    /// The client waits for `100 Continue`.
    waits: bool,
    /// How many of its bytes came.
    pub received: u64,
    /// After so many bytes it is as if the connection had been cut.
    pub cut_after: Option<u64>,
}

enum Left {
    Length(u64),
    /// So much of the present chunk; its end of line comes after it.
    Chunk(u64),
    /// Before the line that says how long the next chunk is.
    Size,
    Nothing,
}

impl<'a> Body<'a> {
    pub fn new(head: &Head, reader: &'a mut BufReader<TcpStream>) -> io::Result<Self> {
        let chunked = head.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        let left = match head.header("content-length") {
            _ if chunked => Left::Size,
            Some(length) => Left::Length(length.parse().map_err(|_| ErrorKind::InvalidData)?),
            None => Left::Nothing,
        };
        let waits = head.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
        Ok(Self { reader, left, waits, received: 0, cut_after: None })
    }

    /// Reads all of it, up to a limit above which it is an error.
    pub fn whole(&mut self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.by_ref().take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }

    /// Throws away what was not read, so that the next request can be. `false` where a client that waits to be told to send
    /// was not told: then there is nothing.
    pub fn drain(&mut self) -> io::Result<bool> {
        if self.waits && !matches!(self.left, Left::Nothing | Left::Length(0)) {
            return Ok(false);
        }
        io::copy(self, &mut io::sink()).map(|_| true)
    }

    fn some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.left {
                Left::Nothing | Left::Length(0) => return Ok(0),
                Left::Length(left) => {
                    let count = self.piece(buffer, left)?;
                    self.left = Left::Length(left - count as u64);
                    return Ok(count);
                }
                Left::Chunk(0) => {
                    self.next_line()?;
                    self.left = Left::Size;
                }
                Left::Chunk(left) => {
                    let count = self.piece(buffer, left)?;
                    self.left = Left::Chunk(left - count as u64);
                    return Ok(count);
                }
                Left::Size => {
                    let text = self.next_line()?;
                    let digits = text.split(';').next().unwrap_or_default().trim();
                    let size = u64::from_str_radix(digits, 16).map_err(|_| ErrorKind::InvalidData)?;
                    self.left = if size > 0 { Left::Chunk(size) } else { Left::Nothing };
                    // Behind the last chunk stand trailers, and an empty line.
                    while size == 0 && !self.next_line()?.is_empty() {}
                }
            }
        }
    }

    fn next_line(&mut self) -> io::Result<String> {
        line(&mut self.reader.by_ref().take(4096))?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }

    fn piece(&mut self, buffer: &mut [u8], left: u64) -> io::Result<usize> {
        let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match self.reader.read(&mut buffer[..count])? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.waits {
            self.waits = false;
            // One who has sent bytes already does not wait.
            if self.reader.buffer().is_empty() && !matches!(self.left, Left::Nothing | Left::Length(0)) {
                self.reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
        }
        let room = match self.cut_after {
            Some(last) if last <= self.received => return Err(ErrorKind::UnexpectedEof.into()),
            Some(last) => usize::try_from(last - self.received).unwrap_or(usize::MAX).min(buffer.len()),
            None => buffer.len(),
        };
        let count = self.some(&mut buffer[..room])?;
        self.received += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// What is read of a request and of the one behind it.
    fn read(headers: &str, sent: &[u8]) -> (io::Result<Vec<u8>>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(sent).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut reader = BufReader::new(listener.accept().unwrap().0);
        let head = Head::read(&mut format!("PUT / HTTP/1.1\r\n{headers}\r\n").as_bytes()).unwrap().unwrap();
        let whole = Body::new(&head, &mut reader).unwrap().whole(10);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        (whole, rest)
    }

    #[test]
    fn bodies_end_where_they_say() {
        let (whole, rest) = read("Content-Length: 3\r\n", b"abcGET");
        assert_eq!((whole.unwrap().as_slice(), rest.as_str()), (&b"abc"[..], "GET"));
        let (whole, rest) = read("Transfer-Encoding: chunked\r\n", b"2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nA: b\r\n\r\nGET");
        assert_eq!((whole.unwrap().as_slice(), rest.as_str()), (&b"abcde"[..], "GET"));
        assert_eq!(read("", b"GET").1, "GET");
    }

    #[test]
    fn ones_that_are_cut_or_too_long_are_errors() {
        for (headers, sent, kind) in [
            ("Content-Length: 3\r\n", &b"ab"[..], ErrorKind::UnexpectedEof),
            ("Transfer-Encoding: chunked\r\n", b"2\r\nab\r\n", ErrorKind::UnexpectedEof),
            ("Transfer-Encoding: chunked\r\n", b"zz\r\nab\r\n", ErrorKind::InvalidData),
            ("Content-Length: 11\r\n", b"0123456789a", ErrorKind::FileTooLarge),
        ] {
            assert_eq!(read(headers, sent).0.unwrap_err().kind(), kind, "{headers}");
        }
    }
}
