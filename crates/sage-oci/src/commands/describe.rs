use crate::cli::Describe;
use crate::context::Context;
use crate::{Failure, Printer};
use sage_oci_credentials::Secret;
use sage_oci_hub::{Described, GitHub, HUB, Hub, IDENTITY, LIMIT, Origin, Page, github_token, page};
use sage_oci_names::Reference;
use std::path::{Path, PathBuf};

const USER: &str = "SAGE_OCI_HUB_USER";
const PASSWORD: &str = "SAGE_OCI_HUB_PASSWORD";
const CONNECTION: &str = "SAGE_OCI_HUB_CONNECTION";

/// Other addresses than Docker's own, which tests have.
const HUB_URL: &str = "SAGE_OCI_HUB_URL";
const IDENTITY_URL: &str = "SAGE_OCI_HUB_IDENTITY_URL";

/// Makes a repository's page follow a README, and prints the page's address.
pub fn run(
    options: &Describe,
    context: impl FnOnce() -> Result<Context, Failure>,
    printer: Printer,
) -> Result<(), Failure> {
    describe(options, || Ok(context()?.project.root().to_owned()), printer)
}

/// The same for what a job has published, by the project's README.
pub fn follow(context: &Context, repository: &str) -> Result<(), Failure> {
    let source = env!("CARGO_PKG_REPOSITORY").to_owned();
    let options = Describe { repository: Reference::parse(repository)?, readme: None, source, dry_run: false };
    describe(&options, || Ok(context.project.root().to_owned()), context.printer)
}

fn describe(
    options: &Describe,
    root: impl FnOnce() -> Result<PathBuf, Failure>,
    printer: Printer,
) -> Result<(), Failure> {
    let Some((namespace, repository)) = on_the_hub(options, printer)? else { return Ok(()) };
    let Page { text, is_cut } = make(options, root)?;
    if is_cut {
        printer.note(format_args!(
            "the README is longer than the {LIMIT} bytes that Docker Hub takes: its page ends with a link"
        ));
    }
    if options.dry_run {
        printer.result(text.trim_end());
        return Ok(());
    }
    let (user, password) = credential(&namespace)?;
    let hub = Hub::new(&variable(HUB_URL)?.unwrap_or_else(|| HUB.to_owned()), &user, &password)?;
    printer.step(
        "Page",
        match hub.describe(&namespace, &repository, &text)? {
            Described::Changed => "written, and read back",
            Described::Same => "as it is already",
        },
    );
    printer.result(format_args!("{HUB}/r/{namespace}/{repository}"));
    Ok(())
}

/// The two parts of a repository's name on Docker Hub; none where its registry has a page of its own making.
fn on_the_hub(options: &Describe, printer: Printer) -> Result<Option<(String, String)>, Failure> {
    let reference = &options.repository;
    let label = "the image's label `org.opencontainers.image.source`";
    match reference.registry() {
        None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => {}
        Some("ghcr.io") => {
            printer.note(format_args!(
                "nothing to do: ghcr.io shows the README of the repository on GitHub that {label} names"
            ));
            return Ok(None);
        }
        Some(other) => {
            return Err(Failure::new(
                format_args!("`{other}` has no page that can be written; Docker Hub alone has"),
                Some(format!("where a registry shows a page, it finds it by {label}")),
            ));
        }
    }
    if reference.tag().is_some() || reference.digest().is_some() {
        return Err(Failure::new("a page is about a repository, without a tag or digest", None));
    }
    match reference.repository().split_once('/') {
        Some((namespace, repository)) if !repository.contains('/') => {
            Ok(Some((namespace.to_owned(), repository.to_owned())))
        }
        _ => Err(Failure::new(
            format_args!("`{}` is no repository on Docker Hub", reference.repository()),
            Some("give its two parts, as `docker.io/sagemath/sagemath`".to_owned()),
        )),
    }
}

/// The page's text.
fn make(options: &Describe, root: impl FnOnce() -> Result<PathBuf, Failure>) -> Result<Page, Failure> {
    let project = root();
    let (path, name) = match &options.readme {
        None => (project?.join("README.md"), PathBuf::from("README.md")),
        Some(path) => (path.clone(), within(path, project.ok().as_deref())?),
    };
    let readme = sage_oci_files::read_to_string(&path)?;
    if readme.trim().is_empty() {
        return Err(Failure::new(format_args!("`{}` is empty, and would make an empty page", path.display()), None));
    }
    let origin = Origin::of(&options.source, &name.to_string_lossy()).ok_or_else(|| {
        let hint = "`--source` is as https://github.com/sagemath/sage-oci".to_owned();
        Failure::new("the source is no address that a link can lead to", Some(hint))
    })?;
    Ok(page(&readme, &origin, LIMIT))
}

/// A file's path within the project; its name alone where it is elsewhere.
fn within(file: &Path, project: Option<&Path>) -> Result<PathBuf, Failure> {
    let real = sage_oci_files::real_path(file)?;
    let below = match project {
        Some(root) => real.strip_prefix(sage_oci_files::real_path(root)?).ok().map(Path::to_owned),
        None => None,
    };
    Ok(below.or_else(|| real.file_name().map(PathBuf::from)).unwrap_or_default())
}

/// Who logs in at the Hub, and with what.
fn credential(namespace: &str) -> Result<(String, Secret), Failure> {
    let half = |present: &str, absent: &str| {
        Failure::new(
            format_args!("the variable `{present}` is set, and `{absent}` is not"),
            Some("set both".to_owned()),
        )
    };
    let user = variable(USER)?;
    match (user, variable(PASSWORD)?, variable(CONNECTION)?) {
        (Some(user), Some(password), _) => Ok((user, Secret::new(password))),
        (None, Some(_), _) => Err(half(PASSWORD, USER)),
        (user, None, Some(connection)) => {
            let user = user.unwrap_or_else(|| namespace.to_owned());
            Ok((user, from_github(&connection)?))
        }
        (Some(_), None, None) => Err(half(USER, PASSWORD)),
        (None, None, None) => Err(Failure::new(
            "there is no password for Docker Hub's pages",
            Some(format!(
                "set {USER}, and {PASSWORD} to an access token of the Hub that may write; what `docker login` keeps is for images, \
                 and is not used here"
            )),
        )),
    }
}

/// A token in a password's place, in a job of GitHub's.
fn from_github(connection: &str) -> Result<Secret, Failure> {
    let (url, token) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    let (Some(url), Some(token)) = (variable(url)?, variable(token)?) else {
        return Err(Failure::new(
            format_args!("`{CONNECTION}` is set, and this job gets no token from GitHub"),
            Some("give the job the permission `id-token: write`".to_owned()),
        ));
    };
    let github = GitHub { url, token: Secret::new(token) };
    let identity = variable(IDENTITY_URL)?.unwrap_or_else(|| IDENTITY.to_owned());
    Ok(github_token(&github, &identity, connection)?)
}

/// A variable that is set and not empty. Its value may be a secret, and is in no error.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var_os(name).filter(|value| !value.is_empty()).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(Failure::new(format_args!("the variable `{name}` is no UTF-8"), None)),
    }
}
