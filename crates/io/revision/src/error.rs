use sage_oci_fetch::FetchError;
use sage_oci_files::FileError;
use sage_oci_source::BlobId;
use sage_oci_wanted::WantedError;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no revision, or no content of it.
#[derive(Debug, thiserror::Error, sage_oci_hint::Hint)]
pub enum RevisionError {
    /// What was typed names no revision.
    #[error(transparent)]
    Wanted(#[from] WantedError),
    /// There is nothing at the path.
    #[error("there is no `{}`", path.display())]
    #[hint("name a folder, an address (https://…), a version or an archive")]
    NoSuchPath {
        /// The path.
        path: PathBuf,
    },
    /// A folder that is neither a repository nor an unpacked archive of the project.
    #[error("`{}` is neither a git repository nor an unpacked archive of {project}: there is no `{missing}` in it", path.display())]
    #[hint("name the top folder of a clone, or of what an archive unpacks to")]
    NoSource {
        /// The folder.
        path: PathBuf,
        /// What it should be.
        project: String,
        /// What an unpacked archive would have.
        missing: String,
    },
    /// A revision of something that has none.
    #[error("`{}` has no revisions: it is no git repository", path.display())]
    #[hint("leave out what stands behind the `@`")]
    NoRevisions {
        /// The folder.
        path: PathBuf,
    },
    /// Changed files were asked for where there are none.
    #[error("`{wanted}` has no changed files: only what is checked out in a work tree has")]
    #[hint("leave out `--dirty`, or name the folder of the work tree alone")]
    NotDirty {
        /// What was asked for.
        wanted: String,
    },
    /// A tree of something else.
    #[error("{place} is not {project}: there is no `{missing}`")]
    #[hint("name a repository, folder or archive of {project}")]
    OtherProject {
        /// The commit, folder or archive.
        place: String,
        /// What it should be.
        project: String,
        /// The folder that is missing.
        missing: String,
    },
    /// A file that the project's way of building needs.
    #[error("{place} has no `{path}`")]
    #[hint("{hint}")]
    MissingFile {
        /// The commit, folder or archive.
        place: String,
        /// The file.
        path: String,
        /// What the project says about it.
        hint: String,
    },
    /// None of the files that could states a version.
    #[error("{place} states no version: looked for in {}", files.join(", "))]
    NoVersion {
        /// The commit, folder or archive.
        place: String,
        /// Where it was looked for.
        files: Vec<String>,
    },
    /// The program is not there.
    #[error("cannot start `{}`: {source}", program.display())]
    #[hint("install git (`apt-get install git`, `nix-shell -p git`); a version or an archive can be had without it")]
    NoGit {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Git refuses a repository of another user.
    #[error("`{}` belongs to another user, so git does not open it", path.display())]
    #[hint("if you trust it, say so: git config --global --add safe.directory '{}'", path.display())]
    OtherOwner {
        /// The folder.
        path: PathBuf,
    },
    /// A repository without a commit.
    #[error("the repository `{}` has no commit", path.display())]
    #[hint("commit something, or name a revision behind an `@`")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A revision that looks like an option.
    #[error("`{revision}` begins with a hyphen, as an option does and no revision")]
    #[hint("name a branch, a tag or a hash")]
    Option {
        /// The text.
        revision: String,
    },
    /// The repository knows no such revision.
    #[error("`{}` has no revision `{revision}`", path.display())]
    #[hint(with = near_hint(near, *shallow, path))]
    UnknownRevision {
        /// The folder.
        path: PathBuf,
        /// What was asked for.
        revision: String,
        /// Branches and tags with a name that is near.
        near: Vec<String>,
        /// The clone lacks older commits.
        shallow: bool,
    },
    /// A revision that is a folder or a file.
    #[error("`{revision}` is a {kind} and not a commit")]
    #[hint("name the commit that it is in")]
    NotACommit {
        /// What was asked for.
        revision: String,
        /// `tree` or `blob`.
        kind: String,
    },
    /// A repository whose objects have longer names.
    #[error("`{}` names its objects by {format}, and only sha1 is known", path.display())]
    #[hint("clone it again without `--object-format`")]
    ObjectFormat {
        /// The folder.
        path: PathBuf,
        /// The format.
        format: String,
    },
    /// A repository elsewhere has no such reference.
    #[error("{url} has no `{reference}`")]
    #[hint(with = near_hint(near, false, std::path::Path::new("")))]
    NoSuchReference {
        /// The address, without a password.
        url: String,
        /// What was asked for.
        reference: String,
        /// Branches with a name that is near.
        near: Vec<String>,
    },
    /// A repository elsewhere wants to know who asks, or is not there.
    #[error("{url} is not there, or not for you: {said}")]
    #[hint(
        "look at the address; for a private repository give git a credential helper or an ssh agent: nothing is asked on the terminal"
    )]
    Refused {
        /// The address, without a password.
        url: String,
        /// Git's last word.
        said: String,
    },
    /// Git could not fetch.
    #[error("cannot fetch `{reference}` of {url}: {said}")]
    #[hint("look at the network and the address (`git ls-remote {url}`), and try again; what has come before is kept")]
    Fetch {
        /// The address, without a password.
        url: String,
        /// What was asked for.
        reference: String,
        /// Git's last word.
        said: String,
    },
    /// A server that stopped in the middle.
    #[error("{url} stopped in the middle: {}", silence(*after, *whole))]
    #[hint("try again; what has come before is kept")]
    Silent {
        /// The address, without a password.
        url: String,
        /// The limit that was reached.
        after: Duration,
        /// Whether it is that of the whole fetch.
        whole: bool,
    },
    /// Git failed in another way.
    #[error("`git {command}` failed: {said}")]
    Git {
        /// Its subcommand.
        command: String,
        /// Its last word.
        said: String,
    },
    /// A link below the source folder that leads out of the tree.
    #[error("the link `{path}` leads out of the tree, to `{target}`")]
    #[hint("replace it by the file that it leads to")]
    LinkOut {
        /// The link.
        path: String,
        /// What it holds.
        target: String,
    },
    /// A repository inside the source folder.
    #[error("`{path}` is a submodule, and its files are not part of the commit")]
    #[hint("put its files into the repository itself")]
    Submodule {
        /// Where it is.
        path: String,
    },
    /// A name that is no text.
    #[error("the file name `{name}` is not UTF-8")]
    #[hint("rename the file")]
    NotUtf8 {
        /// The name, as far as it can be shown.
        name: String,
    },
    /// Something that is neither a file, a folder nor a link.
    #[error("`{path}` is neither a file, a folder nor a link")]
    #[hint("remove it")]
    Special {
        /// Where it is.
        path: String,
    },
    /// A merge that is not finished.
    #[error("the merge of `{path}` is not finished")]
    #[hint("finish it, or leave out `--dirty`")]
    Unmerged {
        /// The file.
        path: String,
    },
    /// An archive that is none.
    #[error("`{}` is no archive of source files: {why}", path.display())]
    #[hint("it must be a whole .tar.gz with one folder at its top; fetch it again")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A package that cannot be read.
    #[error("`{}`: {source}", path.display())]
    Package {
        /// The package.
        path: PathBuf,
        /// What is wrong with it.
        source: sage_oci_deb::DebError,
    },
    /// A package without the folder.
    #[error("the package `{}` installs nothing below `{folder}`", path.display())]
    EmptyPackage {
        /// The package.
        path: PathBuf,
        /// The folder.
        folder: String,
    },
    /// A version that is not pinned.
    #[error("{project} {version} is not pinned{}", list(pinned))]
    #[hint("pin it with `{pin} {version}`")]
    NotPinned {
        /// The project.
        project: String,
        /// The version.
        version: String,
        /// Those that are.
        pinned: Vec<String>,
        /// The command that pins one.
        pin: String,
    },
    /// A download that did not happen.
    #[error(transparent)]
    Download(#[from] FetchError),
    /// An archive of a version that holds another one.
    #[error("the archive of {wanted} states that it is {stated}")]
    #[hint("look at the pin of {wanted}")]
    OtherVersion {
        /// The version that was asked for.
        wanted: String,
        /// The version that the tree states.
        stated: String,
    },
    /// A content that the tree does not have, or that was not kept.
    #[error("there is no content {id} in {place}")]
    NoContent {
        /// Its name.
        id: BlobId,
        /// Where it was looked for.
        place: String,
    },
    /// A content that is not what its name says.
    #[error("the content {id} in {place} is not what it was")]
    #[hint("do not change files while they are read; a damaged file of the cache can be removed, and is made again")]
    Changed {
        /// Its name.
        id: BlobId,
        /// Where it was.
        place: String,
    },
    /// The caller wants an end.
    #[error("it was stopped")]
    #[hint("what has come so far is kept, and a new run goes on from there")]
    Stopped,
    /// A file that cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

fn near_hint(near: &[String], shallow: bool, path: &std::path::Path) -> Option<String> {
    let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    match (names.is_empty(), shallow) {
        (false, _) => Some(format!("did you mean {}?", names.join(" or "))),
        (true, true) => Some(format!(
            "the clone lacks older commits: get them with `git -C '{}' fetch --unshallow`",
            path.display()
        )),
        (true, false) => Some("name a branch, a tag or a hash of it".to_owned()),
    }
}

fn silence(after: Duration, whole: bool) -> String {
    match whole {
        true => format!("it was not done after {} s", after.as_secs_f32()),
        false => format!("for {} s it sent nothing, or next to nothing", after.as_secs_f32()),
    }
}

fn list(pinned: &[String]) -> String {
    if pinned.is_empty() { String::new() } else { format!("; there are {}", pinned.join(", ")) }
}
