//! Programs that keep credentials: real ones, which each test writes.

use sage_oci_credentials::{Credential, CredentialError, Found, Purpose, Secret, Sources};
use sage_oci_fake_program::write_program;
use sage_oci_hint::Hint as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"{"credHelpers": {"ghcr.io": "one"}, "credsStore": "all", "auths": {"ghcr.io": {"auth": "dTpw"}, "quay.io": {}}}"#;

/// A folder with docker's configuration and programs.
struct Place {
    folder: tempfile::TempDir,
    limit: Duration,
}

impl Place {
    fn new(config: &str, programs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        sage_oci_files::write_atomic(folder.path().join("config.json"), config.as_bytes()).unwrap();
        for (name, script) in programs {
            write_program(folder.path().join(format!("docker-credential-{name}")), format!("#!/bin/sh\n{script}\n"));
        }
        Self { folder, limit: Duration::from_secs(60) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn find(&self, registry: &str) -> Result<Option<Found>, CredentialError> {
        let folder = self.folder.path().to_str().unwrap();
        let environment = [
            ("DOCKER_CONFIG", folder),
            ("PATH", &format!("{folder}:/usr/bin:/bin")),
            ("FOLDER", folder),
            ("CI_JOB_TOKEN", "ci"),
        ];
        Sources::new(environment).with_helper_limit(self.limit).lookup(registry, Some("a/b"), Purpose::Target)
    }

    /// What is said of a failure, after a look that no text of the error holds a secret.
    fn failure(&self, registry: &str) -> (String, String) {
        let error = self.find(registry).unwrap_err();
        let hint = error.hint().unwrap();
        for text in [error.to_string(), format!("{error:?}"), hint.clone()] {
            assert!(!text.contains("geheim"), "{text}");
        }
        let short = |text: String| text.replace(self.folder.path().to_str().unwrap(), "");
        (short(error.to_string()), short(hint))
    }
}

fn basic(user: &str, password: &str) -> Credential {
    Credential::Basic { user: user.to_owned(), password: Secret::new(password) }
}

#[test]
fn the_registrys_own_helper_is_asked_in_dockers_way() {
    let one = r#"read -r server; echo "$*" "$server" >"$FOLDER/asked"; printf '{"ServerURL":"x","Username":"u","Secret":"%s"}' "$CI_JOB_TOKEN""#;
    let place = Place::new(CONFIG, &[("one", one), ("all", "exit 7")]);
    let found = place.find("ghcr.io").unwrap().unwrap();
    assert_eq!(found.credential, basic("u", "ci"));
    let config = place.path("config.json");
    assert_eq!(found.from, format!("`docker-credential-one`, which `{}` names", config.display()));
    assert_eq!(sage_oci_files::read_to_string(place.path("asked")).unwrap(), "get ghcr.io\n");
}

#[test]
fn the_store_for_all_knows_docker_hub_by_two_names() {
    let all = r#"read -r server; echo "$server" >>"$FOLDER/asked"
        case $server in
        docker.io) echo '{"Username": "<token>", "Secret": "identity"}' ;;
        *) echo 'credentials not found in native keychain'; exit 1 ;;
        esac"#;
    let place = Place::new(CONFIG, &[("all", all)]);
    let found = place.find("index.docker.io").unwrap().unwrap();
    assert_eq!(found.credential, Credential::IdentityToken { token: Secret::new("identity") });
    assert_eq!(
        sage_oci_files::read_to_string(place.path("asked")).unwrap(),
        "https://index.docker.io/v1/\ndocker.io\n"
    );
    assert_eq!(place.find("quay.io").unwrap(), None);
}

#[test]
fn where_a_helper_has_nothing_the_file_is_looked_into() {
    for script in ["echo credentials not found in native keychain; exit 1", r#"echo '{"Username": "", "Secret": ""}'"#]
    {
        let place = Place::new(CONFIG, &[("one", script)]);
        assert_eq!(place.find("ghcr.io").unwrap().unwrap().credential, basic("u", "p"), "{script}");
    }
    // An empty name switches the store for all off, for this registry.
    let place = Place::new(&CONFIG.replace("one", ""), &[("all", "exit 7")]);
    assert_eq!(place.find("ghcr.io").unwrap().unwrap().credential, basic("u", "p"));
}

#[test]
fn a_failure_is_told_without_what_the_helper_said() {
    let place = Place::new(CONFIG, &[("one", "echo geheim; echo geheim >&2; exit 3")]);
    let (said, hint) = place.failure("ghcr.io");
    assert_eq!(
        said,
        "`docker-credential-one` failed (exit status: 3); what it said is not shown, for it may hold a secret"
    );
    assert_eq!(
        hint,
        "run it yourself: `echo ghcr.io | docker-credential-one get`; `/config.json` names it in `credHelpers.ghcr.io`"
    );
    // The known words are an answer only where they are all that it says, and it fails.
    for script in [
        "echo credentials not found in native keychain: geheim; exit 1",
        "echo credentials not found in native keychain",
        "kill -9 $$",
    ] {
        let place = Place::new(CONFIG, &[("one", script)]);
        assert!(place.failure("ghcr.io").0.starts_with("`docker-credential-one` "), "{script}");
    }
}

#[test]
fn an_answer_that_is_none_is_told_without_it() {
    for script in [
        "echo geheim",
        "",
        r#"echo '"geheim"'"#,
        r#"echo '{"Username": "u"}'"#,
        r#"echo '{"Username": "u", "Secret": 7}'"#,
        r#"echo '{"Username": "", "Secret": "geheim"}'"#,
        r#"echo '{"Username": "u", "Secret": ""}'"#,
        r#"echo '{"Username": "u", "Secret": "geheim"} more'"#,
        "head -c 3000000 /dev/zero",
    ] {
        let place = Place::new(CONFIG, &[("one", script)]);
        let (said, hint) = place.failure("ghcr.io");
        let start = match script.starts_with("head") {
            // It is not read to its end, so the pipe breaks under it.
            true => "`docker-credential-one` failed (",
            false => "`docker-credential-one` gave no credential in the form that helpers have",
        };
        assert!(said.starts_with(start), "{script}: {said}");
        assert!(hint.contains("`echo ghcr.io | docker-credential-one get`"), "{hint}");
    }
}

#[test]
fn a_helper_that_is_not_installed_is_told_with_the_line_that_names_it() {
    let (said, hint) = Place::new(CONFIG, &[]).failure("ghcr.io");
    let line = "credHelpers.ghcr.io";
    assert_eq!(
        said,
        format!(
            "`docker-credential-one` is not on PATH, and `/config.json` says in `{line}` that it keeps the credentials"
        )
    );
    assert_eq!(hint, format!("install it, or take `{line}` out of `/config.json` and log in again"));
    assert!(Place::new(CONFIG, &[]).failure("quay.io").1.starts_with("install it, or take `credsStore` out of"));
}

#[test]
fn a_helper_that_cannot_be_started_is_told() {
    let place = Place::new(CONFIG, &[]);
    write_program(place.path("docker-credential-one"), "#!/no/such/shell\n");
    let (said, hint) = place.failure("ghcr.io");
    assert!(said.starts_with("cannot run `docker-credential-one`: No such file or directory"), "{said}");
    assert_eq!(hint, "can it be executed? `/config.json` names it in `credHelpers.ghcr.io`");
}

/// Whether a process still runs: one that has ended and waits for its parent does not.
fn runs(id: &str) -> bool {
    let stat = sage_oci_files::read_to_string(Path::new("/proc").join(id.trim()).join("stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn a_helper_that_does_not_end_is_killed_with_what_it_started() {
    for script in [
        // It waits for its child, and both hold the pipe.
        "sleep 600 & echo $! >\"$FOLDER/child\"; wait",
        // It ends, and its child holds the pipe.
        "sleep 600 & echo $! >\"$FOLDER/child\"; echo '{\"Username\": \"u\", \"Secret\": \"geheim\"}'",
        // It closes the pipe and does not end.
        "exec >&-; sleep 600 & echo $! >\"$FOLDER/child\"; wait",
    ] {
        let mut place = Place::new(CONFIG, &[("one", script)]);
        place.limit = Duration::from_millis(500);
        // On a machine under load the limit may come before the helper has got that far.
        let (said, hint) = loop {
            let words = place.failure("ghcr.io");
            if sage_oci_files::exists(place.path("child")).unwrap() {
                break words;
            }
            place.limit *= 2;
        };
        let limit = place.limit.as_secs_f32();
        assert_eq!(said, format!("`docker-credential-one` did not answer within {limit} s"));
        assert!(hint.starts_with("it may wait for somebody to unlock its store"), "{hint}");
        let child = sage_oci_files::read_to_string(place.path("child")).unwrap();
        // A killed process ends when it is next scheduled; the minute is there for a test that fails.
        let end = Instant::now() + Duration::from_secs(60);
        while runs(&child) {
            assert!(Instant::now() < end, "process {child} goes on: {script}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_helper_need_not_read_and_may_leave_a_process_that_has_let_go() {
    let script =
        "exec <&-; sleep 600 >/dev/null & echo $! >\"$FOLDER/child\"; echo '{\"Username\": \"u\", \"Secret\": \"s\"}'";
    let place = Place::new(CONFIG, &[("one", script)]);
    assert_eq!(place.find("ghcr.io").unwrap().unwrap().credential, basic("u", "s"));
    let child = sage_oci_files::read_to_string(place.path("child")).unwrap();
    assert!(runs(&child), "an agent that a helper starts goes on");
    let id = rustix::process::Pid::from_raw(child.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
}

#[test]
#[ignore = "a part of what_a_helper_says_on_standard_error_is_not_seen"]
fn run_a_helper_that_talks() {
    let place = Place::new(CONFIG, &[("one", "echo geheim >&2; exit 3")]);
    place.find("ghcr.io").unwrap_err();
}

/// Standard error is the process's own, so another process is looked at.
#[test]
fn what_a_helper_says_on_standard_error_is_not_seen() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "run_a_helper_that_talks", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed") && !text.contains("geheim"), "{text}");
}
