//! `cargo fuzz run fault_script`: the body is in src/fault_script.rs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz::fault_script::run(data));
