//! `cargo fuzz run identifier`: the body is in src/identifier.rs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz::identifier::run(data));
