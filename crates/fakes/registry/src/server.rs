use crate::body::Body;
use crate::head::Head;
use crate::reply::{Outcome, Reply};
use crate::seen::Records;
use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What answers requests.
pub(crate) trait Service: Send + Sync + 'static {
    fn answer(&self, request: &mut Exchange<'_>) -> Outcome;
    fn records(&self) -> &Records;
}

/// A request on its way.
pub(crate) struct Exchange<'a> {
    pub head: Head,
    pub body: Body<'a>,
    pub running: &'a Running,
}

/// One run of a server, from its start to its end.
#[derive(Default)]
pub(crate) struct Running {
    stopping: AtomicBool,
    // A second handle to each open connection, so that stopping can end it.
    connections: Mutex<BTreeMap<u64, TcpStream>>,
    fewer: Condvar,
}

impl Running {
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Waits until something is so or the server stops.
    pub fn wait_for(&self, so: impl Fn() -> bool) {
        while !self.stopping() && !so() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn connections(&self) -> MutexGuard<'_, BTreeMap<u64, TcpStream>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server on `127.0.0.1`, which can stop and start again on its port. Dropped, it stops.
pub(crate) struct Server {
    address: SocketAddr,
    service: Arc<dyn Service>,
    run: Mutex<Option<(Arc<Running>, JoinHandle<()>)>>,
}

impl Server {
    /// Starts one on this port, or, with 0, on a free one.
    pub fn start(port: u16, service: Arc<dyn Service>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let server = Self { address, service, run: Mutex::new(None) };
        server.run(listener);
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and stops; returns when no request is being answered any more.
    pub fn stop(&self) {
        let Some((running, acceptor)) = self.lock().take() else { return };
        running.stopping.store(true, Ordering::Relaxed);
        // Wakes the acceptor, which waits for a connection.
        let _ = TcpStream::connect(self.address);
        let _ = acceptor.join();
        let mut connections = running.connections();
        for connection in connections.values() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        while !connections.is_empty() {
            connections = running.fewer.wait(connections).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Starts again on the same port after [`Server::stop`].
    pub fn start_again(&self) -> io::Result<()> {
        let mut tries = 0;
        let listener = loop {
            // A connection from anywhere to anywhere may hold the port for a moment.
            match TcpListener::bind(self.address) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < 500 => tries += 1,
                other => break other?,
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        self.run(listener);
        Ok(())
    }

    fn run(&self, listener: TcpListener) {
        let running = Arc::new(Running::default());
        let (shared, service) = (Arc::clone(&running), Arc::clone(&self.service));
        let acceptor = std::thread::spawn(move || accept(&listener, &shared, &service));
        *self.lock() = Some((running, acceptor));
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Arc<Running>, JoinHandle<()>)>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Takes a connection out of the list when its thread is over, in whatever way.
struct Listed<'a>(&'a Running, u64);

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.0.connections().remove(&self.1);
        self.0.fewer.notify_all();
    }
}

fn accept(listener: &TcpListener, running: &Arc<Running>, service: &Arc<dyn Service>) {
    let mut number: u64 = 0;
    while let Ok((stream, _)) = listener.accept() {
        if running.stopping() {
            return;
        }
        number += 1;
        let Ok(handle) = stream.try_clone() else { continue };
        running.connections().insert(number, handle);
        let (running, service) = (Arc::clone(running), Arc::clone(service));
        std::thread::spawn(move || {
            let _listed = Listed(&running, number);
            // A failure on the way is the client's to notice; the server has nobody to tell.
            let _ = serve(&stream, number, &running, &*service);
        });
    }
}

fn serve(stream: &TcpStream, number: u64, running: &Running, service: &dyn Service) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(64 * 1024, stream.try_clone()?);
    while !running.stopping() {
        let head = match Head::read(&mut reader) {
            Ok(Some(head)) => head,
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Reply::error(400, "UNSUPPORTED", "this is no HTTP/1.1").send(stream, false, || ());
            }
            Err(error) => return Err(error),
        };
        if !exchange(stream, &mut reader, head, number, running, service)? {
            break;
        }
    }
    Ok(())
}

/// Answers one request; whether the connection can take another.
fn exchange(
    stream: &TcpStream,
    reader: &mut BufReader<TcpStream>,
    head: Head,
    connection: u64,
    running: &Running,
    service: &dyn Service,
) -> io::Result<bool> {
    let records = service.records();
    let number = records.begin(&head, connection);
    let (closes, head_only) = (head.closes(), head.is("HEAD"));
    let mut exchange = match Body::new(&head, reader) {
        Ok(body) => Exchange { head, body, running },
        Err(error) => {
            records.end();
            return Err(error);
        }
    };
    let outcome = service.answer(&mut exchange);
    let mut body = exchange.body;
    let reply = match outcome {
        Outcome::Reply(reply) => reply,
        other => {
            records.answered(number, 0, body.received);
            records.end();
            if matches!(other, Outcome::Reset) {
                reset(stream);
            }
            return Ok(false);
        }
    };
    let cut = reply.cut_after.is_some() || reply.raw.is_some() || reply.hasty;
    records.answered(number, reply.status, body.received);
    let mut ended = false;
    let sent = reply.send(stream, head_only, || {
        records.end();
        ended = true;
    });
    if !ended {
        records.end();
    }
    sent?;
    if cut {
        return Ok(false);
    }
    let told = body.drain();
    records.drained(number, body.received);
    Ok(told? && !closes)
}

/// Closing the last handle now sends a reset, whatever was read or sent.
fn reset(stream: &TcpStream) {
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}
