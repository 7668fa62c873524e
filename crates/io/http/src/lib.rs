//! HTTP connections as the user's machine wants them, for whoever talks to mirrors, registries and services.
//!
//! The certificates are the system's, proxies those of the variables that curl knows, names are looked up once a minute, and
//! every connection can be ended at once from another thread ([`watched`]). A status is never an error here.

mod agents;
mod broken;
mod here;
mod proxy;
mod resolver;
mod roots;
mod settings;
mod watch;

pub use agents::{Http, header};
pub use broken::Broken;
pub use here::is_this_machine;
pub use proxy::{BadProxy, percent_decoded};
pub use settings::{Settings, USER_AGENT};
pub use watch::watched;
