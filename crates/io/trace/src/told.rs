//! Answers of the kernel, turned into those that a program is told. Nothing here asks or changes a process.

/// The size of one name of `uname`, with the zero that ends it.
const NAME: usize = 65;
/// The fields of `uname`'s answer, in their order: system, node, release, version, machine, domain.
pub(crate) const UNAME: usize = 6 * NAME;

/// Moves a time by whole seconds. It is the seconds at the front of a `timespec` or a `timeval`; parts of one stay.
pub(crate) fn moved(seconds: [u8; 8], by: i64) -> [u8; 8] {
    i64::from_ne_bytes(seconds).saturating_add(by).to_ne_bytes()
}

/// Puts names into the answer of `uname`; of long ones what fits.
pub(crate) fn names(answer: &mut [u8; UNAME], node: Option<&str>, release: Option<&str>, domain: Option<&str>) {
    for (field, name) in [(1, node), (2, release), (5, domain)] {
        let Some(name) = name else { continue };
        let field = &mut answer[field * NAME..(field + 1) * NAME];
        let length = name.len().min(NAME - 1);
        field.fill(0);
        field[..length].copy_from_slice(&name.as_bytes()[..length]);
    }
}

/// A set of the first `count` processors in the form of the kernel's answer, which has this length; at least one, at most what
/// fits.
pub(crate) fn processors(count: usize, length: usize) -> Vec<u8> {
    // Numbers stand in words of the machine, whose bytes begin with the lowest on both architectures.
    let count = count.max(1);
    let byte = |at: usize| match count.saturating_sub(at * 8) {
        0 => 0,
        rest @ 1..8 => (1u8 << rest) - 1,
        _ => u8::MAX,
    };
    (0..length).map(byte).collect()
}

/// Turns the order of entries around in an answer of `getdents64`. `None` where it does not look like one.
///
/// An entry's second field is where the folder goes on after it; these stay as they were, so that the answer's last entry says
/// where the next answer begins.
pub(crate) fn reversed(answer: &[u8]) -> Option<Vec<u8>> {
    let mut entries = Vec::new();
    let mut rest = answer;
    while !rest.is_empty() {
        let length = usize::from(u16::from_ne_bytes(rest.get(16..18)?.try_into().ok()?));
        if length < 19 || length > rest.len() {
            return None;
        }
        let (entry, more) = rest.split_at(length);
        entries.push(entry);
        rest = more;
    }
    let turned = entries.iter().rev().zip(&entries);
    Some(turned.flat_map(|(entry, place)| [&entry[..8], &place[8..16], &entry[16..]].concat()).collect())
}

/// Random bytes that a seed decides: SplitMix64, which is made for seeds and needs no table. They are no secret.
#[derive(Clone, Debug)]
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.0;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            part.copy_from_slice(&word.to_le_bytes()[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(inode: u64, after: u64, name: &str) -> Vec<u8> {
        let length = (19 + name.len() + 1).next_multiple_of(8);
        let mut bytes = [inode.to_ne_bytes(), after.to_ne_bytes()].concat();
        bytes.extend(u16::try_from(length).unwrap().to_ne_bytes());
        bytes.push(8);
        bytes.extend(name.as_bytes());
        bytes.resize(length, 0);
        bytes
    }

    #[test]
    fn entries_turn_around_and_places_stay() {
        let answer = [entry(1, 10, "a"), entry(2, 20, "a longer name"), entry(3, 30, "c")].concat();
        let expected = [entry(3, 10, "c"), entry(2, 20, "a longer name"), entry(1, 30, "a")].concat();
        assert_eq!(reversed(&answer), Some(expected));
        assert_eq!(reversed(&[]), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_answer_is_left_alone() {
        let answer = entry(1, 10, "a");
        assert_eq!(reversed(&answer[..answer.len() - 1]), None);
        assert_eq!(reversed(&[0; 32]), None);
    }

    proptest! {
        #[test]
        fn twice_turned_is_as_before(names in proptest::collection::vec("[a-z]{1,20}", 0..20)) {
            let entries = names.iter().enumerate();
            let answer: Vec<u8> = entries.flat_map(|(at, name)| entry(at as u64, at as u64 + 1, name)).collect();
            prop_assert_eq!(reversed(&reversed(&answer).unwrap()), Some(answer));
        }

        #[test]
        fn nothing_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(turned) = reversed(&bytes) {
                prop_assert_eq!(turned.len(), bytes.len());
            }
        }

        #[test]
        fn a_set_has_as_many_processors_as_asked(count in 0usize..300, length in 8usize..64) {
            let ones: u32 = processors(count, length).iter().map(|byte| byte.count_ones()).sum();
            prop_assert_eq!(ones as usize, count.clamp(1, length * 8));
        }
    }

    #[test]
    fn names_are_ended_and_cut() {
        let mut answer = [b'x'; UNAME];
        names(&mut answer, Some("far"), None, Some(&"d".repeat(100)));
        assert_eq!(answer[NAME..NAME + 5], *b"far\0\0");
        assert_eq!(answer[2 * NAME], b'x');
        assert_eq!(answer[5 * NAME..5 * NAME + 64], [b'd'; 64]);
        assert_eq!(answer[6 * NAME - 1], 0);
    }

    #[test]
    fn time_moves_by_seconds() {
        assert_eq!(moved(100i64.to_ne_bytes(), -30), 70i64.to_ne_bytes());
        assert_eq!(moved(i64::MAX.to_ne_bytes(), 1), i64::MAX.to_ne_bytes());
    }

    #[test]
    fn a_seed_decides() {
        let bytes = |seed, length| {
            let mut bytes = vec![0; length];
            Seeded(seed).fill(&mut bytes);
            bytes
        };
        assert_eq!(bytes(7, 20), bytes(7, 20));
        assert_ne!(bytes(7, 20), bytes(8, 20));
        // The reference's first number of seed 0.
        assert_eq!(bytes(0, 8), 0xe220_a839_7b1d_cdafu64.to_le_bytes());
    }
}
