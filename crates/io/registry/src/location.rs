use crate::RegistryError;
use sage_oci_http::is_this_machine;
use url::Url;

/// Where an answer sends us, and whether that is still the registry itself, which may see our credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) url: Url,
    pub(crate) is_registry: bool,
}

/// Resolves a `Location`, relative or whole, of an answer that came from `from`.
///
/// Some registries behind a proxy name themselves with `http://`; that is taken for what it means. Any other way down from
/// TLS is an error.
pub(crate) fn resolve(registry: &str, api: &Url, from: &Url, location: &str) -> Result<Place, RegistryError> {
    let nonsense = || RegistryError::Nonsense {
        registry: registry.to_owned(),
        what: "a request".to_owned(),
        why: "its `Location` is no address".to_owned(),
    };
    let mut url = from.join(location).map_err(|_| nonsense())?;
    if api.scheme() == "https" && url.scheme() == "http" && url.host() == api.host() && url.port().is_none() {
        // Cannot fail: both have a host and a scheme with ports.
        let (_, _) = (url.set_scheme("https"), url.set_port(api.port()));
    }
    // Whatever a registry writes before an `@` is not for us to send on.
    let (_, _) = (url.set_username(""), url.set_password(None));
    url.set_fragment(None);
    let is_registry = url.origin() == api.origin();
    let host = url.host_str().ok_or_else(nonsense)?;
    let safe = match url.scheme() {
        "https" => true,
        "http" => api.scheme() == "http" && (is_registry || is_this_machine(&url)),
        _ => false,
    };
    if !safe {
        let to = format!("{}://{host}", url.scheme());
        return Err(RegistryError::Insecure { registry: registry.to_owned(), to });
    }
    Ok(Place { url, is_registry })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(api: &str, location: &str) -> Result<(String, bool), String> {
        let api = Url::parse(api).unwrap();
        let from = api.join("a/blobs/uploads/1?_state=x").unwrap();
        let place = resolve("r", &api, &from, location).map_err(|error| error.to_string())?;
        Ok((place.url.to_string(), place.is_registry))
    }

    #[test]
    fn credentials_stay_at_home() {
        let safe = "https://r.example/v2/";
        for (location, url, is_registry) in [
            ("/v2/a/blobs/uploads/2?_state=y", "https://r.example/v2/a/blobs/uploads/2?_state=y", true),
            ("2", "https://r.example/v2/a/blobs/uploads/2", true),
            ("https://r.example:443/x", "https://r.example/x", true),
            ("http://r.example/x", "https://r.example/x", true),
            ("https://r.example:444/x", "https://r.example:444/x", false),
            ("//cdn.example/x", "https://cdn.example/x", false),
            ("https://user:secret@cdn.example/x#y", "https://cdn.example/x", false),
        ] {
            assert_eq!(from(safe, location), Ok((url.to_owned(), is_registry)), "{location}");
        }
        for bad in ["http://cdn.example/x", "http://r.example:80a/", "ftp://r.example/", "http://127.0.0.1/", "http://"]
        {
            assert!(from(safe, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn without_tls_only_the_registry_and_this_machine_are_reached() {
        let plain = "http://127.0.0.1:5000/v2/";
        assert_eq!(from(plain, "/x"), Ok(("http://127.0.0.1:5000/x".to_owned(), true)));
        assert_eq!(from(plain, "http://127.0.0.1:5001/x"), Ok(("http://127.0.0.1:5001/x".to_owned(), false)));
        assert_eq!(from(plain, "https://cdn.example/x"), Ok(("https://cdn.example/x".to_owned(), false)));
        let error = from(plain, "http://cdn.example/x?token=secret").unwrap_err();
        assert_eq!(error, "r sends us to http://cdn.example, which is not https");
    }
}
