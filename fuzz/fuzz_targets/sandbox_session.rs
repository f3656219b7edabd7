//! `cargo fuzz run sandbox_session`: the body is in src/sandbox_session.rs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz::sandbox_session::run(data));
