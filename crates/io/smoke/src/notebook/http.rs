use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// A server at an address of this machine; every request has a connection of its own.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    address: SocketAddr,
    token: Option<String>,
}

/// What a server answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The status, as 200.
    pub status: u16,
    body: Bytes,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| format!("the server answered no JSON: {error}"))
    }
}

impl Http {
    /// A client without a token.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, token: None }
    }

    /// The same with a token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The value of the header that the token travels in.
    pub fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("token {token}"))
    }

    /// Asks for a page.
    pub async fn get(&self, path: &str, within: Duration) -> Result<Reply, String> {
        self.request("GET", path, None, within).await
    }

    /// Makes a request; the error says what failed, never the token.
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        within: Duration,
    ) -> Result<Reply, String> {
        let answer = tokio::time::timeout(within, self.ask(method, path, body)).await;
        match answer {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(format!("{method} {path}: {error}")),
            Err(_) => Err(format!("{method} {path}: no answer within {} s", within.as_secs())),
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Reply, Box<dyn Error + Send + Sync>> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("Host", self.address.to_string());
        if let Some(value) = self.authorization() {
            request = request.header("Authorization", value);
        }
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let body = body.map(|value| Bytes::from(value.to_string())).unwrap_or_default();
        let response = sender.send_request(request.body(Full::new(body))?).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok(Reply { status, body })
    }
}
