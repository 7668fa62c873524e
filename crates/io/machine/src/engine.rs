use crate::Daemon;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Where Docker listens when nothing else is said.
pub(crate) const USUAL: &str = "unix:///var/run/docker.sock";

/// How long a daemon may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the daemon at an address in the form of `DOCKER_HOST` for its version.
///
/// By hand and not with the `docker` client, which may be absent, or there without any daemon.
pub(crate) fn probe(address: &str, tls: bool) -> Daemon {
    let asked = match address.split_once("://") {
        Some(("unix", path)) => UnixStream::connect(path).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            ask(stream)
        }),
        Some(("tcp" | "http", host)) if !tls => connect(host).and_then(ask),
        _ => return Daemon::Unprobed,
    };
    match asked {
        Ok(body) => version(&body)
            .unwrap_or_else(|| Daemon::Silent { why: format!("what answers at {address} is no container engine") }),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Daemon::Denied,
        Err(error) => Daemon::Silent { why: format!("{address}: {error}") },
    }
}

fn connect(host: &str) -> io::Result<TcpStream> {
    let host = host.trim_end_matches('/');
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in host.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn ask(mut stream: impl Read + Write) -> io::Result<String> {
    // HTTP/1.0, so that the answer ends with the connection and is not chunked.
    stream.write_all(b"GET /version HTTP/1.0\r\nHost: engine\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer)?;
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

fn version(body: &str) -> Option<Daemon> {
    let json: serde_json::Value = serde_json::from_str(body).ok()?;
    let version = json.get("Version")?.as_str()?.to_owned();
    let name = json.pointer("/Components/0/Name").and_then(|name| name.as_str()).unwrap_or("Engine");
    Some(Daemon::Answers { version, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    fn answer(text: &'static str) -> Daemon {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sock");
        let listener = UnixListener::bind(&path).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 256];
                let count = stream.read(&mut request).unwrap();
                assert!(request[..count].starts_with(b"GET /version "));
                stream.write_all(text.as_bytes()).unwrap();
            });
            probe(&format!("unix://{}", path.display()), false)
        })
    }

    #[test]
    fn daemons_are_told_from_other_things() {
        let podman = "HTTP/1.0 200 OK\r\n\r\n{\"Components\":[{\"Name\":\"Podman Engine\"}],\"Version\":\"4.3.1\"}";
        assert_eq!(answer(podman), Daemon::Answers { version: "4.3.1".into(), name: "Podman Engine".into() });
        assert!(matches!(answer("HTTP/1.0 404 Not Found\r\n\r\nno"), Daemon::Silent { .. }));
    }

    #[test]
    fn what_is_not_there_is_silent_and_what_is_foreign_unprobed() {
        assert!(
            matches!(probe("unix:///no/such.sock", false), Daemon::Silent { why } if why.contains("/no/such.sock"))
        );
        assert!(matches!(probe("tcp://127.0.0.1:1", false), Daemon::Silent { .. }));
        assert_eq!(probe("tcp://127.0.0.1:1", true), Daemon::Unprobed);
        assert_eq!(probe("ssh://host", false), Daemon::Unprobed);
    }
}
