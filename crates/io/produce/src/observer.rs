use sage_oci_fetch::{Progress, Summary};
use sage_oci_store::Event;
use std::ops::ControlFlow;

/// Who wants to know how far it is.
pub trait Observer {
    /// Told about every downloaded byte.
    fn fetching(&self) -> &dyn Progress;
    /// The archives are there; those of so many layers are added to the store.
    fn adding(&mut self, fetched: Summary, layers: usize);
    /// What Nix does; [`ControlFlow::Break`] stops it.
    fn building(&mut self, event: Event) -> ControlFlow<()>;
}
