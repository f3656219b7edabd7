//! Faults of the machine around the real binary: it is killed at each commit, its disk fails, its PostgreSQL dies.
//!
//! Nothing in the program knows of this. Under SQLite a library is preloaded that fails the system's calls (`disk.c`); PostgreSQL is
//! reached through a wire that cuts at a chosen COMMIT (`wire.rs`). So it is the program as released that is tried, and no failpoint
//! can be left in it.

mod cut;
mod disk;
mod full;
mod gone;
mod person;
mod postgres;
mod sweep;
mod wire;
mod world;
