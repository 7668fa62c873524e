use crate::call::{Access, Call, decode};
use crate::memory;
use crate::moved::Moved;
use crate::observed::Recorder;
use crate::place::{Outputs, absolute};
use crate::registers::Registers;
use crate::substitutes::Substitutes;
use crate::told::{self, Seeded, TIME, UNAME};
use crate::{Answers, Question};
use nix::Result;
use nix::libc::AT_FDCWD;
use nix::unistd::Pid;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How far below a stack's end nobody has anything: a function that calls no other may use the first 128 bytes there.
const BELOW_STACK: u64 = 1024;
/// The most that one answer holds; the kernel gives less at once.
const MOST: usize = 1 << 20;

/// Counts calls and changes their answers.
pub(crate) struct Calls {
    pub(crate) answers: Answers,
    /// How the time is moved.
    pub(crate) moved: Option<Moved>,
    pub(crate) seeded: Option<Seeded>,
    pub(crate) outputs: Outputs,
    pub(crate) substitutes: Substitutes,
    pub(crate) recorder: Recorder,
}

/// A call whose answer will be changed.
pub(crate) struct Pending {
    call: Call,
    lent: Option<Lent>,
}

/// An argument that points at other memory during a call, and what was in both before.
struct Lent {
    argument: usize,
    value: u64,
    at: u64,
    bytes: Vec<u8>,
}

impl Calls {
    /// Takes notice of a call that is about to be made. Where its answer is to be changed it must be stopped again after it.
    pub(crate) fn before(&mut self, process: Pid) -> Result<Option<Pending>> {
        let mut registers = Registers::of(process)?;
        let Some(call) = decode(registers.call(), registers.arguments()) else { return Ok(None) };
        let mut lent = None;
        let changed = match call {
            Call::Clock { .. } | Call::Seconds { .. } => self.ask(Question::Clock, self.moved.is_some()),
            // Whether it is one that is being made its time will tell.
            Call::File { .. } => self.moved.is_some(),
            Call::Uname { .. } => {
                let Answers { node_name, domain, release, .. } = &self.answers;
                let told = node_name.is_some() || domain.is_some() || release.is_some();
                self.ask(Question::Uname, told)
            }
            Call::Processors { .. } => self.ask(Question::Processors, self.answers.processors.is_some()),
            Call::Memory => self.ask(Question::Memory, false),
            Call::Random { .. } => self.ask(Question::Random, self.seeded.is_some()),
            Call::Directory { .. } => self.ask(Question::DirectoryOrder, self.answers.reverse_directories),
            Call::OldDirectory => self.ask(Question::DirectoryOrder, false),
            Call::Name { folder, path } => {
                self.name(&place(process, folder, path)?);
                false
            }
            Call::Open { folder, argument, path, access } => {
                let path = place(process, folder, path)?;
                if writes(process, access)? {
                    self.name(&path);
                } else if let Some(file) = self.substitutes.of(process, &path) {
                    let path = [file.as_os_str().as_bytes(), b"\0"].concat();
                    lent = Some(lend(process, &mut registers, argument, &path)?);
                }
                if let Some(question) = Question::of_file(&path) {
                    self.recorder.asked(question);
                }
                lent.is_some()
            }
            Call::Deadline { argument, at } => {
                if let Some(moved) = self.moved.filter(|_| at != 0) {
                    let mut time = [0; TIME];
                    memory::read(process, at, &mut time)?;
                    lent = Some(lend(process, &mut registers, argument, &moved.deadline(time))?);
                }
                lent.is_some()
            }
        };
        Ok(changed.then_some(Pending { call, lent }))
    }

    fn ask(&mut self, question: Question, told: bool) -> bool {
        self.recorder.asked(question);
        told
    }

    /// A path is made or written to.
    fn name(&mut self, path: &Path) {
        if let Some(file) = self.outputs.name(path) {
            self.recorder.wrote(file);
        }
    }

    /// Changes the answer of a call that was made.
    pub(crate) fn after(&mut self, process: Pid, Pending { call, lent }: Pending) -> Result<()> {
        let mut registers = Registers::of(process)?;
        if let Some(Lent { argument, value, at, bytes }) = lent {
            // Programs rely on a call's leaving all registers alone but the one of its answer.
            registers.set_argument(argument, value);
            registers.put(process)?;
            memory::write(process, at, &bytes)?;
        }
        let Ok(returned) = usize::try_from(registers.returned()) else { return Ok(()) };
        match call {
            Call::Clock { at, part } => {
                let Some(moved) = self.moved.filter(|_| at != 0) else { return Ok(()) };
                let mut time = [0; TIME];
                memory::read(process, at, &mut time)?;
                memory::write(process, at, &moved.clock(time, part))
            }
            Call::Seconds { at } => {
                let Some(seconds) = self.moved.map(|moved| moved.seconds()) else { return Ok(()) };
                registers.set_returned(seconds);
                registers.put(process)?;
                if at == 0 { Ok(()) } else { memory::write(process, at, &seconds.to_ne_bytes()) }
            }
            Call::File { at, times } => self.date(process, at, times),
            Call::Uname { at } => {
                let Answers { node_name, domain, release, .. } = &self.answers;
                let mut answer = [0; UNAME];
                memory::read(process, at, &mut answer)?;
                told::names(&mut answer, node_name.as_deref(), release.as_deref(), domain.as_deref());
                memory::write(process, at, &answer)
            }
            Call::Processors { at } => {
                let count = self.answers.processors.unwrap_or(1);
                memory::write(process, at, &told::processors(count, returned.min(MOST)))
            }
            Call::Random { at } => {
                let mut bytes = vec![0; returned.min(MOST)];
                if let Some(seeded) = &mut self.seeded {
                    seeded.fill(&mut bytes);
                }
                memory::write(process, at, &bytes)
            }
            Call::Directory { at } => {
                let mut answer = vec![0; returned.min(MOST)];
                memory::read(process, at, &mut answer)?;
                told::reversed(&answer).map_or(Ok(()), |turned| memory::write(process, at, &turned))
            }
            Call::Memory | Call::OldDirectory | Call::Open { .. } | Call::Name { .. } | Call::Deadline { .. } => Ok(()),
        }
    }

    /// Gives a file that was made meanwhile a time that is told.
    fn date(&mut self, process: Pid, at: u64, times: &[usize]) -> Result<()> {
        let Some(moved) = self.moved else { return Ok(()) };
        for (which, distance) in times.iter().enumerate() {
            let at = at.saturating_add(*distance as u64);
            let mut time = [0; TIME];
            memory::read(process, at, &mut time)?;
            let Some(time) = moved.file(time) else { continue };
            memory::write(process, at, &time)?;
            // The first is of its content; that it was read meanwhile tells nothing of who made it.
            if which == 0 {
                self.recorder.asked(Question::FileTime);
            }
        }
        Ok(())
    }
}

/// Lets an argument of a call point at these bytes, which are laid below the stack.
fn lend(process: Pid, registers: &mut Registers, argument: usize, bytes: &[u8]) -> Result<Lent> {
    let below = BELOW_STACK + bytes.len() as u64;
    let at = registers.stack().checked_sub(below).ok_or(nix::Error::EFAULT)? & !15;
    let mut before = vec![0; bytes.len()];
    memory::read(process, at, &mut before)?;
    memory::write(process, at, bytes)?;
    let lent = Lent { argument, value: registers.arguments()[argument], at, bytes: before };
    registers.set_argument(argument, at);
    registers.put(process)?;
    Ok(lent)
}

/// Whether a file is opened for writing.
fn writes(process: Pid, access: Access) -> Result<bool> {
    Ok(Access::writes(match access {
        Access::Flags(flags) => flags,
        Access::FlagsAt(at) => {
            let mut flags = [0; 8];
            memory::read(process, at, &mut flags)?;
            u64::from_ne_bytes(flags)
        }
    }))
}

/// The absolute path that a process names; where its folder cannot be told, the path as it stands.
fn place(process: Pid, folder: i32, at: u64) -> Result<PathBuf> {
    let path = memory::read_path(process, at)?;
    let from = match folder {
        _ if path.is_absolute() => None,
        AT_FDCWD => sage_oci_files::read_link(format!("/proc/{process}/cwd")).ok(),
        folder => sage_oci_files::read_link(format!("/proc/{process}/fd/{folder}")).ok(),
    };
    Ok(absolute(&path, from.as_deref()).unwrap_or(path))
}
