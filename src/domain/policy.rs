//! What a new password must be (DESIGN §1.6): the same function judges at each keystroke and on the server.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zxcvbn::feedback::{Suggestion, Warning};

/// How many characters zxcvbn looks at: its time grows faster than the length (perf.md), and 100 tell enough.
const JUDGED_CHARS: usize = 100;

/// The rules, as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// Least code points after NFKC (NIST SP 800-63B-4 3.1.1.2: 15 without a second factor).
    pub min_length: usize,
    /// Most code points after NFKC.
    pub max_length: usize,
    /// Least zxcvbn score, 0 to 4.
    pub min_score: u8,
    /// Whether upper case, lower case, digit and symbol must all be there; advice otherwise.
    pub require_classes: bool,
}

/// Why a password is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing was typed.
    Empty,
    /// Fewer code points than asked for.
    TooShort { min: usize, is: usize },
    /// More code points, or far more bytes, than taken.
    TooLong { max: usize },
    /// A control character that no keyboard types.
    Control,
    /// Contains the username, the address or the site's name and little else.
    Context,
    /// On the list of common passwords, or easy to guess.
    Guessable,
    /// Without all four classes, where the setting demands them.
    Classes,
}

/// A character class that is missing; advice unless the setting demands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Upper,
    Lower,
    Digit,
    Symbol,
}

/// All that the meter shows and the server decides by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// zxcvbn's score, 0 to 4.
    pub score: u8,
    /// Seconds an offline attack on a slow hash would take (10,000 guesses a second), saturating.
    pub crack_seconds: u64,
    /// What is wrong, in words' keys; see `ui::text`.
    pub warning: Option<String>,
    /// What would help.
    pub suggestions: Vec<String>,
    /// Missing classes.
    pub missing: Vec<Class>,
    /// Code points after NFKC.
    pub length: usize,
    /// `None` where it is acceptable.
    pub refusal: Option<Refusal>,
}

impl PasswordPolicy {
    /// The form that is hashed: NFKC, so that the same password typed on another device is the same.
    ///
    /// # Errors
    /// Before any costly work, when it is empty or longer than allowed in bytes (twelve to a code point: decomposed Hangul is the worst).
    pub fn normalise(&self, password: &str) -> Result<String, Refusal> {
        if password.is_empty() {
            return Err(Refusal::Empty);
        }
        if password.len() > self.max_length.saturating_mul(12) {
            return Err(Refusal::TooLong {
                max: self.max_length,
            });
        }
        let normal: String = password.nfkc().collect();
        if normal.chars().count() > self.max_length {
            return Err(Refusal::TooLong {
                max: self.max_length,
            });
        }
        if normal.chars().any(|c| c == '\0' || c == '\r' || c == '\n') {
            return Err(Refusal::Control);
        }
        Ok(normal)
    }

    /// Judges a password. `inputs` are what an attacker knows: username, address, the site's name.
    pub fn assess(&self, password: &str, inputs: &[&str]) -> Report {
        let normal = match self.normalise(password) {
            Ok(normal) => normal,
            Err(refusal) => return Report::refused(refusal),
        };
        let length = normal.chars().count();
        let judged: String = normal.chars().take(JUDGED_CHARS).collect();
        let words = words(inputs);
        let word_refs: Vec<&str> = words.iter().map(String::as_str).collect();
        let entropy = judge(&judged, &word_refs);
        let score = u8::from(entropy.score());
        let missing = missing_classes(&normal);
        let refusal = if length < self.min_length {
            Some(Refusal::TooShort {
                min: self.min_length,
                is: length,
            })
        } else if mostly_context(&normal, &words) {
            Some(Refusal::Context)
        } else if score < self.min_score {
            Some(Refusal::Guessable)
        } else if self.require_classes && !missing.is_empty() {
            Some(Refusal::Classes)
        } else {
            None
        };
        let feedback = entropy.feedback();
        Report {
            score,
            crack_seconds: entropy.guesses() / 10_000,
            warning: feedback
                .and_then(|f| f.warning())
                .map(|w: Warning| w.to_string()),
            suggestions: feedback
                .map(|f| f.suggestions().iter().map(Suggestion::to_string).collect())
                .unwrap_or_default(),
            missing,
            length,
            refusal,
        }
    }
}

/// The lower of two verdicts: as typed, and without the spaces, which zxcvbn takes for a surprise (`password password`).
fn judge(password: &str, words: &[&str]) -> zxcvbn::Entropy {
    let typed = zxcvbn::zxcvbn(password, words);
    if !password.contains(char::is_whitespace) {
        return typed;
    }
    let compact: String = password.split_whitespace().collect();
    let compact = zxcvbn::zxcvbn(&compact, words);
    if compact.guesses() < typed.guesses() {
        compact
    } else {
        typed
    }
}

impl Report {
    fn refused(refusal: Refusal) -> Self {
        Self {
            score: 0,
            crack_seconds: 0,
            warning: None,
            suggestions: Vec::new(),
            missing: Vec::new(),
            length: 0,
            refusal: Some(refusal),
        }
    }
}

/// The inputs and their parts, bounded: `alice.smith@example.org` is also alice, smith, example.
fn words(inputs: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for input in inputs.iter().take(8) {
        let input: String = input.to_lowercase().chars().take(JUDGED_CHARS).collect();
        let parts = input
            .split(|c: char| !c.is_alphanumeric())
            .filter(|part| part.chars().count() >= 3);
        words.extend(parts.map(str::to_owned));
        words.push(input);
    }
    words.retain(|word| !word.is_empty());
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

/// Whether fewer than eight characters stay when context words are taken out.
fn mostly_context(password: &str, words: &[String]) -> bool {
    let lower = password.to_lowercase();
    let mut rest = lower.clone();
    for word in words.iter().filter(|word| word.chars().count() >= 3) {
        rest = rest.replace(word.as_str(), "");
    }
    rest.len() < lower.len() && rest.chars().count() < 8
}

fn missing_classes(password: &str) -> Vec<Class> {
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let classes = [
        (Class::Upper, has(char::is_uppercase)),
        (Class::Lower, has(char::is_lowercase)),
        (Class::Digit, has(char::is_numeric)),
        (Class::Symbol, has(|c| !c.is_alphanumeric())),
    ];
    classes
        .into_iter()
        .filter(|(_, there)| !there)
        .map(|(class, _)| class)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: PasswordPolicy = PasswordPolicy {
        min_length: 15,
        max_length: 256,
        min_score: 3,
        require_classes: false,
    };

    fn refusal(password: &str) -> Option<Refusal> {
        POLICY
            .assess(password, &["alice", "alice@example.org", "Postern"])
            .refusal
    }

    #[test]
    fn length_counts_code_points_and_nothing_else_is_demanded() {
        assert_eq!(refusal("correct horse battery staple"), None);
        assert_eq!(refusal("short"), Some(Refusal::TooShort { min: 15, is: 5 }));
        assert_eq!(refusal(""), Some(Refusal::Empty));
        assert_eq!(
            refusal(&"x".repeat(257)),
            Some(Refusal::TooLong { max: 256 })
        );
        assert_eq!(
            refusal(&"x".repeat(1 << 20)),
            Some(Refusal::TooLong { max: 256 })
        );
        assert_eq!(refusal("nul\0nul\0nul\0nul\0nul"), Some(Refusal::Control));
        assert_eq!(
            refusal("🐢🦊🐙🦉🐝🦋🐌🐞🦀🐍🦎🐡🐬🐘🦓"),
            None,
            "L6: 15 emoji"
        );
    }

    #[test]
    fn common_and_contextual_passwords_are_refused() {
        assert_eq!(refusal("passwordpassword"), Some(Refusal::Guessable));
        assert_eq!(refusal("password password"), Some(Refusal::Guessable));
        assert_eq!(refusal("aaaaaaaaaaaaaaaaaaaa"), Some(Refusal::Guessable));
        assert_eq!(refusal("alicealice12345"), Some(Refusal::Context));
        assert_eq!(refusal("alice@example.org"), Some(Refusal::Context));
    }

    #[test]
    fn l6_the_same_text_in_other_forms_is_the_same_password() {
        let decomposed = POLICY
            .normalise("Cafe\u{301} au lait, s'il vous plai\u{302}t")
            .unwrap();
        assert_eq!(
            decomposed,
            POLICY.normalise("Café au lait, s'il vous plaît").unwrap()
        );
        assert_eq!(
            POLICY.normalise("  spaces stay  ").unwrap(),
            "  spaces stay  "
        );
    }

    #[test]
    fn classes_are_advice_until_they_are_demanded() {
        let lower = "correct horse battery staple";
        assert_eq!(
            POLICY.assess(lower, &[]).missing,
            [Class::Upper, Class::Digit]
        );
        let strict = PasswordPolicy {
            require_classes: true,
            ..POLICY
        };
        assert_eq!(strict.assess(lower, &[]).refusal, Some(Refusal::Classes));
        assert_eq!(strict.assess("Correct horse battery 1", &[]).refusal, None);
    }

    #[test]
    fn hostile_strings_end_and_are_judged() {
        let symbols = "4@8({[<369&#!1|0$5+7%2".repeat(12);
        for password in [
            &symbols[..256],
            &"ab".repeat(128),
            &"2020".repeat(64),
            &"é".repeat(256),
        ] {
            assert!(POLICY.assess(password, &["alice"]).length <= 256);
        }
    }
}
