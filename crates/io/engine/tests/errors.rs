//! Every error once, with its words, what to do, and whether to try again.

use sage_oci_engine::{Engine, EngineError, Host, StoreKind};
use sage_oci_fake_engine::{About, FakeEngine, Kind};
use sage_oci_hint::Hint as _;
use sage_oci_names::Reference;

fn api() -> Box<bollard::errors::Error> {
    Box::new(bollard::errors::Error::DockerResponseServerError { status_code: 500, message: "no".to_owned() })
}

#[test]
fn each_says_what_and_what_next() {
    let text = str::to_owned;
    let (host, during) = (text("unix:///s"), text("taking the image"));
    let gone = |kind| EngineError::Gone { host: host.clone(), during: during.clone(), source: api(), kind };
    for (error, words, hint, again) in [
        (
            EngineError::Absent { tried: text("unix:///a, unix:///b") },
            "no container engine was found (tried unix:///a, unix:///b)",
            "apt-get install docker.io",
            false,
        ),
        (
            EngineError::Permission { host: host.clone() },
            "no permission to talk to the container engine at unix:///s",
            "usermod -aG docker",
            false,
        ),
        (
            EngineError::TooOld { host: host.clone(), version: text("19.03"), api: text("1.40") },
            "the engine at unix:///s is version 19.03 (API 1.40); at least Docker 20.10 (API 1.41) is needed",
            "upgrade the engine",
            false,
        ),
        (
            gone(StoreKind::GraphDriver),
            "the engine at unix:///s went away while taking the image",
            "journalctl -u docker",
            true,
        ),
        (
            gone(StoreKind::Podman),
            "the engine at unix:///s went away while taking the image",
            "journalctl -u podman",
            true,
        ),
        (
            EngineError::Silent { host: host.clone(), during: during.clone(), seconds: 7 },
            "the engine at unix:///s was silent for 7 seconds while taking the image",
            "its disk full",
            true,
        ),
        (EngineError::Api { during, source: api() }, "the engine failed while taking the image", "", false),
        (
            EngineError::CannotRun { host, machine: text("amd64"), architecture: text("arm64") },
            "the engine at unix:///s runs on amd64 and cannot run programs for arm64",
            "qemu-user-static binfmt-support`), or use an engine on arm64",
            false,
        ),
        (EngineError::NoImage { name: text("a:1") }, "the engine has no image `a:1`", "sage-oci load", false),
        (EngineError::PortTaken { port: 80 }, "port 80 of this machine is taken", "sport = :80", false),
        (
            EngineError::BuildFailed { step: text("Step 2/2 : COPY x /"), message: text("no x") },
            "the engine's builder gave up at `Step 2/2 : COPY x /`: no x",
            "",
            false,
        ),
        (EngineError::Stopped, "it was stopped", "", false),
        (EngineError::Interrupted, "a thread of this program ended unexpectedly", "", false),
    ] {
        assert_eq!(error.to_string(), words);
        match hint {
            "" => assert_eq!(error.hint(), None, "{words}"),
            hint => assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint()),
        }
        assert_eq!((error.should_retry(), error.is_stop()), (again, matches!(error, EngineError::Stopped)), "{words}");
    }
    // What a name failed of decides.
    let name = |source| EngineError::NotNamed { name: Reference::parse("a:1").unwrap(), source: Box::new(source) };
    assert!(name(EngineError::Stopped).is_stop() && !name(EngineError::Interrupted).is_stop());
    assert!(name(EngineError::NoImage { name: text("x") }).hint().unwrap().contains("sage-oci load"));
}

async fn connect(fake: &FakeEngine) -> Result<Engine, EngineError> {
    Engine::connect_to(&Host::parse(&format!("unix://{}", fake.socket().display())).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_says_what_it_is() {
    for (about, kind, zstd, client) in [
        (About::docker_20(), StoreKind::GraphDriver, false, "docker"),
        (About::docker_28(), StoreKind::GraphDriver, true, "docker"),
        (About::containerd(), StoreKind::Containerd, true, "docker"),
        (About::podman(), StoreKind::Podman, true, "podman"),
    ] {
        let engine = connect(&FakeEngine::start(about.clone().on("amd64"))).await.unwrap();
        assert_eq!((engine.kind(), engine.takes_zstd(), engine.kind().client()), (kind, zstd, client));
        assert_eq!(engine.version(), about.version);
        assert_eq!(engine.architecture(), Some(sage_oci_names::Architecture::Amd64));
    }
    let fake = FakeEngine::start(About::docker_28().on("riscv64"));
    assert_eq!(connect(&fake).await.unwrap().architecture(), None);
    for old in ["1.40", "0.99"] {
        let error = connect(&FakeEngine::start(About::new(Kind::GraphDriver, "1", old))).await.unwrap_err();
        assert!(matches!(&error, EngineError::TooOld { api, .. } if api == old), "{error:?}");
    }
    let error = connect(&FakeEngine::start(About::new(Kind::GraphDriver, "1", "new"))).await.unwrap_err();
    assert!(error.to_string().ends_with("for its version"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_at_the_first_contact_is_said() {
    let fake = FakeEngine::start(About::docker_28());
    fake.refuse("GET /version", 500, "out of order");
    let error = connect(&fake).await.unwrap_err();
    assert!(matches!(error, EngineError::Api { .. }), "{error:?}");
    assert!(error.to_string().contains("for its version"), "{error}");
    let fake = FakeEngine::start(About::docker_28());
    fake.refuse("GET /info", 500, "out of order");
    assert!(connect(&fake).await.is_err());
}
