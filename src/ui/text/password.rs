//! The words for passwords, spans of time included. The strength module of the Web Worker takes this file alone along.

use crate::domain::policy::{Class, Refusal, Report};

/// Why a password is refused.
pub fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Empty => "Type a password.".to_owned(),
        Refusal::TooShort { min, is } => {
            let short = min.saturating_sub(*is);
            let s = if short == 1 { "" } else { "s" };
            format!(
                "Use at least {min} characters: {short} more character{s}. A few random words are easy to remember."
            )
        }
        Refusal::TooLong { max } => format!("Use at most {max} characters."),
        Refusal::Control => "Leave out line breaks and other invisible characters.".to_owned(),
        Refusal::Context => {
            "Use more than your username, your address or the name of this site.".to_owned()
        }
        Refusal::Guessable => "This password is easy to guess.".to_owned(),
        Refusal::Classes => "Use upper and lower case letters, a digit and a symbol.".to_owned(),
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

/// A judged password in sentences: the verdict, the time to guess, what is wrong and what helps.
pub fn verdict(report: &Report) -> String {
    let mut words = format!(
        "{}: {}.",
        score(report.score),
        crack_time(report.crack_seconds)
    );
    let refused = report.refusal.as_ref().map(refused);
    let advice = report
        .refusal
        .as_ref()
        .and_then(|_| missing(&report.missing));
    let help = report.warning.iter().chain(&report.suggestions).cloned();
    for sentence in refused.into_iter().chain(help).chain(advice) {
        words.push(' ');
        words.push_str(&sentence);
    }
    words
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
