use crate::{Facts, Policy, Purpose, StayReason, Tag};

/// What a purpose does with an image that is no branch's.
pub(crate) struct Rules {
    /// The image is counted.
    pub(crate) numbered: bool,
    /// The tags that go forward, in the order in which they are written.
    pub(crate) forward: Vec<(Tag, Scope)>,
    /// The tags that a release would move.
    pub(crate) refused: Vec<(Tag, StayReason)>,
}

/// Which other images a tag may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those of the same version.
    Version,
    /// Releases of the same channel.
    Channel,
    /// All that have a number.
    All,
    /// None: nobody numbers what is in an engine.
    Own,
}

impl Scope {
    /// Whether a tag that this image moves may hold another one.
    pub(crate) fn admits(self, own: &Facts, other: &Facts) -> bool {
        match self {
            Self::Version => other.version == own.version,
            Self::Channel => other.channel == own.channel && !other.version.is_pre_release(),
            Self::All => true,
            Self::Own => false,
        }
    }
}

/// The rules for an image; none where the purpose is a branch's.
pub(crate) fn rules(image: &Facts, policy: &Policy) -> Option<Rules> {
    let version = Tag::made(image.version.to_string());
    let (latest, develop) = (Tag::latest(), Tag::develop());
    let mut floating: Vec<&Tag> = policy.floating.iter().filter(|tag| **tag != develop && **tag != latest).collect();
    let last = policy.floating.iter().find(|tag| **tag == latest);
    let pre_release = image.version.is_pre_release();
    Some(match policy.purpose {
        Purpose::Release if !pre_release => {
            let channel = floating.into_iter().map(|tag| (tag.clone(), Scope::Channel));
            let forward = [(version, Scope::Version)].into_iter().chain(channel).chain([(develop, Scope::All)]);
            let forward = forward.chain(last.map(|tag| (tag.clone(), Scope::Channel))).collect();
            Rules { numbered: true, forward, refused: Vec::new() }
        }
        Purpose::Release | Purpose::PreRelease => {
            floating.extend(last);
            let why = if pre_release { StayReason::PreRelease } else { StayReason::AskedForPreRelease };
            let mut refused: Vec<_> = floating.into_iter().map(|tag| (tag.clone(), why.clone())).collect();
            let mut forward = vec![(develop, Scope::All)];
            if pre_release {
                forward.insert(0, (version, Scope::Version));
            } else {
                refused.insert(0, (version, why));
            }
            Rules { numbered: pre_release, forward, refused }
        }
        Purpose::Develop => Rules { numbered: false, forward: vec![(develop, Scope::All)], refused: Vec::new() },
        Purpose::Local => {
            floating.extend(last);
            let all = [version].into_iter().chain(floating.into_iter().cloned());
            Rules { numbered: false, forward: all.map(|tag| (tag, Scope::Own)).collect(), refused: Vec::new() }
        }
        Purpose::Branch(_) | Purpose::Revision { .. } => return None,
    })
}
