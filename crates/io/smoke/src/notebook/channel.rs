use super::http::Http;
use super::message::{Answer, death, execute, request};
use crate::trouble::Trouble;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// The name of our session with a kernel.
const SESSION: &str = "sage-oci-smoke";
/// How long the server may take to answer a plain request.
const REQUEST: Duration = Duration::from_secs(15);

/// How long after a reply the rest of an answer may take, before a kernel that starts is asked again.
const PATIENCE: Duration = Duration::from_secs(3);

/// A kernel, and the WebSocket to it.
pub(crate) struct Kernel {
    http: Http,
    id: String,
    socket: WebSocketStream<TcpStream>,
    asked: u32,
}

impl Kernel {
    /// Starts a kernel over REST and waits until it answers on its WebSocket.
    pub async fn start(http: &Http, name: &str, within: Duration) -> Result<Self, Trouble> {
        let start = async {
            let body = json!({ "name": name });
            let reply = http.request("POST", "/api/kernels", Some(&body), within).await.map_err(Trouble::failed)?;
            if reply.status != 201 {
                return Err(Trouble::failed(format!("starting the kernel was answered with status {}", reply.status)));
            }
            let id = reply.json().map_err(Trouble::failed)?["id"].as_str().unwrap_or_default().to_owned();
            let socket = connect(http, &id).await.map_err(|error| Trouble::failed(format!("WebSocket: {error}")))?;
            let mut kernel = Self { http: http.clone(), id, socket, asked: 0 };
            // What a kernel publishes before the server listens to it is lost, and no answer is whole without it: like the
            // notebook's own page, ask again. Its replies are never lost, so a kernel that gives none is not asked twice.
            while !kernel.ask("kernel_info_request", json!({}), false, Some(PATIENCE)).await?.is_complete() {}
            Ok(kernel)
        };
        let late = || Trouble::late(format!("the kernel did not answer within {} s", within.as_secs()));
        tokio::time::timeout(within, start).await.unwrap_or_else(|_| Err(late()))
    }

    /// Runs code and gives the whole answer; with `interrupt`, the kernel is interrupted as soon as the code prints something.
    pub async fn run(&mut self, code: &str, interrupt: bool, within: Duration) -> Result<Answer, Trouble> {
        let late = || Trouble::late(format!("the kernel did not answer within {} s", within.as_secs()));
        let ask = self.ask("execute_request", execute(code), interrupt, None);
        tokio::time::timeout(within, ask).await.unwrap_or_else(|_| Err(late()))
    }

    /// Ends the kernel over REST.
    pub async fn shut_down(&mut self) -> Result<(), Trouble> {
        let path = format!("/api/kernels/{}", self.id);
        expect(self.http.request("DELETE", &path, None, REQUEST).await, 204, "shutting the kernel down")?;
        expect(self.http.get(&path, REQUEST).await, 404, "asking for the kernel afterwards")
    }

    /// Asks one thing. With `patience`, an answer whose rest does not follow its reply in that time is given as it is.
    async fn ask(
        &mut self,
        kind: &str,
        content: Value,
        interrupt: bool,
        patience: Option<Duration>,
    ) -> Result<Answer, Trouble> {
        self.asked += 1;
        let id = format!("{SESSION}-{}", self.asked);
        let text = request(&id, SESSION, kind, content);
        self.socket.send(Message::text(text)).await.map_err(|error| lost(&error))?;
        let (mut answer, mut interrupted) = (Answer::default(), false);
        while !answer.is_complete() {
            let next = self.socket.next();
            let next = match patience.filter(|_| !answer.status.is_empty()) {
                Some(patience) => match tokio::time::timeout(patience, next).await {
                    Ok(next) => next,
                    Err(_) => return Ok(answer),
                },
                None => next.await,
            };
            let message = match next {
                Some(message) => message.map_err(|error| lost(&error))?,
                None => return Err(Trouble::failed("the server closed the WebSocket")),
            };
            let Message::Text(text) = message else { continue };
            let message = serde_json::from_str(text.as_str());
            let message = message.map_err(|error| Trouble::failed(format!("the kernel said no JSON: {error}")))?;
            if let Some(state) = death(&message) {
                return Err(Trouble::failed(format!("the kernel died; the server says it is {state}")));
            }
            answer.take(&message, &id);
            if interrupt && !interrupted && !answer.stdout.is_empty() {
                interrupted = true;
                let path = format!("/api/kernels/{}/interrupt", self.id);
                expect(self.http.request("POST", &path, None, REQUEST).await, 204, "interrupting the kernel")?;
            }
        }
        Ok(answer)
    }
}

async fn connect(http: &Http, id: &str) -> Result<WebSocketStream<TcpStream>, Box<dyn std::error::Error>> {
    let url = format!("ws://{}/api/kernels/{id}/channels?session_id={SESSION}", http.address());
    let mut request = url.into_client_request()?;
    if let Some(value) = http.authorization() {
        request.headers_mut().insert("Authorization", value.parse()?);
    }
    let stream = TcpStream::connect(http.address()).await?;
    Ok(tokio_tungstenite::client_async(request, stream).await?.0)
}

fn lost(error: &tokio_tungstenite::tungstenite::Error) -> Trouble {
    Trouble::failed(format!("the WebSocket broke: {error}"))
}

/// Expects a status.
pub(crate) fn expect(reply: Result<super::http::Reply, String>, status: u16, what: &str) -> Result<(), Trouble> {
    match reply {
        Ok(reply) if reply.status == status => Ok(()),
        Ok(reply) => {
            Err(Trouble::failed(format!("{what} was answered with status {}, expected {status}", reply.status)))
        }
        Err(error) => Err(Trouble::failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verdict;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// What a server's kernel does when it is asked the first time, the second time, and so on.
    #[derive(Clone, Copy)]
    enum Does {
        Nothing,
        HangUp,
        /// Replies, and what it publishes is lost.
        Reply,
        ReplyAndPublish,
        /// Dies, and is started again by the server.
        Die,
    }

    /// A message about what was asked.
    fn about(asked: &Value, kind: &str, content: Value) -> Message {
        Message::text(
            json!({ "header": { "msg_type": kind }, "parent_header": asked["header"], "content": content }).to_string(),
        )
    }

    /// A server that starts kernels which do as they are told. Counts what they were asked.
    async fn server(does: &'static [Does]) -> (Http, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let asked = Arc::clone(&count);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    let mut head = [0; 4];
                    stream.peek(&mut head).await.unwrap();
                    if head.starts_with(b"GET") {
                        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                        while let Some(Ok(Message::Text(text))) = socket.next().await {
                            let asked: Value = serde_json::from_str(text.as_str()).unwrap();
                            let reply = about(&asked, "kernel_info_reply", json!({ "status": "ok" }));
                            let idle = about(&asked, "status", json!({ "execution_state": "idle" }));
                            let again = about(&json!({}), "status", json!({ "execution_state": "restarting" }));
                            let says = match does.get(count.fetch_add(1, Ordering::Relaxed)).unwrap_or(&Does::Nothing) {
                                Does::Nothing => vec![],
                                Does::HangUp => return,
                                Does::Reply => vec![reply],
                                Does::ReplyAndPublish => vec![idle, reply],
                                Does::Die => vec![again],
                            };
                            for message in says {
                                socket.send(message).await.unwrap();
                            }
                        }
                    } else {
                        let mut request = [0; 4096];
                        assert!(stream.read(&mut request).await.unwrap() > 0);
                        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n{\"id\":\"k\"}";
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        (Http::new(address).with_token("0123456789abcdef"), asked)
    }

    #[tokio::test]
    async fn a_kernel_that_never_answers() {
        // Not even were it to answer the second time.
        let (http, asked) = server(&[Does::Nothing, Does::ReplyAndPublish]).await;
        let within = PATIENCE + Duration::from_secs(2);
        let trouble = Kernel::start(&http, "none", within).await.err().unwrap();
        assert_eq!(trouble, Trouble::late("the kernel did not answer within 5 s"));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_a_kernel_publishes_before_anybody_listens_is_asked_for_again() {
        let (http, asked) = server(&[Does::Reply, Does::ReplyAndPublish]).await;
        Kernel::start(&http, "none", Duration::from_secs(60)).await.map(drop).unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_kernel_that_dies_and_comes_back_is_not_taken_for_one_that_is_slow() {
        let (http, asked) = server(&[Does::Die, Does::ReplyAndPublish]).await;
        let trouble = Kernel::start(&http, "none", Duration::from_secs(60)).await.err().unwrap();
        assert_eq!(trouble, Trouble::failed("the kernel died; the server says it is restarting"));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_kernel_whose_server_hangs_up() {
        let (http, _) = server(&[Does::HangUp]).await;
        let trouble = Kernel::start(&http, "none", Duration::from_secs(60)).await.err().unwrap();
        assert_eq!(trouble.verdict, Verdict::Failed);
        assert!(trouble.message.contains("WebSocket"), "{}", trouble.message);
    }
}
