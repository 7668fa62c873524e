//! One entry of `auths`.

use crate::{Credential, CredentialError, Place, Secret};
use serde_json::{Map, Value};

/// The credential of an entry; none where it is empty, as docker leaves it beside a helper.
///
/// Docker's order: a token for the registry, a token for the token server, a name and a password; and of these two the encoded
/// form before the plain one.
pub(crate) fn credential(place: &Place, key: &str, entry: &Value) -> Result<Option<Credential>, CredentialError> {
    let wrong = |name: &str, why| {
        let key = if name.is_empty() { key.to_owned() } else { format!("{key}.{name}") };
        CredentialError::Value { place: place.clone(), key, why }
    };
    let entry = entry.as_object().ok_or_else(|| wrong("", "is no object"))?;
    let text = |name| text(entry, name).ok_or_else(|| wrong(name, "is no text"));
    if let Some(token) = text("registrytoken")? {
        return Ok(Some(Credential::RegistryToken { token: Secret::new(token) }));
    }
    if let Some(token) = text("identitytoken")? {
        return Ok(Some(Credential::IdentityToken { token: Secret::new(token) }));
    }
    let (user, password) = match text("auth")? {
        Some(auth) => decode(auth).map_err(|why| wrong("auth", why))?,
        None => match (text("username")?, text("password")?) {
            (Some(user), Some(password)) => (user.to_owned(), Secret::new(password)),
            (Some(_), None) => return Err(wrong("", "has a `username` and no `password`")),
            (None, Some(_)) => return Err(wrong("", "has a `password` and no `username`")),
            (None, None) => return Ok(None),
        },
    };
    Ok(Some(Credential::Basic { user, password }))
}

/// A text; `Some(None)` where it is absent or empty, and none where something else is there.
fn text<'a>(entry: &'a Map<String, Value>, name: &str) -> Option<Option<&'a str>> {
    match entry.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_str().map(|text| Some(text).filter(|text| !text.is_empty())),
    }
}

/// `user:password` in base64; the password may hold colons.
fn decode(auth: &str) -> Result<(String, Secret), &'static str> {
    // People encode by hand and leave the line's end, or no padding.
    let auth = auth.trim().trim_end_matches('=');
    let bytes = data_encoding::BASE64_NOPAD.decode(auth.as_bytes()).map_err(|_| "is no base64")?;
    let text = String::from_utf8(bytes).map_err(|_| "holds no UTF-8 below its base64")?;
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() => {
            // Docker's own reader drops the zeros and line ends that old writers and `echo` left.
            Ok((user.to_owned(), Secret::new(password.trim_end_matches(['\0', '\n', '\r']))))
        }
        _ => Err("holds no `user:password` below its base64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(entry: Value) -> Result<Option<Credential>, String> {
        credential(&Place::Variable("V"), "auths.host", &entry).map_err(|error| error.to_string())
    }

    fn basic(user: &str, password: &str) -> Credential {
        Credential::Basic { user: user.to_owned(), password: Secret::new(password) }
    }

    fn base64(text: impl AsRef<[u8]>) -> String {
        data_encoding::BASE64.encode(text.as_ref())
    }

    #[test]
    fn every_form_is_read() {
        for text in ["user:pa:ss:", "user:pa:ss:\n", "user:pa:ss:\0\0"] {
            assert_eq!(of(json!({"auth": base64(text)})).unwrap().unwrap(), basic("user", "pa:ss:"), "{text:?}");
        }
        assert_eq!(of(json!({"auth": "dTpw\n"})).unwrap().unwrap(), basic("u", "p"));
        assert_eq!(of(json!({"auth": "dTpwdw"})).unwrap().unwrap(), basic("u", "pw"));
        assert_eq!(of(json!({"username": "u", "password": "p"})).unwrap().unwrap(), basic("u", "p"));
        let both = json!({"auth": base64("u:p"), "username": "x", "password": "y"});
        assert_eq!(of(both).unwrap().unwrap(), basic("u", "p"));
        let identity = of(json!({"auth": base64("u:"), "identitytoken": "t"})).unwrap().unwrap();
        assert_eq!(identity, Credential::IdentityToken { token: Secret::new("t") });
        let registry = of(json!({"identitytoken": "t", "registrytoken": "r"})).unwrap().unwrap();
        assert_eq!(registry, Credential::RegistryToken { token: Secret::new("r") });
        for empty in [json!({}), json!({"auth": ""}), json!({"auth": null, "email": "a@b"})] {
            assert_eq!(of(empty), Ok(None));
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_not_shown() {
        for (entry, said) in [
            (json!("geheim"), "the variable `V`: `auths.host` is no object"),
            (json!({"auth": "geheim!"}), "the variable `V`: `auths.host.auth` is no base64"),
            (json!({"auth": 7}), "the variable `V`: `auths.host.auth` is no text"),
            (
                json!({"auth": base64([0xff, 0xfe])}),
                "the variable `V`: `auths.host.auth` holds no UTF-8 below its base64",
            ),
            (
                json!({"auth": base64("geheim")}),
                "the variable `V`: `auths.host.auth` holds no `user:password` below its base64",
            ),
            (
                json!({"auth": base64(":p")}),
                "the variable `V`: `auths.host.auth` holds no `user:password` below its base64",
            ),
            (json!({"username": "geheim"}), "the variable `V`: `auths.host` has a `username` and no `password`"),
            (json!({"password": "geheim"}), "the variable `V`: `auths.host` has a `password` and no `username`"),
        ] {
            assert_eq!(of(entry).unwrap_err(), said);
        }
    }
}
