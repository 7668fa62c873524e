use crate::markdown::{code, fenced};
use crate::{Plan, Published, Service};

/// How to open an image on mybinder.org, which builds a Git repository's `binder/Dockerfile` and opens what comes out.
///
/// There is no link that opens an image by itself. A link is given where the repository has a ref whose file names this very
/// image; anywhere else the file is given, to be put into a repository of one's own. Binder's documentation:
/// <https://mybinder.readthedocs.io/en/latest/tutorials/dockerfile.html>.
pub(crate) fn binder(plan: &Plan, published: &Published) -> String {
    let link = plan.repository.as_deref().filter(|_| plan.service == Service::GitHub).and_then(|repository| {
        let (owner, name) = repository.split_once('/')?;
        let parts = [owner, name, published.binder.as_deref()?].map(encoded);
        Some(format!("https://mybinder.org/v2/gh/{}", parts.join("/")))
    });
    if let Some(link) = link {
        return format!("[Open it on Binder]({link})\n\n");
    }
    // Binder runs it as user 1000 and demands that the repository's files be in the home folder.
    let file = format!("FROM {}@{}\nCOPY --chown=1000:1000 . ${{HOME}}\n", published.repository, published.digest);
    let form = code("https://mybinder.org/v2/gh/OWNER/REPOSITORY/BRANCH");
    format!(
        "Binder: with this as {} in a GitHub repository, {form} opens it.\n\n{}\n",
        code("binder/Dockerfile"),
        fenced("dockerfile", &file)
    )
}

/// A part of a path in an address, slashes kept: names of branches have them.
fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
