//! The words of each mail, written once: a letter of a few blocks, which `text` and `html` lay out. So the two versions
//! cannot say different things, and nothing reaches either without being wrapped or escaped.

pub mod html;
mod links;
mod notices;
pub mod text;
mod times;

use super::render::{Look, RenderError};
use crate::domain::mail::{LinkAndCode, Mail};

/// What a mail says.
pub struct Letter {
    /// The line above the text.
    pub heading: String,
    /// The text, top to bottom.
    pub blocks: Vec<Block>,
}

/// A piece of a letter.
pub enum Block {
    /// A paragraph.
    Words(String),
    /// A paragraph that begins with a question or a key word in bold.
    Led { lead: String, words: String },
    /// What to do next; `main` is the one thing that the mail is for.
    Button {
        label: String,
        url: String,
        main: bool,
    },
    /// The token as a code, and the page that takes it.
    Code { place: String, code: String },
    /// A short fact that a person may have to read to somebody.
    Fact { name: String, value: String },
}

impl Letter {
    fn new(heading: &str) -> Self {
        Self {
            heading: heading.to_owned(),
            blocks: Vec::new(),
        }
    }

    fn words(mut self, words: impl Into<String>) -> Self {
        self.blocks.push(Block::Words(words.into()));
        self
    }

    fn led(mut self, lead: &str, words: impl Into<String>) -> Self {
        self.blocks.push(Block::Led {
            lead: lead.to_owned(),
            words: words.into(),
        });
        self
    }

    fn button(mut self, label: &str, url: &str, main: bool) -> Self {
        self.blocks.push(Block::Button {
            label: label.to_owned(),
            url: url.to_owned(),
            main,
        });
        self
    }

    fn code(mut self, open: &LinkAndCode, place: String) -> Self {
        self.blocks.push(Block::Code {
            place,
            code: open.code.clone(),
        });
        self
    }

    fn fact(mut self, name: &str, value: &str) -> Self {
        self.blocks.push(Block::Fact {
            name: name.to_owned(),
            value: value.to_owned(),
        });
        self
    }
}

/// What this mail says.
///
/// # Errors
/// When a time in it is outside the calendar.
pub fn letter(mail: &Mail, look: &Look) -> Result<Letter, RenderError> {
    match mail {
        Mail::Reset {
            open,
            lifetime_minutes,
            reference,
        } => links::reset(look, open, *lifetime_minutes, reference),
        Mail::SignUp {
            open,
            lifetime_minutes,
        } => links::sign_up(look, open, *lifetime_minutes),
        Mail::SignUpKnown {
            sign_in_url,
            forgot_url,
        } => Ok(links::sign_up_known(look, sign_in_url, forgot_url)),
        Mail::VerifyAddress {
            open,
            lifetime_minutes,
        } => links::verify_address(look, open, *lifetime_minutes),
        Mail::PasswordChanged { at, not_me } => notices::password_changed(look, *at, not_me),
        Mail::PasswordChangedReminder { at, not_me } => notices::reminder(look, *at, not_me),
        Mail::AddressChanged { at, not_me } => notices::address_changed(look, *at, not_me),
        Mail::AccountLocked { at, until, cause } => {
            notices::account_locked(look, *at, *until, *cause)
        }
        Mail::AccountFrozen { at } => notices::account_frozen(look, *at),
        Mail::Test {
            at,
            asked_by,
            relay,
        } => notices::test(look, *at, asked_by, relay),
    }
}
