/// Why nothing can be decided about an image or a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, sage_oci_hint::Hint)]
pub enum TagsError {
    /// The image lacks an annotation that its place in the order comes from.
    #[error("the image has no annotation `{annotation}`")]
    #[hint("build the image with `sage-oci build`, which writes it; images of other makers get no tags here")]
    NoAnnotation {
        /// The annotation's key.
        annotation: &'static str,
    },
    /// An annotation that is there and cannot be read.
    #[error("the image's annotation `{annotation}` is `{value}`: {why}")]
    #[hint("build the image again with `sage-oci build`; where its version is of another form, name the tags by hand")]
    BadAnnotation {
        /// The annotation's key.
        annotation: &'static str,
        /// What it holds.
        value: String,
        /// The rule that it breaks.
        why: String,
    },
    /// A text that is no version.
    #[error("`{text}` is no version: {why}")]
    #[hint("versions have a form like `10.10`, `10.10.beta4` or `10.10.rc1`")]
    NotAVersion {
        /// The text.
        text: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// A text that no registry takes for a tag.
    #[error("`{text}` is no tag: {why}")]
    #[hint("a tag has at most 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two")]
    NotATag {
        /// The text.
        text: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// A reason that says nothing.
    #[error("the reason for overruling is empty")]
    #[hint("say in a sentence why the tag goes back; it is kept beside the image")]
    NoReason,
}
