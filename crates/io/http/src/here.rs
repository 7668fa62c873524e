use url::{Host, Url};

/// Whether an address leads to this machine itself, where nobody else is on the way: by its name or number alone, nothing is looked up.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_here() {
        let here = |text: &str| is_this_machine(&Url::parse(text).unwrap());
        for text in ["http://localhost:1/", "http://127.0.0.1/x", "http://127.9.9.9:5000/", "https://[::1]:1/"] {
            assert!(here(text), "{text}");
        }
        for text in
            ["http://localhost.example/", "http://128.0.0.1/", "http://127.0.0.1.example/", "http://[::2]/", "data:x"]
        {
            assert!(!here(text), "{text}");
        }
    }
}
