use sage_oci_names::{Architecture, ImageName, LayerName, NameError, PackageName};

/// Why a lock and a definition do not give an image.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum RecipeError {
    /// The lock was made before the image was defined.
    #[error("the lock of channel `{channel}` has no image `{image}`")]
    #[hint("write the lock again: `sage-oci lock --channel {channel}`")]
    NotLocked {
        /// The image.
        image: ImageName,
        /// The lock's channel.
        channel: String,
    },
    /// The lock was made before the definition asked for a package.
    #[error(
        "{file}:{line}: image `{image}` wants `{package}`, which the lock of channel `{channel}` does not have for it"
    )]
    #[hint("write the lock again: `sage-oci lock --channel {channel}`")]
    NotWanted {
        /// The image.
        image: ImageName,
        /// The package.
        package: PackageName,
        /// The definition's file.
        file: String,
        /// The line that asks for it.
        line: usize,
        /// The lock's channel.
        channel: String,
    },
    /// A generated layer's name, which has the image's in it, is too long.
    #[error("image `{image}` has a layer that cannot be named: {source}")]
    #[hint("choose a shorter image name")]
    LayerName {
        /// The image.
        image: ImageName,
        /// What is wrong.
        source: NameError,
    },
    /// A plan names a layer that the lock does not describe.
    #[error("image `{image}` wants the layer `{layer}`, which the lock does not describe")]
    #[hint("restore the committed lock; locks are not edited by hand")]
    NoSuchLayer {
        /// The image.
        image: ImageName,
        /// The layer.
        layer: LayerName,
    },
    /// A step needs a package, and none of the image's layers has it.
    #[error("{why} needs the package `{package}`, which is in no layer of image `{image}`")]
    #[hint("add `{package}` to the image's wanted packages, or take away what leaves it out, and write the lock again")]
    NoPackage {
        /// The image.
        image: ImageName,
        /// The package.
        package: PackageName,
        /// Who needs it.
        why: String,
    },
    /// A package has modules to be compiled, and no layer of byte-code holds them.
    #[error("image `{image}` compiles no modules of the layer `{layer}`, and its package `{package}` has some")]
    #[hint("restore the committed lock; locks are not edited by hand")]
    NoBytecode {
        /// The image.
        image: ImageName,
        /// The package.
        package: PackageName,
        /// The layer that the package is in.
        layer: LayerName,
    },
    /// Byte-code is asked for and no Python is locked.
    #[error("packages of image `{image}` ship Python modules, and `python3-minimal` is not in the lock")]
    #[hint("add `python3` to the image's wanted packages")]
    NoPython {
        /// The image.
        image: ImageName,
    },
    /// The byte-code would be compiled by a Python that does not run on the machine that builds.
    #[error(
        "image `{image}` for {target} cannot be built on {machine}: the lock pins no Python that runs there, to compile byte-code with"
    )]
    #[hint(
        "write the lock again: `sage-oci lock --channel {channel} --arch {target} --build-on {machine}`, or build on {target}"
    )]
    Foreign {
        /// The image.
        image: ImageName,
        /// The lock's channel.
        channel: String,
        /// The architecture of the machine that builds.
        machine: Architecture,
        /// The image's architecture.
        target: Architecture,
    },
    /// A commit's modules are to be compiled on a machine of another architecture, and the lock has no compilers for it.
    #[error("the lock of channel {channel} for {target} pins nothing that compiles for {target} on {machine}")]
    #[hint(
        "write the lock again: `sage-oci lock --channel {channel} --arch {target} --build-on {machine}`, or build on {target}"
    )]
    NoCompilers {
        /// The lock's channel.
        channel: String,
        /// The architecture of the machine that builds.
        machine: Architecture,
        /// The image's architecture.
        target: Architecture,
    },
    /// A commit's modules are to be compiled and nothing compiles.
    #[error("image `{image}` has modules to compile and no compiler")]
    #[hint("this is an error of this program")]
    NoToolchain {
        /// The image.
        image: ImageName,
    },
    /// The content of a commit's file is not in the store.
    #[error("the content of `{path}` was not put into the store")]
    #[hint("this is an error of this program")]
    NoContent {
        /// The file, in the tree or where it is installed.
        path: String,
    },
    /// A placed file's source is not there.
    #[error("image `{image}` places `{path}` from `{source_name}`, which is not below nix/images/files")]
    NoSource {
        /// The image.
        image: ImageName,
        /// Where it would go.
        path: String,
        /// The file's name.
        source_name: String,
    },
    /// A placed file's mode.
    #[error("image `{image}` places `{path}`: {why}")]
    Mode {
        /// The image.
        image: ImageName,
        /// Where it would go.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A definition has a label of those by which an image is verified.
    #[error("image `{image}` has a label `{label}` in its definition; labels of `org.sage-oci` are computed")]
    #[hint("give it a name of your own, as `org.example.{image}`")]
    Label {
        /// The image.
        image: ImageName,
        /// The label.
        label: String,
    },
    /// The lock was made for another archive of a source tree or a wheel.
    #[error("the lock of channel `{channel}` has another archive of `{source_name}` than image `{image}`")]
    #[hint("write the lock again: `sage-oci lock --channel {channel}`")]
    OtherSource {
        /// The image.
        image: ImageName,
        /// The tree or wheel.
        source_name: String,
        /// The lock's channel.
        channel: String,
    },
}
