use crate::error::Trouble;
use crate::mirror::Mirror;
use crate::{FetchError, Options};
use sage_oci_http::{Broken, Http, Settings, header};
use std::time::Duration;
use ureq::Body;
use ureq::http::Response;

/// More hops than any mirror network needs.
const REDIRECTS: u32 = 5;

/// The connections of one call.
#[derive(Debug)]
pub(crate) struct Client {
    http: Http,
    accept: Option<String>,
}

impl Client {
    pub(crate) fn new(options: &Options) -> Result<Self, FetchError> {
        let settings = Settings {
            user_agent: options.user_agent.clone(),
            connect_timeout: options.connect_timeout,
            quiet_timeout: options.read_timeout,
            idle: options.connections,
            redirects: REDIRECTS,
        };
        Ok(Self { http: Http::new(&settings)?, accept: options.accept.clone() })
    }

    /// Asks for the bytes of `url` from `start` on; the answer's status is 200 or 206.
    pub(crate) fn ask(&self, mirror: &Mirror, url: &str, start: u64) -> Result<Response<Body>, Trouble> {
        let mut request = self.http.agent(mirror.is_https()).get(url);
        if let Some(accept) = &self.accept {
            request = request.header("Accept", accept);
        }
        if start > 0 {
            request = request.header("Range", format!("bytes={start}-"));
        }
        if let Some(authorization) = &mirror.authorization {
            request = request.header("Authorization", authorization);
        }
        let response = request.call().map_err(|error| Broken::of(&error))?;
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
        self.http.end();
    }
}
