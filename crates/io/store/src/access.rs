use crate::StoreError;
use rustix::fs::{Access as Mode, access};
use std::path::{Path, PathBuf};

/// How the store is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nix's commands write it themselves.
    Direct,
    /// A daemon on this machine does.
    Daemon,
    /// It is on another machine, or of a kind not known here.
    Remote,
}

impl Access {
    /// What Nix will choose, by its own rules (Nix manual, "Store Types", `auto`).
    pub(crate) fn find(store: Option<&str>) -> Result<Self, StoreError> {
        match store {
            Some(uri) => Ok(Self::of_uri(uri)),
            None => match std::env::var("NIX_REMOTE") {
                Ok(uri) if !uri.is_empty() && uri != "auto" => Ok(Self::of_uri(&uri)),
                _ => Self::automatic(&variable("NIX_STATE_DIR", "/nix/var/nix")),
            },
        }
    }

    fn of_uri(uri: &str) -> Self {
        if uri == "daemon" || uri.starts_with("unix://") {
            Self::Daemon
        } else if uri == "local" || uri.starts_with("local?") || uri.starts_with("local:") || uri.starts_with('/') {
            Self::Direct
        } else {
            Self::Remote
        }
    }

    fn automatic(state: &Path) -> Result<Self, StoreError> {
        let socket = std::env::var_os("NIX_DAEMON_SOCKET_PATH")
            .map_or_else(|| state.join("daemon-socket/socket"), PathBuf::from);
        if access(state, Mode::READ_OK | Mode::WRITE_OK).is_ok() {
            Ok(Self::Direct)
        } else if access(&socket, Mode::EXISTS).is_ok() {
            Ok(Self::Daemon)
        } else if rustix::process::geteuid().is_root() {
            // Nix makes /nix, or says why it cannot.
            Ok(Self::Direct)
        } else {
            Err(StoreError::NoStore { state: state.to_owned(), socket })
        }
    }
}

/// The path that an environment variable names, or the usual one.
pub(crate) fn variable(name: &str, usual: &str) -> PathBuf {
    std::env::var_os(name).filter(|value| !value.is_empty()).map_or_else(|| PathBuf::from(usual), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_stores() {
        for (uri, kind) in [
            ("local?root=/x", Access::Direct),
            ("/x", Access::Direct),
            ("local", Access::Direct),
            ("daemon", Access::Daemon),
            ("unix:///run/socket?root=/x", Access::Daemon),
            ("ssh-ng://machine", Access::Remote),
        ] {
            assert_eq!(Access::find(Some(uri)).unwrap(), kind, "{uri}");
        }
    }

    #[test]
    fn a_state_folder_that_may_be_written_means_direct() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Access::automatic(folder.path()).unwrap(), Access::Direct);
    }
}
