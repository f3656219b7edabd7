//! `[password]`: what a new password must be, and what hashing costs.

use std::time::Duration;

use super::error::ConfigError;
use super::reader::Reader;
use super::units::{MINUTE, SECOND};
use crate::domain::policy::PasswordPolicy;

/// `[password]`
#[derive(Debug, Clone)]
pub struct Password {
    /// `min_length` (default 15, 8..64), `max_length` (default 256, 64..1024), `min_score` (default 3, 0..4), `require_classes` (default false).
    pub policy: PasswordPolicy,
    /// `argon2_memory`: KiB, default 19456, 8192..1048576.
    pub argon2_memory: u32,
    /// `argon2_passes`: default 2, 1..10.
    pub argon2_passes: u32,
    /// `argon2_lanes`: default 1, 1..8.
    pub argon2_lanes: u32,
    /// `hashing_memory`: bytes that all hashes at once may take, written in MiB, 0..1048576; 0 (default): a quarter of what there is.
    pub hashing_memory: Option<u64>,
    /// `hashing_slots`: how many hashes run at once, 0..64; 0 (default): as processors and `hashing_memory` allow.
    pub hashing_slots: Option<usize>,
    /// `hashing_queue`: how many may wait before 503; default 16, 0..1024.
    pub hashing_queue: usize,
    /// `hashing_wait`: how long before 503; default 10s, 1s..1m.
    pub hashing_wait: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Result<Password, ConfigError> {
    let mut section = reader.section("password");
    Ok(Password {
        policy: PasswordPolicy {
            // The bounds meet at 64, so that the shortest allowed is never above the longest.
            min_length: section.number("min_length", 15, 8..=64)?,
            max_length: section.number("max_length", 256, 64..=1024)?,
            min_score: section.number("min_score", 3, 0..=4)?,
            require_classes: section.switch("require_classes", false)?,
        },
        argon2_memory: section.number("argon2_memory", 19_456, 8_192..=1_048_576)?,
        argon2_passes: section.number("argon2_passes", 2, 1..=10)?,
        argon2_lanes: section.number("argon2_lanes", 1, 1..=8)?,
        hashing_memory: set(section.number("hashing_memory", 0, 0..=1_048_576)?)
            .map(|mib: u64| mib << 20),
        hashing_slots: set(section.number("hashing_slots", 0, 0..=64)?),
        hashing_queue: section.number("hashing_queue", 16, 0..=1024)?,
        hashing_wait: section.duration("hashing_wait", 10 * SECOND, SECOND..=MINUTE)?,
    })
}

/// 0 is as good as not set.
fn set<T: Default + PartialEq>(number: T) -> Option<T> {
    (number != T::default()).then_some(number)
}
