//! What can come next, and what a server's offers are good for.

use crate::domain::smtp::step::Step;
use crate::server::smtp::client::Capabilities;

/// `/help`
pub const HELP: &str = "\
  EHLO name                 say who you are; the reply lists what is offered
  STARTTLS                  begin TLS, then EHLO again
  AUTH PLAIN                sign in; name and password are asked for, not shown
  AUTH LOGIN, AUTH XOAUTH2  the same in other ways; XOAUTH2 takes an access token
  MAIL FROM:<you@…>         begin a mail
  RCPT TO:<them@…>          name a recipient
  DATA                      then the mail, and a line that is a dot alone
  RSET, NOOP, VRFY, HELP    begin anew, do nothing, ask
  QUIT                      end
  /caps                     what the last EHLO offered, in words
  /cert                     the certificates and their verdict
  /transcript               all that was said so far, with times
  /quit                     end
";

/// The step that a command belongs to.
pub fn step_of(line: &str) -> Step {
    let verb = line.split_whitespace().next().unwrap_or_default();
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" | "HELO" | "LHLO" => Step::Ehlo,
        "STARTTLS" => Step::StartTls,
        "AUTH" => Step::Auth,
        "MAIL" => Step::Mail,
        "RCPT" => Step::Rcpt,
        "DATA" => Step::Data,
        "RSET" => Step::Rset,
        "QUIT" => Step::Quit,
        _ => Step::Other,
    }
}

/// What can be typed after a step that was done.
pub fn next(step: Step, offered: &Capabilities, within_tls: bool, helo: &str) -> Option<String> {
    let mail = "MAIL FROM:<you@example.org>";
    Some(match step {
        Step::Banner => format!("EHLO {helo}"),
        Step::StartTls => format!("EHLO {helo}, once more: within TLS other things are offered"),
        Step::Ehlo => {
            let mut ways = Vec::new();
            if offered.starttls && !within_tls {
                ways.push("STARTTLS".to_owned());
            }
            if let Some(mechanisms) = &offered.auth {
                let known = ["PLAIN", "LOGIN", "XOAUTH2"];
                let known = mechanisms
                    .iter()
                    .filter(|word| known.contains(&word.as_str()));
                ways.extend(known.map(|word| format!("AUTH {word}")));
            }
            ways.push(mail.to_owned());
            ways.join("  or  ")
        }
        Step::Auth | Step::Rset | Step::Message => mail.to_owned(),
        Step::Mail => "RCPT TO:<them@example.org>".to_owned(),
        Step::Rcpt => "DATA  or another  RCPT TO:<them@example.org>".to_owned(),
        Step::Data => "the mail: headers, an empty line, text; end it with a dot alone".to_owned(),
        _ => return None,
    })
}

/// One line of an EHLO reply, explained.
pub fn offer(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let keyword = words.next()?.to_ascii_uppercase();
    let more = words.collect::<Vec<_>>().join(" ");
    let words = match keyword.as_str() {
        "STARTTLS" => "the connection can be encrypted (RFC 3207)",
        "AUTH" => return Some(format!("ways to sign in: {more} (RFC 4954)")),
        "SIZE" if matches!(more.as_str(), "" | "0") => "messages of any size (RFC 1870)",
        "SIZE" => return Some(format!("messages of at most {more} octets (RFC 1870)")),
        "PIPELINING" => "several commands may be sent at once (RFC 2920)",
        "8BITMIME" => "messages may have 8-bit text (RFC 6152)",
        "SMTPUTF8" => "addresses may go beyond ASCII (RFC 6531)",
        "DSN" => "reports on delivery can be asked for (RFC 3461)",
        "ENHANCEDSTATUSCODES" => "replies have codes such as 5.7.8 (RFC 2034)",
        "CHUNKING" => "messages may be sent in pieces, by BDAT (RFC 3030)",
        "BINARYMIME" => "messages may be binary (RFC 3030)",
        "DELIVERBY" => "a mail can be given a time to arrive by (RFC 2852)",
        "REQUIRETLS" => "encryption can be asked for all the way (RFC 8689)",
        "VRFY" => "addresses may be asked about (RFC 5321 3.5)",
        "ETRN" => "a queue can be asked for (RFC 1985)",
        "HELP" => "HELP answers",
        _ => return None,
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(lines: &[&str]) -> Capabilities {
        let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        Capabilities::read(&lines)
    }

    #[test]
    fn after_ehlo_comes_what_is_offered() {
        let caps = offered(&["mail.example.org", "STARTTLS", "AUTH PLAIN CRAM-MD5"]);
        let plain = next(Step::Ehlo, &caps, false, "me").unwrap();
        assert_eq!(
            plain,
            "STARTTLS  or  AUTH PLAIN  or  MAIL FROM:<you@example.org>"
        );
        let within = next(Step::Ehlo, &caps, true, "me").unwrap();
        assert!(!within.contains("STARTTLS"), "{within}");
        assert_eq!(next(Step::Banner, &caps, false, "me").unwrap(), "EHLO me");
        assert_eq!(next(Step::Quit, &caps, false, "me"), None);
    }

    #[test]
    fn offers_are_explained() {
        assert!(offer("SIZE 1000").unwrap().contains("at most 1000 octets"));
        assert!(offer("size 0").unwrap().contains("any size"));
        assert!(offer("AUTH PLAIN LOGIN").unwrap().contains("PLAIN LOGIN"));
        assert_eq!(offer("X-OWN"), None);
        assert_eq!(offer(""), None);
    }
}
