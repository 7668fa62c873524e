//! Answers of the kernel, turned into those that a program is told. Nothing here asks or changes a process.

/// The size of one name of `uname`, with the zero that ends it.
const NAME: usize = 65;
/// The fields of `uname`'s answer, in their order: system, node, release, version, machine, domain.
pub(crate) const UNAME: usize = 6 * NAME;

/// The size of a `timespec`, a `timeval` and a `statx_timestamp`: seconds, and parts of one.
pub(crate) const TIME: usize = 16;
/// Nanoseconds of a second.
pub(crate) const SECOND: i128 = 1_000_000_000;

/// Moves a time by nanoseconds. A part of a second is so many nanoseconds; one that the kernel would refuse is left for it to refuse.
pub(crate) fn moved(time: [u8; TIME], part: i128, by: i128) -> [u8; TIME] {
    let Some(whole) = nanoseconds(time, part) else { return time };
    let whole = whole + by;
    let seconds = clamped(whole.div_euclid(SECOND));
    let parts = clamped(whole.rem_euclid(SECOND) / part);
    (u128::from(seconds.cast_unsigned()) | u128::from(parts.cast_unsigned()) << 64).to_le_bytes()
}

/// A time in nanoseconds since 1970; none where its parts are no parts of a second.
pub(crate) fn nanoseconds(time: [u8; TIME], part: i128) -> Option<i128> {
    // Both architectures begin a number with its lowest byte.
    let both = u128::from_le_bytes(time);
    let word = |bits: u128| i128::from((bits as u64).cast_signed());
    let (seconds, parts) = (word(both), word(both >> 64));
    (0..SECOND / part).contains(&parts).then(|| seconds * SECOND + parts * part)
}

/// As many seconds as a program can be told.
pub(crate) fn clamped(seconds: i128) -> i64 {
    i64::try_from(seconds).unwrap_or(if seconds < 0 { i64::MIN } else { i64::MAX })
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
    fn time_moves_by_parts_of_a_second() {
        let time = |seconds: i64, parts: i64| [seconds.to_le_bytes(), parts.to_le_bytes()].concat().try_into().unwrap();
        assert_eq!(moved(time(100, 5), 1, -30 * SECOND), time(70, 5));
        assert_eq!(moved(time(100, 600_000), 1000, SECOND / 2), time(101, 100_000));
        assert_eq!(moved(time(0, 0), 1, -1), time(-1, 999_999_999));
        assert_eq!(moved(time(i64::MAX, 0), 1, SECOND), time(i64::MAX, 0));
        // Parts that are none, as `UTIME_NOW`.
        assert_eq!(moved(time(1, 0x3fff_ffff), 1, SECOND), time(1, 0x3fff_ffff));
        assert_eq!(nanoseconds(time(2, 3), 1000), Some(2 * SECOND + 3000));
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
