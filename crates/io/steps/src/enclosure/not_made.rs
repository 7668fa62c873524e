/// Why nothing was run.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum NotMade {
    /// The system does not let users make namespaces.
    #[error("cannot {what}: {why}")]
    #[hint(
        "programs of the image are run by namespaces of users, which this system forbids; as its administrator allow them: \
         `sysctl kernel.unprivileged_userns_clone=1` (Debian), `sysctl user.max_user_namespaces=10000`, \
         `sysctl kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu); in a container run it with \
         `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`, or `--privileged`"
    )]
    Forbidden {
        /// What was tried.
        what: String,
        /// What the system said.
        why: &'static str,
    },
    /// The system fails in something else.
    #[error("cannot {what}: {why}")]
    Failed {
        /// What was tried.
        what: String,
        /// What the system said.
        why: &'static str,
    },
    /// The builder that was started again did not say how it went.
    #[error("the builder was killed in the enclosure")]
    #[hint("memory may have run out: fewer jobs at once need less (`--jobs`)")]
    Killed,
    /// This program does not know how to start itself.
    #[error("cannot start the builder again: {why}")]
    Start {
        /// What the system said.
        why: String,
    },
}
