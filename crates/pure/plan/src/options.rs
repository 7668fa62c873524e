/// The numbers behind a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// A source package of at least this installed size, in KiB, lies alone.
    pub alone_from: u64,
    /// Bins for the others.
    pub bins: u16,
    /// Package layers that an image may have; `alone_from` is doubled until this holds.
    pub package_layers: usize,
    /// A layer whose compiled modules take at least this many bytes has them in a byte-code layer of their own.
    pub bytecode_alone_from: u64,
    /// Byte-code layers that an image may have, the shared one among them.
    pub bytecode_layers: usize,
}

impl Default for Options {
    /// Both SageMath channels come to at most 40 package layers of 16 MB in the median; with byte-code and generated
    /// layers that makes fewer than 60.
    fn default() -> Self {
        Self {
            alone_from: 40 * 1024,
            bins: 10,
            package_layers: 42,
            bytecode_alone_from: 4 * 1024 * 1024,
            bytecode_layers: 10,
        }
    }
}
