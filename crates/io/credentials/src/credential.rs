use crate::Secret;

/// What a registry, or the server that gives its tokens, is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A name and a password, or an access token in a password's place.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token of OAuth 2, which the token server exchanges for a bearer token.
    IdentityToken {
        /// The token.
        token: Secret,
    },
    /// A bearer token that the registry takes as it is.
    RegistryToken {
        /// The token.
        token: Secret,
    },
}

/// A credential and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// Where it is from, for people: a file, a helper or a variable.
    pub from: String,
}
