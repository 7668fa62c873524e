//! A socket between the command and the engine, at which the conversation can be held up in a chosen moment.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// So many bytes of an image have been sent.
    Upload(usize),
    /// The engine is asked to make a container and has not yet heard it.
    Request,
    /// The engine has made a container and has not yet said so.
    Answer,
    /// The engine is asked for a name, for the so-manieth time, and has not yet heard it.
    Name(usize),
}

/// The socket.
pub struct Proxy {
    folder: tempfile::TempDir,
    reached: Receiver<Vec<u8>>,
    state: Arc<State>,
}

struct State {
    engine: PathBuf,
    moment: Moment,
    reached: Mutex<Sender<Vec<u8>>>,
    open: AtomicBool,
    names: AtomicUsize,
    /// How often the engine was asked for its containers.
    lists: AtomicUsize,
}

impl Proxy {
    /// Listens before an engine's socket.
    pub fn before(engine: impl Into<PathBuf>, moment: Moment) -> Self {
        let (sender, reached) = channel();
        let state = Arc::new(State {
            engine: engine.into(),
            moment,
            reached: Mutex::new(sender),
            open: AtomicBool::new(false),
            names: AtomicUsize::new(0),
            lists: AtomicUsize::new(0),
        });
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("engine.sock")).unwrap();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || state.serve(client));
            }
        });
        Self { folder, reached, state }
    }

    /// What to put into `DOCKER_HOST`.
    pub fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("engine.sock").display())
    }

    /// Waits for the moment; gives the bytes that were held up.
    #[track_caller]
    pub fn reached(&self) -> Vec<u8> {
        self.reached.recv_timeout(Duration::from_secs(100)).expect("the moment came")
    }

    /// How often the engine was asked for its containers.
    pub fn lists(&self) -> usize {
        self.state.lists.load(Ordering::Relaxed)
    }

    /// Lets the conversation go on.
    pub fn go_on(&self) {
        self.state.open.store(true, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.go_on();
    }
}

impl State {
    fn serve(self: Arc<Self>, client: UnixStream) {
        let Ok(engine) = UnixStream::connect(&self.engine) else { return };
        let creating = Arc::new(AtomicBool::new(false));
        let (client_out, engine_in) = (client.try_clone().unwrap(), engine.try_clone().unwrap());
        let (state, flag) = (Arc::clone(&self), Arc::clone(&creating));
        let back = std::thread::spawn(move || state.answers(engine_in, client_out, &flag));
        self.requests(client, engine, &creating);
        let _ = back.join();
    }

    fn requests(&self, mut client: UnixStream, mut engine: UnixStream, creating: &AtomicBool) {
        let mut buffer = vec![0; 64 << 10];
        let mut uploaded = None;
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            let part = &buffer[..count];
            if holds(part, b"/images/load") {
                uploaded = Some(0);
            }
            if holds(part, b"/containers/json") {
                self.lists.fetch_add(1, Ordering::Relaxed);
            }
            if holds(part, b"/containers/create") {
                creating.store(true, Ordering::Relaxed);
                if self.moment == Moment::Request {
                    self.hold(part);
                }
            }
            if holds(part, b"/tag?") && self.moment == Moment::Name(self.names.fetch_add(1, Ordering::Relaxed) + 1) {
                self.hold(part);
            }
            if engine.write_all(part).is_err() {
                break;
            }
            if let (Moment::Upload(limit), Some(sum)) = (self.moment, &mut uploaded) {
                *sum += count;
                if *sum > limit {
                    self.hold(part);
                }
            }
        }
        let _ = engine.shutdown(Shutdown::Both);
    }

    fn answers(&self, mut engine: UnixStream, mut client: UnixStream, creating: &AtomicBool) {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = engine.read(&mut buffer) {
            if self.moment == Moment::Answer && creating.load(Ordering::Relaxed) {
                self.hold(&buffer[..count]);
            }
            if client.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    /// Tells that the moment has come and waits until it is over.
    fn hold(&self, bytes: &[u8]) {
        if self.open.load(Ordering::Relaxed) {
            return;
        }
        let _ = self.reached.lock().unwrap().send(bytes.to_vec());
        while !self.open.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// A socket at which the machine's engine says that it is podman; gives what to put into `DOCKER_HOST`.
pub fn podman(folder: &Path) -> String {
    let path = folder.join("podman.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut buffer = vec![0; 64 << 10];
                let count = client.read(&mut buffer).unwrap_or(0);
                let part = &buffer[..count];
                if holds(part, b"/version HTTP") {
                    let body = r#"{"Version":"4.3.1","ApiVersion":"1.41","Arch":"amd64","Components":[{"Name":"Podman Engine","Version":"4.3.1"}]}"#;
                    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
                    return drop(write!(client, "{head}Content-Length: {}\r\n\r\n{body}", body.len()));
                }
                let Ok(mut server) = UnixStream::connect(engine()) else { return };
                let (mut client_out, mut server_in) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut server_in, &mut client_out);
                    let _ = client_out.shutdown(Shutdown::Both);
                });
                if server.write_all(part).is_ok() {
                    let _ = std::io::copy(&mut client, &mut server);
                }
                let _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    format!("unix://{}", path.display())
}

/// The machine's engine.
pub fn engine() -> &'static Path {
    Path::new("/var/run/docker.sock")
}
