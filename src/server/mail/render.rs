//! Turns a [`Mail`] into subject, text and HTML in the look of this site.

use std::fmt;

use thiserror::Error;

use super::templates::{html, letter, text};
use crate::domain::lockout::LockScope;
use crate::domain::mail::{Mail, MailKind};
use crate::server::config::{Config, Subjects};

/// Longest subject in characters: mail programs show about half of it.
const MAX_SUBJECT: usize = 150;
/// Longest site name in characters that a mail shows.
const MAX_SITE: usize = 80;
/// The colour of the button where the setting is no `#rrggbb`.
const DEFAULT_COLOR: &str = "#1f5f8b";

/// How mails of this site look and what they say about it; the same for every mail of one run.
#[derive(Debug, Clone)]
pub struct Look {
    /// The brand, without control characters and bounded in length.
    pub site: String,
    /// The brand's colour, `#rrggbb`.
    pub color: String,
    /// Where people get help.
    pub support: Support,
    /// The origin of every link, without a trailing slash.
    pub public_url: String,
    /// What a lock shuts, so that the notice of it tells the truth.
    pub lock_scope: LockScope,
    subjects: Subjects,
}

/// Where people get help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// A mail address.
    Address(String),
    /// A page.
    Url(String),
}

/// A mail that is ready to be built into a message. Its bodies hold a secret and do not print.
#[derive(Clone)]
pub struct Rendered {
    /// One line, safe as a header.
    pub subject: String,
    /// The plain text part; lines end in `\n`.
    pub text: String,
    /// The HTML part; lines end in `\n`.
    pub html: String,
}

/// Why a mail could not be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RenderError {
    /// A point in time that no calendar shows.
    #[error("a time in this mail is outside the calendar")]
    Time,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl Look {
    /// Reads the look from the settings and cleans what ends up in headers and on screens.
    pub fn from_config(config: &Config) -> Self {
        let site = &config.site;
        let support = one_line(&site.support, usize::MAX);
        let is_url = support.starts_with("https://") || support.starts_with("http://");
        Self {
            site: one_line(&site.name, MAX_SITE),
            color: if is_color(&site.color) {
                &site.color
            } else {
                DEFAULT_COLOR
            }
            .to_owned(),
            support: if is_url {
                Support::Url(support)
            } else {
                Support::Address(support)
            },
            public_url: site.public_url.trim_end_matches('/').to_owned(),
            lock_scope: config.reset.lock_scope,
            subjects: config.mail.subjects.clone(),
        }
    }

    fn subject(&self, kind: MailKind) -> String {
        let subjects = &self.subjects;
        let pattern = match kind {
            MailKind::Reset => &subjects.reset,
            MailKind::PasswordChanged => &subjects.password_changed,
            MailKind::PasswordChangedReminder => &subjects.password_changed_reminder,
            MailKind::AccountLocked => &subjects.account_locked,
            MailKind::SignUp => &subjects.sign_up,
            MailKind::SignUpKnown => &subjects.sign_up_known,
            MailKind::VerifyAddress => &subjects.verify_address,
            MailKind::AddressChanged => &subjects.address_changed,
            MailKind::AccountFrozen => &subjects.account_frozen,
            MailKind::Test => &subjects.test,
        };
        one_line(&pattern.replace("{site}", &self.site), MAX_SUBJECT)
    }
}

/// Renders one mail: the same words as plain text and as HTML.
///
/// # Errors
/// When a time in it is outside the calendar.
pub fn render(mail: &Mail, look: &Look) -> Result<Rendered, RenderError> {
    let letter = letter(mail, look)?;
    Ok(Rendered {
        subject: look.subject(mail.kind()),
        text: text::write(&letter, look),
        html: html::write(&letter, look),
    })
}

/// One line of at most `max` characters: no control characters, no line ends (Unicode's too), nothing that turns the
/// direction of writing, and single spaces.
fn one_line(text: &str, max: usize) -> String {
    let clean: String = text
        .chars()
        .filter(|c| !turns(*c))
        .map(|c| {
            if c.is_control() || c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = clean.split_whitespace().collect();
    words.join(" ").chars().take(max).collect()
}

/// Whether a character has no shape but turns the direction of writing (Unicode's bidirectional controls).
pub fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}
