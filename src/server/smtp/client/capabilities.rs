//! What a server offers in its reply to EHLO (RFC 5321 4.1.1.1).

use std::time::Duration;

use super::target::Mechanism;

/// What was offered, as far as we use it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities {
    pub starttls: bool,
    pub pipelining: bool,
    pub smtputf8: bool,
    /// Octets (RFC 1870); none where there is no limit or none is told.
    pub size: Option<u64>,
    /// DELIVERBY, with the least seconds it takes (RFC 2852 2).
    pub deliver_by: Option<u64>,
    /// The words behind AUTH, as they came; none where there is no AUTH.
    pub auth: Option<Vec<String>>,
}

impl Capabilities {
    /// Reads the lines of a reply to EHLO, without the digits; the first is the server's name.
    pub fn read(lines: &[String]) -> Self {
        let mut found = Self::default();
        for line in lines.iter().skip(1) {
            let mut words = line.split_whitespace();
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                "STARTTLS" => found.starttls = true,
                "PIPELINING" => found.pipelining = true,
                "SMTPUTF8" => found.smtputf8 = true,
                // Zero is "no limit" (RFC 1870 4).
                "SIZE" => {
                    let size = words.next().and_then(|word| word.parse().ok());
                    found.size = size.filter(|size| *size > 0);
                }
                "DELIVERBY" => {
                    let least = words.next().and_then(|word| word.parse().ok());
                    found.deliver_by = Some(least.unwrap_or(0));
                }
                "AUTH" => found.add_auth(words),
                // What some servers said before there was RFC 2554.
                _ if keyword.starts_with("AUTH=") => {
                    found.add_auth(line["AUTH=".len()..].split_whitespace());
                }
                _ => {}
            }
        }
        found
    }

    fn add_auth<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        let known = self.auth.get_or_insert_default();
        for word in words {
            let word = word.to_ascii_uppercase();
            if !known.contains(&word) {
                known.push(word);
            }
        }
    }

    /// Whether that way to sign in is offered.
    pub fn offers(&self, mechanism: Mechanism) -> bool {
        let offered = self.auth.as_deref().unwrap_or_default();
        offered.iter().any(|word| word == mechanism.name())
    }

    /// The seconds for `BY=`, where the server takes a time that short.
    pub fn by_seconds(&self, within: Duration) -> Option<u64> {
        let seconds = within.as_secs();
        let least = self.deliver_by?.max(1);
        (least..=999_999_999).contains(&seconds).then_some(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Capabilities {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        Capabilities::read(&lines)
    }

    #[test]
    fn what_is_offered_is_found_in_any_case_and_order() {
        let found = read(&[
            "mx.example.org STARTTLS",
            "size 1000",
            "Auth plain LOGIN",
            "AUTH=LOGIN XOAUTH2",
            "DELIVERBY 60",
            "SMTPUTF8",
            "PIPELINING",
        ]);
        assert!(!found.starttls, "the first line is a name");
        assert!(found.smtputf8 && found.pipelining);
        assert_eq!(found.size, Some(1_000));
        assert_eq!(
            found.auth.as_deref().unwrap(),
            ["PLAIN", "LOGIN", "XOAUTH2"]
        );
        assert!(found.offers(Mechanism::XOAuth2));
        assert_eq!(found.by_seconds(Duration::from_secs(59)), None);
        assert_eq!(found.by_seconds(Duration::from_secs(60)), Some(60));
    }

    #[test]
    fn nonsense_offers_nothing() {
        let found = read(&[
            "x",
            "",
            "   ",
            "SIZE",
            "SIZE x",
            "SIZE 0",
            "AUTH=",
            "ÄUTH=PLAIN",
        ]);
        assert_eq!(found.auth, Some(Vec::new()));
        assert_eq!((found.size, found.starttls), (None, false));
        assert_eq!(read(&[]), Capabilities::default());
        assert_eq!(read(&["x"]).by_seconds(Duration::from_secs(60)), None);
    }
}
