use crate::{Engine, RunId};
use sha2::{Digest, Sha256};

/// The label that says which process made a container.
pub const OWNER_LABEL: &str = "org.sage-oci.owner";
/// The label of containers that are kept for a look into them.
pub const KEEP_LABEL: &str = "org.sage-oci.keep";

/// A process, told apart from every other of every machine that uses the engine: machine, boot, process namespace,
/// process id, and the time it began, because ids are used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    machine: String,
    boot: String,
    namespace: String,
    process: String,
    began: String,
}

impl Owner {
    /// The process that runs this.
    pub fn this_process() -> Self {
        let process = std::process::id().to_string();
        let began = began(&process).unwrap_or_default();
        Self { machine: machine(), boot: boot(), namespace: namespace(), process, began }
    }

    /// Reads a label.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('/').map(str::to_owned).collect();
        let [machine, boot, namespace, process, began] = parts.try_into().ok()?;
        Some(Self { machine, boot, namespace, process, began })
    }

    /// Whether it is certain that the process is no more. Of other machines, and of process namespaces that cannot be
    /// looked into, nothing is known.
    pub fn is_gone(&self) -> bool {
        let here = Self::this_process();
        if self.machine.is_empty() || self.machine != here.machine {
            return false;
        }
        if self.boot != here.boot {
            return !self.boot.is_empty() && !here.boot.is_empty();
        }
        self.namespace == here.namespace && began(&self.process).as_ref() != Some(&self.began)
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{}/{}", self.machine, self.boot, self.namespace, self.process, self.began)
    }
}

impl Engine {
    /// Removes what runs of this machine have left whose process is gone: killed, or cut off by a power failure. What
    /// belongs to a living process, to another machine, or was kept on purpose stays. Gives how much there was.
    pub async fn remove_dead(&self) -> Result<usize, crate::EngineError> {
        let mut removed = 0;
        for run in self.dead_runs().await? {
            removed += self.remove_leftovers(&RunId::of_label(run)).await?;
        }
        Ok(removed)
    }
}

/// A digest of the machine's id, which itself should not leave the machine (machine-id(5)).
fn machine() -> String {
    let id = sage_oci_files::read_to_string("/etc/machine-id").unwrap_or_default();
    if id.trim().is_empty() {
        return String::new();
    }
    let digest = Sha256::digest(format!("sage-oci {}", id.trim()));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn boot() -> String {
    let id = sage_oci_files::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().replace('-', "")
}

/// The process namespace, as `4026531836`.
fn namespace() -> String {
    let link = sage_oci_files::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

/// When a process began, in clock ticks after the boot (proc_pid_stat(5), field 22); `None` where there is no such process,
/// or only what is left of one that was killed and that nobody has waited for.
fn began(process: &str) -> Option<String> {
    if process.is_empty() || !process.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let stat = sage_oci_files::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, field 2, may hold anything, brackets included.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    // Field 3, the state: Z is a zombie, X dead. They stay where the first process of a container waits for nobody.
    (!matches!(fields.next()?, "Z" | "X" | "x")).then(|| fields.nth(18).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_process_that_nobody_waits_for_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("300").spawn().unwrap();
        let id = child.id().to_string();
        assert!(began(&id).is_some());
        child.kill().unwrap();
        // It is a zombie until it is waited for, which comes last.
        let stat = || sage_oci_files::read_to_string(format!("/proc/{id}/stat")).unwrap();
        while !stat().contains(") Z ") {
            std::thread::yield_now();
        }
        assert_eq!(began(&id), None);
        child.wait().unwrap();
    }

    #[test]
    fn only_what_is_certainly_gone_is_gone() {
        let here = Owner::this_process();
        assert_eq!(Owner::parse(&here.to_string()), Some(here.clone()));
        assert!(!here.is_gone());
        let gone = |change: fn(&mut Owner)| {
            let mut other = here.clone();
            // This test needs no machine id; CI containers have none.
            other.machine = "m".to_owned();
            change(&mut other);
            let same = Owner { machine: machine(), ..other.clone() };
            (same.is_gone(), other.is_gone())
        };
        let known = !machine().is_empty();
        assert_eq!(gone(|owner| owner.began = "1".to_owned()), (known, false), "the id is used again");
        assert_eq!(gone(|owner| owner.process = "4194999".to_owned()), (known, false), "there is no such process");
        assert_eq!(gone(|owner| owner.boot = "b".to_owned()), (known, false), "before the last boot");
        assert_eq!(gone(|owner| owner.namespace = "1".to_owned()), (false, false), "somewhere else");
        assert_eq!(Owner::parse("1234-abc"), None);
    }
}
