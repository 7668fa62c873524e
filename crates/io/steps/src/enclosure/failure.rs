/// Why an enclosure cannot be made.
pub(super) struct Failure {
    pub(super) what: String,
    pub(super) errno: nix::Error,
    pub(super) forbidden: bool,
}

impl Failure {
    pub(super) fn new(what: impl Into<String>, errno: nix::Error) -> Self {
        Self { what: what.into(), errno, forbidden: false }
    }

    /// It concerns the namespaces themselves: these errors mean that they are forbidden.
    pub(super) fn of_namespaces(what: impl Into<String>, errno: nix::Error) -> Self {
        use nix::errno::Errno::{EACCES, EINVAL, ENOSPC, ENOSYS, EPERM, EUSERS};
        let forbidden = [EACCES, EINVAL, ENOSPC, ENOSYS, EPERM, EUSERS].contains(&errno);
        Self { what: what.into(), errno, forbidden }
    }

    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::new(what, errno(&error))
    }

    pub(super) fn file(error: &sage_oci_files::FileError) -> Self {
        Self::new(format!("{} `{}`", error.action, error.path.display()), errno(&error.source))
    }
}

pub(super) fn errno(error: &std::io::Error) -> nix::Error {
    error.raw_os_error().map_or(nix::Error::UnknownErrno, nix::Error::from_raw)
}
