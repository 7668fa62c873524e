//! Where credentials are found, which of them wins, and what is said of places that cannot be understood.

use sage_oci_credentials::{Credential, CredentialError, Found, Purpose, Secret, Sources};
use sage_oci_hint::Hint as _;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// What no message may hold.
const MARK: &str = "geheim";

fn write(path: impl AsRef<Path>, text: &str) {
    sage_oci_files::create_dir_all(path.as_ref().parent().unwrap()).unwrap();
    sage_oci_files::write_atomic(path, text.as_bytes()).unwrap();
}

/// A configuration with one user for each key; the password is the mark.
fn auths(entries: &[(&str, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, user)| {
            let auth = data_encoding::BASE64.encode(format!("{user}:{MARK}").as_bytes());
            format!("\"{key}\": {{\"auth\": \"{auth}\"}}")
        })
        .collect();
    format!("{{\"auths\": {{{}}}}}", entries.join(", "))
}

fn user(found: Result<Option<Found>, CredentialError>) -> Option<String> {
    found.unwrap().map(|found| match found.credential {
        Credential::Basic { user, password } => {
            assert_eq!(password, Secret::new(MARK));
            assert!(!found.from.contains(MARK), "{}", found.from);
            user
        }
        other => panic!("{other:?}"),
    })
}

#[test]
fn every_place_is_asked_and_the_first_wins() {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path).to_str().unwrap().to_owned();
    for (path, name) in [
        ("named.json", "named"),
        ("docker/config.json", "docker"),
        ("home/.docker/config.json", "home"),
        ("run/containers/auth.json", "run"),
        ("home/.config/containers/auth.json", "config"),
        ("xdg/containers/auth.json", "xdg"),
    ] {
        write(at(path), &auths(&[("ghcr.io", name)]));
    }
    let mut environment = vec![
        ("HOME", at("home")),
        ("CI_REGISTRY", "ghcr.io".to_owned()),
        ("CI_REGISTRY_USER", "gitlab".to_owned()),
        ("CI_REGISTRY_PASSWORD", MARK.to_owned()),
    ];
    let find = |environment: &[(&'static str, String)]| {
        let found = Sources::new(environment.iter().cloned()).lookup("ghcr.io", Some("a/b"), Purpose::Target).unwrap();
        let from = found.clone().unwrap().from;
        (user(Ok(found)).unwrap(), from)
    };
    // From the last place to the first: each one hides those that were there before.
    let gitlab = find(&environment[1..]);
    assert_eq!(gitlab, ("gitlab".into(), "the variables `CI_REGISTRY_USER` and `CI_REGISTRY_PASSWORD`".into()));
    sage_oci_files::rename(at("home/.docker"), at("home/.away")).unwrap();
    assert_eq!(find(&environment), ("config".into(), format!("`{}`", at("home/.config/containers/auth.json"))));
    environment.push(("XDG_CONFIG_HOME", at("xdg")));
    assert_eq!(find(&environment).0, "xdg");
    environment.push(("XDG_RUNTIME_DIR", at("run")));
    assert_eq!(find(&environment).0, "run");
    sage_oci_files::rename(at("home/.away"), at("home/.docker")).unwrap();
    assert_eq!(find(&environment).0, "home");
    environment.push(("DOCKER_CONFIG", at("docker")));
    assert_eq!(find(&environment), ("docker".into(), format!("`{}`", at("docker/config.json"))));
    environment.push(("REGISTRY_AUTH_FILE", at("named.json")));
    assert_eq!(find(&environment).0, "named");
    environment.push(("DOCKER_AUTH_CONFIG", auths(&[("ghcr.io", "variable")])));
    assert_eq!(find(&environment), ("variable".into(), "the variable `DOCKER_AUTH_CONFIG`".into()));
    environment.push(("SAGE_OCI_REGISTRY_USER", "own".to_owned()));
    environment.push(("SAGE_OCI_REGISTRY_PASSWORD", MARK.to_owned()));
    let own = ("own".into(), "the variables `SAGE_OCI_REGISTRY_USER` and `SAGE_OCI_REGISTRY_PASSWORD`".into());
    assert_eq!(find(&environment), own);
}

#[test]
fn a_place_without_an_entry_is_passed_and_named_folders_replace_the_usual_ones() {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path).to_str().unwrap().to_owned();
    write(at("home/.docker/config.json"), &auths(&[("ghcr.io", "home")]));
    write(at("run/containers/auth.json"), &auths(&[("ghcr.io", "run")]));
    write(at("docker/config.json"), &auths(&[("quay.io", "docker")]));
    let environment = [("HOME", at("home")), ("DOCKER_CONFIG", at("docker")), ("XDG_RUNTIME_DIR", at("run"))];
    let sources = Sources::new(environment.clone());
    assert_eq!(user(sources.lookup("ghcr.io", None, Purpose::Other)).unwrap(), "run");
    assert_eq!(
        sources.files(),
        ["docker/config.json", "run/containers/auth.json", "home/.config/containers/auth.json"]
            .map(|path| dir.path().join(path))
    );
    let named = environment.into_iter().chain([("REGISTRY_AUTH_FILE", at("absent.json"))]);
    assert_eq!(user(Sources::new(named).lookup("ghcr.io", None, Purpose::Other)), None);
    assert_eq!(user(Sources::new([("X", "y")]).lookup("ghcr.io", None, Purpose::Target)), None);
}

#[test]
fn our_own_variables_go_to_the_target_or_to_the_host_they_name() {
    let own = [("SAGE_OCI_REGISTRY_USER", "own"), ("SAGE_OCI_REGISTRY_PASSWORD", MARK)];
    let find = |sources: &Sources, registry, purpose| user(sources.lookup(registry, None, purpose));
    let sources = Sources::new(own);
    assert_eq!(find(&sources, "ghcr.io", Purpose::Target).unwrap(), "own");
    assert_eq!(find(&sources, "ghcr.io", Purpose::Other), None);
    let sources = Sources::new(own.into_iter().chain([("SAGE_OCI_REGISTRY_HOST", "docker.io")]));
    assert_eq!(find(&sources, "registry-1.docker.io", Purpose::Other).unwrap(), "own");
    assert_eq!(find(&sources, "ghcr.io", Purpose::Target), None);
}

#[test]
fn gitlabs_variables_go_to_gitlabs_registry_alone() {
    let gitlab = [("CI_REGISTRY_USER", "u"), ("CI_REGISTRY_PASSWORD", MARK)];
    assert_eq!(user(Sources::new(gitlab).lookup("registry.gitlab.com", None, Purpose::Target)), None);
    let sources = Sources::new(gitlab.into_iter().chain([("CI_REGISTRY", "registry.gitlab.com")]));
    assert_eq!(user(sources.lookup("registry.gitlab.com", Some("a/b"), Purpose::Target)).unwrap(), "u");
    for other in [
        "gitlab.com",
        "ghcr.io",
        "evil.registry.gitlab.com",
        "registry.gitlab.com.evil.org",
        "registry.gitlab.com:5000",
    ] {
        assert_eq!(user(sources.lookup(other, None, Purpose::Target)), None, "{other}");
    }
}

#[test]
fn keys_of_docker_and_podman_are_understood() {
    let text = auths(&[
        ("https://index.docker.io/v1/", "hub"),
        ("https://old.example/v1/", "old"),
        ("quay.io", "all"),
        ("quay.io/org", "org"),
        ("quay.io/org/repo", "repo"),
        ("localhost:5000", "local"),
        ("nothing.example/only", "only"),
    ]);
    let sources = Sources::new([("DOCKER_AUTH_CONFIG", text)]);
    for (registry, repository, expected) in [
        ("docker.io", Some("sagemath/sagemath"), Some("hub")),
        ("index.docker.io", None, Some("hub")),
        ("registry-1.docker.io", Some("x/y"), Some("hub")),
        ("old.example", None, Some("old")),
        ("quay.io", Some("org/repo"), Some("repo")),
        ("quay.io", Some("org/repo/sub"), Some("repo")),
        ("quay.io", Some("org/repo2"), Some("org")),
        ("quay.io", Some("orga/repo"), Some("all")),
        ("quay.io", None, Some("all")),
        ("localhost:5000", None, Some("local")),
        ("localhost", None, None),
        ("localhost:5001", None, None),
        ("nothing.example", Some("other"), None),
        ("nothing.example", None, None),
        ("ghcr.io", None, None),
    ] {
        let found = user(sources.lookup(registry, repository, Purpose::Other));
        assert_eq!(found.as_deref(), expected, "{registry} {repository:?}");
    }
}

#[test]
fn an_empty_entry_or_configuration_holds_nothing() {
    for text in
        ["", " \n", "{}", r#"{"auths": null, "credsStore": null}"#, r#"{"auths": {"ghcr.io": {}}, "credsStore": ""}"#]
    {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("config.json"), text);
        let sources = Sources::new([("DOCKER_CONFIG", dir.path())]);
        assert_eq!(user(sources.lookup("ghcr.io", None, Purpose::Target)), None, "{text}");
    }
}

#[test]
fn a_broken_entry_of_another_registry_does_not_matter() {
    let text = r#"{"auths": {"quay.io": {"auth": "geheim!"}, "ghcr.io": {"auth": "dTpnZWhlaW0="}}}"#;
    let sources = Sources::new([("DOCKER_AUTH_CONFIG", text)]);
    assert_eq!(user(sources.lookup("ghcr.io", None, Purpose::Target)).unwrap(), "u");
    assert!(sources.lookup("quay.io", None, Purpose::Target).is_err());
}

/// An error's message without its folder, after a look that neither it nor its hint or `Debug` holds the mark.
fn message(error: CredentialError, folder: &Path) -> String {
    for text in [error.to_string(), format!("{error:?}"), error.hint().expect("every error has a hint")] {
        assert!(!text.contains(MARK), "{text}");
    }
    error.to_string().replace(folder.to_str().unwrap(), "")
}

#[test]
fn what_cannot_be_understood_is_named_with_its_place() {
    let long = format!("{{\"{MARK}\": \"{}\"}}", "x".repeat(1 << 20));
    for (text, said) in [
        (
            "{\"auths\": {\n  \"geheim\" 7}}",
            "`/config.json` is no JSON: line 2, column 12: a character that does not belong",
        ),
        ("{\"auths\": {\"geheim", "`/config.json` is no JSON: line 1, column 18: it ends too early"),
        ("\"geheim\"", "`/config.json` is no JSON: line 1, column 1: it holds no object"),
        (r#"{"auths": "geheim"}"#, "`/config.json`: `auths` is no object"),
        (r#"{"credHelpers": ["geheim"]}"#, "`/config.json`: `credHelpers` is no object"),
        (r#"{"credsStore": ["geheim"]}"#, "`/config.json`: `credsStore` is no text"),
        (
            r#"{"credsStore": "../geheim"}"#,
            "`/config.json`: `credsStore` must be the end of a program's name, without a slash",
        ),
        (
            r#"{"auths": {"https://u:geheim@ghcr.io/v2/": {"auth": "geheim!"}}}"#,
            "`/config.json`: `auths.ghcr.io.auth` is no base64",
        ),
        (&long, "`/config.json` is longer than 1048576 bytes"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path().join("config.json"), text);
        let error = Sources::new([("DOCKER_CONFIG", dir.path())]).lookup("ghcr.io", None, Purpose::Target).unwrap_err();
        assert_eq!(message(error, dir.path()), said);
    }
}

#[test]
fn a_folder_in_a_files_place_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    sage_oci_files::create_dir_all(dir.path().join("config.json")).unwrap();
    let error = Sources::new([("DOCKER_CONFIG", dir.path())]).lookup("ghcr.io", None, Purpose::Target).unwrap_err();
    assert_eq!(message(error, dir.path()), "cannot read `/config.json`: Is a directory (os error 21)");
    // A file where a folder should be is no absent file.
    write(dir.path().join("file"), "");
    let sources = Sources::new([("DOCKER_CONFIG", dir.path().join("file"))]);
    let error = sources.lookup("ghcr.io", None, Purpose::Target).unwrap_err();
    assert_eq!(message(error, dir.path()), "cannot open `/file/config.json`: Not a directory (os error 20)");
}

#[test]
fn variables_that_cannot_be_used_are_named() {
    let said = |environment: Vec<(&str, OsString)>| {
        let error = Sources::new(environment).lookup("ghcr.io", None, Purpose::Target).unwrap_err();
        message(error, Path::new("/nowhere"))
    };
    let binary = OsString::from_vec(b"geheim\xff".to_vec());
    assert_eq!(
        said(vec![("SAGE_OCI_REGISTRY_PASSWORD", MARK.into())]),
        "the variable `SAGE_OCI_REGISTRY_PASSWORD` is set, and `SAGE_OCI_REGISTRY_USER` is not"
    );
    assert_eq!(
        said(vec![("SAGE_OCI_REGISTRY_USER", "u".into()), ("SAGE_OCI_REGISTRY_PASSWORD", "".into())]),
        "the variable `SAGE_OCI_REGISTRY_USER` is set, and `SAGE_OCI_REGISTRY_PASSWORD` is not"
    );
    assert_eq!(said(vec![("DOCKER_AUTH_CONFIG", binary)]), "the variable `DOCKER_AUTH_CONFIG` is no UTF-8");
    assert_eq!(
        said(vec![("DOCKER_AUTH_CONFIG", "geheim".into())]),
        "the variable `DOCKER_AUTH_CONFIG` is no JSON: line 1, column 1: a character that does not belong"
    );
}

#[test]
fn sources_do_not_show_their_environment() {
    let text = format!("{:?}", Sources::new([("SAGE_OCI_REGISTRY_PASSWORD", MARK), ("HOME", "/home/a")]));
    assert!(text.contains("/home/a/.docker/config.json") && !text.contains(MARK), "{text}");
}
