use std::ffi::OsString;
use std::path::PathBuf;

/// The first argument of a [launcher](crate::Launch::launcher) that is to call [`enter`](crate::enter) with those after it.
pub const ENTER: &str = "enter-trace";

/// What a launcher does before it becomes the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    /// The file that says why nothing was started.
    pub(crate) failure: PathBuf,
    pub(crate) umask: Option<u32>,
    pub(crate) fixed_addresses: bool,
    pub(crate) kernel_26: bool,
    pub(crate) told_time: bool,
}

impl Stage {
    /// The launcher's arguments, before the program and its own.
    pub(crate) fn words(&self) -> [OsString; 4] {
        let mut words = String::new();
        for (set, letter) in [(self.fixed_addresses, 'a'), (self.kernel_26, 'k'), (self.told_time, 't')] {
            words.extend(set.then_some(letter));
        }
        let umask = self.umask.map(|umask| format!("{umask:o}")).unwrap_or_default();
        [ENTER.into(), self.failure.clone().into(), words.into(), umask.into()]
    }

    /// Reads arguments after the first, with the program and its own arguments.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Option<(Self, (OsString, Vec<OsString>))> {
        let mut arguments = arguments.into_iter();
        let failure = arguments.next()?.into();
        let (words, umask) = (arguments.next()?, arguments.next()?);
        let (words, umask) = (words.to_str()?, umask.to_str()?);
        let umask = if umask.is_empty() { None } else { Some(u32::from_str_radix(umask, 8).ok()?) };
        let has = |letter| words.contains(letter);
        let stage = Self { failure, umask, fixed_addresses: has('a'), kernel_26: has('k'), told_time: has('t') };
        Some((stage, (arguments.next()?, arguments.collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_say_all_of_it() {
        for (umask, fixed_addresses, kernel_26, told_time) in
            [(None, true, false, true), (Some(0o22), false, true, false), (Some(0), true, true, true)]
        {
            let stage = Stage { failure: "/x y".into(), umask, fixed_addresses, kernel_26, told_time };
            let words = stage.words().into_iter().skip(1).chain(["program".into(), "a".into(), "".into()]);
            assert_eq!(Stage::parse(words), Some((stage, ("program".into(), vec!["a".into(), "".into()]))));
        }
        assert_eq!(Stage::parse(["/x".into(), "a".into(), "".into()]), None);
    }
}
