//! A notebook server used as a browser would: its address from the log, REST, and the kernel's WebSocket.

mod channel;
mod http;
mod message;
mod steps;

pub(crate) use http::Http;
pub(crate) use steps::run;
