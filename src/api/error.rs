//! Why a request was not done: reasons, which `ui::text` has words for, and the words as they cross to the browser.

use leptos::server_fn::codec::PostcardEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::domain::identifier::Unfit;
use crate::domain::policy::Refusal;

/// A field of a form; the names are those of the HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Username,
    Email,
    Token,
    Password,
    CurrentPassword,
}

impl Field {
    /// The `name` of the input, which is also the stem of its id.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::Token => "token",
            Self::Password => "password",
            Self::CurrentPassword => "current_password",
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing was typed.
    Required,
    /// Too long, or of another form than is asked for.
    Unfit(Unfit),
    /// Not the username of this link; so many tries are left.
    WrongUsername { left: u32 },
    /// Not the username of this link; nothing is counted here.
    NotThatUsername,
    /// The link or code is unknown, used or too old: one sentence for all.
    Unusable,
    /// The username is another's. Told only to who has just proved an address.
    Taken,
    /// Not the password of the account.
    WrongPassword,
    /// The password is refused, with what would help.
    Weak { refusal: Refusal, help: Vec<String> },
}

/// A field and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: Field,
    pub reason: Reason,
}

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// Something in the form is to be mended.
    Fields(Vec<FieldError>),
    /// Unknown, wrong, locked and frozen alike.
    SignInRefused,
    /// The reset session is over or was never here: start again.
    ResetOver,
    /// Too many wrong usernames: the link is dead, the account is locked.
    ResetLocked,
    /// Signed out, or never signed in.
    SignedOut,
    /// The form was not sent from our own page, or too long ago.
    Forbidden,
    /// Too many requests; worth trying again after so many seconds.
    RateLimited { retry_after: u32 },
    /// Too busy just now; worth trying again after so many seconds.
    Busy { retry_after: u32 },
    /// Whether it was done is not known; worth looking, and trying again, after so many seconds.
    Unsure { retry_after: u32 },
    /// The form could not be read at all.
    Malformed,
    /// More bytes than any form of ours has.
    TooLarge,
    /// There is no such page.
    NotFound,
    /// Our fault; the log has the details under this id.
    Internal { incident: String },
}

impl ApiError {
    /// One field is wrong.
    pub fn field(field: Field, reason: Reason) -> Self {
        Self::Fields(vec![FieldError { field, reason }])
    }

    /// The link or code does not work.
    pub fn unusable() -> Self {
        Self::field(Field::Token, Reason::Unusable)
    }

    /// The HTTP status (RFC 9110) that goes with it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Fields(_) => 422,
            Self::SignInRefused | Self::SignedOut => 401,
            Self::ResetOver => 410,
            Self::ResetLocked | Self::Forbidden => 403,
            Self::RateLimited { .. } => 429,
            Self::Busy { .. } | Self::Unsure { .. } => 503,
            Self::Malformed => 400,
            Self::TooLarge => 413,
            Self::NotFound => 404,
            Self::Internal { .. } => 500,
        }
    }

    /// What is wrong with a field, if anything.
    pub fn of(&self, field: Field) -> Option<&Reason> {
        match self {
            Self::Fields(all) => all
                .iter()
                .find(|one| one.field == field)
                .map(|one| &one.reason),
            _ => None,
        }
    }
}

/// A username, address or identifier that does not parse, as the field's error.
pub fn unfit(field: Field, unfit: Unfit) -> FieldError {
    let reason = match unfit {
        Unfit::Empty => Reason::Required,
        other => Reason::Unfit(other),
    };
    FieldError { field, reason }
}

/// The one error that crosses to the browser: sentences, so that no page has to carry the words for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub sentences: Vec<Sentence>,
}

/// What is wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// The name of the input that it is about; empty where it is about none.
    pub field: String,
    pub words: String,
}

impl Refused {
    /// An error that is about no input.
    pub fn with(words: &str) -> Self {
        let sentence = Sentence {
            field: String::new(),
            words: words.to_owned(),
        };
        Self {
            sentences: vec![sentence],
        }
    }
}

impl FromServerFnError for Refused {
    type Encoder = PostcardEncoding;

    // What went wrong on the way names types and hints: people get one sentence for it.
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::with(UNREACHED)
    }
}

/// When the server could not be reached, or its answer not be read.
const UNREACHED: &str = "We could not reach the server. Check your connection and try again.";
