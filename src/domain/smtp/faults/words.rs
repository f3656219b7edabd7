//! The words of the language: steps, conditions and faults by name, and the sentences that list them.

use std::time::Duration;

use super::{Act, Certificate, MAX_DELAY, Rate, Stage};

/// The steps by name.
pub(super) const STAGES: [(&str, Stage); 15] = [
    ("*", Stage::Any),
    ("BANNER", Stage::Banner),
    ("EHLO", Stage::Ehlo),
    ("HELO", Stage::Helo),
    ("STARTTLS", Stage::StartTls),
    ("TLS", Stage::Tls),
    ("AUTH", Stage::Auth),
    ("MAIL", Stage::Mail),
    ("RCPT", Stage::Rcpt),
    ("DATA", Stage::Data),
    ("DOT", Stage::Dot),
    ("RSET", Stage::Rset),
    ("NOOP", Stage::Noop),
    ("QUIT", Stage::Quit),
    ("RATE", Stage::Rate),
];

/// `*, BANNER, …`
pub(super) fn stages() -> String {
    STAGES.map(|(name, _)| name).join(", ")
}

pub(super) const CONDITIONS: &str =
    "nth=2, first=1, after=3, every=2, match=*@example.org, tls=yes or tls=no, grey=5m";
pub(super) const REPLY: &str = "a reply such as 451 4.7.1 Try later";
pub(super) const RATE: &str =
    "RATE needs how many in what time and a reply or close, such as RATE:5/min:421";

/// The faults that one word names, and where they may stand; none: anywhere.
const NAMED: [(&str, Option<Stage>, Act); 16] = [
    ("close", None, Act::Close),
    ("drop", None, Act::Close),
    ("reset", None, Act::Reset),
    ("silent", None, Act::Silent),
    ("alert", Some(Stage::Tls), Act::Alert),
    ("garbage", Some(Stage::Tls), Act::Garbage),
    ("old-version", Some(Stage::Tls), Act::OldVersion),
    (
        "good",
        Some(Stage::Tls),
        Act::Certificate(Certificate::Good),
    ),
    (
        "expired",
        Some(Stage::Tls),
        Act::Certificate(Certificate::Expired),
    ),
    (
        "not-yet-valid",
        Some(Stage::Tls),
        Act::Certificate(Certificate::NotYetValid),
    ),
    (
        "wrong-name",
        Some(Stage::Tls),
        Act::Certificate(Certificate::WrongName),
    ),
    (
        "self-signed",
        Some(Stage::Tls),
        Act::Certificate(Certificate::SelfSigned),
    ),
    (
        "unknown-issuer",
        Some(Stage::Tls),
        Act::Certificate(Certificate::UnknownIssuer),
    ),
    ("close-in-message", Some(Stage::Data), Act::CloseInMessage),
    ("close-after-dot", Some(Stage::Data), Act::CloseAfterDot),
    ("inject", Some(Stage::StartTls), Act::Inject),
];

/// The fault of that name at that step.
pub(super) fn named(stage: Stage, word: &str) -> Option<Act> {
    let word = word.to_ascii_lowercase();
    let fits = |at: &Option<Stage>| at.is_none_or(|at| at == stage);
    let found = NAMED.iter().find(|(name, at, _)| *name == word && fits(at));
    found.map(|(_, _, act)| act.clone())
}

/// What may stand at that step, in words.
pub(super) fn allowed(stage: Stage) -> String {
    if stage == Stage::Rate {
        return RATE.to_owned();
    }
    let mut list = Vec::new();
    if stage != Stage::Tls {
        list.extend([REPLY.to_owned(), "raw=any line".to_owned()]);
    }
    list.push("delay=5s".to_owned());
    if stage == Stage::Ehlo {
        list.extend(["no STARTTLS", "STARTTLS", "offer AUTH CRAM-MD5"].map(str::to_owned));
    }
    let here = NAMED
        .iter()
        .filter(|(_, at, _)| at.is_none_or(|at| at == stage));
    list.extend(here.map(|(name, _, _)| (*name).to_owned()));
    format!(
        "allowed are {}; before it, any of the conditions {CONDITIONS}",
        list.join(", ")
    )
}

/// `500ms`, `5s`, `2m`: from 1 ms to 10 minutes.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        _ => return None,
    };
    let span = Duration::from_millis(number.checked_mul(unit)?);
    (!span.is_zero() && span <= MAX_DELAY).then_some(span)
}

/// `5/min`: from 1 to 10000, in a second, a minute or an hour.
pub(super) fn rate(text: &str) -> Option<Rate> {
    let (most, unit) = text.split_once('/')?;
    let seconds = match unit.trim() {
        "s" | "sec" | "second" => 1,
        "m" | "min" | "minute" => 60,
        "h" | "hour" => 3_600,
        _ => return None,
    };
    let most = most
        .trim()
        .parse()
        .ok()
        .filter(|most| (1..=10_000).contains(most))?;
    let span = Duration::from_secs(seconds);
    Some(Rate { most, span })
}
