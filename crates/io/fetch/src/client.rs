use crate::error::Trouble;
use crate::mirror::Mirror;
use crate::resolver::Remembering;
use crate::{FetchError, Options, proxy, roots};
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body};

/// More hops than any mirror network needs.
const REDIRECTS: u32 = 5;

/// The HTTP connections of one call: kept open between files, and ended all at once when the caller wants an end.
#[derive(Debug)]
pub(crate) struct Client {
    http: Agent,
    https: Agent,
}

impl Client {
    pub(crate) fn new(options: &Options) -> Result<Self, FetchError> {
        let env = |name: &str| std::env::var(name).ok();
        let tls = TlsConfig::builder().root_certs(roots::roots(env)).build();
        let agent = |https: bool| -> Result<Agent, FetchError> {
            let config = Agent::config_builder()
                .proxy(proxy::proxy(https, env)?)
                .tls_config(tls.clone())
                .user_agent(&options.user_agent)
                // Lengths and ranges must be those of the file itself.
                .accept_encoding("identity")
                .http_status_as_error(false)
                .max_redirects(REDIRECTS)
                .max_idle_connections(options.connections.max(1))
                .max_idle_connections_per_host(options.connections.max(1))
                .timeout_resolve(Some(options.connect_timeout))
                .timeout_connect(Some(options.connect_timeout))
                .timeout_per_write(Some(options.read_timeout))
                .timeout_per_read(Some(options.read_timeout))
                .build();
            Ok(Agent::with_parts(config, DefaultConnector::default(), Remembering::default()))
        };
        Ok(Self { http: agent(false)?, https: agent(true)? })
    }

    /// Asks for the bytes of `url` from `start` on; the answer's status is 200 or 206.
    pub(crate) fn ask(&self, mirror: &Mirror, url: &str, start: u64) -> Result<Response<Body>, Trouble> {
        let agent = if mirror.is_https() { &self.https } else { &self.http };
        let mut request = agent.get(url);
        if start > 0 {
            request = request.header("Range", format!("bytes={start}-"));
        }
        if let Some(authorization) = &mirror.authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.call().map_err(|error| trouble(&error))?;
        match response.status().as_u16() {
            200 | 206 => Ok(response),
            code => {
                let wait = header(&response, "retry-after").and_then(|value| value.trim().parse().ok());
                Err(Trouble::Status { code, wait: wait.map(Duration::from_secs) })
            }
        }
    }

    /// Ends every connection, also those on which another thread waits.
    pub(crate) fn end(&self) {
        self.http.clone().shutdown();
        self.https.clone().shutdown();
    }
}

/// A header's text, if it is there and is text.
pub(crate) fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// What the HTTP library's error means for the download.
pub(crate) fn trouble(error: &ureq::Error) -> Trouble {
    use ureq::Error as E;
    match error {
        E::Timeout(what) => Trouble::TimedOut { what: what.to_string() },
        E::Io(error) => read_trouble(error),
        // A mirror name that does not exist and a network that is still coming up look alike.
        E::HostNotFound => Trouble::Connection { why: "the host name is not known".to_owned(), retry: true },
        E::BadUri(_) | E::TooManyRedirects | E::RedirectFailed | E::Tls(_) | E::Rustls(_) | E::Pem(_) => {
            Trouble::Connection { why: error.to_string(), retry: false }
        }
        other => Trouble::Connection { why: other.to_string(), retry: true },
    }
}

/// The same for an error in the middle of a body, where the library wraps its own errors.
pub(crate) fn read_trouble(error: &std::io::Error) -> Trouble {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(inner) => trouble(inner),
        None if matches!(error.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) => {
            Trouble::TimedOut { what: error.to_string() }
        }
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Trouble::Connection { why: "the mirror closed the connection".to_owned(), retry: true }
        }
        None => Trouble::Connection { why: error.to_string(), retry: true },
    }
}
