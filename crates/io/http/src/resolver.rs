use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How long an answer is believed: long enough for a burst of files, short enough for a mirror that moves.
const LIFETIME: Duration = Duration::from_secs(60);

/// The system's resolver, asked once a minute and host.
///
/// The library looks a name up for every request, also when it then takes a connection that is open already. Hundreds of
/// small files are hundreds of queries in a burst; name servers drop some of those, and each lost one costs the five seconds
/// after which the system asks again.
#[derive(Debug)]
pub(crate) struct Remembering<R> {
    resolver: R,
    known: Mutex<BTreeMap<(String, u16), (Instant, ResolvedSocketAddrs)>>,
}

impl Default for Remembering<DefaultResolver> {
    fn default() -> Self {
        Self::new(DefaultResolver::default())
    }
}

impl<R> Remembering<R> {
    fn new(resolver: R) -> Self {
        Self { resolver, known: Mutex::default() }
    }
}

impl<R: Resolver> Resolver for Remembering<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let host = (uri.host().unwrap_or_default().to_owned(), port);
        // Held while the name is looked up, so that threads that begin together ask one question.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, addresses)) = known.get(&host)
            && since.elapsed() < LIFETIME
        {
            return Ok(addresses.clone());
        }
        let addresses = self.resolver.resolve(uri, config, timeout)?;
        known.insert(host, (Instant::now(), addresses.clone()));
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts the questions; knows no host named `unknown`.
    #[derive(Debug, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl Resolver for Counting {
        fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
            self.0.fetch_add(1, Ordering::Relaxed);
            if uri.host() == Some("unknown") {
                return Err(Error::HostNotFound);
            }
            let mut addresses = self.empty();
            addresses.push(([127, 0, 0, 1], uri.port_u16().unwrap_or(80)).into());
            Ok(addresses)
        }
    }

    fn asked(urls: &[&str]) -> (usize, Vec<bool>) {
        let count = Arc::new(AtomicUsize::new(0));
        let resolver = Remembering::new(Counting(Arc::clone(&count)));
        let config = Config::default();
        let found = urls
            .iter()
            .map(|url| resolver.resolve(&url.parse().unwrap(), &config, NextTimeout::default()).is_ok())
            .collect();
        (count.load(Ordering::Relaxed), found)
    }

    #[test]
    fn a_host_is_looked_up_once() {
        assert_eq!(asked(&["http://a/1", "http://a/2", "http://a:80/3"]), (1, vec![true; 3]));
    }

    #[test]
    fn hosts_and_ports_are_kept_apart() {
        assert_eq!(asked(&["http://a/", "http://b/", "http://a:8080/", "https://a/"]), (4, vec![true; 4]));
    }

    #[test]
    fn a_failure_is_not_remembered() {
        assert_eq!(asked(&["http://unknown/", "http://unknown/"]), (2, vec![false; 2]));
    }
}
