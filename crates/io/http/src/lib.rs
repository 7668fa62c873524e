//! HTTP connections as the user's machine wants them, for whoever talks to mirrors, registries and services.
//!
//! The certificates are the system's, proxies those of the variables that curl knows, names are looked up once a minute, and
//! every connection can be ended at once from another thread ([`watched`]). A status is never an error here.

mod agents;
mod broken;
mod proxy;
mod resolver;
mod roots;
mod settings;
mod watch;

pub use agents::{Http, header};
pub use broken::Broken;
pub use proxy::{BadProxy, percent_decoded};
pub use settings::Settings;
pub use watch::watched;
