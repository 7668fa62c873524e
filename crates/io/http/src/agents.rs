use crate::resolver::Remembering;
use crate::{BadProxy, Settings, proxy, roots};
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body};

/// Connections that are kept open between requests, and ended all at once when the caller wants an end.
#[derive(Debug)]
pub struct Http {
    http: Agent,
    https: Agent,
}

impl Http {
    /// Connections by these settings and by what the environment says of certificates and proxies.
    ///
    /// # Errors
    /// A variable that should hold a proxy holds something else.
    pub fn new(settings: &Settings) -> Result<Self, BadProxy> {
        let env = |name: &str| std::env::var(name).ok();
        let tls = TlsConfig::builder().root_certs(roots::roots(env)).build();
        let agent = |https: bool| -> Result<Agent, BadProxy> {
            let config = Agent::config_builder()
                .proxy(proxy::proxy(https, env)?)
                .tls_config(tls.clone())
                .user_agent(&settings.user_agent)
                .accept_encoding("identity")
                .http_status_as_error(false)
                .max_redirects(settings.redirects)
                .max_idle_connections(settings.idle.max(1))
                .max_idle_connections_per_host(settings.idle.max(1))
                .timeout_resolve(Some(settings.connect_timeout))
                .timeout_connect(Some(settings.connect_timeout))
                .timeout_per_write(Some(settings.quiet_timeout))
                .timeout_per_read(Some(settings.quiet_timeout))
                .build();
            Ok(Agent::with_parts(config, DefaultConnector::default(), Remembering::default()))
        };
        Ok(Self { http: agent(false)?, https: agent(true)? })
    }

    /// The connections for one of the two schemes, each with its own proxy.
    pub fn agent(&self, https: bool) -> &Agent {
        if https { &self.https } else { &self.http }
    }

    /// Ends every connection, also those on which another thread waits.
    pub fn end(&self) {
        self.http.clone().shutdown();
        self.https.clone().shutdown();
    }
}

/// A header's text, if it is there and is text.
pub fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}
