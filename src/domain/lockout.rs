//! Failures in a row: when they lock an account, and how long the next try has to wait.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a lock shuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockScope {
    /// Sign-in and reset.
    Account,
    /// The reset path alone.
    Reset,
    /// Sign-in by password alone: strangers can cause it, so it must leave the owner's other ways open.
    SignIn,
}

impl LockScope {
    /// The name in the database and the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Reset => "reset",
            Self::SignIn => "sign_in",
        }
    }

    /// The scope of that name; anything unknown shuts the whole account.
    pub fn from_name(name: &str) -> Self {
        match name {
            "reset" => Self::Reset,
            "sign_in" => Self::SignIn,
            _ => Self::Account,
        }
    }
}

/// What a wrong answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// So many more may follow.
    Again { left: u32 },
    /// That was the last one.
    Lock,
}

/// Judges the `failures`th failure in a row (this one included) where `allowed` lock.
pub const fn judge(failures: u32, allowed: u32) -> Verdict {
    if failures >= allowed {
        Verdict::Lock
    } else {
        Verdict::Again {
            left: allowed - failures,
        }
    }
}

/// How long a sign-in must wait after `failures` in a row: nothing for three, then 1, 2, 4 … 30 seconds.
pub fn sign_in_delay(failures: u32) -> Duration {
    match failures.checked_sub(4) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1 << doublings.min(5)).min(Duration::from_secs(30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_of_three_locks() {
        assert_eq!(judge(1, 3), Verdict::Again { left: 2 });
        assert_eq!(judge(2, 3), Verdict::Again { left: 1 });
        assert_eq!(judge(3, 3), Verdict::Lock);
        assert_eq!(judge(4, 3), Verdict::Lock);
        assert_eq!(judge(1, 1), Verdict::Lock);
    }

    #[test]
    fn delays_grow_and_stop_growing() {
        let seconds: Vec<_> = (0..11).map(|n| sign_in_delay(n).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(sign_in_delay(u32::MAX).as_secs(), 30);
    }
}
