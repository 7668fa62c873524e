use sage_oci_names::{NameError, StorePath};

/// Why there is no plan.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum ClosureError {
    /// A path that the closure lists twice.
    #[error("the closure lists {path} twice")]
    Twice {
        /// The path.
        path: StorePath,
    },
    /// A closure that is not closed.
    #[error("{path} refers to {reference}, which is not in the closure")]
    #[hint("look what Nix knows: `nix-store --query --requisites PATH`")]
    NotClosed {
        /// A path of the closure.
        path: StorePath,
        /// The path that is missing.
        reference: StorePath,
    },
    /// A limit that leaves no room.
    #[error("{layers} layers are too few: the base image has {below}, and the closure needs at least 2 more")]
    #[hint("allow at least {} layers (`maxLayers`)", below + 2)]
    TooFewLayers {
        /// The limit asked for.
        layers: usize,
        /// Layers of the base image.
        below: usize,
    },
    /// A limit that engines could not hold.
    #[error("{layers} layers are too many: engines stop at 127, and {most} is the most that is taken here")]
    #[hint("ask for at most {most} layers (`maxLayers`)")]
    TooManyLayers {
        /// The limit asked for.
        layers: usize,
        /// The most that is taken.
        most: usize,
    },
    /// Capabilities that cannot be read.
    #[error("`{text}` are no capabilities: {why}")]
    #[hint("write them as `cap_net_raw+ep`, several as `cap_net_raw,cap_net_admin+ep`")]
    Capabilities {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A layer's name that cannot be written; only a bug could do that.
    #[error(transparent)]
    Name(#[from] NameError),
}
