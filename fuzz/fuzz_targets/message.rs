//! `cargo fuzz run message`: the body is in src/message.rs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz::message::run(data));
