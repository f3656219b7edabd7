//! When a reset mail may go to one account (DESIGN §1.2): nobody is bombed, and nobody is left without a live link.

use std::time::Duration;

use super::time::Timestamp;

/// Most mails to one account within one token lifetime while a token lives.
const MAILS_A_LIFETIME: u32 = 2;
/// How long to wait for the end of another mail that is just being handed over.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// What the worker knows about earlier mails to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Whether another mail to the account is just being handed over: how it ends decides about this one.
    pub under_way: bool,
    /// Whether the account has a live token in its mailbox.
    pub live_token: bool,
    /// When the last reset mail was accepted.
    pub last: Option<Timestamp>,
    /// How many were accepted within the last token lifetime.
    pub recent: u32,
}

/// What to do with one more request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Send now.
    Send,
    /// Send, but not before then.
    Wait(Timestamp),
    /// A live link is in the mailbox, and enough mails went there: this request needs none.
    Enough,
}

/// Decides about one request at `now`.
pub fn decide(sent: Sent, gap: Duration, now: Timestamp) -> Spacing {
    if sent.under_way {
        return Spacing::Wait(now.plus(UNDER_WAY));
    }
    // Without a live token the owner has nothing to click: one mail is always allowed.
    if !sent.live_token {
        return Spacing::Send;
    }
    if sent.recent >= MAILS_A_LIFETIME {
        return Spacing::Enough;
    }
    match sent.last.map(|last| last.plus(gap)) {
        Some(earliest) if earliest > now => Spacing::Wait(earliest),
        _ => Spacing::Send,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn sent(live_token: bool, last: i64, recent: u32) -> Sent {
        Sent {
            under_way: false,
            live_token,
            last: Some(at(last)),
            recent,
        }
    }

    #[test]
    fn mails_are_a_gap_apart_and_two_a_lifetime() {
        assert_eq!(
            decide(sent(true, 100, 1), GAP, at(130)),
            Spacing::Wait(at(160))
        );
        assert_eq!(decide(sent(true, 100, 1), GAP, at(160)), Spacing::Send);
        assert_eq!(decide(sent(true, 100, 2), GAP, at(500)), Spacing::Enough);
    }

    #[test]
    fn without_a_live_token_one_is_always_allowed() {
        assert_eq!(decide(sent(false, 100, 9), GAP, at(101)), Spacing::Send);
        let never = Sent {
            under_way: false,
            live_token: false,
            last: None,
            recent: 0,
        };
        assert_eq!(decide(never, GAP, at(0)), Spacing::Send);
    }
}
