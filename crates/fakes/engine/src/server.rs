use crate::answers::answer;
use crate::http::{Reply, Request, frame, upgrade};
use crate::state::State;
use crate::{About, Container, Image, Load};
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An engine at a socket; its threads wait for requests as long as the process lives.
#[derive(Debug)]
pub struct FakeEngine {
    folder: tempfile::TempDir,
    state: Arc<Mutex<State>>,
}

impl FakeEngine {
    /// Starts one without images.
    pub fn start(about: About) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let state = Arc::new(Mutex::new(State::new(about)));
        let listener = UnixListener::bind(folder.path().join("engine.sock")).expect("a socket");
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { folder, state }
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("engine.sock")
    }

    /// It has an image.
    pub fn has(&self, image: Image) {
        self.state().images.push(image);
    }

    /// What comes of the next image that it is sent, after those that were told before.
    pub fn takes(&self, load: Load) {
        self.state().loads.push_back(load);
    }

    /// What the next container does, after those that were told before. One that nobody has told of says nothing and ends well.
    ///
    /// Those with the command `true`, by which images are held and tried, are apart: [`FakeEngine::tries`].
    pub fn runs(&self, container: Container) {
        self.state().next.push_back(container);
    }

    /// The same of the next container whose command is `true`.
    pub fn tries(&self, container: Container) {
        self.state().tried.push_back(container);
    }

    /// What its builder says the next time, a line each.
    pub fn builds(&self, lines: &[&str]) {
        self.state().builds.push_back(lines.iter().map(|line| (*line).to_owned()).collect());
    }

    /// Requests that begin with these words, as `POST /containers/create`, are answered with this status and message.
    pub fn refuse(&self, begin: &str, status: u16, message: &str) {
        self.state().refusals.push((begin.to_owned(), status, message.to_owned()));
    }

    /// The requests since the last time, as `GET /version`.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }

    /// The files of each image that was sent since the last time.
    pub fn archives(&self) -> Vec<BTreeMap<String, Vec<u8>>> {
        std::mem::take(&mut self.state().archives)
    }

    /// The documents of the containers that were made since the last time.
    pub fn bodies(&self) -> Vec<Value> {
        std::mem::take(&mut self.state().bodies)
    }

    /// The images that it has now.
    pub fn images(&self) -> Vec<Image> {
        self.state().images.clone()
    }

    /// How many containers it has now.
    pub fn containers(&self) -> usize {
        self.state().made.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers one request and closes the connection.
fn serve(stream: &UnixStream, shared: &Mutex<State>) {
    let Some(request) = Request::read(stream) else { return };
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let line = format!("{} {}", request.method, request.path);
    let refusal = {
        let mut state = lock();
        state.requests.push(line.clone());
        state.refusals.iter().find(|(begin, ..)| line.starts_with(begin.as_str())).cloned()
    };
    if let Some((_, status, message)) = refusal {
        return Reply::message(status, &message).send(stream);
    }
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    match parts[..] {
        ["containers", id, "attach"] => {
            let Some(does) = lock().made.get(id).map(|made| made.does.clone()) else {
                return Reply::message(404, "No such container").send(stream);
            };
            upgrade(stream);
            frame(stream, 1, &does.stdout);
            frame(stream, 2, &does.stderr);
            if does.stays {
                follow(shared, id);
            }
        }
        ["exec", id, "start"] => {
            let exec = lock().made.get(id).and_then(|made| made.does.exec.clone());
            upgrade(stream);
            frame(stream, 1, &exec.unwrap_or_default().0);
        }
        _ => answer(&mut lock(), &request).send(stream),
    }
}

/// Waits for the end of a container: one that stays has begun to run when it is seen running.
fn follow(shared: &Mutex<State>, id: &str) {
    let mut begun = false;
    loop {
        let state = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let running = state.made.get(id).map(|made| made.running);
        drop(state);
        match running {
            Some(true) => begun = true,
            Some(false) if !begun => {}
            _ => break,
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
