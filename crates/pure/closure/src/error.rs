use sage_oci_names::{NameError, StorePath};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum ClosureError {
    /// A path that the closure lists twice.
    #[error("the closure lists {path} twice")]
    Twice {
        /// The path.
        path: StorePath,
    },
    /// A closure that is not closed.
    #[error("{path} refers to {reference}, which is not in the closure")]
    NotClosed {
        /// A path of the closure.
        path: StorePath,
        /// The path that is missing.
        reference: StorePath,
    },
    /// A limit that leaves no room.
    #[error("{layers} layers are too few: the base image has {below}, and the closure needs at least 2 more")]
    TooFewLayers {
        /// The limit asked for.
        layers: usize,
        /// Layers of the base image.
        below: usize,
    },
    /// A limit that engines could not hold.
    #[error("{layers} layers are too many: engines stop at 127, and {most} is the most that is taken here")]
    TooManyLayers {
        /// The limit asked for.
        layers: usize,
        /// The most that is taken.
        most: usize,
    },
    /// Capabilities that cannot be read.
    #[error("`{text}` are no capabilities: {why}")]
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

impl ClosureError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Twice { .. } | Self::Name(_) => None,
            Self::NotClosed { .. } => Some("look what Nix knows: `nix-store --query --requisites PATH`".to_owned()),
            Self::TooFewLayers { below, .. } => Some(format!("allow at least {} layers (`maxLayers`)", below + 2)),
            Self::TooManyLayers { most, .. } => Some(format!("ask for at most {most} layers (`maxLayers`)")),
            Self::Capabilities { .. } => {
                Some("write them as `cap_net_raw+ep`, several as `cap_net_raw,cap_net_admin+ep`".to_owned())
            }
        }
    }
}
