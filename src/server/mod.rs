//! Everything with IO.

pub mod accounts;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod config;
pub mod failure;
pub mod http;
pub mod idn;
pub mod judge;
pub mod limits;
pub mod machine;
pub mod mail;
pub mod mail_check;
pub mod passwords;
pub mod probe;
pub mod proof;
pub mod recovery;
pub mod retention;
pub mod run;
pub mod secrets;
pub mod service;
pub mod smtp;
pub mod store;
pub mod timekeeper;
pub mod turns;
pub mod working;

pub use run::{Running, start};
pub use working::{Alone, work};
