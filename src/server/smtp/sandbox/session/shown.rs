//! A client's line as it may be kept: what belongs to a sign-in never is.

use super::{Session, State, parse};

/// Characters of a line that are kept, at most.
const MAX_SHOWN: usize = 300;
/// Verbs that never carry a secret, also where the rest of their line cannot be read.
const VERBS: [&str; 13] = [
    "EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP",
    "STARTTLS", "GET",
];

/// A line without what must not be kept. Only [`Session::shown`] makes one out of what a client said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl Session {
    /// How a line that is about to be taken may be shown. The state decides, not a search for what looks like a secret: an answer in
    /// AUTH is one, whatever it says; and after a first AUTH, lines that are no commands may be the half of one that went wrong.
    pub fn shown(&self, line: &[u8]) -> Shown {
        if matches!(self.state, State::Auth(_) | State::Refused(_)) {
            let given_up = line == b"*";
            return Shown(if given_up { "*" } else { "[secret]" }.to_owned());
        }
        if is_auth(line) {
            return Shown(auth(line));
        }
        if self.auth_seen && parse(line).is_err() && !is_verb(line) {
            return Shown(format!("[{} octets that are no command]", line.len()));
        }
        Shown(printable(line))
    }
}

/// Whether a line is, or was meant to be, a sign-in.
pub(super) fn is_auth(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.get(..4)
        .is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"))
}

/// `AUTH PLAIN [secret]`; the mechanism only where it is one that has a name here.
fn auth(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut words = text.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
    let known = [
        "PLAIN",
        "LOGIN",
        "XOAUTH2",
        "CRAM-MD5",
        "OAUTHBEARER",
        "NTLM",
    ];
    let rest = words.next().is_some();
    match known.into_iter().find(|name| *name == mechanism) {
        Some(name) if verb.len() == 4 && rest => format!("AUTH {name} [secret]"),
        Some(name) if verb.len() == 4 => format!("AUTH {name}"),
        _ if verb.len() == 4 && mechanism.is_empty() => "AUTH".to_owned(),
        _ => "AUTH [secret]".to_owned(),
    }
}

fn is_verb(line: &[u8]) -> bool {
    let verb = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    VERBS
        .iter()
        .any(|known| verb.eq_ignore_ascii_case(known.as_bytes()))
}

/// On one line, without control characters, bounded.
pub fn printable(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut shown: String = text
        .chars()
        .take(MAX_SHOWN)
        .flat_map(|c| {
            let plain = (!c.is_control()).then_some(c);
            plain
                .into_iter()
                .chain(c.escape_default().filter(move |_| c.is_control()))
        })
        .collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
