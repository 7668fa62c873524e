use crate::StoreKind;
use sage_oci_image::ImageError;
use sage_oci_names::{EngineId, EngineImage, NameError, Reference, ReferenceError};

/// Why the engine could not be reached, did not take an image, or did not run a command.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
#[non_exhaustive]
pub enum EngineError {
    /// No engine answers.
    #[error("no container engine was found (tried {tried})")]
    #[hint("install and start Docker (`apt-get install docker.io`), or set DOCKER_HOST")]
    Absent {
        /// The addresses that were tried.
        tried: String,
    },
    /// The socket is there but must not be opened.
    #[error("no permission to talk to the container engine at {host}")]
    #[hint("add yourself to the `docker` group (`sudo usermod -aG docker $USER`, then log in again), or use sudo")]
    Permission {
        /// The address.
        host: String,
    },
    /// An address of a kind that is not spoken here.
    #[error("`{host}` is no engine address this program can use")]
    #[hint("use unix:///path/to/socket or tcp://host:port in DOCKER_HOST")]
    UnsupportedHost {
        /// The address, credentials left out.
        host: String,
    },
    /// The engine is older than what is supported.
    #[error("the engine at {host} is version {version} (API {api}); at least Docker 20.10 (API 1.41) is needed")]
    #[hint("upgrade the engine")]
    TooOld {
        /// The address.
        host: String,
        /// The engine's version.
        version: String,
        /// The engine's API version.
        api: String,
    },
    /// The engine went away in the middle of something.
    #[error("the engine at {host} went away while {during}")]
    #[hint("look at the engine's log (`journalctl -u {}`), then try again", kind.client())]
    Gone {
        /// The address.
        host: String,
        /// What was being done.
        during: String,
        /// What the connection said.
        #[source]
        source: Box<bollard::errors::Error>,
        /// What kind of engine it is.
        kind: StoreKind,
    },
    /// The engine neither took nor said anything for too long.
    #[error("the engine at {host} was silent for {seconds} seconds while {during}")]
    #[hint("the engine may be overloaded or its disk full; look at its log and `df`")]
    Silent {
        /// The address.
        host: String,
        /// What was being done.
        during: String,
        /// The deadline.
        seconds: u64,
    },
    /// The engine refused.
    #[error("the engine failed while {during}")]
    #[hint(none)]
    Api {
        /// What was being done.
        during: String,
        /// What the engine said.
        #[source]
        source: Box<bollard::errors::Error>,
    },
    /// The engine reported a failure in the middle of a load.
    #[error("the engine did not take the image: {message}")]
    #[hint(with = make_room(message, *kind))]
    LoadRefused {
        /// The engine's words.
        message: String,
        /// What kind of engine it is.
        kind: StoreKind,
    },
    /// After the load the engine has something else than was sent.
    #[error("the engine's image {id} is not the one that was sent: {what}")]
    NotBelieved {
        /// The image's Id.
        id: EngineId,
        /// What differs.
        what: String,
    },
    /// The image's programs are for another machine, and nothing there emulates it.
    #[error("the engine at {host} runs on {machine} and cannot run programs for {architecture}")]
    #[hint(
        "install an emulator on the engine's machine (`apt-get install qemu-user-static binfmt-support`), or use an \
         engine on {architecture}; building and loading need none"
    )]
    CannotRun {
        /// The address.
        host: String,
        /// The architecture of its machine.
        machine: String,
        /// The image's.
        architecture: String,
    },
    /// The image to send is not sound.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A blob of the image could not be read, or is not what its digest says.
    #[error("cannot send layer {blob}")]
    #[hint("the image is damaged; build it again")]
    Blob {
        /// The blob's digest.
        blob: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The engine could not pull an image.
    #[error("the engine cannot pull {name}: {message}")]
    #[hint(
        "`docker pull {name}` says the same; Docker before 23 reads no zstd layers, and a private repository wants a login"
    )]
    PullRefused {
        /// The image.
        name: String,
        /// What the engine said.
        message: String,
    },
    /// The engine has no such image.
    #[error("the engine has no image `{name}`")]
    #[hint("import it first: `sage-oci load`")]
    NoImage {
        /// The name or Id.
        name: String,
    },
    /// A port of this machine is in use.
    #[error("port {port} of this machine is taken")]
    #[hint("`ss -ltnp 'sport = :{port}'` shows who has it; name another one, or none for any that is free")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The engine's builder gave up.
    #[error("the engine's builder gave up at `{step}`: {message}")]
    BuildFailed {
        /// The instruction, with its number.
        step: String,
        /// The builder's words.
        message: String,
    },
    /// A text is no image reference.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// What the engine calls an image is no digest.
    #[error("what the engine calls its image `{image}` cannot be understood: {source}")]
    Id {
        /// The image as it was asked for.
        image: EngineImage,
        /// What is wrong with its Id.
        source: NameError,
    },
    /// A name that no image of an engine can be given.
    #[error("`{name}` names an image by its digest, and no image can be given such a name")]
    #[hint("leave out what stands from `@` on")]
    Pinned {
        /// The name.
        name: Reference,
    },
    /// A name could not be given.
    #[error("the engine did not give the image its name {name}; all names are as they were before")]
    NotNamed {
        /// The name.
        name: Reference,
        /// Why.
        #[source]
        source: Box<EngineError>,
    },
    /// A name could not be given, and those that were given before it could not all be put back.
    #[error("the engine did not give the image its name {name}, and these could not be put back: {names}")]
    #[hint("when the engine answers again, put them back with `{}`", commands.join("; "))]
    NamesSplit {
        /// The name.
        name: Reference,
        /// Those that may be on the new image while others are not.
        names: String,
        /// What puts each back.
        commands: Vec<String>,
        /// Why.
        #[source]
        source: Box<EngineError>,
    },
    /// It was asked to stop.
    #[error("it was stopped")]
    Stopped,
    /// A part of this program ended unexpectedly.
    #[error("a thread of this program ended unexpectedly")]
    Interrupted,
}

fn make_room(message: &str, kind: StoreKind) -> Option<String> {
    let full = message.contains("no space left");
    full.then(|| format!("the engine's disk is full; `{} system df` shows what takes the room", kind.client()))
}

impl EngineError {
    /// Whether the same call may succeed when it is made again.
    pub fn should_retry(&self) -> bool {
        matches!(self, Self::Gone { .. } | Self::Silent { .. })
    }

    /// Whether it ended because it was asked to.
    pub fn is_stop(&self) -> bool {
        match self {
            Self::Stopped => true,
            Self::NotNamed { source, .. } => source.is_stop(),
            _ => false,
        }
    }
}
