//! At which step a reply was most probably given, for one that somebody pasted alone.

use super::super::reply::Reply;
use super::super::step::Step;
use super::wording::Said;

/// What logs say behind a reply, and what servers say in it.
const WORDS: [(&str, Step); 14] = [
    ("in reply to end of data", Step::Message),
    ("in reply to rcpt", Step::Rcpt),
    ("in reply to mail", Step::Mail),
    ("in reply to auth", Step::Auth),
    ("in reply to ehlo", Step::Ehlo),
    ("in reply to helo", Step::Ehlo),
    ("in reply to data", Step::Data),
    ("refused to talk to me", Step::Banner),
    ("greylist", Step::Rcpt),
    ("recipient address rejected", Step::Rcpt),
    ("sender address rejected", Step::Mail),
    ("throttling failure", Step::Message),
    ("message rejected", Step::Message),
    ("tls not available", Step::StartTls),
];

/// The step that the words or the codes of a reply point to.
pub fn likely_step(reply: &Reply) -> Step {
    let said = Said::new(reply);
    WORDS
        .iter()
        .find(|(words, _)| said.has(&[words]))
        .map(|(_, step)| *step)
        .or_else(|| by_code(&said))
        .or_else(|| by_enhanced(&said))
        .unwrap_or(Step::Rcpt)
}

/// Codes that are given at one step alone (RFC 5321 4.3.2, RFC 4954, RFC 3207).
fn by_code(said: &Said) -> Option<Step> {
    let step = match said.code {
        220 | 521 => Step::Banner,
        221 => Step::Quit,
        235 | 334 | 432 | 454 | 525 | 534 | 535 | 538 => Step::Auth,
        354 => Step::Data,
        200..=399 | 530 => Step::Mail,
        500 | 502 => Step::Other,
        501 | 504 if said.has(&["helo", "ehlo"]) => Step::Ehlo,
        504 if said.has(&["authentication", "mechanism"]) => Step::Auth,
        503 | 555 => Step::Mail,
        _ => return None,
    };
    Some(step)
}

fn by_enhanced(said: &Said) -> Option<Step> {
    let code = said.enhanced?;
    let step = match (code.subject, code.detail) {
        (1, 7 | 8) | (3, 1 | 4) | (4, 2) | (7, 57) => Step::Mail,
        (3, 2) => Step::Banner,
        (7, 0) if said.code == 421 && said.has(&["auth", "login"]) => Step::Auth,
        (2, 252) | (4, 5 | 6) | (6, 0..=6) | (7, 20..=30 | 60) => Step::Message,
        (7, 0 | 1) if said.code >= 500 && said.has(&["spam", "virus", "content", "message"]) => {
            Step::Message
        }
        _ => return None,
    };
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words_point_to_their_step() {
        for (pasted, step) in [
            ("535 5.7.8 Authentication failed", Step::Auth),
            (
                "534-5.7.9 Application-specific password required",
                Step::Auth,
            ),
            ("454 4.7.0 Temporary authentication failure", Step::Auth),
            (
                "454 4.7.0 TLS not available due to local problem",
                Step::StartTls,
            ),
            (
                "454 Throttling failure: Daily message quota exceeded.",
                Step::Message,
            ),
            ("550 5.1.1 User unknown", Step::Rcpt),
            ("452 4.2.2 full", Step::Rcpt),
            (
                "550 refused (in reply to end of DATA command)",
                Step::Message,
            ),
            ("host mx refused to talk to me: 554 no", Step::Rcpt),
            ("530 5.7.0 Must issue a STARTTLS command first", Step::Mail),
            ("421 4.3.2 All server ports are busy", Step::Banner),
            ("504 5.5.2 <x>: Helo command rejected", Step::Ehlo),
            ("550-5.7.26 unauthenticated", Step::Message),
            ("550 5.7.1 Spam message rejected", Step::Message),
            (
                "553 5.1.8 Domain of sender address does not exist",
                Step::Mail,
            ),
        ] {
            let reply = Reply::parse(pasted).unwrap();
            assert_eq!(likely_step(&reply), step, "{pasted}");
        }
    }
}
