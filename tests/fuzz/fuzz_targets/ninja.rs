#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    sage_oci_fuzz::targets::ninja(data);
});
