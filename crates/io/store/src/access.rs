use crate::StoreError;
use rustix::fs::{Access as Mode, access};
use rustix::io::Errno;
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
    ///
    /// # Errors
    ///
    /// This user can neither write the store nor speak to a daemon.
    pub fn find(store: Option<&str>) -> Result<Self, StoreError> {
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
        let open = access(state, Mode::READ_OK | Mode::WRITE_OK);
        // To speak to a daemon is to write its socket. Debian lets the group `nix-users` alone into the socket's folder.
        let speak = access(&socket, Mode::WRITE_OK);
        Self::decide(state, &socket, open, speak, rustix::process::geteuid().is_root())
    }

    /// The rule, from what the kernel says of the state folder and of the socket.
    fn decide(
        state: &Path,
        socket: &Path,
        open: Result<(), Errno>,
        speak: Result<(), Errno>,
        root: bool,
    ) -> Result<Self, StoreError> {
        match (open, speak) {
            (Ok(()), _) => Ok(Self::Direct),
            (_, Ok(())) => Ok(Self::Daemon),
            // Nix makes /nix, or says why it cannot.
            _ if root => Ok(Self::Direct),
            (_, Err(Errno::ACCESS)) => Err(StoreError::DaemonDenied { socket: socket.to_owned() }),
            _ => Err(StoreError::NoStore { state: state.to_owned(), socket: socket.to_owned() }),
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
    use sage_oci_hint::Hint as _;

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

    #[test]
    fn others_need_a_socket_that_they_may_write() {
        let (state, socket) = (Path::new("/s"), Path::new("/s/socket"));
        let closed = Err(Errno::ACCESS);
        assert_eq!(Access::decide(state, socket, closed, Ok(()), false).unwrap(), Access::Daemon);
        let denied = Access::decide(state, socket, closed, Err(Errno::ACCESS), false).unwrap_err();
        assert!(matches!(&denied, StoreError::DaemonDenied { socket } if socket == Path::new("/s/socket")), "{denied}");
        let none = Access::decide(state, socket, closed, Err(Errno::NOENT), false).unwrap_err();
        assert!(matches!(none, StoreError::NoStore { .. }), "{none}");
        for error in [denied, none] {
            let hint = error.hint().unwrap();
            assert!(hint.contains("nix-users") && hint.contains(crate::OWN_STORE), "{hint}");
        }
        assert_eq!(Access::decide(state, socket, closed, Err(Errno::NOENT), true).unwrap(), Access::Direct);
    }
}
