/// Bytes as people read them in a log: `98.4 MB`.
pub(crate) fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    #[test]
    fn tenths_are_cut_not_rounded() {
        assert_eq!(super::megabytes(98_470_000), "98.4 MB");
        assert_eq!(super::megabytes(0), "0.0 MB");
    }
}
