//! A server's reply: three digits, perhaps an enhanced status code, and text (RFC 5321 4.2, RFC 3463, RFC 2034).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One reply, whole. Its lines are printable, bounded, and without what must not be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// From the beginning of the text, where there is one.
    pub enhanced: Option<Enhanced>,
    /// The text of each line, without the digits, with the enhanced code.
    pub lines: Vec<String>,
}

/// An enhanced status code, such as 5.7.8 (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Enhanced {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// Within the subject.
    pub detail: u16,
}

impl Enhanced {
    /// Reads `5.7.8` at the beginning of a text; it must end there or be followed by white space.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.split([' ', '\t']).next()?;
        let mut parts = word.split('.');
        let number = |part: Option<&str>| -> Option<u16> {
            let part = part?;
            let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse().ok())?
        };
        let class = number(parts.next())?;
        let (subject, detail) = (number(parts.next())?, number(parts.next())?);
        let whole = parts.next().is_none() && matches!(class, 2 | 4 | 5);
        whole.then_some(Self {
            class: u8::try_from(class).ok()?,
            subject,
            detail,
        })
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl Reply {
    /// From a code and the texts of its lines.
    pub fn new(code: u16, lines: Vec<String>) -> Self {
        let enhanced = lines.first().and_then(|line| Enhanced::parse(line));
        Self {
            code,
            enhanced,
            lines,
        }
    }

    /// What a person pastes: a reply of one or several lines (`535-5.7.8 …`), or lines of a log with one in them
    /// (`… said: 550 5.1.1 … (in reply to RCPT TO command)`). The first reply counts; lines without digits continue it. None where
    /// there is no reply in the first 8 KiB.
    pub fn parse(text: &str) -> Option<Self> {
        let text = &text[..text.floor_char_boundary(text.len().min(MOST_PASTED))];
        let mut lines = text.lines().skip_while(|line| coded(line).is_none());
        let (code, first) = coded(lines.next()?)?;
        let mut reply = vec![first];
        for line in lines.take(MOST_LINES) {
            match coded(line) {
                Some((next, rest)) if next == code => reply.push(rest),
                Some(_) => break,
                None if line.trim().is_empty() => {}
                None => reply.push(line.trim()),
            }
        }
        let printable = |line: &str| line.chars().filter(|c| !c.is_control()).collect();
        Some(Self::new(code, reply.into_iter().map(printable).collect()))
    }

    /// 2xx or 3xx.
    pub const fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// 4xx.
    pub const fn is_transient(&self) -> bool {
        self.code >= 400 && self.code < 500
    }

    /// All lines as one, without the digits. An enhanced code that each line repeats (RFC 2034 4) stands only before the first: a
    /// sentence may go from one line to the next.
    pub fn text(&self) -> String {
        let mut text = self.lines.first().cloned().unwrap_or_default();
        for line in self.lines.iter().skip(1) {
            let repeated = self.enhanced.is_some() && Enhanced::parse(line) == self.enhanced;
            let rest = if repeated {
                line.split_once([' ', '\t']).map_or("", |(_, rest)| rest)
            } else {
                line
            };
            text.push(' ');
            text.push_str(rest);
        }
        text
    }
}

/// Octets of a pasted text that are looked at.
const MOST_PASTED: usize = 8192;

/// Lines of a pasted reply behind its first.
const MOST_LINES: usize = 63;

/// What stands before a reply in the logs of mail servers and in bounces (RFC 3464 2.3.6).
const SAID: [&str; 6] = [
    "said: ",
    "says: ",
    "reply: ",
    "response: ",
    "smtp; ",
    "to me: ",
];

/// The code of a line and the text behind it: behind the words of a log, or at the first number that can be a code.
fn coded(line: &str) -> Option<(u16, &str)> {
    let behind = SAID.iter().find_map(|said| {
        let at = line.find(said)? + said.len();
        code_at(&line[at..])
    });
    behind.or_else(|| {
        let begins = |at: usize| {
            let before = line[..at].chars().next_back();
            before.is_none_or(|c| matches!(c, ' ' | '\t' | '"' | '\'' | '(' | '<' | '*' | ':'))
        };
        let mut places = line.char_indices().map(|(at, _)| at);
        places.find_map(|at| begins(at).then(|| code_at(&line[at..]))?)
    })
}

/// Three digits from 200 to 599, and then a space, a hyphen or nothing.
fn code_at(text: &str) -> Option<(u16, &str)> {
    let digits = text.get(..3)?;
    let code = digits
        .parse()
        .ok()
        .filter(|code| (200..600).contains(code))?;
    let rest = &text[3..];
    let ends = rest.is_empty() || rest.starts_with([' ', '-', '\t']);
    (ends && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| (code, rest.get(1..).unwrap_or_default().trim()))
}

/// `535 5.7.8 Authentication failed`, on one line.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_stand_at_the_beginning() {
        let reply = Reply::new(535, vec!["5.7.8 Authentication failed".into()]);
        assert_eq!(reply.enhanced.unwrap().to_string(), "5.7.8");
        assert_eq!(reply.to_string(), "535 5.7.8 Authentication failed");
        let wrapped = [
            "5.7.1 Client host blocked using",
            "5.7.1 zen.dnsbl.example;",
            "5.7.2 x",
            "5.7.1",
        ];
        let reply = Reply::new(554, wrapped.map(str::to_owned).to_vec());
        assert_eq!(
            reply.text(),
            "5.7.1 Client host blocked using zen.dnsbl.example; 5.7.2 x "
        );
        for none in [
            "", "5.7", "5.7.8.9", "3.1.1 x", "1.2.3", "5.7.x", "5.7.1234", "x 5.7.8",
        ] {
            assert_eq!(Enhanced::parse(none), None, "{none}");
        }
    }

    #[test]
    fn what_people_paste_is_read() {
        let postfix = "Nov 22 10:00:00 mail postfix/smtp[123]: 4X1: to=<a@b.example>, relay=mx.b.example[192.0.2.7]:25, delay=0.5, \
            dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.7] said: 550 5.1.1 <a@b.example>: unknown (in reply to RCPT TO command))";
        for (pasted, code, enhanced, lines) in [
            ("535 5.7.8 Authentication failed", 535, "5.7.8", 1),
            (
                "  535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 more\r\n250 no",
                535,
                "5.7.8",
                2,
            ),
            ("535 5.7.8 a text that\n   was wrapped", 535, "5.7.8", 2),
            ("250-mx.example.org\n250 SIZE 1000", 250, "", 2),
            ("<** 535 5.7.8 no", 535, "5.7.8", 1),
            ("S: 450 4.7.1 later", 450, "4.7.1", 1),
            ("Diagnostic-Code: smtp; 550 5.2.1 off", 550, "5.2.1", 1),
            (
                "host mx refused to talk to me: 554 5.7.1 go away",
                554,
                "5.7.1",
                1,
            ),
            ("I got this:\n\n550", 550, "", 1),
            (postfix, 550, "5.1.1", 1),
        ] {
            let reply = Reply::parse(pasted).unwrap_or_else(|| panic!("{pasted}"));
            let said = reply.enhanced.map(|code| code.to_string());
            assert_eq!(
                (reply.code, said.unwrap_or_default().as_str()),
                (code, enhanced),
                "{pasted}"
            );
            assert_eq!(reply.lines.len(), lines, "{pasted}");
        }
    }

    #[test]
    fn what_is_no_reply_is_none() {
        for text in [
            "", "hello", "5.7.8", "1550 x", "199 x", "600 x", "550x", "[250]: x", "+50 x", "5 50",
        ] {
            assert_eq!(Reply::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_paste_is_survived_and_bounded(text in ".{0,300}(said: )?[2-5][0-9]{2}[ -].{0,300}", n in 1_usize..60) {
            if let Some(reply) = Reply::parse(&text.repeat(n)) {
                proptest::prop_assert!(reply.lines.len() <= 64);
                proptest::prop_assert!(reply.text().len() <= 8192 + 64);
                proptest::prop_assert!(reply.lines.iter().all(|line| !line.chars().any(char::is_control)));
            }
        }
    }
}
