//! The rules, pure: no IO, no clock, no randomness. Compiled for browser and server.

pub mod account;
pub mod breaker;
pub mod dns;
pub mod identifier;
pub mod lockout;
pub mod mail;
pub mod mail_check;
pub mod policy;
pub mod rate_limit;
pub mod reference;
pub mod reset;
pub mod retry;
pub mod smtp;
pub mod spacing;
pub mod time;
