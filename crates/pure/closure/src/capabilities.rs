use crate::ClosureError;

/// The kernel's names, by number (`linux/capability.h`).
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];
/// `VFS_CAP_REVISION_2`: without a user namespace's root.
const REVISION: u32 = 0x0200_0000;
/// `VFS_CAP_FLAGS_EFFECTIVE`.
const EFFECTIVE: u32 = 1;

/// What a file gives the process that runs it, as `setcap` writes it: `cap_net_raw,cap_net_admin+ep`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    permitted: u64,
    inheritable: u64,
    effective: bool,
}

impl Capabilities {
    /// The extended attribute that holds them.
    pub const ATTRIBUTE: &'static str = "security.capability";

    /// Reads one clause: names, `+` or `=`, and of the flags `e`, `i` and `p`. With `e` all of them are effective, since a
    /// file has one bit for all.
    ///
    /// # Errors
    /// An unknown name or flag, or `e` alone, which would mean nothing.
    pub fn parse(text: &str) -> Result<Self, ClosureError> {
        let fail = |why: String| Err(ClosureError::Capabilities { text: text.to_owned(), why });
        let Some((names, flags)) = text.trim().split_once(['+', '=']) else {
            return fail("a `+` or `=` and flags are missing".to_owned());
        };
        let mut bits = 0_u64;
        for name in names.split(',').map(str::trim) {
            let lower = name.to_ascii_lowercase();
            match NAMES.iter().position(|known| lower.strip_prefix("cap_") == Some(known)) {
                Some(number) => bits |= 1 << number,
                None => return fail(format!("there is no `{name}`")),
            }
        }
        if let Some(flag) = flags.chars().find(|flag| !"eip".contains(*flag)) {
            return fail(format!("`{flag}` is none of the flags `e`, `i` and `p`"));
        }
        if !flags.contains(['i', 'p']) {
            return fail("the flags must say `p` or `i`".to_owned());
        }
        let with = |flag| if flags.contains(flag) { bits } else { 0 };
        Ok(Self { permitted: with('p'), inheritable: with('i'), effective: flags.contains('e') })
    }

    /// The value of [`Self::ATTRIBUTE`]: `struct vfs_cap_data` of revision 2, little-endian.
    pub fn to_bytes(self) -> Vec<u8> {
        let halves = |bits: u64| [bits as u32, (bits >> 32) as u32];
        let ([permitted, permitted_high], [inheritable, inheritable_high]) =
            (halves(self.permitted), halves(self.inheritable));
        let magic = REVISION | if self.effective { EFFECTIVE } else { 0 };
        [magic, permitted, inheritable, permitted_high, inheritable_high]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that `setcap` of libcap 2.66 wrote, read with `getfattr -e hex`.
    #[test]
    fn known_bytes() {
        let bytes = |text| data(&Capabilities::parse(text).unwrap().to_bytes());
        assert_eq!(bytes("cap_net_raw+ep"), "0100000200200000000000000000000000000000");
        assert_eq!(bytes("cap_net_raw=ep"), bytes("CAP_NET_RAW+pe"));
        assert_eq!(bytes("cap_net_admin,cap_bpf+p"), "0000000200100000000000008000000000000000");
        assert_eq!(bytes("cap_chown+i"), "0000000200000000010000000000000000000000");
    }

    fn data(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn what_is_no_capability() {
        for bad in ["", "cap_net_raw", "net_raw+ep", "cap_fly+ep", "cap_chown+x", "cap_chown+e", "cap_chown,+ep"] {
            assert!(matches!(Capabilities::parse(bad), Err(ClosureError::Capabilities { .. })), "{bad}");
        }
    }
}
