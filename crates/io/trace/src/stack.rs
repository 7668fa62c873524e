//! What the kernel lays on the stack of a new program: arguments, environment, and a list of facts, the auxiliary vector.

/// The fact that ends the list.
const END: u64 = 0;
/// A fact that is to be ignored.
pub(crate) const IGNORE: u64 = 1;
/// Where 16 random bytes are.
const RANDOM: u64 = 25;
/// Where the kernel's own library is mapped, which answers for the time without a call.
const LIBRARY: u64 = 33;

/// What is of interest among the facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Which word of the stack names the kernel's library.
    pub(crate) library: Option<usize>,
    /// The address of random bytes.
    pub(crate) random: Option<u64>,
}

/// Reads the facts off the words of a stack, which begin where the program starts. `None` where they are not all there.
pub(crate) fn facts(words: &[u64]) -> Option<Facts> {
    let zero_after = |from: usize| Some(from + words.get(from..)?.iter().position(|word| *word == 0)?);
    // A count and as many arguments, a zero, the environment, a zero, pairs.
    let arguments = usize::try_from(*words.first()?).ok()?;
    let environment = arguments.checked_add(2)?;
    let mut at = zero_after(environment)? + 1;
    let mut facts = Facts::default();
    loop {
        match *words.get(at..at.checked_add(2)?)? {
            [END, _] => return Some(facts),
            [LIBRARY, _] => facts.library = Some(at),
            [RANDOM, address] => facts.random = Some(address),
            _ => {}
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_follow_the_environment() {
        let words = [2, 0x10, 0x20, 0, 0x30, 0, 6, 4096, 33, 0x7fff, 25, 0x1234, 0, 0];
        assert_eq!(facts(&words), Some(Facts { library: Some(8), random: Some(0x1234) }));
        // No argument and no environment.
        assert_eq!(facts(&[0, 0, 0, 0, 0]), Some(Facts::default()));
    }

    #[test]
    fn a_stack_that_was_not_read_whole_gives_nothing() {
        let words = [2, 0x10, 0x20, 0, 0x30, 0, 6, 4096, 33, 0x7fff, 25, 0x1234, 0, 0];
        for length in 0..words.len() {
            assert_eq!(facts(&words[..length]), None, "{length}");
        }
        assert_eq!(facts(&[u64::MAX, 0, 0]), None);
    }
}
