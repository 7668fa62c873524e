//! Programs that are told otherwise than the machine would, and what they asked.
//!
//! A build that comes out differently somewhere else has asked the machine for something: the time, the host's name, how many
//! processors there are, in which order a folder has its entries. [`run`] starts a program and stops it at such questions only. It counts
//! them, says between which of its output files each was asked ([`Observed`]), and can give [`Answers`] of its own. So a difference
//! can be provoked, and its cause is seen and not guessed.
//!
//! It works for an ordinary user, by the kernel's `ptrace` and `seccomp`:
//!
//! 1. [`run`] starts [`Launch::launcher`], which calls [`enter`]: without unsafe code nothing but a new program can follow a fork.
//!    That asks to be traced, has the kernel stop the calls of a filter, and becomes the program.
//! 2. Time can be asked of the kernel's own library without a call. Every program that is started loses it: its address is taken
//!    off the list of facts on the new stack.
//! 3. At a stop the question is counted. Where its answer is to be another one, the call is made nevertheless, stopped again after
//!    it, and what it wrote is changed. No call is left out, so what fails for the program as it is fails here, too.
//!
//! All that the program starts is followed, threads as well, and gets the same answers.
//!
//! What is not seen: the processor's own instructions (its counter, its kind, its random numbers), when files were made where no other
//! time is told, names that come from the network, and programs for 32 bits, which run untouched. What waits for a time of the day waits as
//! long as it would (`futex` and `clock_nanosleep`; timers that are armed for a time of the day are left alone). A program that traces
//! others itself cannot be traced, signals above 31 end the run ([`TraceError::Signal`]), and one that is stopped (`SIGSTOP`) goes on.

mod answers;
mod call;
mod calls;
mod ended;
mod enter;
mod error;
mod filter;
mod launch;
mod memory;
mod moved;
mod observed;
mod place;
mod question;
mod registers;
mod run;
mod stack;
mod stage;
mod substitutes;
mod told;
mod tracer;

pub use answers::Answers;
pub use ended::{Ended, How};
pub use enter::enter;
pub use error::TraceError;
pub use launch::Launch;
pub use observed::{Interval, Observed};
pub use question::Question;
pub use run::run;
pub use stage::ENTER;
