use std::time::Duration;

/// How long some process of this machine has waited for each thing since it was started (Linux, PSI: `/proc/pressure`); nothing
/// where the kernel does not count it. Of an engine on another machine it says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pressure(Vec<(&'static str, Duration)>);

impl Pressure {
    /// Up to now.
    pub fn now() -> Self {
        let all = [("a processor", "cpu"), ("the disk", "io"), ("memory", "memory")];
        let read = |(what, file): (&'static str, &str)| {
            let text = sage_oci_files::read_to_string(format!("/proc/pressure/{file}")).ok()?;
            Some((what, total(&text)?))
        };
        Self(all.into_iter().filter_map(read).collect())
    }

    /// What was waited for in between, for people.
    pub fn since(&self, before: &Self) -> Option<String> {
        let waited = self
            .0
            .iter()
            .zip(&before.0)
            .map(|((what, now), (_, then))| format!("{:.1} s for {what}", now.saturating_sub(*then).as_secs_f64()));
        let waited: Vec<_> = waited.collect();
        (!waited.is_empty()).then(|| format!("processes of this machine waited {}", waited.join(", ")))
    }
}

/// The total of the line `some`, which is in microseconds.
fn total(text: &str) -> Option<Duration> {
    let line = text.lines().find(|line| line.starts_with("some "))?;
    let total = line.split(' ').find_map(|word| word.strip_prefix("total="))?;
    total.parse().ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_read() {
        let text =
            "some avg10=2.75 avg60=5.20 avg300=3.00 total=13378370\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
        assert_eq!(total(text), Some(Duration::from_micros(13_378_370)));
        assert_eq!(total("full avg10=0.00 total=7\n"), None);
        assert_eq!(total(""), None);
    }

    #[test]
    fn what_was_waited_for_in_between() {
        let at = |cpu, io| {
            Pressure(vec![("a processor", Duration::from_millis(cpu)), ("the disk", Duration::from_millis(io))])
        };
        let said = at(4000, 150).since(&at(1000, 100));
        assert_eq!(said.as_deref(), Some("processes of this machine waited 3.0 s for a processor, 0.1 s for the disk"));
        assert_eq!(Pressure(vec![]).since(&at(1, 1)), None);
    }
}
