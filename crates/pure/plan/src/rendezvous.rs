use sage_oci_names::SourceName;

/// The bin of a source package: the one whose weight for this name is the highest.
///
/// Each name has its own ranking of the bins, so the other names that exist never matter, and one more bin takes from
/// all bins what ranks it highest and moves nothing else (rendezvous hashing).
pub(crate) fn bin(source: &SourceName, bins: u16) -> u16 {
    (0..bins.max(1)).max_by_key(|bin| (stable_hash(source.as_str(), *bin), *bin)).unwrap_or(0)
}

/// A hash of a name that is the same on every machine for ever: FNV-1a with a final mix, written out here because locks
/// depend on its values. `salt` gives each name many of them.
pub fn stable_hash(name: &str, salt: u16) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in salt.to_le_bytes().into_iter().chain(name.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // Without it the last bytes hardly reach the high bits that decide.
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceName {
        SourceName::parse(text).unwrap()
    }

    #[test]
    fn values_never_change() {
        let bins: Vec<u16> =
            ["sagemath", "gap", "pari", "python3-defaults", "zlib"].iter().map(|name| bin(&source(name), 10)).collect();
        assert_eq!(bins, GOLDEN);
    }

    const GOLDEN: [u16; 5] = [4, 0, 2, 3, 8];

    #[test]
    fn bins_are_filled_evenly() {
        let mut counts = [0_u32; 10];
        for number in 0..2000 {
            counts[usize::from(bin(&source(&format!("lib{number}")), 10))] += 1;
        }
        assert!(counts.iter().all(|count| (140..=260).contains(count)), "{counts:?}");
    }

    #[test]
    fn one_more_bin_only_takes() {
        for number in 0..500 {
            let name = source(&format!("lib{number}"));
            let (ten, eleven) = (bin(&name, 10), bin(&name, 11));
            assert!(eleven == ten || eleven == 10);
        }
    }
}
