//! The resolver's answer against apt's: on a small suite of our own, and, where it is asked for, on Debian's of the day.
//!
//! `apt-get -s install` with an empty dpkg status and without Recommends is the truth.

use sage_oci_archive::candidate;
use sage_oci_deb::{IndexEntry, read_packages};
use sage_oci_fake_suite::{Package, Suite, key_armored};
use sage_oci_names::{Architecture, PackageName};
use sage_oci_resolve::{Request, Universe, resolve};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// apt with a root of its own below `folder`.
fn apt(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("apt-get")
        .env("APT_CONFIG", folder.join("apt.conf"))
        .env("LC_ALL", "C")
        .args(arguments)
        .output()
        .expect("apt-get must be installed to compare with it");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "apt-get {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// One suite on its mirror.
type Source<'a> = (&'a str, &'a str);

const MAIN: &str = "http://deb.debian.org/debian";
const SECURITY: &str = "http://deb.debian.org/debian-security";

/// Lets an apt of its own read some lines of sources.
fn prepare(folder: &Path, source: &str) {
    for below in ["etc/apt", "var/lib/dpkg", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial"] {
        sage_oci_files::create_dir_all(folder.join(below)).unwrap();
    }
    let root = folder.display();
    let conf = format!(
        "Dir \"{root}/\"; Dir::State::status \"{root}/var/lib/dpkg/status\"; Dir::Etc::trustedparts \"/etc/apt/trusted.gpg.d\";\n\
         APT::Architecture \"amd64\"; APT::Architectures \"amd64\"; APT::Install-Recommends \"false\"; Debug::NoLocking \"true\";\n\
         Acquire::Languages \"none\"; Acquire::Check-Valid-Until \"false\"; Acquire::GzipIndexes \"false\"; APT::Sandbox::User \"root\";\n"
    );
    sage_oci_files::write_atomic(folder.join("apt.conf"), conf.as_bytes()).unwrap();
    sage_oci_files::write_atomic(folder.join("etc/apt/sources.list"), source.as_bytes()).unwrap();
    sage_oci_files::write_atomic(folder.join("var/lib/dpkg/status"), b"").unwrap();
    apt(folder, &["-q", "update"]);
}

/// The indexes that apt has just fetched and believed.
fn indexes(folder: &Path) -> Vec<Vec<IndexEntry>> {
    let lists = sage_oci_files::list(folder.join("var/lib/apt/lists")).unwrap();
    let packages = lists.iter().filter(|path| path.to_string_lossy().ends_with("_Packages"));
    let read = |path| {
        let reader = std::io::BufReader::new(sage_oci_files::open(path).unwrap());
        read_packages(reader).collect::<Result<_, _>>().unwrap()
    };
    packages.map(read).collect()
}

/// `Inst NAME (VERSION …` lines, as `NAME VERSION`.
fn apts_answer(folder: &Path, wanted: &str, essential: &[PackageName]) -> BTreeSet<String> {
    let mut arguments = vec!["-s", "install", wanted];
    arguments.extend(essential.iter().map(PackageName::as_str));
    let lines = apt(folder, &arguments);
    let installed = lines.lines().filter_map(|line| line.strip_prefix("Inst "));
    installed
        .map(|line| {
            let (name, rest) = line.split_once(" (").expect("a version follows the name");
            format!("{name} {}", rest.split(' ').next().unwrap())
        })
        .collect()
}

/// Holds our answer against apt's; gives the packages.
fn compare(folder: &Path, wanted: &str) -> Vec<String> {
    let candidates = indexes(folder).iter().flatten().map(candidate).collect();
    let universe = Universe::new(candidates, Architecture::Amd64).unwrap();
    let asked = [PackageName::parse(wanted).unwrap()];
    let answer = resolve(&universe, &Request { wanted: &asked, kept: &[], omit: &|_| false }).unwrap();
    let ours: BTreeSet<String> = answer.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
    let apts = apts_answer(folder, wanted, &universe.essential());
    // Where apt's order of equal providers (the order in which its cache met them) would differ from ours (by name),
    // a difference would have to be explained here; today there is none.
    let (more, fewer): (Vec<_>, Vec<_>) = (ours.difference(&apts).collect(), apts.difference(&ours).collect());
    assert!(more.is_empty() && fewer.is_empty(), "{wanted}: only ours: {more:?}\nonly apt's: {fewer:?}");
    ours.into_iter().collect()
}

#[test]
fn on_a_suite_of_our_own() {
    let plain = |name: &str| Package::new(name, "1");
    let app = |name: &str, depends: &str| plain(name).depends(depends);
    let suite = [
        plain("base").essential().pre_depends("base-lib"),
        plain("base-lib"),
        // Alternatives: the first, the first that can be had, one that is chosen already.
        app("first", "one | two"),
        app("later", "gone | two"),
        app("deep", "hollow | two"),
        app("hollow", "gone"),
        app("already", "two, one | two"),
        plain("one"),
        plain("two"),
        // What a package provides, with a version and without; a real one comes before.
        app("reader", "editor"),
        app("chooser", "pager"),
        app("versioned", "api (>= 3)"),
        plain("editor"),
        plain("nano").provides("editor").field("Priority", "important"),
        plain("most").provides("pager"),
        plain("less").provides("pager").field("Priority", "important"),
        plain("api-2").provides("api (= 2)"),
        plain("api-3").provides("api (= 3)"),
        // Versions, of which the newest is taken, and relations to them.
        app("newest", "lib"),
        app("bounded", "lib (<< 3), lib (>> 1)"),
        Package::new("lib", "1"),
        Package::new("lib", "2.1~rc1-1"),
        Package::new("lib", "2.1-1"),
        app("qualified", "tool:any, two:amd64"),
        plain("tool").multi_arch("allowed"),
        // Conflicts and circles.
        app("settled", "one, quarrel | two"),
        plain("quarrel").conflicts("one"),
        app("broken", "breaker, old | two"),
        plain("old"),
        plain("breaker").breaks("old (<< 2)"),
        app("round", "circle"),
        app("circle", "round"),
        plain("mailer").provides("mta").conflicts("mta"),
        app("sender", "mta"),
        // Recommendations are not followed.
        plain("modest").recommends("one").depends("two"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (mirror, key) = (folder.path().join("mirror"), folder.path().join("key.asc"));
    suite.into_iter().fold(Suite::new("tiny"), Suite::package).write_to(&mirror).unwrap();
    sage_oci_files::write_atomic(&key, key_armored().as_bytes()).unwrap();
    prepare(folder.path(), &format!("deb [signed-by={}] copy:{} tiny main\n", key.display(), mirror.display()));
    for (wanted, brings) in [
        ("first", "one 1"),
        ("later", "two 1"),
        ("deep", "two 1"),
        ("already", "two 1"),
        ("reader", "editor 1"),
        ("chooser", "less 1"),
        ("versioned", "api-3 1"),
        ("newest", "lib 2.1-1"),
        ("bounded", "lib 2.1-1"),
        ("qualified", "tool 1"),
        ("settled", "two 1"),
        ("broken", "two 1"),
        ("round", "circle 1"),
        ("sender", "mailer 1"),
        ("modest", "two 1"),
    ] {
        let packages = compare(folder.path(), wanted);
        assert!(packages.iter().any(|package| package == brings), "{wanted}: {packages:?}");
        assert!(packages.iter().any(|package| package == "base-lib 1"), "{wanted}: {packages:?}");
    }
}

/// SageMath in Debian's archive as it is today, whatever that is: no test of ours alone. `tests/apt` asks for it.
fn of_the_day(sources: &[Source<'_>]) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let line = |(mirror, suite): &Source<'_>| format!("deb [signed-by={keyring}] {mirror} {suite} main\n");
    prepare(folder.path(), &sources.iter().map(line).collect::<String>());
    assert_eq!(indexes(folder.path()).len(), sources.len(), "apt keeps the index of each suite");
    let packages = compare(folder.path(), "sagemath");
    println!("{sources:?}: {} packages", packages.len());
    assert!(packages.len() > 500, "{}", packages.len());
}

#[test]
#[ignore = "reads Debian's archive over the network; tests/apt runs it"]
fn sid() {
    of_the_day(&[(MAIN, "sid")]);
}

#[test]
#[ignore = "reads Debian's archive over the network; tests/apt runs it"]
fn bookworm() {
    of_the_day(&[(MAIN, "bookworm")]);
}

/// The newest version counts, whichever suite has it.
#[test]
#[ignore = "reads Debian's archive over the network; tests/apt runs it"]
fn bookworm_with_its_updates() {
    of_the_day(&[(MAIN, "bookworm"), (MAIN, "bookworm-updates"), (SECURITY, "bookworm-security")]);
}
