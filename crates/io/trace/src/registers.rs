use nix::Result;
use nix::libc::user_regs_struct;
use nix::sys::ptrace;
use nix::unistd::Pid;

/// The registers of a stopped process, as both architectures have them for calls.
#[derive(Clone, Copy)]
pub(crate) struct Registers(user_regs_struct);

impl Registers {
    pub(crate) fn of(process: Pid) -> Result<Self> {
        ptrace::getregs(process).map(Self)
    }

    pub(crate) fn put(self, process: Pid) -> Result<()> {
        ptrace::setregs(process, self.0)
    }
}

#[cfg(target_arch = "x86_64")]
impl Registers {
    /// The number of the call that a process is about to make.
    pub(crate) fn call(&self) -> u64 {
        self.0.orig_rax
    }

    /// The arguments of that call.
    pub(crate) fn arguments(&self) -> [u64; 6] {
        [self.0.rdi, self.0.rsi, self.0.rdx, self.0.r10, self.0.r8, self.0.r9]
    }

    pub(crate) fn set_argument(&mut self, argument: usize, value: u64) {
        let registers = &mut self.0;
        let register = match argument {
            0 => &mut registers.rdi,
            1 => &mut registers.rsi,
            2 => &mut registers.rdx,
            3 => &mut registers.r10,
            4 => &mut registers.r8,
            _ => &mut registers.r9,
        };
        *register = value;
    }

    /// What a call gave back; below 0 it is an error.
    pub(crate) fn returned(&self) -> i64 {
        self.0.rax.cast_signed()
    }

    /// What `time` gives back, the one call whose answer is not in memory alone.
    pub(crate) fn set_returned(&mut self, value: i64) {
        self.0.rax = value.cast_unsigned();
    }

    pub(crate) fn stack(&self) -> u64 {
        self.0.rsp
    }
}

#[cfg(target_arch = "aarch64")]
impl Registers {
    /// The number of the call that a process is about to make.
    pub(crate) fn call(&self) -> u64 {
        self.0.regs[8]
    }

    /// The arguments of that call.
    pub(crate) fn arguments(&self) -> [u64; 6] {
        std::array::from_fn(|argument| self.0.regs[argument])
    }

    /// The first argument's register holds the answer once the call is over.
    pub(crate) fn set_argument(&mut self, argument: usize, value: u64) {
        self.0.regs[argument] = value;
    }

    /// What a call gave back; below 0 it is an error.
    pub(crate) fn returned(&self) -> i64 {
        self.0.regs[0].cast_signed()
    }

    /// What `time` gives back, the one call whose answer is not in memory alone.
    pub(crate) fn set_returned(&mut self, value: i64) {
        self.0.regs[0] = value.cast_unsigned();
    }

    pub(crate) fn stack(&self) -> u64 {
        self.0.sp
    }
}
