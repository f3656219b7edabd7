//! `cargo fuzz run dialogue`: the body is in src/dialogue.rs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz::dialogue::run(data));
