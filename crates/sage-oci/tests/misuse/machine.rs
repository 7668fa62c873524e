//! What the machine lacks that only checks use: skipped and said so without it, installed where that is asked for.

use crate::world::{Said, World};
use sage_oci_fake_program::write_program;
use std::path::{Path, PathBuf};

/// The emulator that a check of our images runs.
const EMULATOR: &str = "qemu-x86_64-static";

/// A contract with a row of each kind.
fn checks() -> String {
    format!(
        r#"version = 1
[contract]
I1 = "it greets"
I2 = "it runs on old processors"
I3 = "it does both"
[[check]]
name = "hello"
group = "greetings"
proves = ["I1", "I3"]
[[check]]
name = "old"
group = "the processor"
proves = ["I2", "I3"]
command = ["/host/{EMULATOR}", "/usr/bin/tiny", "echo"]
run = {{ host_programs = ["{EMULATOR}"] }}
"#
    )
}

/// A folder with every program of this machine but emulators and `apt-get`; in its place one that notes its arguments, and
/// for `qemu-user-static` installs a script that runs what it is given.
fn programs(folder: &Path) -> PathBuf {
    let bin = folder.join("bin");
    sage_oci_files::create_dir_all(&bin).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    for program in std::env::split_paths(&path).flat_map(|folder| sage_oci_files::list(folder).unwrap_or_default()) {
        let name = program.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("qemu-") && name != "apt-get" && !sage_oci_files::exists(bin.join(&name)).unwrap_or(true) {
            let _ = sage_oci_files::symlink(&program, bin.join(&name));
        }
    }
    bin
}

/// Puts an `apt-get` there that ends with this status, and otherwise does what it is asked.
fn apt_get(bin: &Path, status: i32) -> PathBuf {
    let (log, emulator) = (bin.join("../apt.log"), bin.join(EMULATOR));
    let script = format!(
        "#!/bin/sh\necho \"$*\" >>{log}\ncase $* in *qemu-user-static*) [ {status} = 0 ] || exit {status}\n\
         ln -sf /bin/true {emulator};; esac\n",
        log = log.display(),
        emulator = emulator.display()
    );
    write_program(bin.join("apt-get"), &script);
    log
}

fn run(world: &World, bin: &Path, arguments: &[&str]) -> Said {
    world.command(arguments).env("PATH", bin).output().unwrap().into()
}

/// The rows of a report: id, how it stands, and how its checks ended.
fn rows(world: &World, report: &str) -> Vec<String> {
    let text = sage_oci_files::read_to_string(world.project().join(report)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let row = |row: &serde_json::Value| {
        let checks = row["checks"].as_array().unwrap().iter().map(|check| word(&check["result"]));
        format!("{} {}: {}", word(&row["id"]), word(&row["result"]), checks.collect::<Vec<_>>().join(" "))
    };
    json["images"][0]["contract"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn a_row_whose_only_check_was_skipped_is_not_shown() {
    let world = World::new("not-shown", 1000).locked();
    world.write(&format!("images/checks/{}.toml", world.image), &checks());
    let bin = programs(world.folder.path());
    // It does not ask for the sake of a check, and says what is not shown.
    let said = run(&world, &bin, &["up", &world.image, "--report", "report.json"]);
    said.fine();
    let line =
        format!("I2 is not shown, it runs on old processors: old (skipped: this machine has no program `{EMULATOR}`)");
    for text in [&line[..], "contract: 2 proved, 1 not shown", "hint: `sage-oci doctor --fix` installs"] {
        assert!(said.stderr.contains(text), "no `{text}` in:\n{}", said.stderr);
    }
    let table = said.stderr.lines().find(|line| line.trim_start().starts_with("I2 ")).unwrap();
    assert!(table.ends_with("not shown"), "{table}");
    let expected = ["I1 proved: passed", "I2 not-shown: skipped", "I3 proved: passed skipped"];
    assert_eq!(rows(&world, "report.json"), expected);

    let said = run(&world, &bin, &["smoke", &world.image, "--contract"]);
    assert_eq!(said.status, Some(1), "{}", said.stderr);
    let row = said.stdout.lines().find(|line| line.trim_start().starts_with("I2 ")).unwrap();
    assert!(row.contains("not shown") && row.contains(EMULATOR), "{row}");
    let said = run(&world, &bin, &["smoke", &world.image, "--contract", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.status, &json["format"]), (Some(1), &2.into()));
    assert_eq!(json["images"][0]["rows"][1]["result"], "not-shown");

    // Nothing is said of rows that nobody asked for, and nothing is called proved that did not run.
    let said = run(&world, &bin, &["smoke", &world.image, "--only", "greetings", "--report", "only.json"]);
    said.fine();
    assert!(!said.stderr.contains("I2"), "{}", said.stderr);
    let expected = ["I1 proved: passed", "I2 not-shown: not-selected", "I3 proved: passed not-selected"];
    assert_eq!(rows(&world, "only.json"), expected);
}

#[test]
fn up_yes_brings_what_checks_use() {
    let world = World::new("emulator", 1000).locked();
    // What is installed here can run nothing; that it is there is enough for the row.
    let checks = checks().replace("[\"/host/", "[] #");
    world.write(&format!("images/checks/{}.toml", world.image), &checks);
    let bin = programs(world.folder.path());
    let log = apt_get(&bin, 0);
    let said = run(&world, &bin, &["up", &world.image, "--yes", "--report", "report.json"]);
    said.fine();
    let asked = sage_oci_files::read_to_string(&log).unwrap();
    let last = asked.lines().last().unwrap();
    assert!(last.contains("install -y --no-install-recommends qemu-user-static"), "{asked}");
    assert_eq!(rows(&world, "report.json")[1], "I2 proved: passed");
    // It is there now.
    run(&world, &bin, &["up", &world.image, "--yes"]).fine();
    assert_eq!(sage_oci_files::read_to_string(&log).unwrap(), asked);
}

#[test]
fn an_archive_without_it_keeps_nothing_back() {
    let world = World::new("no-emulator", 1000).locked();
    world.write(&format!("images/checks/{}.toml", world.image), &checks());
    let bin = programs(world.folder.path());
    apt_get(&bin, 100);
    let said = run(&world, &bin, &["up", &world.image, "--yes"]);
    said.fine();
    for text in ["this failed; going on without", "I2 is not shown"] {
        assert!(said.stderr.contains(text), "no `{text}` in:\n{}", said.stderr);
    }
    // `doctor` calls a machine without it fine, and says what is not there. Whether there is room on its disk for an image is
    // this machine's own affair.
    let json: serde_json::Value = serde_json::from_str(&run(&world, &bin, &["doctor", "--json"]).stdout).unwrap();
    let lacks = json["missing"].as_array().unwrap();
    assert!(lacks.iter().any(|one| one["what"] == EMULATOR && one["optional"] == true), "{json}");
    let status = i32::from(lacks.iter().any(|one| one["optional"] == false));
    let said = run(&world, &bin, &["doctor"]);
    assert_eq!(said.status, Some(status), "{}", said.stderr);
    assert!(said.stderr.contains(&format!("not there: {EMULATOR}")), "{}", said.stderr);
}
