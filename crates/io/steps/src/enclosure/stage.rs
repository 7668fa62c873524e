/// The first argument of the builder where it starts itself to enter an enclosure; a stage and the plan's path follow.
pub const ENTER: &str = "enter-enclosure";
/// The stage that makes the namespaces.
pub(super) const OUTER: &str = "outer";
/// The stage that is process 1 in them.
pub(super) const INNER: &str = "inner";
