//! A page on Docker Hub, by the real command, on fakes of the Hub and of what gives tokens.

use assert_cmd::Command;
use sage_oci_fake_registry::{FakeHub, FakeIssuer};
use std::path::Path;

/// What must not be printed.
const MARK: &str = "geheim";

/// A Hub with one repository and one account.
fn hub(user: &str, password: &str) -> FakeHub {
    let hub = FakeHub::start(user, password);
    hub.repository("sage/math");
    hub
}

/// Methods, paths and statuses of all requests.
fn lines(hub: &FakeHub) -> Vec<String> {
    hub.requests().iter().map(sage_oci_fake_registry::Seen::line).collect()
}

/// Exit status, standard output and standard error, in a folder with a README.
fn describe(readme: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    sage_oci_files::write_atomic(folder.path().join("README.md"), readme.as_bytes()).unwrap();
    let mut command = Command::cargo_bin("sage-oci").unwrap();
    for name in ["SAGE_OCI_HUB_USER", "SAGE_OCI_HUB_PASSWORD", "SAGE_OCI_HUB_CONNECTION", "SAGE_OCI_PROJECT"] {
        command.env_remove(name);
    }
    command
        .env("NO_COLOR", "1")
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .arg("describe")
        .args(arguments);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(!stdout.contains(MARK) && !stderr.contains(MARK), "{stdout}{stderr}");
    (output.status.code().unwrap(), stdout, stderr)
}

const HERE: [&str; 3] = ["docker.io/sage/math", "--readme", "README.md"];

const LOGIN: &str = "POST /v2/auth/token 200";
const READ: &str = "GET /v2/repositories/sage/math/ 200";
const WRITE: &str = "PATCH /v2/repositories/sage/math/ 200";

#[test]
fn a_page_is_written_once() {
    let hub = hub("u", "geheim-password");
    let url = hub.url();
    let variables =
        [("SAGE_OCI_HUB_URL", url.as_str()), ("SAGE_OCI_HUB_USER", "u"), ("SAGE_OCI_HUB_PASSWORD", "geheim-password")];
    let address = "https://hub.docker.com/r/sage/math\n";
    let (status, stdout, stderr) = describe("# Sage\n\n[a](b.md)\n", &HERE, &variables);
    assert_eq!((status, stdout.as_str(), stderr.as_str()), (0, address, "      Page written, and read back\n"));
    let page = "# Sage\n\n[a](https://github.com/sagemath/sage-oci/blob/HEAD/b.md)\n";
    assert_eq!(hub.description("sage/math").unwrap(), page);
    let (status, stdout, stderr) = describe("# Sage\n\n[a](b.md)\n", &HERE, &variables);
    assert_eq!((status, stdout.as_str(), stderr.as_str()), (0, address, "      Page as it is already\n"));
    assert_eq!(lines(&hub), [LOGIN, READ, WRITE, READ, LOGIN, READ]);
}

#[test]
fn the_longest_page_is_one_that_the_hub_takes() {
    let hub = hub("u", "geheim-password");
    let url = hub.url();
    let variables =
        [("SAGE_OCI_HUB_URL", url.as_str()), ("SAGE_OCI_HUB_USER", "u"), ("SAGE_OCI_HUB_PASSWORD", "geheim-password")];
    let (status, _, stderr) =
        describe(&"a line of ten words, with ä umlauts and ß\n\n".repeat(1000), &HERE, &variables);
    assert_eq!(status, 0, "{stderr}");
    let length = hub.description("sage/math").unwrap().len();
    assert!((24_900..=25_000).contains(&length), "{length}");
}

#[test]
fn a_page_that_is_not_kept_is_an_error() {
    let hub = hub("u", "geheim-password");
    hub.forgets();
    let url = hub.url();
    let variables =
        [("SAGE_OCI_HUB_URL", url.as_str()), ("SAGE_OCI_HUB_USER", "u"), ("SAGE_OCI_HUB_PASSWORD", "geheim-password")];
    let (status, stdout, stderr) = describe("# Sage\n", &HERE, &variables);
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert!(stderr.contains("took the page of `sage/math`, and shows another text"), "{stderr}");
}

#[test]
fn a_job_of_githubs_needs_no_password() {
    let issuer = FakeIssuer::start("geheim-job", "https://identity.docker.com");
    issuer.connection("c");
    let hub = hub("sage", "exchanged-1");
    let (url, identity, request) = (hub.url(), issuer.url(), issuer.request_url());
    let connection = [
        ("SAGE_OCI_HUB_URL", url.as_str()),
        ("SAGE_OCI_HUB_IDENTITY_URL", identity.as_str()),
        ("SAGE_OCI_HUB_CONNECTION", "c"),
    ];
    let (status, stdout, stderr) = describe("# Sage\n", &HERE, &connection);
    assert_eq!((status, stdout.as_str()), (2, ""));
    insta::assert_snapshot!(stderr, @r"
    error: `SAGE_OCI_HUB_CONNECTION` is set, and this job gets no token from GitHub
    hint: give the job the permission `id-token: write`
    ");
    let job = [("ACTIONS_ID_TOKEN_REQUEST_URL", request.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "geheim-job")];
    let all = [connection.as_slice(), &job].concat();
    let (status, _, stderr) = describe("# Sage\n", &HERE, &all);
    assert_eq!(status, 0, "{stderr}");
    assert_eq!(issuer.access_tokens(), ["exchanged-1"]);
    assert!(!stderr.contains("exchanged-1"), "{stderr}");
    assert_eq!(hub.description("sage/math").unwrap(), "# Sage\n");
    issuer.refuses();
    let (status, _, stderr) = describe("# Sage\n", &HERE, &all);
    assert_eq!(status, 2);
    assert!(stderr.contains("cannot exchange GitHub's token") && stderr.contains("OIDC connection"), "{stderr}");
}

#[test]
fn a_dry_run_prints_the_page_and_asks_nobody() {
    let hub = hub("u", "p");
    let long = format!("# Sage\n\n![a](b.png)\n\n{}\n", "x".repeat(25_000));
    let arguments = [HERE.as_slice(), &["--dry-run", "--source", "https://example.org/o/r"]].concat();
    let (status, stdout, stderr) = describe(&long, &arguments, &[("SAGE_OCI_HUB_URL", &hub.url())]);
    assert_eq!(status, 0);
    insta::assert_snapshot!(stdout, @r"
    # Sage

    ![a](https://example.org/o/r/raw/HEAD/b.png)

    *This page is cut here. [The whole text](https://example.org/o/r/blob/HEAD/README.md) is longer.*
    ");
    insta::assert_snapshot!(stderr, @"the README is longer than the 25000 bytes that Docker Hub takes: its page ends with a link");
    assert_eq!(hub.requests(), []);
}

#[test]
fn what_cannot_be_done_is_told() {
    let hub = hub("u", "another");
    let url = hub.url();
    let address = [("SAGE_OCI_HUB_URL", url.as_str())];
    let failed = |repository: &str, readme: &str, variables: &[(&str, &str)]| {
        let arguments = [repository, "--readme", "README.md"];
        let (status, stdout, stderr) = describe(readme, &arguments, &[address.as_slice(), variables].concat());
        assert_eq!((status, stdout.as_str()), (2, ""), "{stderr}");
        stderr.replace(url.strip_prefix("http://").unwrap(), "HOST")
    };
    insta::assert_snapshot!(failed("sage/math", "x", &[]), @r"
    error: there is no password for Docker Hub's pages
    hint: set SAGE_OCI_HUB_USER, and SAGE_OCI_HUB_PASSWORD to an access token of the Hub that may write; what `docker login` keeps is for images, and is not used here
    ");
    insta::assert_snapshot!(failed("sage/math", "x", &[("SAGE_OCI_HUB_PASSWORD", MARK)]), @r"
    error: the variable `SAGE_OCI_HUB_PASSWORD` is set, and `SAGE_OCI_HUB_USER` is not
    hint: set both
    ");
    insta::assert_snapshot!(failed("sage/math", "x", &[("SAGE_OCI_HUB_PASSWORD", MARK), ("SAGE_OCI_HUB_USER", "u")]), @r"
    error: cannot log in at Docker Hub: HOST answered with status 401 (the name or the password is wrong)
    hint: the password is an access token of the Hub, for the user or organisation that the name says
    ");
    insta::assert_snapshot!(failed("sage/math", " \n", &[]), @"error: `README.md` is empty, and would make an empty page");
    insta::assert_snapshot!(failed("quay.io/sage/math", "x", &[]), @r"
    error: `quay.io` has no page that can be written; Docker Hub alone has
    hint: where a registry shows a page, it finds it by the image's label `org.opencontainers.image.source`
    ");
    insta::assert_snapshot!(failed("sage/math:1", "x", &[]), @"error: a page is about a repository, without a tag or digest");
    insta::assert_snapshot!(failed("math", "x", &[]), @r"
    error: `math` is no repository on Docker Hub
    hint: give its two parts, as `docker.io/sagemath/sagemath`
    ");
    assert!(failed("Sage/Math", "x", &[]).contains("Sage/Math"));
}

#[test]
fn githubs_registry_makes_its_pages_itself() {
    let (status, stdout, stderr) = describe("x", &["ghcr.io/sage/math"], &[]);
    assert_eq!((status, stdout.as_str()), (0, ""));
    assert!(stderr.contains("org.opencontainers.image.source"), "{stderr}");
}

#[test]
fn the_readme_is_found_from_within_the_project() {
    let nix = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../nix");
    let mut command = Command::cargo_bin("sage-oci").unwrap();
    command.env_remove("SAGE_OCI_PROJECT").current_dir(&nix).args(["describe", "sage/math", "--dry-run"]);
    let text = |command: &mut Command| String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(text(&mut command).starts_with("# sage-oci\n"));
    // Links of a README in a folder lead from there.
    let page = text(command.args(["--readme", "README.md", "--source", "https://example.org/o/r"]));
    assert!(page.contains("https://example.org/o/r/blob/HEAD/README.md"), "{page}");
}
