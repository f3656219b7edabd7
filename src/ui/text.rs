//! Every sentence of the pages, in English, and the words for each reason and error.

use crate::api::error::{ApiError, Field, Reason};
use crate::domain::identifier::Unfit;
use crate::domain::policy::{Class, Refusal};

pub mod pages;

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

/// Why a password is refused.
pub fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Empty => "Type a password.".to_owned(),
        Refusal::TooShort { min, is } => {
            let short = min.saturating_sub(*is);
            let s = if short == 1 { "" } else { "s" };
            format!("Use at least {min} characters: {short} more character{s}. A few random words are easy to remember.")
        }
        Refusal::TooLong { max } => format!("Use at most {max} characters."),
        Refusal::Control => "Leave out line breaks and other invisible characters.".to_owned(),
        Refusal::Context => "Use more than your username, your address or the name of this site.".to_owned(),
        Refusal::Guessable => "This password is easy to guess.".to_owned(),
        Refusal::Classes => "Use upper and lower case letters, a digit and a symbol.".to_owned(),
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
            "This reset is over, or this browser did not keep our cookie. Allow cookies for this \
             site, then ask for a new link."
                .to_owned()
        }
        ApiError::ResetLocked => {
            "Too many wrong usernames. To protect the account, this link is dead and the account \
             is locked for a while. Its owner gets a mail that says what to do."
                .to_owned()
        }
        ApiError::SignedOut => "You are signed out. Sign in to go on.".to_owned(),
        ApiError::Forbidden => {
            "This form was not sent from our own page, or the page is too old. Load it again and \
             try once more."
                .to_owned()
        }
        ApiError::RateLimited { retry_after } => {
            format!("Too many tries. Please come back in {}.", span(u64::from(*retry_after)))
        }
        ApiError::Busy { retry_after } => {
            format!("We are busy just now. Please try again in {}.", span(u64::from(*retry_after)))
        }
        ApiError::Malformed => "This form could not be read. Load the page again.".to_owned(),
        ApiError::NotFound => "There is no such page.".to_owned(),
        ApiError::Transport => {
            "We could not reach the server. Check your connection and try again.".to_owned()
        }
        ApiError::Internal { incident } => {
            format!("Something went wrong on our side. Please try again; support finds it as {incident}.")
        }
    }
}

/// A span of time as people say it, rounded up.
pub fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..=59 => (seconds.max(1), "second"),
        60..=3_599 => (seconds.div_ceil(60), "minute"),
        3_600..=86_399 => (seconds.div_ceil(3_600), "hour"),
        86_400..=31_535_999 => (seconds.div_ceil(86_400), "day"),
        _ => (seconds / 31_536_000, "year"),
    };
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s}")
}

/// How long a thief of the hashed password would need.
pub fn crack_time(seconds: u64) -> String {
    match seconds {
        0 => "guessed at once".to_owned(),
        3_153_600_000.. => "centuries to guess".to_owned(),
        seconds => format!("about {} to guess", span(seconds)),
    }
}

/// zxcvbn's score in a word.
pub const fn score(score: u8) -> &'static str {
    match score {
        0 => "Very weak",
        1 => "Weak",
        2 => "Fair",
        3 => "Good",
        _ => "Strong",
    }
}

/// Character classes that are missing, as advice.
pub fn missing(classes: &[Class]) -> Option<String> {
    let word = |class: &Class| match class {
        Class::Upper => "upper case letters",
        Class::Lower => "lower case letters",
        Class::Digit => "digits",
        Class::Symbol => "symbols",
    };
    let words: Vec<&str> = classes.iter().map(word).collect();
    (!words.is_empty()).then(|| format!("No {} yet; mixing them in helps.", words.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_well() {
        assert_eq!(span(0), "1 second");
        assert_eq!(span(61), "2 minutes");
        assert_eq!(span(3_600), "1 hour");
        assert_eq!(crack_time(0), "guessed at once");
        assert_eq!(crack_time(40 * 31_536_000), "about 40 years to guess");
        assert_eq!(crack_time(u64::MAX), "centuries to guess");
    }
}
