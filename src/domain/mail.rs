//! The mails Postern writes, as data: what each one must say, never who it is for.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::time::Timestamp;

/// What kind of mail an outbox row asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// The link and code that open a reset.
    Reset,
    /// At once after a reset or a change of password.
    PasswordChanged,
    /// The same news a day later, for an owner whose mailbox was watched (the third seed's comment).
    PasswordChangedReminder,
    /// Too many wrong usernames or failed sign-ins locked the account.
    AccountLocked,
    /// The link that opens the sign-up form.
    SignUp,
    /// Somebody signed up with an address that has an account.
    SignUpKnown,
    /// The link that makes a new address count.
    VerifyAddress,
    /// To the old address: the address was changed.
    AddressChanged,
    /// "This was not me" was used: the account is frozen.
    AccountFrozen,
    /// Somebody tries the way that all others go.
    Test,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Reset,
        Self::PasswordChanged,
        Self::PasswordChangedReminder,
        Self::AccountLocked,
        Self::SignUp,
        Self::SignUpKnown,
        Self::VerifyAddress,
        Self::AddressChanged,
        Self::AccountFrozen,
        Self::Test,
    ];

    /// The name used in the database, the settings and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::PasswordChanged => "password_changed",
            Self::PasswordChangedReminder => "password_changed_reminder",
            Self::AccountLocked => "account_locked",
            Self::SignUp => "sign_up",
            Self::SignUpKnown => "sign_up_known",
            Self::VerifyAddress => "verify_address",
            Self::AddressChanged => "address_changed",
            Self::AccountFrozen => "account_frozen",
            Self::Test => "test",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A link with a token in its fragment, and the token alone as a code to paste. Does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkAndCode {
    /// The whole link.
    pub link: String,
    /// The same token as a code.
    pub code: String,
    /// When both stop working.
    pub expires_at: Timestamp,
}

impl fmt::Debug for LinkAndCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkAndCode")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// One mail with all that its text needs; no username, name or account id (the third seed's rule 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    Reset {
        open: LinkAndCode,
        lifetime_minutes: u64,
        reference: String,
    },
    PasswordChanged {
        at: Timestamp,
        not_me: LinkAndCode,
    },
    PasswordChangedReminder {
        at: Timestamp,
        not_me: LinkAndCode,
    },
    AccountLocked {
        at: Timestamp,
        until: Timestamp,
        cause: LockCause,
    },
    SignUp {
        open: LinkAndCode,
        lifetime_minutes: u64,
    },
    SignUpKnown {
        sign_in_url: String,
        forgot_url: String,
    },
    VerifyAddress {
        open: LinkAndCode,
        lifetime_minutes: u64,
    },
    AddressChanged {
        at: Timestamp,
        not_me: LinkAndCode,
    },
    AccountFrozen {
        at: Timestamp,
    },
    Test {
        at: Timestamp,
        /// A username, or a user of the machine.
        asked_by: String,
        /// `host:port`
        relay: String,
    },
}

/// Why an account was locked, as its owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockCause {
    /// Wrong usernames on the reset page, from somebody who holds a mailed link: the mailbox is in wrong hands.
    WrongUsernames,
    /// Too many failed sign-ins in a row.
    FailedSignIns,
}

impl Mail {
    /// Its kind.
    pub const fn kind(&self) -> MailKind {
        match self {
            Self::Reset { .. } => MailKind::Reset,
            Self::PasswordChanged { .. } => MailKind::PasswordChanged,
            Self::PasswordChangedReminder { .. } => MailKind::PasswordChangedReminder,
            Self::AccountLocked { .. } => MailKind::AccountLocked,
            Self::SignUp { .. } => MailKind::SignUp,
            Self::SignUpKnown { .. } => MailKind::SignUpKnown,
            Self::VerifyAddress { .. } => MailKind::VerifyAddress,
            Self::AddressChanged { .. } => MailKind::AddressChanged,
            Self::AccountFrozen { .. } => MailKind::AccountFrozen,
            Self::Test { .. } => MailKind::Test,
        }
    }
}
