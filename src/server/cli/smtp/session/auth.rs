//! AUTH in a typed session: what is asked for and encoded for a person, and what of a typed line must not be shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::server::secrets::Secret;
use crate::server::smtp::client::{Credentials, Mechanism};

/// The mechanism, where the line is `AUTH MECHANISM` alone and we know how to encode for it.
pub fn alone(line: &str) -> Option<Mechanism> {
    let mut words = line.split_whitespace();
    let verb = words.next()?;
    let mechanism = words.next()?.to_ascii_uppercase();
    if !verb.eq_ignore_ascii_case("AUTH") || words.next().is_some() {
        return None;
    }
    match mechanism.as_str() {
        "PLAIN" => Some(Mechanism::Plain),
        "LOGIN" => Some(Mechanism::Login),
        "XOAUTH2" => Some(Mechanism::XOAuth2),
        _ => None,
    }
}

/// What is sent: the command, then the answers to the server's challenges. All but the first word or two is secret.
pub fn lines(mechanism: Mechanism, name: &str, password: &Secret) -> (String, Vec<Secret>) {
    let password = password.expose();
    let encoded = |text: String| Secret::new(STANDARD.encode(Secret::new(text).expose()));
    match mechanism {
        Mechanism::Plain => {
            let first = encoded(format!("\0{name}\0{password}"));
            (format!("AUTH PLAIN {}", first.expose()), Vec::new())
        }
        Mechanism::Login => {
            let answers = vec![encoded(name.to_owned()), encoded(password.to_owned())];
            ("AUTH LOGIN".to_owned(), answers)
        }
        Mechanism::XOAuth2 => {
            let first = encoded(format!("user={name}\u{1}auth=Bearer {password}\u{1}\u{1}"));
            // A refusal comes as a challenge with the reason; an empty answer ends it.
            let answers = vec![Secret::default()];
            (format!("AUTH XOAUTH2 {}", first.expose()), answers)
        }
    }
}

/// A typed line as it may be shown: what is behind the mechanism is a secret.
pub fn shown(line: &str) -> String {
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(verb), Some(mechanism), Some(_)) if verb.eq_ignore_ascii_case("AUTH") => {
            format!("{verb} {mechanism} [secret]")
        }
        _ => line.to_owned(),
    }
}

/// The credentials in a typed line, as far as they can be read: a server may repeat them, and then they must not be shown either.
pub fn within(line: &str) -> Option<Credentials> {
    let word = line.split_whitespace().last()?;
    let bytes = STANDARD.decode(word).ok()?;
    let text = Secret::new(String::from_utf8(bytes).ok()?);
    let mut parts = text.expose().split('\0').rev();
    let password = parts.next().filter(|password| !password.is_empty())?;
    Some(Credentials {
        username: parts.next().unwrap_or_default().to_owned(),
        password: Secret::new(password.to_owned()),
        mechanism: None,
    })
}

/// A challenge in words, where it has some: `VXNlcm5hbWU6` is `Username:`.
pub fn challenge(text: &str) -> Option<String> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let fits = !text.is_empty() && text.len() <= 300 && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mechanism_alone_asks() {
        assert_eq!(alone("auth plain"), Some(Mechanism::Plain));
        assert_eq!(alone(" AUTH  LOGIN "), Some(Mechanism::Login));
        for line in ["AUTH", "AUTH PLAIN abc", "AUTH CRAM-MD5", "HELP AUTH", ""] {
            assert_eq!(alone(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_sent_is_encoded_and_what_is_shown_is_not_it() {
        let password = Secret::new("sesame".to_owned());
        let (first, answers) = lines(Mechanism::Plain, "relay", &password);
        assert_eq!(first, "AUTH PLAIN AHJlbGF5AHNlc2FtZQ==");
        assert!(answers.is_empty());
        assert_eq!(shown(&first), "AUTH PLAIN [secret]");
        let found = within(&first).unwrap();
        assert_eq!(
            (found.username.as_str(), found.password.expose()),
            ("relay", "sesame")
        );
        let (first, answers) = lines(Mechanism::Login, "relay", &password);
        assert_eq!(first, "AUTH LOGIN");
        let answers: Vec<_> = answers.iter().map(Secret::expose).collect();
        assert_eq!(answers, ["cmVsYXk=", "c2VzYW1l"]);
        assert_eq!(within("c2VzYW1l").unwrap().password.expose(), "sesame");
        assert_eq!(shown("MAIL FROM:<a> b c"), "MAIL FROM:<a> b c");
    }

    #[test]
    fn challenges_are_read() {
        assert_eq!(challenge("VXNlcm5hbWU6").as_deref(), Some("Username:"));
        assert_eq!(challenge(""), None);
        assert_eq!(challenge("not base64!"), None);
        assert_eq!(challenge("GxtbMko="), None, "control characters");
    }
}
