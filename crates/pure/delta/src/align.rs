use sage_oci_names::DiffId;

/// Where a layer stands in an [`Alignment`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It is the n-th of the layers that both images have, in one order.
    Shared(usize),
    /// It is one of those that follow the first n of these: the m-th of its own image, from below.
    Own(usize, usize),
}

/// Two images' layers, paired as far as both have the same in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// The place of each layer of either image, bottom first.
    pub places: [Vec<Place>; 2],
    /// The pairs: the index in the first and in the second image.
    pub shared: Vec<(usize, usize)>,
}

impl Alignment {
    /// Pairs as many layers as can be, by a longest common subsequence.
    pub fn of(first: &[DiffId], second: &[DiffId]) -> Self {
        let (rows, columns) = (first.len(), second.len());
        let mut longest = vec![vec![0_u32; columns + 1]; rows + 1];
        for row in (0..rows).rev() {
            for column in (0..columns).rev() {
                longest[row][column] = match first[row] == second[column] {
                    true => longest[row + 1][column + 1] + 1,
                    false => longest[row + 1][column].max(longest[row][column + 1]),
                };
            }
        }
        let mut all = Self { places: [Vec::new(), Vec::new()], shared: Vec::new() };
        let (mut row, mut column) = (0, 0);
        let mut own = [0, 0];
        while row < rows || column < columns {
            let count = all.shared.len();
            if row < rows && column < columns && first[row] == second[column] {
                all.places.iter_mut().for_each(|places| places.push(Place::Shared(count)));
                all.shared.push((row, column));
                (row, column, own) = (row + 1, column + 1, [0, 0]);
            } else if column == columns || (row < rows && longest[row + 1][column] >= longest[row][column + 1]) {
                all.places[0].push(Place::Own(count, own[0]));
                own[0] += 1;
                row += 1;
            } else {
                all.places[1].push(Place::Own(count, own[1]));
                own[1] += 1;
                column += 1;
            }
        }
        all
    }

    /// Whether both images have the same layers.
    pub fn is_equal(&self) -> bool {
        self.places.iter().flatten().all(|place| matches!(place, Place::Shared(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Place::{Own, Shared};
    use sage_oci_names::Sha256;

    fn align(first: &str, second: &str) -> Alignment {
        let ids =
            |text: &str| -> Vec<DiffId> { text.bytes().map(|byte| DiffId::new(Sha256::new([byte; 32]))).collect() };
        Alignment::of(&ids(first), &ids(second))
    }

    #[test]
    fn the_same_in_one_order_is_shared() {
        let all = align("axbc", "abyc");
        assert_eq!(all.places[0], [Shared(0), Own(1, 0), Shared(1), Shared(2)]);
        assert_eq!(all.places[1], [Shared(0), Shared(1), Own(2, 0), Shared(2)]);
        assert_eq!(all.shared, [(0, 0), (2, 1), (3, 3)]);
        assert_eq!(align("axyb", "ab").places[0], [Shared(0), Own(1, 0), Own(1, 1), Shared(1)]);
        assert!(align("abc", "abc").is_equal() && align("", "").is_equal());
        assert!(!align("ab", "abc").is_equal() && !align("ab", "ba").is_equal());
        assert_eq!(align("ab", "ba").shared.len(), 1);
    }
}
