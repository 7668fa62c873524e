use sage_oci_credentials::Secret;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// How long a token lives where its giver does not say (distribution's token specification).
const USUAL: Duration = Duration::from_secs(60);
/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(10);

/// A token with its end.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    fresh_until: Instant,
}

/// What a token server answers; some say `token`, some `access_token`, some both.
#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Token {
    /// Reads a token server's answer that came at `now`.
    pub(crate) fn read(bytes: &[u8], now: Instant) -> Option<Self> {
        let answer: Answer = serde_json::from_slice(bytes).ok()?;
        let text = [answer.token, answer.access_token].into_iter().flatten().find(|text| !text.is_empty())?;
        let life = answer.expires_in.map_or(USUAL, Duration::from_secs);
        // One that lives for less than the margin is used for half of its life.
        let fresh = if life > MARGIN * 2 { life - MARGIN } else { life / 2 };
        Some(Self { secret: Secret::new(text), fresh_until: now.checked_add(fresh).unwrap_or(now) })
    }

    pub(crate) fn is_fresh(&self, now: Instant) -> bool {
        now < self.fresh_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_left_before_its_end() {
        let now = Instant::now();
        let fresh_for = |json: &str, seconds| {
            let token = Token::read(json.as_bytes(), now).unwrap();
            token.is_fresh(now + Duration::from_secs(seconds))
        };
        assert!(fresh_for(r#"{"token":"a"}"#, 49) && !fresh_for(r#"{"token":"a"}"#, 50));
        assert!(fresh_for(r#"{"access_token":"a","expires_in":300}"#, 289));
        assert!(!fresh_for(r#"{"access_token":"a","token":"","expires_in":300}"#, 290));
        assert!(fresh_for(r#"{"token":"a","expires_in":10}"#, 4) && !fresh_for(r#"{"token":"a","expires_in":10}"#, 5));
        for none in ["{}", "", r#"{"token":""}"#, r#"{"token":1}"#, "<html>"] {
            assert!(Token::read(none.as_bytes(), now).is_none(), "{none}");
        }
    }
}
