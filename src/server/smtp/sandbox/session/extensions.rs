//! What EHLO lists, with what the script takes away and adds.

use std::borrow::Cow;

use crate::domain::smtp::faults::Deed;

/// The extensions of one session; none before EHLO.
#[derive(Debug, Default)]
pub struct Extensions {
    lines: Vec<Cow<'static, str>>,
    withheld: Vec<String>,
}

impl Extensions {
    /// What is there and not withheld, then what the script adds; a line of the script stands in place of ours.
    ///
    /// Inside TLS, STARTTLS is not offered again (RFC 3207 4.2), whatever the script says.
    pub fn new(max_bytes: usize, starttls: bool, tls: bool, deed: &Deed) -> Self {
        let mut lines: Vec<Cow<'static, str>> = vec![
            "PIPELINING".into(),
            format!("SIZE {max_bytes}").into(),
            "8BITMIME".into(),
            "SMTPUTF8".into(),
            "ENHANCEDSTATUSCODES".into(),
        ];
        if starttls {
            lines.push("STARTTLS".into());
        }
        lines.extend(["AUTH PLAIN LOGIN XOAUTH2".into(), "HELP".into()]);
        lines.retain(|line| !deed.withheld.iter().any(|word| is(line, word)));
        for offered in &deed.offered {
            let word = keyword(offered);
            lines.retain(|line| !is(line, word));
            lines.push(offered.clone().into());
        }
        lines.retain(|line| !tls || !is(line, "STARTTLS"));
        let withheld = deed.withheld.clone();
        Self { lines, withheld }
    }

    /// As EHLO says them.
    pub fn lines(&self) -> impl Iterator<Item = Cow<'static, str>> {
        self.lines.iter().cloned()
    }

    /// Whether the script keeps one back that is always there otherwise.
    pub fn lacks(&self, word: &str) -> bool {
        self.withheld.iter().any(|withheld| withheld == word)
    }

    /// Whether one is listed.
    pub fn offers(&self, word: &str) -> bool {
        self.lines.iter().any(|line| is(line, word))
    }
}

fn keyword(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn is(line: &str, word: &str) -> bool {
    keyword(line).eq_ignore_ascii_case(word)
}
