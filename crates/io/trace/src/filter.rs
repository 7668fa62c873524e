use crate::call::{CALLS, Kind};
use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// Clocks that tell the time of the day; all others tell how long something takes.
const CLOCKS: [libc::clockid_t; 3] = [libc::CLOCK_REALTIME, libc::CLOCK_REALTIME_COARSE, libc::CLOCK_TAI];

/// The kernel's filter of calls: those of [`CALLS`] stop, all others run at full speed. Calls that wait until a time of the day, and
/// those that ask when a file was made, stop only where the program is `told_time` otherwise.
///
/// Programs of another architecture (of 32 bits) run as if nobody watched them.
///
/// # Errors
/// This machine's architecture is none of the two that are known.
pub(crate) fn filter(told_time: bool) -> Result<BpfProgram, BackendError> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    let mut rules = std::collections::BTreeMap::new();
    for (number, kind) in CALLS {
        if let Some(alternatives) = conditions(*kind, told_time)? {
            rules.insert(*number, alternatives);
        }
    }
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Trace(0), architecture)?;
    let mut program: BpfProgram = filter.try_into()?;
    // That crate makes jails, in which a call of another architecture is an attack. No action of ours kills, so this is that one.
    for instruction in &mut program {
        if is_return(instruction.code) && instruction.k == libc::SECCOMP_RET_KILL_PROCESS {
            instruction.k = libc::SECCOMP_RET_ALLOW;
        }
    }
    Ok(program)
}

fn is_return(code: u16) -> bool {
    u32::from(code) == libc::BPF_RET | libc::BPF_K
}

/// When a call stops: always where the list is empty, never where there is none, otherwise under each of the conditions.
fn conditions(kind: Kind, told_time: bool) -> Result<Option<Vec<SeccompRule>>, BackendError> {
    let equals = |argument, value: i32| {
        let value = u64::from(value.unsigned_abs());
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
    };
    let has = |argument, flag: i32| {
        let flag = u64::from(flag.unsigned_abs());
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(flag), flag)
    };
    Ok(match kind {
        Kind::ClockGettime => {
            let rule = |clock| SeccompRule::new(vec![equals(0, clock)?]);
            Some(CLOCKS.into_iter().map(rule).collect::<Result<_, _>>()?)
        }
        Kind::Futex | Kind::ClockNanosleep if !told_time => None,
        // Programs ask for little else as often, and what they hear stays as it is.
        kind if kind.is_of_file() && !told_time => None,
        Kind::Futex => Some(vec![SeccompRule::new(vec![has(1, libc::FUTEX_CLOCK_REALTIME)?])?]),
        Kind::ClockNanosleep => {
            let conditions = vec![equals(0, libc::CLOCK_REALTIME)?, has(1, libc::TIMER_ABSTIME)?];
            Some(vec![SeccompRule::new(conditions)?])
        }
        _ => Some(Vec::new()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do: an interpreter for the few instructions that filters use.
    fn verdict(program: &BpfProgram, architecture: u32, number: i64, arguments: [u64; 6]) -> u32 {
        let mut data = Vec::new();
        data.extend(u32::try_from(number).unwrap().to_ne_bytes());
        data.extend(architecture.to_ne_bytes());
        data.extend(0u64.to_ne_bytes());
        data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
        let (mut at, mut held) = (0, 0u32);
        loop {
            let instruction = &program[at];
            at += 1;
            let mut jump = |condition: bool| {
                at += usize::from(if condition { instruction.jt } else { instruction.jf });
            };
            match instruction.code {
                0x20 => {
                    let from = usize::try_from(instruction.k).unwrap();
                    held = u32::from_ne_bytes(data[from..from + 4].try_into().unwrap());
                }
                0x05 => at += usize::try_from(instruction.k).unwrap(),
                0x15 => jump(held == instruction.k),
                0x25 => jump(held > instruction.k),
                0x35 => jump(held >= instruction.k),
                0x54 => held &= instruction.k,
                0x06 => return instruction.k,
                code => panic!("instruction {code:#x}"),
            }
        }
    }

    const HERE: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };

    fn stops(told_time: bool, number: libc::c_long, arguments: [u64; 6]) -> bool {
        match verdict(&filter(told_time).unwrap(), HERE, number, arguments) {
            libc::SECCOMP_RET_ALLOW => false,
            libc::SECCOMP_RET_TRACE => true,
            other => panic!("{other:#x}"),
        }
    }

    #[test]
    fn only_clocks_that_tell_the_time_stop() {
        for (clock, expected) in [(0, true), (5, true), (11, true), (1, false), (2, false), (4, false), (7, false)] {
            assert_eq!(stops(false, libc::SYS_clock_gettime, [clock, 0, 0, 0, 0, 0]), expected, "{clock}");
        }
    }

    #[test]
    fn waiting_stops_only_where_the_time_is_told_otherwise() {
        let wait = [0x1000, 9 | 256 | 128, 0, 0x2000, 0, 0];
        assert!(stops(true, libc::SYS_futex, wait) && !stops(false, libc::SYS_futex, wait));
        assert!(!stops(true, libc::SYS_futex, [0x1000, 9 | 128, 0, 0x2000, 0, 0]));
        assert!(stops(true, libc::SYS_clock_nanosleep, [0, 1, 0, 0, 0, 0]));
        assert!(!stops(true, libc::SYS_clock_nanosleep, [0, 0, 0, 0, 0, 0]));
        assert!(!stops(true, libc::SYS_clock_nanosleep, [1, 1, 0, 0, 0, 0]));
    }

    #[test]
    fn other_calls_and_other_architectures_run_on() {
        assert!(stops(false, libc::SYS_openat, [0; 6]));
        for number in [libc::SYS_read, libc::SYS_write, libc::SYS_execve, libc::SYS_mmap] {
            assert!(!stops(true, number, [0; 6]), "{number}");
        }
        let program = filter(true).unwrap();
        assert_eq!(verdict(&program, 0x4000_0003, libc::SYS_openat, [0; 6]), libc::SECCOMP_RET_ALLOW);
    }
}
