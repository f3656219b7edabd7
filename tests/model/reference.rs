//! What the design says, as plain data: two accounts, what was asked for, who holds what. Written from DESIGN §1 and §3 without a look
//! at a table; `pages.rs` and `post.rs` say how it changes.

use std::collections::BTreeMap;

use crate::op::{Browser, Who};

/// Milliseconds of the house's clock.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

/// The settings' defaults, in which the run takes place.
pub const TOKEN: Millis = 20 * MINUTE;
pub const WINDOW: Millis = 30 * MINUTE;
pub const SESSION: Millis = 10 * MINUTE;
pub const GAP: Millis = MINUTE;
pub const LOCK: Millis = HOUR;
pub const SECOND_NOTICE: Millis = DAY;
pub const NOTICE_LIFE: Millis = 3 * DAY;
pub const NOT_ME: Millis = 30 * DAY;
pub const ADDRESS_LINK: Millis = HOUR;
pub const WRONG: u32 = 3;

pub const NAMES: [&str; 2] = ["alice", "bob"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub code: String,
    pub request: String,
    pub minted_at: Millis,
    pub expires_at: Millis,
}

#[derive(Debug, Default, Clone)]
pub struct Account {
    pub id: String,
    pub address: String,
    pub password: String,
    pub frozen: bool,
    pub locked_until: Millis,
    /// Wrong usernames in a row, across tokens.
    pub wrong: u32,
    pub failures: u32,
    pub not_before: Millis,
    pub changed_at: Millis,
    pub token: Option<Token>,
}

impl Account {
    pub fn locked(&self, now: Millis) -> bool {
        self.locked_until > now
    }

    pub fn shut(&self, now: Millis) -> Option<&'static str> {
        match (self.frozen, self.locked(now)) {
            (true, _) => Some("frozen"),
            (false, true) => Some("locked"),
            _ => None,
        }
    }
}

/// Between a burnt token and a new password.
#[derive(Debug, Clone)]
pub struct ResetSession {
    pub who: Who,
    pub code: String,
    pub request: String,
    pub verified: bool,
    pub expires_at: Millis,
    pub ended: bool,
}

#[derive(Debug, Clone)]
pub struct SignIn {
    pub who: Who,
    pub ended: bool,
}

/// What a browser holds a cookie of, be it dead or alive.
#[derive(Debug, Default, Clone, Copy)]
pub struct Holds {
    pub reset: Option<usize>,
    pub sign_in: Option<usize>,
}

/// A code of a notice or of a new address: wrong usernames are forgiven twice.
#[derive(Debug, Clone)]
pub struct Proof {
    pub code: String,
    pub who: Who,
    /// The address that the notice went to, or that is to count.
    pub address: String,
    /// The mail that it came in.
    pub mail: String,
    pub wrong: u32,
    pub expires_at: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    Requested,
    Sent,
    Discarded,
    Failed,
    Expired,
    Used,
}

impl RequestState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Sent => "sent",
            Self::Discarded => "discarded",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Used => "used",
        }
    }
}

/// What somebody asked for.
#[derive(Debug, Clone)]
pub struct Request {
    pub typed: Typed,
    pub created_at: Millis,
    pub state: RequestState,
    /// Once the worker has found out.
    pub who: Option<Who>,
    pub sent_at: Option<Millis>,
}

/// An identifier as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Username(String),
    Address(String),
}

impl Typed {
    pub fn text(&self) -> &str {
        match self {
            Self::Username(text) | Self::Address(text) => text,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Reset,
    PasswordChanged,
    PasswordChangedReminder,
    AccountLocked,
    VerifyAddress,
    AddressChanged,
    AccountFrozen,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Reset,
        Self::PasswordChanged,
        Self::PasswordChangedReminder,
        Self::AccountLocked,
        Self::VerifyAddress,
        Self::AddressChanged,
        Self::AccountFrozen,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::PasswordChanged => "password_changed",
            Self::PasswordChangedReminder => "password_changed_reminder",
            Self::AccountLocked => "account_locked",
            Self::VerifyAddress => "verify_address",
            Self::AddressChanged => "address_changed",
            Self::AccountFrozen => "account_frozen",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    Queued,
    Sent,
    Discarded,
    Failed,
    Expired,
}

impl MailState {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Discarded => "discarded",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

/// A mail that is owed.
#[derive(Debug, Clone)]
pub struct Mail {
    pub kind: Kind,
    /// None for a reset, whose account the worker finds out.
    pub who: Option<Who>,
    pub request: String,
    pub to: String,
    pub state: MailState,
    pub created_at: Millis,
    pub not_before: Millis,
    pub give_up_at: Millis,
    /// Attempts that ended after the final dot, nobody knows how.
    pub lost: u32,
    /// The server died with it in hand; whether after the token was drawn.
    pub dropped: Option<bool>,
}

/// A mail that waits at the relay.
#[derive(Debug, Clone)]
pub struct InHand {
    pub mail: String,
    pub to: String,
    pub who: Who,
    /// After the final dot: the reset token that it carries and the one whose place that took.
    pub handed_over: Option<(Option<String>, Option<Token>)>,
}

/// A mail that a step must have put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owed {
    pub kind: Kind,
    pub who: Option<Who>,
    pub to: String,
}

/// An audit event that a step must have left. The reason is how it begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub name: &'static str,
    pub outcome: &'static str,
    pub reason: String,
    pub who: Option<Who>,
}

/// What a page answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub u16, pub &'static str);

#[derive(Debug, Default, Clone)]
pub struct Reference {
    pub accounts: [Account; 2],
    pub sessions: Vec<ResetSession>,
    pub sign_ins: Vec<SignIn>,
    pub browsers: [Holds; 3],
    /// Of notices ("this was not me").
    pub not_me: Vec<Proof>,
    /// Of new addresses: one an account.
    pub new_address: Vec<Proof>,
    pub requests: BTreeMap<String, Request>,
    pub outbox: BTreeMap<String, Mail>,
    pub in_hand: Option<InHand>,
    /// What the step under way owes; taken when it is compared.
    pub events: Vec<Event>,
    pub owed: Vec<Owed>,
}

impl Reference {
    pub fn event(
        &mut self,
        name: &'static str,
        outcome: &'static str,
        reason: impl Into<String>,
        who: Option<Who>,
    ) {
        self.events.push(Event {
            name,
            outcome,
            reason: reason.into(),
            who,
        });
    }

    pub fn owe(&mut self, kind: Kind, who: Who, to: &str) {
        self.owed.push(Owed {
            kind,
            who: Some(who),
            to: to.to_owned(),
        });
    }

    /// The reset session that a browser holds, while it lives.
    pub fn reset_of(&self, browser: Browser, now: Millis) -> Option<usize> {
        self.browsers[browser].reset.filter(|session| {
            !self.sessions[*session].ended && self.sessions[*session].expires_at > now
        })
    }

    /// Whose account page a browser sees.
    pub fn signed_in(&self, browser: Browser) -> Option<Who> {
        let session = &self.sign_ins[self.browsers[browser].sign_in?];
        (!session.ended && !self.accounts[session.who].frozen).then_some(session.who)
    }

    pub fn end_resets(&mut self, who: Who) {
        for session in self.sessions.iter_mut().filter(|s| s.who == who) {
            session.ended = true;
        }
    }

    /// Every way in but the password ends; a browser that just proved itself may keep its own.
    pub fn revoke(&mut self, who: Who, keep: Option<usize>) {
        self.accounts[who].token = None;
        self.new_address.retain(|proof| proof.who != who);
        self.end_resets(who);
        for (index, session) in self.sign_ins.iter_mut().enumerate() {
            session.ended |= session.who == who && Some(index) != keep;
        }
        let asked = |mail: &&mut Mail| {
            mail.kind == Kind::VerifyAddress
                && mail.who == Some(who)
                && mail.state == MailState::Queued
        };
        let mut revoked = 0;
        for mail in self.outbox.values_mut().filter(asked) {
            mail.state = MailState::Discarded;
            revoked += 1;
        }
        for _ in 0..revoked {
            self.event("mail_not_sent", "refused", "revoked", Some(who));
        }
    }

    /// Every moment at which something ends or begins: no step is made so near before one that it might happen in the midst of it.
    pub fn edges(&self) -> Vec<Millis> {
        let mut edges = Vec::new();
        for account in &self.accounts {
            edges.extend([account.locked_until, account.not_before]);
            edges.extend(account.token.as_ref().map(|token| token.expires_at));
        }
        edges.extend(
            self.sessions
                .iter()
                .filter(|s| !s.ended)
                .map(|s| s.expires_at),
        );
        edges.extend(
            self.not_me
                .iter()
                .chain(&self.new_address)
                .map(|p| p.expires_at),
        );
        let sent = self.requests.values().filter_map(|request| request.sent_at);
        edges.extend(sent.flat_map(|at| [at + GAP, at + TOKEN]));
        let queued = |mail: &&Mail| mail.state == MailState::Queued;
        for mail in self.outbox.values().filter(queued) {
            edges.extend([mail.not_before, mail.give_up_at]);
        }
        edges
    }
}
