//! Each way a mirror can misbehave, against the fake one: what the download does, and what it asks for.

use sage_oci_fake_mirror::{Fault, Mirror, When};
use sage_oci_fetch::{FetchError, Options, Progress, Summary, Trouble, Wanted, fetch_all, get};
use sage_oci_http::Broken;
use sage_oci_names::Sha256;
use sha2::Digest;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

const PATH: &str = "pool/main/a/a_1%2b~+b1_all.deb";
/// The same as a URL has it.
const ESCAPED: &str = "pool/main/a/a_1%252b~+b1_all.deb";

/// Two mirrors of the same folder, and a place for what is fetched.
struct Scene {
    _folder: tempfile::TempDir,
    targets: tempfile::TempDir,
    one: Mirror,
    two: Mirror,
    bytes: Vec<u8>,
    options: Options,
}

/// Counts, and keeps what was said about retries.
#[derive(Default)]
struct Tale {
    balance: AtomicI64,
    said: Mutex<Vec<String>>,
}

impl Progress for Tale {
    fn started(&self, _files: usize, bytes: u64) {
        self.balance.fetch_sub(bytes as i64, Ordering::Relaxed);
    }
    fn advanced(&self, bytes: u64) {
        self.balance.fetch_add(bytes as i64, Ordering::Relaxed);
    }
    fn withdrawn(&self, bytes: u64) {
        self.balance.fetch_sub(bytes as i64, Ordering::Relaxed);
    }
    fn retried(&self, file: &str, why: &str) {
        self.said.lock().unwrap().push(format!("{file}: {why}"));
    }
    fn finished(&self, file: &str) {
        assert_eq!(file, PATH);
    }
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..300_000_u32).map(|number| ((number * 7919) >> 5) as u8).collect();
        let file = folder.path().join(PATH);
        sage_oci_files::create_dir_all(file.parent().unwrap()).unwrap();
        sage_oci_files::write_atomic(&file, &bytes).unwrap();
        let serve = || Mirror::serve(folder.path()).unwrap();
        let options = Options {
            first_pause: Duration::from_millis(1),
            read_timeout: Duration::from_millis(300),
            slow_for: Duration::from_millis(400),
            slowest: 100_000,
            ..Options::default()
        };
        let (one, two) = (serve(), serve());
        Self { one, two, _folder: folder, targets: tempfile::tempdir().unwrap(), bytes, options }
    }

    fn target(&self) -> PathBuf {
        self.targets.path().join("deep/a.deb")
    }

    fn part(&self) -> PathBuf {
        self.targets.path().join("deep/a.deb.part")
    }

    fn put_part(&self, bytes: &[u8]) {
        sage_oci_files::create_dir_all(self.part().parent().unwrap()).unwrap();
        sage_oci_files::write_atomic(self.part(), bytes).unwrap();
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            path: PATH.into(),
            sha256: Sha256::new(sha2::Sha256::digest(&self.bytes).into()),
            size: self.bytes.len() as u64,
            target: self.target(),
        }
    }

    fn fetch(&self) -> Result<Summary, FetchError> {
        fetch_all(&[self.wanted()], &[self.one.url(), self.two.url()], &self.options, &Tale::default())
    }

    /// Fetches, and checks that the file is whole, alone, and was counted right. Returns what was retried.
    fn fetch_well(&self) -> Vec<String> {
        let tale = Tale::default();
        fetch_all(&[self.wanted()], &[self.one.url(), self.two.url()], &self.options, &tale).unwrap();
        assert!(sage_oci_files::read(self.target()).unwrap() == self.bytes);
        assert_eq!(sage_oci_files::list(self.target().parent().unwrap()).unwrap(), [self.target()]);
        assert_eq!(tale.balance.into_inner(), 0);
        tale.said.into_inner().unwrap()
    }

    /// The `Range` header of each request to the first and to the second mirror.
    fn asked(&self) -> [Vec<Option<String>>; 2] {
        let ranges = |mirror: &Mirror| {
            mirror.requests().iter().map(|request| request.header("range").map(str::to_owned)).collect()
        };
        [ranges(&self.one), ranges(&self.two)]
    }

    /// How many requests each mirror had.
    fn counts(&self) -> (usize, usize) {
        (self.one.requests().len(), self.two.requests().len())
    }

    fn trouble(&self) -> Vec<Trouble> {
        match self.fetch().unwrap_err() {
            FetchError::Failed { failures, not_tried: 0 } => {
                failures[0].answers.iter().map(|answer| answer.trouble.clone()).collect()
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_good_mirror_is_asked_once_and_a_good_file_never_again() {
    let scene = Scene::new();
    assert_eq!(scene.fetch_well(), Vec::<String>::new());
    assert_eq!(scene.fetch().unwrap(), Summary { fetched: 0, present: 1, bytes: 0 });
    assert_eq!(scene.counts(), (1, 0));
    assert_eq!(scene.one.requests()[0].path, format!("/{PATH}"));
}

#[test]
fn a_wrong_file_at_the_target_is_replaced() {
    let scene = Scene::new();
    scene.put_part(b"");
    sage_oci_files::write_atomic(scene.target(), &vec![0; scene.bytes.len()]).unwrap();
    scene.fetch_well();
}

#[test]
fn not_found_goes_to_the_next_mirror_at_once() {
    for code in [404, 410, 403] {
        let scene = Scene::new();
        scene.one.on("*", When::Always, Fault::Status(code));
        let said = scene.fetch_well();
        assert_eq!(scene.counts(), (1, 1));
        assert!(said.len() == 1 && said[0].contains(&format!("status {code}")), "{said:?}");
    }
}

#[test]
fn a_server_error_is_tried_again() {
    for fault in [Fault::Status(500), Fault::Busy(503, 0), Fault::Status(429)] {
        let scene = Scene::new();
        scene.one.on("*", When::First(2), fault);
        assert_eq!(scene.fetch_well().len(), 2);
        assert_eq!(scene.counts(), (3, 0));
    }
}

#[test]
fn retry_after_is_waited_for() {
    let scene = Scene::new();
    scene.one.on("*", When::First(1), Fault::Busy(503, 1));
    let start = Instant::now();
    scene.fetch_well();
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn half_a_file_is_resumed() {
    for fault in [Fault::Half, Fault::Reset(150_000), Fault::Stall(150_000)] {
        let scene = Scene::new();
        scene.one.on("*", When::First(1), fault.clone());
        scene.fetch_well();
        let [one, two] = scene.asked();
        assert_eq!((one.len(), two.len()), (2, 0), "{fault:?}");
        let range = one[1].as_deref().unwrap_or_else(|| panic!("{fault:?}: the second request has no range"));
        let start: u64 = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
        // A reset may cost bytes that were on their way.
        assert!((1..=150_000).contains(&start), "{fault:?}: {range}");
        if fault == Fault::Half {
            assert_eq!(start, 150_000);
        }
    }
}

#[test]
fn a_part_of_an_earlier_run_is_resumed() {
    let scene = Scene::new();
    scene.put_part(&scene.bytes[..1000]);
    scene.fetch_well();
    assert_eq!(scene.asked()[0], [Some("bytes=1000-".to_owned())]);
}

#[test]
fn a_whole_part_is_checked_and_not_fetched() {
    let scene = Scene::new();
    scene.put_part(&scene.bytes);
    scene.fetch_well();
    assert_eq!(scene.counts(), (0, 0));
}

#[test]
fn a_part_that_is_wrong_is_thrown_away() {
    let scene = Scene::new();
    let longer = [&scene.bytes[..], b"more"].concat();
    for part in [&vec![1; 1000], &vec![1; scene.bytes.len()], &longer] {
        let scene = Scene::new();
        scene.put_part(part);
        scene.fetch_well();
        // The mirror is not to blame, so it is the same one that is asked again.
        assert_eq!(scene.counts().1, 0);
        assert_eq!(scene.asked()[0].last().unwrap(), &None);
    }
}

#[test]
fn a_range_that_is_ignored_or_wrong_starts_again() {
    for fault in [Fault::IgnoreRange, Fault::WrongRange] {
        let scene = Scene::new();
        scene.put_part(&scene.bytes[..1000]);
        scene.one.on("*", When::Always, fault);
        scene.fetch_well();
        assert_eq!(scene.counts().1, 0);
    }
}

#[test]
fn other_bytes_or_lengths_go_to_the_other_mirror() {
    for fault in [Fault::Garbage, Fault::Longer(1), Fault::Shorter(1), Fault::Endless(1)] {
        let scene = Scene::new();
        scene.one.on("*", When::Always, fault.clone());
        scene.fetch_well();
        let [one, two] = scene.asked();
        assert_eq!(one, [None], "{fault:?}");
        // Nothing of the wrong file is built upon.
        assert_eq!(two, [None], "{fault:?}");
    }
}

#[test]
fn silence_ends_with_the_time_out() {
    let mut scene = Scene::new();
    scene.options.attempts = 2;
    scene.one.on("*", When::Always, Fault::Silence);
    let said = scene.fetch_well();
    // Twice, and then the other mirror.
    assert!(said.len() == 2 && said.iter().all(|said| said.contains("timed out")), "{said:?}");
    assert_eq!(scene.counts(), (2, 1));
}

#[test]
fn a_drip_is_given_up() {
    let mut scene = Scene::new();
    scene.one.on("*", When::Always, Fault::Drip(100, Duration::from_millis(10)));
    scene.fetch_well();
    assert_eq!(scene.counts(), (1, 1));
    // Any pace is fine that is fast enough; a busy machine may make a thousandth of this one.
    scene = Scene::new();
    scene.options.slowest = 1_000;
    scene.one.on("*", When::Always, Fault::Drip(10_000, Duration::from_millis(10)));
    scene.fetch_well();
    assert_eq!(scene.counts(), (1, 0));
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let scene = Scene::new();
    scene.one.on("*", When::Always, Fault::Redirect(format!("{}/{ESCAPED}", scene.two.url())));
    scene.fetch_well();
    assert_eq!(scene.counts(), (1, 1));
    for elsewhere in ["/loop", "ftp://example.org/x"] {
        let scene = Scene::new();
        scene.one.on("*", When::Always, Fault::Redirect(elsewhere.to_owned()));
        scene.fetch_well();
        assert!(scene.counts().0 <= 6 && scene.counts().1 == 1, "{elsewhere}: {:?}", scene.counts());
    }
}

#[test]
fn what_is_no_http_is_not_taken() {
    let scene = Scene::new();
    scene.one.on("*", When::Always, Fault::NotHttp);
    scene.fetch_well();
    assert_eq!(scene.counts().1, 1);
}

#[test]
fn when_all_fail_the_error_names_each_and_what_it_said() {
    let scene = Scene::new();
    scene.one.on("*", When::Always, Fault::Status(404));
    scene.two.on("*", When::Always, Fault::Garbage);
    let error = scene.fetch().unwrap_err();
    let text = error.to_string();
    for part in [PATH, &scene.one.url(), "404 (not found)", &scene.two.url(), "the digest is sha256:"] {
        assert!(text.contains(part), "`{part}` in: {text}");
    }
    assert!(!error.is_not_found());
    assert!(!sage_oci_files::exists(scene.target()).unwrap());
    assert!(!sage_oci_files::exists(scene.part()).unwrap());
}

#[test]
fn each_trouble_is_told_as_what_it_is() {
    type Fits = fn(&Trouble) -> bool;
    let cases: [(Fault, Fits); 6] = [
        (Fault::Half, |trouble| matches!(trouble, Trouble::Cut { got: 150_000.., expected: 300_000 })),
        (Fault::Silence, |trouble| matches!(trouble, Trouble::Broken(Broken::TimedOut { .. }))),
        (Fault::Longer(5), |trouble| matches!(trouble, Trouble::OtherSize { got: 300_005, expected: 300_000 })),
        (Fault::Endless(5), |trouble| matches!(trouble, Trouble::TooLong { limit: 300_000 })),
        (Fault::Status(503), |trouble| matches!(trouble, Trouble::Status { code: 503, .. })),
        (Fault::NotHttp, |trouble| matches!(trouble, Trouble::Broken(Broken::Connection { .. }))),
    ];
    for (fault, fits) in cases {
        let mut scene = Scene::new();
        scene.options.attempts = 1;
        scene.one.on("*", When::Always, fault.clone());
        scene.two.on("*", When::Always, fault);
        let troubles = scene.trouble();
        assert!(troubles.len() == 2 && troubles.iter().all(fits), "{troubles:?}");
    }
}

#[test]
fn a_mirror_that_refuses_connections_is_named_without_its_password() {
    let scene = Scene::new();
    let dead = "http://user:secret@127.0.0.1:1/debian".to_owned();
    let error = fetch_all(&[scene.wanted()], &[dead], &scene.options, &Tale::default()).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("http://127.0.0.1:1/debian: ") && !text.contains("secret"), "{text}");
    assert!(text.to_lowercase().contains("refused"), "{text}");
    assert!(error.should_retry());
}

#[test]
fn a_password_is_sent_but_not_to_where_a_redirect_leads() {
    let scene = Scene::new();
    scene.one.on(
        "*",
        When::Always,
        Fault::Redirect(format!("{}/{ESCAPED}", scene.two.url().replace("127.0.0.1", "localhost"))),
    );
    let mirror = scene.one.url().replace("http://", "http://user:secret@");
    fetch_all(&[scene.wanted()], &[mirror], &scene.options, &Tale::default()).unwrap();
    assert_eq!(scene.one.requests()[0].header("authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
    assert_eq!(scene.two.requests()[0].header("authorization"), None);
}

#[test]
fn the_stop_flag_ends_a_silent_transfer_and_keeps_the_part() {
    let mut scene = Scene::new();
    scene.options.read_timeout = Duration::from_secs(300);
    scene.options.slow_for = Duration::from_secs(300);
    scene.one.on("*", When::Always, Fault::Stall(100_000));
    let start = Instant::now();
    let result = std::thread::scope(|scope| {
        let run = scope.spawn(|| scene.fetch());
        let enough = || sage_oci_files::metadata(scene.part()).is_ok_and(|metadata| metadata.len() == 100_000);
        while !enough() && !run.is_finished() {
            std::thread::sleep(Duration::from_millis(10));
        }
        scene.options.stop.store(true, Ordering::Relaxed);
        run.join().unwrap()
    });
    assert!(matches!(result, Err(FetchError::Cancelled)), "{result:?}");
    assert!(start.elapsed() < scene.options.read_timeout, "it was the time-out that ended it");
    assert!(sage_oci_files::read(scene.part()).unwrap() == scene.bytes[..100_000]);
}

#[test]
fn connections_are_kept_for_the_next_file() {
    let folder = tempfile::tempdir().unwrap();
    let targets = tempfile::tempdir().unwrap();
    let mirror = Mirror::serve(folder.path()).unwrap();
    let files: Vec<_> = (0..20_u8)
        .map(|number| {
            let name = format!("f{number}");
            sage_oci_files::write_atomic(folder.path().join(&name), &[number; 100]).unwrap();
            let sha256 = Sha256::new(sha2::Sha256::digest([number; 100]).into());
            Wanted { target: targets.path().join(&name), path: name, sha256, size: 100 }
        })
        .collect();
    let options = Options { connections: 2, ..Options::default() };
    let summary = fetch_all(&files, &[mirror.url()], &options, &sage_oci_fetch::NoProgress).unwrap();
    assert_eq!(summary, Summary { fetched: 20, present: 0, bytes: 2000 });
    let connections: std::collections::BTreeSet<_> =
        mirror.requests().iter().map(|request| request.connection).collect();
    assert!(connections.len() <= 2, "{connections:?}");
}

#[test]
fn two_runs_to_one_target_take_turns() {
    let scene = Scene::new();
    scene.one.on("*", When::Always, Fault::Drip(30_000, Duration::from_millis(20)));
    let summaries: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| scene.fetch().unwrap())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(summaries.iter().map(|summary| summary.fetched).sum::<usize>(), 1);
    assert_eq!(scene.counts(), (1, 0));
    assert!(sage_oci_files::read(scene.target()).unwrap() == scene.bytes);
    assert!(!sage_oci_files::exists(scene.part()).unwrap());
}

#[test]
fn after_many_failures_the_rest_is_not_tried() {
    let scene = Scene::new();
    let mut options = scene.options.clone();
    options.connections = 1;
    let files: Vec<_> = (0..9)
        .map(|number| Wanted {
            path: format!("none{number}"),
            target: scene.targets.path().join("x"),
            ..scene.wanted()
        })
        .collect();
    match fetch_all(&files, &[scene.one.url()], &options, &Tale::default()).unwrap_err() {
        error @ FetchError::Failed { not_tried: 4, .. } => {
            assert!(error.is_not_found() && error.to_string().contains("4 more files"), "{error}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_index_is_fetched_with_the_same_patience() {
    let scene = Scene::new();
    let url = format!("{}/{}", scene.one.url(), ESCAPED);
    scene.one.on("*", When::Nth(1), Fault::Status(502));
    scene.one.on("*", When::Nth(2), Fault::Half);
    scene.one.on("*", When::Nth(3), Fault::Silence);
    assert!(get(&url, 300_000, &scene.options).unwrap() == scene.bytes);
    assert_eq!(scene.counts(), (4, 0));
    for fault in [Fault::IgnoreRange, Fault::Endless(0)] {
        scene.one.behave();
        scene.one.on("*", When::Always, fault);
        let text = get(&url, 299_999, &scene.options).unwrap_err().to_string();
        assert!(text.contains("more than 299999 bytes"), "{text}");
    }
    let missing = get(&format!("{}/none", scene.one.url()), 10, &scene.options).unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}

#[test]
fn nothing_wanted_needs_no_mirror_and_something_does() {
    let scene = Scene::new();
    assert_eq!(fetch_all(&[], &[], &scene.options, &Tale::default()).unwrap(), Summary::default());
    let error = fetch_all(&[scene.wanted()], &[], &scene.options, &Tale::default()).unwrap_err();
    assert!(matches!(error, FetchError::NoMirror));
}
