//! The whole server from outside: real HTTP on a real port, a real database, real SMTP. The names of tests that begin with a letter
//! and a number are those of the attack catalogue (`e1_…` enumeration, `t…` tokens, `w…` web, `m…` mail, `d…` load, `l…` logs).

mod account;
mod bombing;
mod console;
mod console_outbox;
mod console_words;
mod database;
mod deferred;
mod delivery;
mod delivery_refused;
mod dkim;
mod enumeration;
mod guessing;
mod headers;
mod hostile;
mod hosts;
mod input;
mod islands;
mod limits;
mod load;
mod logs;
mod mails;
mod markup;
mod origins;
mod outbox;
mod plans;
mod pool;
mod postgres_clock;
mod postgres_lock;
mod races;
mod relays;
mod replicas;
mod resend;
mod reset;
mod retention;
mod sign_in;
mod sign_up;
mod single_packet;
mod spacing;
mod sqlite_file;
mod sqlite_lock;
mod support;
#[path = "../support_db/mod.rs"]
mod support_db;
mod tokens;
mod usernames;
