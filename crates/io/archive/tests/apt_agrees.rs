//! The resolver's answer for SageMath against apt's, in both suites, on the index of the day.
//!
//! `apt-get -s install` with an empty dpkg status and without Recommends is the truth. It needs `apt-get`, the Debian
//! archive keyring and a mirror, all of which a Debian machine on the network has.

use sage_oci_archive::candidate;
use sage_oci_deb::{IndexEntry, read_packages};
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

fn prepare(folder: &Path, sources: &[Source<'_>]) {
    for below in ["etc/apt", "var/lib/dpkg", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial"] {
        sage_oci_files::create_dir_all(folder.join(below)).unwrap();
    }
    let root = folder.display();
    let conf = format!(
        "Dir \"{root}/\"; Dir::State::status \"{root}/var/lib/dpkg/status\"; Dir::Etc::trustedparts \"/etc/apt/trusted.gpg.d\";\n\
         APT::Architecture \"amd64\"; APT::Architectures \"amd64\"; APT::Install-Recommends \"false\"; Debug::NoLocking \"true\";\n\
         Acquire::Languages \"none\"; Acquire::Check-Valid-Until \"false\"; Acquire::GzipIndexes \"false\"; APT::Sandbox::User \"root\";\n"
    );
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let source: String =
        sources.iter().map(|(mirror, suite)| format!("deb [signed-by={keyring}] {mirror} {suite} main\n")).collect();
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

fn compare(sources: &[Source<'_>]) {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), sources);
    let indexes = indexes(folder.path());
    assert_eq!(indexes.len(), sources.len(), "apt keeps the index of each suite");
    let candidates = indexes.iter().flatten().map(candidate).collect();
    let universe = Universe::new(candidates, Architecture::Amd64).unwrap();
    let wanted = PackageName::parse("sagemath").unwrap();
    let answer = resolve(&universe, &Request { wanted: &[wanted], kept: &[], omit: &|_| false }).unwrap();
    let ours: BTreeSet<String> = answer.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
    let apts = apts_answer(folder.path(), "sagemath", &universe.essential());
    assert!(apts.len() > 500, "{}", apts.len());
    // Where apt's order of equal providers (the order in which its cache met them) would differ from ours (by name),
    // a difference would have to be explained here; today there is none.
    let (more, fewer): (Vec<_>, Vec<_>) = (ours.difference(&apts).collect(), apts.difference(&ours).collect());
    assert!(more.is_empty() && fewer.is_empty(), "only ours: {more:?}\nonly apt's: {fewer:?}");
}

#[test]
fn sid() {
    compare(&[(MAIN, "sid")]);
}

#[test]
fn bookworm() {
    compare(&[(MAIN, "bookworm")]);
}

/// The newest version counts, whichever suite has it.
#[test]
fn bookworm_with_its_updates() {
    compare(&[(MAIN, "bookworm"), (MAIN, "bookworm-updates"), (SECURITY, "bookworm-security")]);
}
