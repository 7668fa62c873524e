//! Nix's base-32: digits and lower-case letters without `e`, `o`, `u` and `t`, least significant digit last.
//!
//! It is not RFC 4648's base-32: the bytes are read as one little-endian number and written from its high end
//! (Nix manual, "Store Path", "nix-base-32").

use crate::DerivationError;

const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// The number of characters that `bytes` bytes take.
pub const fn encoded_length(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Spells bytes in base-32.
pub fn encode(bytes: &[u8]) -> String {
    (0..encoded_length(bytes.len()))
        .rev()
        .map(|digit| {
            let (byte, shift) = (digit * 5 / 8, digit * 5 % 8);
            let low = u16::from(bytes[byte]);
            let high = u16::from(bytes.get(byte + 1).copied().unwrap_or(0));
            char::from(ALPHABET[usize::from(((high << 8 | low) >> shift) & 31)])
        })
        .collect()
}

/// Reads `length` bytes back.
///
/// Refuses another number of characters, a character outside the alphabet, and spare bits that are not zero,
/// so that each value has one spelling only.
pub fn decode(text: &str, length: usize) -> Result<Vec<u8>, DerivationError> {
    let fail = |why| DerivationError::Nix32 { text: text.to_owned(), why };
    if text.len() != encoded_length(length) {
        return Err(fail("it has the wrong length"));
    }
    let mut bytes = vec![0_u8; length];
    for (digit, character) in text.bytes().rev().enumerate() {
        let value = ALPHABET
            .iter()
            .position(|known| *known == character)
            .and_then(|value| u16::try_from(value).ok())
            .ok_or_else(|| fail("it has a character outside the alphabet"))?;
        let (byte, shift) = (digit * 5 / 8, digit * 5 % 8);
        let [low, high] = (value << shift).to_le_bytes();
        bytes[byte] |= low;
        match bytes.get_mut(byte + 1) {
            Some(next) => *next |= high,
            None if high != 0 => return Err(fail("its first character is too large")),
            None => {}
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_value() {
        // The hash of `hello.c` in Nix's manual: sha1 of the GNU hello 2.1.1 example.
        let bytes = data_encoding::HEXLOWER.decode(b"e4fd8ba5f7bbeaea5ace89fe10255536cd60dab6").unwrap();
        assert_eq!(encode(&bytes), "nvd61k9nalji1zl9rrdfmsmvyyjqpzg4");
        assert_eq!(decode("nvd61k9nalji1zl9rrdfmsmvyyjqpzg4", 20).unwrap(), bytes);
    }

    #[test]
    fn refusals() {
        for (bad, length) in [("e", 1), ("00", 2), ("zz", 1), ("0e", 1), ("0é", 1), ("", 1)] {
            assert!(decode(bad, length).is_err(), "{bad}");
        }
        assert_eq!(decode("", 0).unwrap(), b"");
    }

    proptest! {
        #[test]
        fn round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(decode(&encode(&bytes), bytes.len()).unwrap(), bytes);
        }

        #[test]
        fn one_spelling(text in "[01][0-9a-df-np-sv-z]{51}") {
            prop_assert_eq!(encode(&decode(&text, 32).unwrap()), text);
        }

        /// 52 digits hold 260 bits, and 32 bytes are 256: the first digit has one bit.
        #[test]
        fn bits_too_many_are_refused(text in "[2-9a-df-np-sv-z][0-9a-df-np-sv-z]{51}") {
            prop_assert!(decode(&text, 32).is_err());
        }
    }
}
