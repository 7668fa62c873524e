use std::cmp::Ordering;

/// The order of library names by `ldconfig`: byte by byte, but runs of digits by their value, and a digit after anything else.
///
/// Bytes compare signed and numbers wrap at 32 bits, as in the original. Names that differ in leading zeros only are equal.
pub fn compare_libraries(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (a, b) = (number(&mut left), number(&mut right));
                if a != b {
                    return a.wrapping_sub(b).cmp(&0);
                }
            }
            (Some(a), _) if a.is_ascii_digit() => return Ordering::Greater,
            // A name that has ended counts as a zero byte, which is no digit either.
            (Some(_), Some(b)) if b.is_ascii_digit() => return Ordering::Less,
            (Some(a), Some(b)) if a == b => (left, right) = (&left[1..], &right[1..]),
            (None, None) => return Ordering::Equal,
            (a, b) => return signed(a).cmp(&signed(b)),
        }
    }
}

fn signed(byte: Option<&u8>) -> i8 {
    byte.copied().unwrap_or(0).cast_signed()
}

/// Takes a run of digits off the front.
fn number(text: &mut &[u8]) -> i32 {
    let mut value = 0_i32;
    while let Some((digit, rest)) = text.split_first().filter(|(byte, _)| byte.is_ascii_digit()) {
        value = value.wrapping_mul(10).wrapping_add(i32::from(digit - b'0'));
        *text = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_names() {
        let rising =
            ["libA.so", "lib_a.so", "liba.so", "liba.so.1", "liba.so.2", "liba.so.10", "liba1.so", "liba10.so"];
        let mut sorted = rising;
        sorted.sort_by(|a, b| compare_libraries(a, b));
        assert_eq!(sorted, rising);
        for pair in rising.windows(2) {
            assert_eq!(compare_libraries(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare_libraries("libx.so.1.00", "libx.so.1.0"), Ordering::Equal);
        assert_eq!(compare_libraries("lib\u{e9}", "liba"), Ordering::Less);
    }
}
