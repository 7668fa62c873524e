/// Something to be put into a bin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    /// Its place in the caller's list.
    pub(crate) at: usize,
    /// Bytes.
    pub(crate) size: u64,
    /// What decides its bin, highest bit first.
    pub(crate) key: u64,
}

/// A bin and the highest bits of its items' keys, as `0` and `1`.
pub(crate) struct Bin {
    pub(crate) prefix: String,
    pub(crate) items: Vec<Item>,
}

/// Splits items by the bits of their keys into bins of about `most` bytes.
///
/// A bin is halved where it is too large, so one more item concerns the bins beside its own and no others: the number
/// of bins is not part of anybody's key, as it would be with a fixed number of them. A half that would be too small
/// goes on with its sibling until together they are enough. So a bin has at least a quarter of `most`, unless it is the
/// only one, and at most five quarters, if no item is larger than `most` and keys differ.
pub(crate) fn bins(items: Vec<Item>, most: u64) -> Vec<Bin> {
    let mut bins = Vec::new();
    if !items.is_empty() {
        split(items, Vec::new(), String::new(), most.max(1), &mut bins);
    }
    bins
}

fn split(items: Vec<Item>, carried: Vec<Item>, prefix: String, most: u64, bins: &mut Vec<Bin>) {
    let bit = 63_u32.checked_sub(u32::try_from(prefix.len()).unwrap_or(u32::MAX));
    let (true, Some(bit)) = (size(&items).saturating_add(size(&carried)) > most, bit) else {
        bins.push(Bin { prefix, items: [carried, items].concat() });
        return;
    };
    let (right, left): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.key >> bit & 1 == 1);
    let least = most / 4;
    let child = |digit: char| format!("{prefix}{digit}");
    let (left_size, right_size) = (size(&left).saturating_add(size(&carried)), size(&right));
    if left_size < least {
        split(right, [carried, left].concat(), child('1'), most, bins);
    } else if right_size < least {
        let small = [carried, right].concat();
        // What is carried stays below the least size of a bin, so no bin grows too large by it.
        if size(&small) < least {
            split(left, small, child('0'), most, bins);
        } else {
            bins.push(Bin { prefix: child('1'), items: small });
            split(left, Vec::new(), child('0'), most, bins);
        }
    } else {
        split(left, carried, child('0'), most, bins);
        split(right, Vec::new(), child('1'), most, bins);
    }
}

fn size(items: &[Item]) -> u64 {
    items.iter().map(|item| item.size).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_item_once_and_no_bin_too_large_or_too_small(
            items in proptest::collection::btree_map(any::<u64>(), 0_u64..1000, 1..200), most in 1000_u64..5000,
        ) {
            let items: Vec<Item> =
                items.into_iter().enumerate().map(|(at, (key, size))| Item { at, size, key }).collect();
            let count = items.len();
            let bins = bins(items, most);
            let mut seen: Vec<usize> = bins.iter().flat_map(|bin| &bin.items).map(|item| item.at).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
            for bin in &bins {
                prop_assert!(size(&bin.items) <= most / 4 * 5 + 5);
                prop_assert!(bins.len() == 1 || size(&bin.items) >= most / 4);
            }
            let mut names: Vec<&str> = bins.iter().map(|bin| bin.prefix.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), bins.len());
        }
    }

    #[test]
    fn equal_keys_end_in_one_bin() {
        let items = vec![Item { at: 0, size: 5, key: 7 }, Item { at: 1, size: 5, key: 7 }];
        let bins = bins(items, 6);
        assert_eq!((bins.len(), bins[0].items.len()), (1, 2));
    }
}
