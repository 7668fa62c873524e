use sage_oci_names::ImageName;

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
    /// The image that all images of the plan extend. What is planned lies above its layers, so every layer's name says
    /// whose it is: `dev-…` for `sagemath-dev` above `sagemath`.
    pub above: Option<ImageName>,
}

impl Options {
    /// Numbers for what lies above another image: few layers, since those of the other image are there already.
    pub fn above(image: &ImageName) -> Self {
        Self { bins: 3, package_layers: 10, bytecode_layers: 2, above: Some(image.clone()), ..Self::default() }
    }

    /// What stands before the names of layers of these images, if all of them lie above another one.
    pub(crate) fn prefix<'a>(&self, images: impl Iterator<Item = &'a ImageName>) -> Option<String> {
        let above = self.above.as_ref()?;
        Some(format!("{}-", images.map(|image| image.above(above)).collect::<Vec<_>>().join("+")))
    }
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
            above: None,
        }
    }
}
