//! What an account may do: one function answers for sign-in and for the reset path.

use super::lockout::LockScope;
use super::time::Timestamp;

/// Whether the owner, or support, has stopped the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// In use.
    Active,
    /// Stopped after "this was not me" or by support, until support acts.
    Frozen,
}

impl AccountState {
    /// The name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
        }
    }

    /// The state of that name; anything unknown stays shut.
    pub fn from_name(name: &str) -> Self {
        if name == "active" {
            Self::Active
        } else {
            Self::Frozen
        }
    }
}

/// A lock that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// When it ends.
    pub until: Timestamp,
    /// What it shuts.
    pub scope: LockScope,
}

impl Lock {
    /// This lock beside one that may still run: what either shuts stays shut, until the later end.
    pub fn beside(self, other: Option<Self>, now: Timestamp) -> Self {
        match other.filter(|other| other.until > now) {
            None => self,
            Some(other) => Self {
                until: self.until.max(other.until),
                scope: if self.scope == other.scope {
                    self.scope
                } else {
                    LockScope::Account
                },
            },
        }
    }

    fn shuts(lock: Option<Self>, path: LockScope, now: Timestamp) -> bool {
        let both = LockScope::Account;
        lock.is_some_and(|lock| lock.until > now && (lock.scope == both || lock.scope == path))
    }
}

/// Why a path is shut; told to nobody but the audit and the owner's mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    Frozen,
    Locked,
}

impl Shut {
    /// The reason as the audit names it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Locked => "locked",
        }
    }
}

/// Whether somebody may sign in by password.
///
/// # Errors
/// The reason why not.
pub fn may_sign_in(state: AccountState, lock: Option<Lock>, now: Timestamp) -> Result<(), Shut> {
    open(state, Lock::shuts(lock, LockScope::SignIn, now))
}

/// Whether a reset may be started or finished.
///
/// # Errors
/// The reason why not.
pub fn may_reset(state: AccountState, lock: Option<Lock>, now: Timestamp) -> Result<(), Shut> {
    open(state, Lock::shuts(lock, LockScope::Reset, now))
}

/// Whether somebody who is signed in stays so: a lock keeps others out, and ends nobody's session.
///
/// # Errors
/// The reason why not.
pub fn may_stay(state: AccountState) -> Result<(), Shut> {
    open(state, false)
}

fn open(state: AccountState, locked: bool) -> Result<(), Shut> {
    match (state, locked) {
        (AccountState::Frozen, _) => Err(Shut::Frozen),
        (AccountState::Active, true) => Err(Shut::Locked),
        (AccountState::Active, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn lock(until: i64, scope: LockScope) -> Option<Lock> {
        Some(Lock {
            until: Timestamp::from_millis(until),
            scope,
        })
    }

    #[test]
    fn a_lock_ends_at_its_time_and_keeps_to_its_scope() {
        let sign_in = |lock| may_sign_in(AccountState::Active, lock, NOW);
        let reset = |lock| may_reset(AccountState::Active, lock, NOW);
        assert_eq!(sign_in(lock(1_001, LockScope::Account)), Err(Shut::Locked));
        assert_eq!(sign_in(lock(1_001, LockScope::Reset)), Ok(()));
        assert_eq!(sign_in(lock(1_001, LockScope::SignIn)), Err(Shut::Locked));
        assert_eq!(reset(lock(1_001, LockScope::SignIn)), Ok(()));
        assert_eq!(reset(lock(1_001, LockScope::Account)), Err(Shut::Locked));
        assert_eq!(reset(lock(1_001, LockScope::Reset)), Err(Shut::Locked));
        assert_eq!(reset(lock(1_000, LockScope::Account)), Ok(()));
    }

    #[test]
    fn a_frozen_account_is_shut_whatever_its_lock() {
        assert_eq!(
            may_sign_in(AccountState::Frozen, None, NOW),
            Err(Shut::Frozen)
        );
        assert_eq!(
            may_reset(AccountState::Frozen, None, NOW),
            Err(Shut::Frozen)
        );
        assert_eq!(AccountState::from_name("nonsense"), AccountState::Frozen);
    }

    #[test]
    fn two_locks_shut_what_either_does_until_the_later_end() {
        let sign_in = lock(5_000, LockScope::SignIn).unwrap();
        assert_eq!(
            Some(sign_in.beside(lock(9_000, LockScope::Reset), NOW)),
            lock(9_000, LockScope::Account)
        );
        assert_eq!(
            Some(sign_in.beside(lock(4_000, LockScope::SignIn), NOW)),
            lock(5_000, LockScope::SignIn)
        );
        assert_eq!(sign_in.beside(lock(1_000, LockScope::Reset), NOW), sign_in);
        assert_eq!(may_stay(AccountState::Active), Ok(()));
        assert_eq!(may_stay(AccountState::Frozen), Err(Shut::Frozen));
    }
}
