//! Every sentence of the pages, in English, and the words for each reason and error.

use crate::api::error::{ApiError, Field, Reason};
use crate::domain::identifier::Unfit;

pub mod console;
pub mod pages;
pub mod password;

pub use password::{refused, span};

/// What is wrong with a field, as a sentence that says how to mend it.
pub fn reason(field: Field, reason: &Reason) -> String {
    match reason {
        Reason::Required => required(field).to_owned(),
        Reason::Unfit(Unfit::Empty) => required(field).to_owned(),
        Reason::Unfit(Unfit::TooLong) => "This is longer than we can take.".to_owned(),
        Reason::Unfit(Unfit::Form) => match field {
            Field::Email => "Write an address such as name@example.org.".to_owned(),
            _ => "A username has 3 to 32 characters: letters a to z, digits, dots, hyphens and \
                  underscores."
                .to_owned(),
        },
        Reason::WrongUsername { left: 1 } => {
            "This link belongs to another username. You have one more try.".to_owned()
        }
        Reason::WrongUsername { left } => {
            format!("This link belongs to another username. You have {left} more tries.")
        }
        Reason::NotThatUsername => "This link belongs to another username.".to_owned(),
        Reason::Unusable => {
            "This link or code does not work: it is used, too old or incomplete. Ask for a new one."
                .to_owned()
        }
        Reason::Taken => "This username is taken. Choose another.".to_owned(),
        Reason::WrongPassword => "This is not your current password.".to_owned(),
        Reason::Weak { refusal, help } => {
            let mut words = refused(refusal);
            for sentence in help {
                words.push(' ');
                words.push_str(sentence);
            }
            words
        }
    }
}

const fn required(field: Field) -> &'static str {
    match field {
        Field::Username => "Type your username.",
        Field::Email => "Type your address.",
        Field::Token => "Paste the code from the mail.",
        Field::Password => "Type a password.",
        Field::CurrentPassword => "Type your current password.",
    }
}

/// An error that belongs to no field.
pub fn error(error: &ApiError) -> String {
    match error {
        ApiError::Fields(_) => "Please mend what is marked below.".to_owned(),
        ApiError::SignInRefused => {
            "The username or the password is wrong, or there were too many tries. Wait a moment \
             and try again, or reset your password."
                .to_owned()
        }
        ApiError::ResetOver => {
            "If you have just saved a new password, it counts: sign in with it. Otherwise the time \
             was up, or this browser did not keep our cookie: allow cookies for this site, then ask \
             for a new link."
                .to_owned()
        }
        ApiError::ResetLocked => {
            "Too many wrong usernames. To protect the account, this link is dead and no other works \
             for a while. The account's owner gets a mail that says what to do."
                .to_owned()
        }
        ApiError::SignedOut => "You are signed out. Sign in to go on.".to_owned(),
        ApiError::Forbidden => {
            "This form was not sent from our own page, or the page is too old. Load it again and \
             try once more."
                .to_owned()
        }
        ApiError::RateLimited { retry_after } => {
            format!(
                "Too many tries. Please come back in {}.",
                span(u64::from(*retry_after))
            )
        }
        ApiError::Busy { retry_after } => {
            format!(
                "We are busy just now. Please try again in {}.",
                span(u64::from(*retry_after))
            )
        }
        ApiError::Unsure { retry_after } => {
            format!(
                "We do not know whether this was done: our database stopped answering at the last \
                 moment. If you have just chosen a new password, try to sign in with it in {wait}; if \
                 that fails, ask for a new link. Everything else you can safely send once more.",
                wait = span(u64::from(*retry_after))
            )
        }
        ApiError::Malformed => "This form could not be read. Load the page again.".to_owned(),
        ApiError::TooLarge => "This is more than we can take.".to_owned(),
        ApiError::NotFound => "There is no such page.".to_owned(),
        ApiError::Internal { incident } => {
            format!(
                "Something went wrong on our side. Please try again; support finds it as {incident}."
            )
        }
    }
}
