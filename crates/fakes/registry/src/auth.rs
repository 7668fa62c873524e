use crate::accounts::Scheme;
use crate::head::pairs;
use crate::registry::Registry;
use crate::reply::Reply;
use crate::route::Route;
use crate::seen::Authorization;
use crate::server::Exchange;
use crate::token::{Scopes, Token};
use data_encoding::BASE64;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Instant;

/// What a request needs.
fn needs(route: &Route, x: &Exchange<'_>) -> Scopes {
    let Some(name) = route.repository() else { return Scopes::new() };
    let actions: &[&str] = match x.head.method.as_str() {
        "GET" | "HEAD" if !matches!(route, Route::Upload(..)) => &["pull"],
        "DELETE" if !matches!(route, Route::Upload(..)) => &["delete"],
        _ => &["pull", "push"],
    };
    let mut needs: Scopes = actions.iter().map(|action| (name.to_owned(), *action)).collect();
    // Distribution asks for the right to pull from the source of a mount, too, whatever comes of the mount.
    if let (Route::Uploads(_), Some(from)) = (route, x.head.value("from")) {
        needs.insert((from, "pull"));
    }
    needs
}

/// `repository:a:pull,push`, as in token.md of distribution.
fn written(scopes: &Scopes) -> String {
    let names: BTreeSet<&String> = scopes.iter().map(|(name, _)| name).collect();
    let one = |name: &String| {
        let actions: Vec<&str> = scopes.iter().filter(|(other, _)| other == name).map(|(_, action)| *action).collect();
        format!("repository:{name}:{}", actions.join(","))
    };
    names.into_iter().map(one).collect::<Vec<_>>().join(" ")
}

fn read(scope: &str) -> Scopes {
    let mut parts = scope.splitn(2, ':').skip(1);
    let Some((name, actions)) = parts.next().and_then(|rest| rest.rsplit_once(':')) else { return Scopes::new() };
    let known = ["pull", "push", "delete"];
    let asked = |action: &&&str| actions.split(',').any(|other| other == **action || other == "*");
    known.iter().filter(asked).map(|action| (name.to_owned(), *action)).collect()
}

/// User and password of a `Basic` header.
pub(crate) fn basic(authorization: &Authorization) -> Option<(String, String)> {
    if !authorization.scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(authorization.value.as_bytes()).ok()?).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

impl Registry {
    /// The answer to a request that may not be made; `None` where it may.
    pub fn refuses(&self, route: &Route, x: &Exchange<'_>) -> Option<Reply> {
        let accounts = &self.profile.accounts;
        if accounts.users.is_empty() || *route == Route::Token {
            return None;
        }
        let needs = needs(route, x);
        let shown = Authorization::of(&x.head);
        match accounts.scheme {
            Scheme::Basic => self.refuses_password(&needs, shown.as_ref()),
            Scheme::Bearer => self.refuses_token(&needs, shown.as_ref()),
        }
    }

    fn refuses_password(&self, needs: &Scopes, shown: Option<&Authorization>) -> Option<Reply> {
        let accounts = &self.profile.accounts;
        let pulls = !needs.is_empty() && needs.iter().all(|(_, action)| *action == "pull");
        match shown.and_then(basic).map(|(user, password)| self.user(&user, &password)) {
            Some(Some(push)) if push || needs.iter().all(|(_, action)| *action == "pull") => None,
            Some(Some(_)) => Some(Reply::error(403, "DENIED", "requested access to the resource is denied")),
            None if pulls && accounts.anonymous_pull => None,
            _ => Some(unauthorized().header("WWW-Authenticate", "Basic realm=\"fake\"")),
        }
    }

    fn refuses_token(&self, needs: &Scopes, shown: Option<&Authorization>) -> Option<Reply> {
        let mut inner = self.lock();
        let value = shown.filter(|shown| shown.scheme.eq_ignore_ascii_case("bearer")).map(|shown| shown.value.clone());
        let problem = match value.map(|value| inner.tokens.get_mut(&value)) {
            None => "",
            Some(None) => ",error=\"invalid_token\"",
            Some(Some(token)) if token.until <= Instant::now() || token.requests == Some(0) => {
                ",error=\"invalid_token\""
            }
            Some(Some(token)) => {
                token.requests = token.requests.map(|left| left - 1);
                if needs.is_subset(&token.scopes) {
                    return None;
                }
                ",error=\"insufficient_scope\""
            }
        };
        drop(inner);
        let scope = if needs.is_empty() { String::new() } else { format!(",scope=\"{}\"", written(needs)) };
        let realm = format!("{}/token", self.url());
        let challenge = format!("Bearer realm=\"{realm}\",service=\"fake.registry\"{scope}{problem}");
        Some(unauthorized().header("WWW-Authenticate", challenge))
    }

    /// Whether a user may push; `None` where the name or the password is wrong.
    fn user(&self, name: &str, password: &str) -> Option<bool> {
        self.profile.accounts.users.get(name).filter(|user| user.password == password).map(|user| user.push)
    }

    /// `GET` as in distribution's token.md, `POST` as in its oauth.md.
    pub fn token(&self, x: &mut Exchange<'_>) -> std::io::Result<Reply> {
        let accounts = &self.profile.accounts;
        if x.head.is("POST") && accounts.form && accounts.scheme == Scheme::Bearer {
            return self.token_by_form(x);
        }
        if !x.head.is("GET") || accounts.scheme != Scheme::Bearer {
            return Ok(Reply::new(404).body("text/plain", "404 page not found\n"));
        }
        let asked: Vec<String> = x.head.values("scope");
        let shown = Authorization::of(&x.head);
        let (name, push) = match shown.as_ref().and_then(basic) {
            Some((user, password)) => match self.user(&user, &password) {
                Some(push) => (Some(user), push),
                None => return Ok(unauthorized()),
            },
            None if shown.is_some() || !accounts.anonymous_pull => return Ok(unauthorized()),
            None => (None, false),
        };
        let offline = x.head.value("offline_token").as_deref() == Some("true");
        Ok(self.grant(&asked, name.as_deref().filter(|_| offline), push))
    }

    fn token_by_form(&self, x: &mut Exchange<'_>) -> std::io::Result<Reply> {
        let body = String::from_utf8_lossy(&x.body.whole(64 * 1024)?).into_owned();
        let form = pairs(&body);
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let known = match field("grant_type") {
            "refresh_token" => self.user_of_refresh(field("refresh_token")),
            "password" => {
                self.user(field("username"), field("password")).map(|push| (field("username").to_owned(), push))
            }
            _ => return Ok(Reply::json(400, &json!({ "error": "unsupported_grant_type" }))),
        };
        let Some((name, push)) = known else { return Ok(unauthorized()) };
        let asked: Vec<String> = field("scope").split(' ').map(str::to_owned).collect();
        let refresh = field("grant_type") == "refresh_token" || field("access_type") == "offline";
        Ok(self.grant(&asked, Some(name.as_str()).filter(|_| refresh), push))
    }

    fn user_of_refresh(&self, token: &str) -> Option<(String, bool)> {
        let users = &self.profile.accounts.users;
        let given = self.lock().refresh.get(token).cloned();
        let own =
            || users.iter().find(|(_, user)| user.identity.as_deref() == Some(token)).map(|(name, _)| name.clone());
        let name = given.or_else(own)?;
        let push = users.get(&name)?.push;
        Some((name, push))
    }

    /// A new token; with a refresh token for this user.
    fn grant(&self, asked: &[String], refresh_for: Option<&str>, push: bool) -> Reply {
        let accounts = &self.profile.accounts;
        let all = asked.iter().flat_map(|scope| scope.split(' ')).flat_map(read);
        let scopes: Scopes = all.filter(|(_, action)| push || *action == "pull").collect();
        let value = self.mint("token");
        let mut answer = json!({ "token": value, "access_token": value, "scope": written(&scopes) });
        let token = Token { scopes, until: Instant::now() + accounts.life, requests: accounts.requests };
        self.lock().tokens.insert(value, token);
        if accounts.announced {
            answer["expires_in"] = json!(accounts.life.as_secs());
        }
        if let Some(user) = refresh_for {
            let refresh = self.mint("refresh");
            self.lock().refresh.insert(refresh.clone(), user.to_owned());
            answer["refresh_token"] = json!(refresh);
        }
        Reply::json(200, &answer)
    }
}

pub(crate) fn unauthorized() -> Reply {
    Reply::error(401, "UNAUTHORIZED", "authentication required")
}
