//! `cargo fuzz run smtp_reply`: the body is in src/smtp_reply.rs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz::smtp_reply::run(data));
