use crate::ClosureError;

/// The smallest layer that is worth one, in bytes: each costs an engine a request, a mount and a directory.
pub const SMALL: u64 = 4 << 20;
/// Layers that an image gets where nobody says otherwise.
pub const DEFAULT_LAYERS: usize = 60;
/// Engines stop at 127; some are left for those who build on top.
pub const MOST_LAYERS: usize = 120;

/// How many layers there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All layers of the image: those below, those planned, and the top one.
    pub layers: usize,
    /// Layers of the base image.
    pub below: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { layers: DEFAULT_LAYERS, below: 0 }
    }
}

impl Limits {
    /// Layers that the plan may have beside the top one; at least one.
    ///
    /// # Errors
    /// More than [`MOST_LAYERS`] are asked for, or too few.
    pub fn planned(self) -> Result<usize, ClosureError> {
        let Self { layers, below } = self;
        if layers > MOST_LAYERS {
            return Err(ClosureError::TooManyLayers { layers, most: MOST_LAYERS });
        }
        match layers.saturating_sub(below.saturating_add(1)) {
            0 => Err(ClosureError::TooFewLayers { layers, below }),
            planned => Ok(planned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_for_the_paths_and_one_on_top_are_the_least() {
        assert_eq!(Limits::default().planned().unwrap(), 59);
        assert_eq!(Limits { layers: 2, below: 0 }.planned().unwrap(), 1);
        assert_eq!(Limits { layers: 12, below: 10 }.planned().unwrap(), 1);
        for (layers, below) in [(0, 0), (1, 0), (11, 10), (5, usize::MAX)] {
            let error = Limits { layers, below }.planned().unwrap_err();
            assert!(matches!(error, ClosureError::TooFewLayers { .. }), "{error}");
        }
        assert!(matches!(
            Limits { layers: 121, below: 0 }.planned(),
            Err(ClosureError::TooManyLayers { layers: 121, .. })
        ));
    }
}
