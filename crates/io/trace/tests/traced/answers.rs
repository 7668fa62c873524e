//! What a program is told.

use crate::{IN_2042, World, assert_2042, static_program};
use sage_oci_trace::{Answers, Question};
use std::time::{Duration, Instant};

fn at_2042() -> Answers {
    Answers { time: Some(IN_2042), ..Answers::default() }
}

#[test]
fn the_time_is_another_one_and_runs_on() {
    let (ended, said) = World::probe(&["clock", "elapsed", "sleep=1100", "clock"]).told(at_2042()).lines();
    assert_2042(&said[0]);
    let passed = said[2].parse::<i64>().unwrap() - said[0].parse::<i64>().unwrap();
    assert!((1..30).contains(&passed), "{said:?}");
    assert_eq!(ended.observed.count(&Question::Clock), 2);
}

#[test]
fn who_is_told_nothing_is_counted_all_the_same() {
    let (ended, said) = World::probe(&["clock", "clock", "clock"]).lines();
    assert!(said[0].parse::<i64>().unwrap() < IN_2042);
    assert_eq!(ended.observed.count(&Question::Clock), 3);
    assert_eq!(World::probe(&["elapsed"]).run().observed.count(&Question::Clock), 0);
}

#[test]
fn programs_of_the_system_believe_it() {
    let (ended, said) = World::of("date", &["-u", "+%Y"]).told(at_2042()).lines();
    assert_eq!(said, ["2042"]);
    assert!(ended.observed.count(&Question::Clock) > 0);

    let answers = Answers {
        node_name: Some("far".to_owned()),
        domain: Some("away".to_owned()),
        release: Some("5.4.0".to_owned()),
        ..Answers::default()
    };
    let (ended, said) = World::of("uname", &["-nr"]).told(answers).lines();
    assert_eq!(said, ["far 5.4.0"]);
    assert_eq!(ended.observed.count(&Question::Uname), 1);
}

#[test]
fn processors_are_as_many_as_told_by_call_and_by_file() {
    for count in [1, 3, 5] {
        let answers = || Answers { processors: Some(count), ..Answers::default() };
        let (ended, said) = World::of("nproc", &[]).told(answers()).lines();
        assert_eq!(said, [count.to_string()]);
        assert!(ended.observed.count(&Question::Processors) > 0);
        let (_, said) = World::probe(&["read=/sys/devices/system/cpu/online"]).told(answers()).lines();
        assert_eq!(said, [if count == 1 { "0".to_owned() } else { format!("0-{}", count - 1) }]);
    }
    // Of Rust's library one that is limited by a control group's files cannot be told more, but fewer.
    let asked = |acts: &[&str]| {
        let answers = Answers { processors: Some(1), ..Answers::default() };
        let (ended, said) = World::probe(acts).told(answers).lines();
        (ended.observed.count(&Question::Processors), said)
    };
    let (more, said) = asked(&["processors"]);
    assert_eq!(said, ["1"]);
    // The start of a program asks, too.
    assert_eq!(more, asked(&["exit=0"]).0 + 1);
}

#[test]
fn random_bytes_come_from_the_seed() {
    let of = |seed| World::probe(&["random"]).told(Answers { random: seed, ..Answers::default() }).lines();
    let (ended, first) = of(Some(7));
    assert_eq!(first, of(Some(7)).1);
    assert_ne!(first, of(Some(8)).1);
    assert_ne!(of(None).1, of(None).1);
    assert!(ended.observed.count(&Question::Random) > 0);
}

#[test]
fn a_folder_is_turned_around() {
    let list = |reverse| {
        let mut world = World::probe(&[]);
        let folder = world.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        for number in 0..20 {
            std::fs::write(folder.join(format!("file{}", "x".repeat(number))), b"").unwrap();
        }
        world.launch.arguments = vec![format!("list={}", folder.display()).into()];
        world.launch.answers.reverse_directories = reverse;
        let before: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let (ended, said) = world.lines();
        assert!(ended.observed.count(&Question::DirectoryOrder) > 0);
        (before, said)
    };
    let (mut before, said) = list(true);
    before.reverse();
    assert_eq!(before, said);
    let (before, said) = list(false);
    assert_eq!(before, said);
}

#[test]
fn any_file_can_be_another_one_for_reading() {
    let mut world = World::probe(&[]);
    let path = world.path().join("real");
    std::fs::write(&path, b"real\n").unwrap();
    let folder = world.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    let acts = [
        format!("read={}", path.display()),
        format!("enter={}", folder.display()),
        "read=../real".to_owned(),
        "write=../real".to_owned(),
    ];
    world.launch.arguments = acts.map(Into::into).to_vec();
    world.launch.answers.files = [(path.clone(), b"told\n".to_vec())].into();
    world.launch.answers.node_name = Some("far".to_owned());
    world.launch.arguments.push("read=/etc/hostname".into());
    let (ended, said) = world.lines();
    assert_eq!(said, ["told", "told", "far"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"x");
    assert_eq!(ended.observed.count(&Question::HostName), 1);
}

/// A program that is one file and brings its own library: no library of the kernel, no loader, calls that are no longer made elsewhere.
const STATIC: &str = r#"
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(void) {
    struct timespec fine, coarse, start, end;
    struct timeval parts;
    clock_gettime(CLOCK_REALTIME, &fine);
    clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
    gettimeofday(&parts, 0);
    printf("%ld\n%ld\n%ld\n%ld\n", (long) time(0), (long) fine.tv_sec, (long) coarse.tv_sec, (long) parts.tv_sec);
#ifdef SYS_time
    time_t also;
    if (syscall(SYS_time, &also) != also) return 1;
    if (also - fine.tv_sec > 60) return 2;
#endif
    printf("%lu\n", getauxval(AT_SYSINFO_EHDR));
    /* Nobody wakes it: it waits until a time of the day that is 0.2 s away, in its world. */
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    clock_gettime(CLOCK_MONOTONIC, &start);
    clock_gettime(CLOCK_REALTIME, &fine);
    fine.tv_nsec += 200000000;
    if (fine.tv_nsec >= 1000000000) { fine.tv_nsec -= 1000000000; fine.tv_sec += 1; }
    pthread_mutex_lock(&mutex);
    pthread_cond_timedwait(&condition, &mutex, &fine);
    fine.tv_sec += 1;
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &fine, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%ld\n", (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000);
    return 0;
}
"#;

#[test]
fn a_static_program_has_no_way_around_and_waits_no_longer() {
    for time in [IN_2042, 1_000_000_000] {
        let mut world = World::probe(&[]);
        world.launch.program = static_program(world.path(), STATIC);
        world.launch.answers.time = Some(time);
        let start = Instant::now();
        let (ended, said) = world.lines();
        for seconds in &said[..4] {
            let since = seconds.parse::<i64>().unwrap() - time;
            assert!((0..600).contains(&since), "{said:?}");
        }
        assert_eq!(said[4], "0", "the address of the kernel's library");
        let waited = said[5].parse::<u64>().unwrap();
        assert!((1150..20_000).contains(&waited), "waited {waited} ms");
        assert!(start.elapsed() < Duration::from_secs(30));
        assert!(ended.observed.count(&Question::Clock) >= 5, "{:?}", ended.observed);
    }
}

/// Every call that tells when a file was made, on the file that its argument names.
const FILE_TIMES: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **names) {
    struct stat told;
    struct statx more;
    const char *name = names[count - 1];
    int file = open(name, O_RDONLY);
    if (syscall(SYS_fstat, file, &told)) return 1;
    printf("%ld\n", (long) told.st_mtime);
    if (syscall(SYS_newfstatat, AT_FDCWD, name, &told, 0)) return 2;
    printf("%ld\n", (long) told.st_ctime);
    if (syscall(SYS_statx, AT_FDCWD, name, 0, STATX_BASIC_STATS, &more)) return 3;
    printf("%ld\n%ld\n", (long) more.stx_mtime.tv_sec, (long) more.stx_ctime.tv_sec);
#ifdef SYS_stat
    if (syscall(SYS_stat, name, &told) || syscall(SYS_lstat, name, &told)) return 4;
    printf("%ld\n", (long) told.st_mtime);
#endif
    return 0;
}
"#;

#[test]
fn files_are_made_in_the_time_that_is_told() {
    let times = |name: &str, answers: Answers| {
        let mut world = World::probe(&[]);
        let program = static_program(world.path(), FILE_TIMES);
        let script = format!("echo x >new; exec {} {name}", program.display());
        world.launch.program = "sh".into();
        world.launch.arguments = ["-c".into(), script.into()].to_vec();
        world.told(answers).lines()
    };
    let (ended, said) = times("new", at_2042());
    said.iter().for_each(|seconds| assert_2042(seconds));
    assert!(said.len() >= 4 && ended.observed.count(&Question::FileTime) >= 2, "{:?}", ended.observed);
    // One that was there before, and one of a program that is told nothing.
    let (_, said) = times("/bin/true", at_2042());
    assert!(said.iter().all(|seconds| seconds.parse::<i64>().unwrap() < IN_2042), "{said:?}");
    let (ended, said) = times("new", Answers::default());
    assert!(said.iter().all(|seconds| seconds.parse::<i64>().unwrap() < IN_2042), "{said:?}");
    assert_eq!(ended.observed.count(&Question::FileTime), 0);
}

#[test]
fn inputs_that_were_just_made_are_of_the_start_and_dates_that_are_given_stay() {
    let mut world = World::of("sh", &["-c", "stat -c %Y input; touch -d @5 input; stat -c %Y input"]);
    let before = std::time::SystemTime::now();
    std::fs::write(world.path().join("input"), b"").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    world.launch.answers = Answers { files_since: Some(before), ..at_2042() };
    assert_eq!(world.lines().1, [IN_2042.to_string(), "5".to_owned()]);
}

#[test]
fn a_device_of_random_bytes_has_those_of_the_seed() {
    let of = |seed| {
        World::of("od", &["-An", "-N8", "-tx8", "/dev/urandom"]).told(Answers { random: seed, ..Answers::default() })
    };
    let (ended, said) = of(Some(0)).lines();
    assert_eq!(said, [" e220a8397b1dcdaf"]);
    assert!(ended.observed.count(&Question::Random) > 0);
    assert_ne!(of(None).lines().1, said);
}
