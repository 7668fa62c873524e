use crate::ElfFacts;
use sage_oci_names::Architecture;

/// An ELF library for libc 6 (glibc, `ldconfig.h`).
const LIBC6: u32 = 0x0003;
const X8664_LIB64: u32 = 0x0300;
const X8664_LIBX32: u32 = 0x0800;
const ARM_LIBHF: u32 = 0x0900;
const AARCH64_LIB64: u32 = 0x0a00;
const ARM_LIBSF: u32 = 0x0b00;

/// Machine numbers (System V ABI, "ELF Header").
const EM_386: u16 = 3;
const EM_ARM: u16 = 40;
const EM_X86_64: u16 = 62;
const EM_AARCH64: u16 = 183;

/// The float ABI in the flags of a 32-bit Arm library.
const ARM_ABI_FLOAT_SOFT: u32 = 0x200;
const ARM_ABI_FLOAT_HARD: u32 = 0x400;

impl ElfFacts {
    /// The kind that `ldconfig` of an architecture enters into its cache; none for a library it passes over.
    pub(crate) fn cache_flags(&self, architecture: Architecture) -> Option<u32> {
        match (architecture, self.machine, self.bits) {
            (Architecture::Amd64, EM_X86_64, 64) => Some(LIBC6 | X8664_LIB64),
            (Architecture::Amd64, EM_X86_64, 32) => Some(LIBC6 | X8664_LIBX32),
            (Architecture::Amd64, EM_386, 32) => Some(LIBC6),
            (Architecture::Arm64, EM_AARCH64, 64) if self.machine_flags == 0 => Some(LIBC6 | AARCH64_LIB64),
            (Architecture::Arm64, EM_ARM, 32) => Some(match self.machine_flags {
                flags if flags & ARM_ABI_FLOAT_HARD != 0 => LIBC6 | ARM_LIBHF,
                flags if flags & ARM_ABI_FLOAT_SOFT != 0 => LIBC6 | ARM_LIBSF,
                _ => LIBC6,
            }),
            _ => None,
        }
    }

    /// The number of the highest instruction set level needed, as a cache entry counts it.
    pub(crate) fn isa_level(&self) -> u32 {
        self.isa_needed.checked_ilog2().unwrap_or(0)
    }
}
