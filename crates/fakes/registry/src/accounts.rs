use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Who may do what, and how it is shown. Without a user nobody is asked for anything.
#[derive(Debug, Clone)]
pub struct Accounts {
    pub(crate) scheme: Scheme,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) anonymous_pull: bool,
    pub(crate) life: Duration,
    pub(crate) announced: bool,
    pub(crate) requests: Option<u64>,
    pub(crate) form: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Basic,
    Bearer,
}

#[derive(Clone)]
pub(crate) struct User {
    pub password: String,
    pub push: bool,
    /// An identity token that does as well as the password.
    pub identity: Option<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "User {{ push: {} }}", self.push)
    }
}

impl Accounts {
    /// User and password with every request.
    pub fn basic() -> Self {
        Self { scheme: Scheme::Basic, ..Self::bearer() }
    }

    /// A token from `/token`, good for so many repositories and actions as it was asked for.
    pub fn bearer() -> Self {
        Self {
            scheme: Scheme::Bearer,
            users: BTreeMap::new(),
            anonymous_pull: false,
            life: Duration::from_secs(3600),
            announced: true,
            requests: None,
            form: true,
        }
    }

    /// Somebody who may pull and push.
    pub fn user(self, name: &str, password: &str) -> Self {
        self.add(name, password, true)
    }

    /// Somebody who may pull.
    pub fn reader(self, name: &str, password: &str) -> Self {
        self.add(name, password, false)
    }

    /// An identity token of a user who was added before: `POST /token` takes it as a refresh token.
    ///
    /// # Panics
    ///
    /// There is no such user.
    pub fn identity(mut self, name: &str, token: &str) -> Self {
        self.users.get_mut(name).expect("a user who was added").identity = Some(token.to_owned());
        self
    }

    /// Everybody may pull.
    pub fn anonymous_pull(mut self) -> Self {
        self.anonymous_pull = true;
        self
    }

    /// How long a token is good for; it is announced as `expires_in`.
    pub fn token_seconds(mut self, seconds: u64) -> Self {
        self.life = Duration::from_secs(seconds);
        self
    }

    /// `expires_in` is left out: clients must take it for 60 seconds.
    pub fn silent_expiry(mut self) -> Self {
        self.announced = false;
        self
    }

    /// A token is good for so many requests.
    pub fn token_requests(mut self, count: u64) -> Self {
        self.requests = Some(count);
        self
    }

    /// `POST /token` is 404, as on token servers without OAuth2.
    pub fn no_form(mut self) -> Self {
        self.form = false;
        self
    }

    fn add(mut self, name: &str, password: &str, push: bool) -> Self {
        self.users.insert(name.to_owned(), User { password: password.to_owned(), push, identity: None });
        self
    }
}
