//! What a reply means: its known wording first, then step and enhanced code, then step and basic code, then its first digit.

use super::super::reply::{Enhanced, Reply};
use super::super::step::Step;
use super::Row;
use super::hint::wait_in;
use super::table as row;
use super::wording::{self, Said};

/// The row of a reply.
pub fn row(step: Step, reply: &Reply) -> &'static Row {
    let said = Said::new(reply);
    if said.code < 400 {
        return misplaced(step, &said);
    }
    wording::row(step, &said)
        .or_else(|| by_enhanced(step, &said))
        .or_else(|| asks_to_wait(step, &said).then_some(&row::BLOCK_GREY))
        .or_else(|| by_basic(step, &said))
        .unwrap_or(if said.is_transient() {
            &row::OTHER_4XX
        } else {
            &row::OTHER_5XX
        })
}

/// A yes where none belongs. At AUTH it is a question that we cannot answer: with XOAUTH2 it tells why the token is refused.
fn misplaced(step: Step, said: &Said) -> &'static Row {
    match (step, said.code) {
        // It neither took the message nor refused it.
        (Step::Message, _) => &row::DATA_AMBIGUOUS,
        (Step::Auth, 334) => wording::row(step, said).unwrap_or(&row::AUTH_MECH),
        _ => &row::PROTO_GARBLED,
    }
}

/// "Try again in 300 seconds" about a recipient, where the codes say no more than "policy" or nothing at all.
fn asks_to_wait(step: Step, said: &Said) -> bool {
    let envelope = matches!(step, Step::Mail | Step::Rcpt | Step::Data | Step::Message);
    envelope && matches!(said.code, 450 | 451) && wait_in(said).is_some()
}

/// By step and enhanced code (RFC 3463, RFC 5248 and the registry of IANA; three-digit details are Microsoft's).
fn by_enhanced(step: Step, said: &Said) -> Option<&'static Row> {
    let code = said.enhanced?;
    match step {
        Step::Auth => at_auth(said, code),
        Step::StartTls => None,
        Step::Banner | Step::Ehlo if (code.subject, code.detail) == (7, 1) => {
            greeting_policy(step, said)
        }
        _ => security(step, said, code).or_else(|| in_session(step, said, code)),
    }
}

fn at_auth(said: &Said, code: Enhanced) -> Option<&'static Row> {
    let row = match (code.subject, code.detail) {
        (3, 0) if said.is_transient() => &row::AUTH_TEMP,
        (3, 2) if said.is_transient() => &row::BANNER_BUSY,
        (4, 2) => &row::PROTO_CLOSED,
        (5, 4) | (7, 4) if said.code != 501 => &row::AUTH_MECH,
        (5, 2 | 4 | 6) => &row::PROTO_SYNTAX,
        (7, 9) => &row::AUTH_APPPW,
        (7, 11) => &row::AUTH_NEEDTLS,
        (7, 12 | 14) => &row::AUTH_CHANGE,
        (7, 13) => &row::AUTH_DISABLED,
        (7, 0..=8) if said.code == 421 => &row::AUTH_LOCKOUT,
        (7, 0..=8) if said.is_transient() => &row::AUTH_TEMP,
        (7, 0..=8) if !matches!(said.code, 530 | 534 | 538) => &row::AUTH_BAD,
        _ => return None,
    };
    Some(row)
}

/// 5.7.1 before there is an envelope can only be about our address.
fn greeting_policy(step: Step, said: &Said) -> Option<&'static Row> {
    let by_name = step == Step::Ehlo && matches!(said.code, 501 | 504);
    (!said.is_transient() && !by_name).then_some(&row::BANNER_554)
}

/// x.7.x: policies and credentials.
fn security(step: Step, said: &Said, code: Enhanced) -> Option<&'static Row> {
    if code.subject != 7 {
        return None;
    }
    let content = matches!(step, Step::Data | Step::Message);
    let row = match code.detail {
        0 | 1 | 8 | 57 if matches!(said.code, 530 | 535) => &row::AUTH_REQUIRED,
        8 | 57 => &row::AUTH_REQUIRED,
        10 | 11 => &row::AUTH_NEEDTLS,
        13 if step == Step::Mail => &row::AUTH_DISABLED,
        13 | 17 | 18 if step != Step::Mail => &row::RCPT_DISABLED,
        20..=22 => &row::BLOCK_DKIM,
        23 | 24 => &row::BLOCK_SPF,
        25 => &row::BLOCK_PTR,
        26 => &row::BLOCK_DMARC,
        27 => &row::FROM_DOMAIN,
        28 => &row::BLOCK_RATE,
        54 | 64 => &row::RELAY_DENIED,
        60 => &row::FROM_OWNED,
        1 if matches!(said.code, 450 | 451) && (content || step == Step::Rcpt) => &row::BLOCK_GREY,
        0 | 1 if content && !said.is_transient() => &row::BLOCK_CONTENT,
        1 if step == Step::Mail && !said.is_transient() => &row::FROM_OWNED,
        // A policy, and no word about which: the basic code alone would blame the mailbox.
        _ if step == Step::Rcpt && matches!(said.code, 550..=554) => &row::OTHER_5XX,
        _ => return None,
    };
    Some(row)
}

/// Addresses, mailboxes, systems, networks, protocol, content.
fn in_session(step: Step, said: &Said, code: Enhanced) -> Option<&'static Row> {
    let sender = step == Step::Mail;
    let transient = said.is_transient();
    let row = match (code.subject, code.detail) {
        (1, 10) => &row::DNS_NULLMX,
        (1, 0 | 1 | 3 | 6) if sender => &row::FROM_OWNED,
        (1, 2) if sender => &row::FROM_DOMAIN,
        (1, 0 | 1 | 6) => &row::RCPT_UNKNOWN,
        (1, 2) | (4, 4) => &row::RCPT_DOMAIN,
        (1, 3) => &row::RCPT_SYNTAX,
        (1, 7) | (2, 252) => &row::FROM_OWNED,
        (1, 8) => &row::FROM_DOMAIN,
        (2, 1) if transient => &row::BLOCK_RATE,
        (2, 1) => &row::RCPT_DISABLED,
        (2, 2) if transient => &row::RCPT_FULL,
        (2, 2) => &row::RCPT_OVER,
        (2, 3) | (3, 4) => &row::MSG_SIZE,
        (3, 1) => &row::SERVER_STORAGE,
        (3, 2) | (4, 5) if transient => &row::BANNER_BUSY,
        (4, 2) if transient => &row::PROTO_CLOSED,
        (4, 5) => &row::BLOCK_QUOTA,
        (4, 6 | 14) => &row::SERVER_LOOP,
        (5, 1 | 2 | 4..=6) if step == Step::Ehlo && matches!(said.code, 501 | 504 | 550 | 553) => {
            &row::EHLO_NAME
        }
        (5, 1) if matches!(said.code, 500..=502 | 555) => &row::PROTO_SYNTAX,
        (5, 1) => &row::PROTO_ORDER,
        (5, 2 | 4..=6) => &row::PROTO_SYNTAX,
        (5, 3) => &row::BLOCK_RATE,
        (6, 7..=9) => &row::RCPT_UTF8,
        _ => return None,
    };
    Some(row)
}

/// By step and basic code (RFC 5321 4.2.3, RFC 4954 6, RFC 3207 4, RFC 7504, RFC 7505).
fn by_basic(step: Step, said: &Said) -> Option<&'static Row> {
    let at_step = match step {
        Step::Banner if said.is_transient() => Some(&row::BANNER_BUSY),
        Step::Banner => Some(&row::BANNER_554),
        Step::Ehlo => ehlo_by_basic(said.code),
        Step::StartTls => starttls_by_basic(said.code),
        Step::Auth => auth_by_basic(said),
        Step::Mail => mail_by_basic(said.code),
        Step::Rcpt => rcpt_by_basic(said),
        Step::Data | Step::Message => content_by_basic(said.code),
        Step::Dns | Step::Connect | Step::Tls | Step::Rset | Step::Other | Step::Quit => None,
    };
    at_step.or_else(|| anywhere_by_basic(said.code))
}

const fn ehlo_by_basic(code: u16) -> Option<&'static Row> {
    match code {
        501 | 504 | 550 | 553 => Some(&row::EHLO_NAME),
        521 | 554 => Some(&row::BANNER_554),
        _ => None,
    }
}

const fn starttls_by_basic(code: u16) -> Option<&'static Row> {
    match code {
        421 => None,
        400..=499 => Some(&row::TLS_454),
        _ => Some(&row::TLS_ABSENT),
    }
}

/// No 5xx to AUTH is about a mail: what is not told is a sign-in that was refused.
fn auth_by_basic(said: &Said) -> Option<&'static Row> {
    let row = match said.code {
        421 => return None,
        432 => &row::AUTH_CHANGE,
        400..=499 => &row::AUTH_TEMP,
        500 | 502 => &row::AUTH_ABSENT,
        501 | 555 => &row::PROTO_SYNTAX,
        503 => &row::PROTO_ORDER,
        504 => &row::AUTH_MECH,
        525 => &row::AUTH_DISABLED,
        530 => &row::AUTH_REQUIRED,
        534 => &row::AUTH_APPPW,
        538 => &row::AUTH_NEEDTLS,
        _ => &row::AUTH_BAD,
    };
    Some(row)
}

const fn mail_by_basic(code: u16) -> Option<&'static Row> {
    match code {
        550 | 553 => Some(&row::FROM_OWNED),
        552 => Some(&row::MSG_SIZE),
        452 => Some(&row::SERVER_STORAGE),
        _ => None,
    }
}

fn rcpt_by_basic(said: &Said) -> Option<&'static Row> {
    // 550 is "mailbox unavailable", and also "for policy reasons" (RFC 5321 4.2.3).
    let policy = || {
        said.has(&[
            "polic",
            "block",
            "denied",
            "not allowed",
            "permission",
            "banned",
            "spam",
        ])
    };
    match said.code {
        550 | 551 if !policy() => Some(&row::RCPT_UNKNOWN),
        501 | 553 => Some(&row::RCPT_SYNTAX),
        552 => Some(&row::RCPT_OVER),
        452 => Some(&row::SERVER_STORAGE),
        _ => None,
    }
}

const fn content_by_basic(code: u16) -> Option<&'static Row> {
    match code {
        552 => Some(&row::MSG_SIZE),
        452 => Some(&row::SERVER_STORAGE),
        _ => None,
    }
}

const fn anywhere_by_basic(code: u16) -> Option<&'static Row> {
    match code {
        421 => Some(&row::PROTO_CLOSED),
        500..=502 | 504 | 555 => Some(&row::PROTO_SYNTAX),
        503 => Some(&row::PROTO_ORDER),
        521 => Some(&row::BANNER_554),
        530 | 535 => Some(&row::AUTH_REQUIRED),
        534 => Some(&row::AUTH_APPPW),
        538 => Some(&row::AUTH_NEEDTLS),
        556 => Some(&row::DNS_NULLMX),
        _ => None,
    }
}
