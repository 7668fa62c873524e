use crate::state::{Rule, State};
use crate::{Fault, Request, When, connection};
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A running server. Dropped, it ends every connection and stops.
#[derive(Debug)]
pub struct Mirror {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: Option<JoinHandle<()>>,
}

impl Mirror {
    /// Serves the files below `root` on a free port of `127.0.0.1`. Files may come and go while it runs.
    pub fn serve(root: impl Into<PathBuf>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { root: root.into(), stopping: AtomicBool::new(false), inner: Mutex::default() });
        let shared = Arc::clone(&state);
        let acceptor = std::thread::spawn(move || accept(&listener, &shared));
        Ok(Self { address, state, acceptor: Some(acceptor) })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes requests go wrong whose path matches `pattern` (`*` any characters, `?` any one).
    /// Where several rules hold for a request, the one that was added first answers; every matching one counts it.
    pub fn on(&self, pattern: &str, when: When, fault: Fault) {
        self.state.lock().rules.push(Rule { pattern: pattern.to_owned(), when, fault, count: 0 });
    }

    /// Takes all faults away.
    pub fn behave(&self) {
        self.state.lock().rules.clear();
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().requests.clone()
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.state.stopping.store(true, Ordering::Relaxed);
        // Wakes the acceptor, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        for connection in self.state.lock().connections.values() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    let mut number: u64 = 0;
    while let Ok((stream, _)) = listener.accept() {
        if state.stopping.load(Ordering::Relaxed) {
            return;
        }
        number += 1;
        if let Ok(handle) = stream.try_clone() {
            state.lock().connections.insert(number, handle);
        }
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            connection::serve(&stream, number, &state);
            // Now `stream` is the last handle, and dropping it closes the connection: in good order, or by a reset where
            // something was left unread. An explicit shutdown would always be in good order.
            state.lock().connections.remove(&number);
        });
    }
}
