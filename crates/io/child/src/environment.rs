use std::ffi::{OsStr, OsString};

/// Words at whose presence in a name its value is a secret; they may end a longer word, as in `PGPASSWORD`.
const WORDS: [&str; 11] = [
    "TOKEN",
    "TOKENS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "SECRETS",
    "CREDENTIALS",
    "JWT",
    "PAT",
];

/// What stands before `KEY` where that is a secret; other keys are public ones or no keys of this sort.
const KEYS: [&str; 6] = ["ACCESS", "API", "ENCRYPTION", "PRIVATE", "SECRET", "SIGNING"];

/// Names that do not say it: docker's configuration with its passwords, and GitLab's address of a repository, which holds a job's
/// token.
const NAMES: [&str; 3] = ["DOCKER_AUTH_CONFIG", "CI_REPOSITORY_URL", "SSHPASS"];

/// Whether a variable of this name holds a secret, as far as a name can tell.
///
/// It would rather say yes: a program that misses such a variable says so, and one that has it need not.
/// Proxies' addresses are none, although some hold a password: without them nothing can be downloaded.
pub fn is_secret(name: &OsStr) -> bool {
    // What is not UTF-8 keeps the parts that are.
    let name = name.to_string_lossy().to_ascii_uppercase();
    if NAMES.contains(&name.as_str()) {
        return true;
    }
    let words: Vec<&str> = name.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let secret = |word: &str| match word {
        // As the end of a longer word it is another word: `FORMAT`, `COMPAT`.
        "PAT" => true,
        _ => WORDS.iter().any(|secret| *secret != "PAT" && word.ends_with(secret)),
    };
    let key = |pair: &[&str]| pair[1] == "KEY" && KEYS.contains(&pair[0]);
    words.iter().any(|word| secret(word)) || words.windows(2).any(key)
}

/// The names of this process's variables that hold a secret.
pub(crate) fn secrets() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| is_secret(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn names_tell() {
        for name in [
            "SAGE_OCI_REGISTRY_PASSWORD",
            "SAGE_OCI_HUB_PASSWORD",
            "SAGE_OCI_REGISTRY_TOKEN",
            "DOCKER_AUTH_CONFIG",
            "GITHUB_TOKEN",
            "gh_token",
            "GH_PAT",
            "CI_JOB_TOKEN",
            "CI_JOB_JWT",
            "CI_JOB_JWT_V2",
            "CI_REGISTRY_PASSWORD",
            "CI_REPOSITORY_URL",
            "CIRCLE_OIDC_TOKEN_V2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "STORAGE_ACCOUNT_ACCESS_KEY",
            "PGPASSWORD",
            "GPG_PASSPHRASE",
            "SIGNING_KEY",
            "OPENAI_API_KEY",
        ] {
            assert!(is_secret(OsStr::new(name)), "{name}");
        }
        assert!(is_secret(OsStr::from_bytes(b"\xff_TOKEN")));
    }

    #[test]
    fn others_are_left_alone() {
        for name in [
            "PATH",
            "HOME",
            "LC_ALL",
            "NIX_REMOTE",
            "NIX_CONFIG",
            "NIX_SSL_CERT_FILE",
            "DOCKER_HOST",
            "DOCKER_CONFIG",
            "REGISTRY_AUTH_FILE",
            "SSH_AUTH_SOCK",
            "HTTPS_PROXY",
            "CI_REGISTRY",
            "CI_REGISTRY_USER",
            "GITHUB_ACTIONS",
            "SAGE_OCI_REGISTRY_USER",
            "SAGE_OCI_CACHE",
            "TOKENIZERS_PARALLELISM",
            "LOG_FORMAT",
            "KEYBOARD",
            "PUBLIC_KEY",
            "",
        ] {
            assert!(!is_secret(OsStr::new(name)), "{name}");
        }
    }
}
