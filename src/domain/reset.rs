//! The states of a reset session, between the burnt token and the new password.

use super::lockout::{Verdict, judge};
use super::time::Timestamp;

/// Where a reset session stands (DESIGN §1.5): nothing else exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetSession {
    /// The token is burnt, the username is still owed.
    AwaitingUsername,
    /// The username was right: a new password may be set.
    Verified,
}

/// What typing a username does to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// Right: the count of wrong ones is cleared.
    Verified,
    /// Wrong, with so many tries left.
    Wrong { left: u32 },
    /// Wrong, and the last: the session ends, the account is locked.
    Locked,
}

impl ResetSession {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwaitingUsername => "awaiting_username",
            Self::Verified => "verified",
        }
    }

    /// The state of that name; anything unknown still owes its username.
    pub fn from_name(name: &str) -> Self {
        if name == "verified" {
            Self::Verified
        } else {
            Self::AwaitingUsername
        }
    }
}

/// Judges a typed username. `wrong_before` is the account's count of wrong ones in a row, across tokens.
pub const fn exchange(right: bool, wrong_before: u32, allowed: u32) -> Exchange {
    if right {
        return Exchange::Verified;
    }
    match judge(wrong_before.saturating_add(1), allowed) {
        Verdict::Again { left } => Exchange::Wrong { left },
        Verdict::Lock => Exchange::Locked,
    }
}

/// Whether something that ends at `expires_at` still counts: not at that moment any more.
pub fn alive(expires_at: Timestamp, now: Timestamp) -> bool {
    now < expires_at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_wrong_usernames_lock_and_a_right_one_verifies() {
        assert_eq!(exchange(false, 0, 3), Exchange::Wrong { left: 2 });
        assert_eq!(exchange(false, 1, 3), Exchange::Wrong { left: 1 });
        assert_eq!(exchange(false, 2, 3), Exchange::Locked);
        assert_eq!(exchange(true, 2, 3), Exchange::Verified);
    }

    #[test]
    fn t13_expiry_is_exact() {
        let at = Timestamp::from_millis;
        assert!(alive(at(1_000), at(999)));
        assert!(!alive(at(1_000), at(1_000)));
        assert!(!alive(at(1_000), at(1_001)));
    }
}
