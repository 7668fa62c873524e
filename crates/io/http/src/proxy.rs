use ureq::{Proxy, ProxyProtocol};
use url::Url;

/// A proxy variable that cannot be used. The value is left out: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
#[error("the environment variable `{variable}` does not hold the URL of a proxy: {why}")]
#[hint("set {variable} to a form like http://proxy.example:3128, or unset it")]
pub struct BadProxy {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// The proxy for `http` or `https` URLs, by the variables that curl and apt's users know: `http_proxy`, `https_proxy`,
/// `all_proxy` and `no_proxy`, in lower or upper case, the first that is set and not empty.
///
/// Both kinds go through `CONNECT`, the only way the HTTP library knows; a proxy must allow it for the mirror's port.
pub(crate) fn proxy(https: bool, env: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, BadProxy> {
    let variables: [&'static str; 4] = if https {
        ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    };
    let set = |name: &'static str| env(name).filter(|value| !value.is_empty()).map(|value| (name, value));
    let Some((variable, value)) = variables.into_iter().find_map(set) else { return Ok(None) };
    let bad = |why: &str| BadProxy { variable, why: why.to_owned() };
    let full = if value.contains("://") { value } else { format!("http://{value}") };
    let url = Url::parse(&full).map_err(|error| bad(&error.to_string()))?;
    let protocol = match url.scheme() {
        "http" => ProxyProtocol::Http,
        "https" => ProxyProtocol::Https,
        _ => return Err(bad("only http and https proxies are known")),
    };
    let host = url.host_str().ok_or_else(|| bad("it names no host"))?;
    let mut builder = Proxy::builder(protocol).host(host);
    if let Some(port) = url.port() {
        builder = builder.port(port);
    }
    if !url.username().is_empty() {
        builder = builder.username(&percent_decoded(url.username()));
        builder = builder.password(&percent_decoded(url.password().unwrap_or_default()));
    }
    let exempt = env("no_proxy").or_else(|| env("NO_PROXY")).unwrap_or_default();
    for name in exempt.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        builder = builder.no_proxy(name);
    }
    builder.build().map(Some).map_err(|error| bad(&error.to_string()))
}

/// User and password are percent-encoded in a URL and plain in a header.
pub fn percent_decoded(text: &str) -> String {
    let guarded = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(guarded.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(https: bool, variables: &[(&str, &str)]) -> Result<Option<Proxy>, BadProxy> {
        proxy(https, |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn each_scheme_has_its_variable() {
        let both = [("http_proxy", "http://u:p%40@plain:3128"), ("HTTPS_PROXY", "safe"), ("no_proxy", "localhost, .x")];
        let plain = with(false, &both).unwrap().unwrap();
        assert_eq!((plain.host(), plain.port(), plain.password()), ("plain", 3128, Some("p@")));
        assert!(plain.is_no_proxy(&"http://localhost/".parse().unwrap()));
        assert!(!plain.is_no_proxy(&"http://deb.debian.org/".parse().unwrap()));
        assert_eq!(with(true, &both).unwrap().unwrap().host(), "safe");
        assert_eq!(with(true, &both[..1]).unwrap(), None);
        assert_eq!(with(false, &[("http_proxy", "")]).unwrap(), None);
    }

    #[test]
    fn a_bad_value_is_named_without_its_password() {
        let error = with(false, &[("all_proxy", "gopher://user:secret@h")]).unwrap_err().to_string();
        assert!(error.contains("all_proxy") && !error.contains("secret"), "{error}");
    }
}
