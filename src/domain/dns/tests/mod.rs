//! The judgements, with answers as real domains give them.

mod blocklist;
mod dkim;
mod dmarc;
mod records;
mod spf;

use core::net::IpAddr;

use super::answers::{Answer, Answers, Kind};
use super::judge;
use super::report::{Check, Finding, Verdict};
use super::subject::{Relay, Signature, Subject};

/// A small world: what is not in it does not exist. A line is `name TYPE content`.
struct World<'a>(&'a [&'a str]);

impl World<'_> {
    fn answer(&self, kind: Kind, name: &str) -> Answer {
        let (mut texts, mut addresses, mut hosts, mut names) = (vec![], vec![], vec![], vec![]);
        let mut exists = false;
        for line in self.0 {
            let (at, rest) = line.split_once(' ').unwrap();
            if at != name {
                continue;
            }
            exists = true;
            let (of, content) = rest.split_once(' ').unwrap_or((rest, ""));
            match (of, kind) {
                ("FAIL", _) => return Answer::Failed("no answer in time".into()),
                ("TXT", Kind::Txt) => texts.push(content.to_owned()),
                ("A", Kind::V4) | ("AAAA", Kind::V6) => addresses.push(content.parse().unwrap()),
                ("MX", Kind::Mx) => {
                    let (preference, host) = content.split_once(' ').unwrap_or((content, ""));
                    hosts.push((preference.parse().unwrap(), host.to_owned()));
                }
                ("PTR", Kind::Ptr) => names.push(content.to_owned()),
                ("POLICY", Kind::Policy) => return Answer::Document(content.replace('|', "\n")),
                _ => {}
            }
        }
        match kind {
            _ if !exists => Answer::NoName,
            Kind::Txt if !texts.is_empty() => Answer::Texts(texts),
            Kind::V4 | Kind::V6 if !addresses.is_empty() => Answer::Addresses(addresses),
            Kind::Mx if !hosts.is_empty() => Answer::Hosts(hosts),
            Kind::Ptr if !names.is_empty() => Answer::Names(names),
            _ => Answer::Empty,
        }
    }

    /// Judges until no question is open.
    fn judge(&self, subject: &Subject) -> Vec<Finding> {
        let mut answers = Answers::default();
        for _ in 0..100 {
            if let Some(findings) = judge(subject, &answers) {
                for finding in &findings {
                    let needs = matches!(finding.verdict, Verdict::Warn | Verdict::Fail);
                    assert!(!needs || finding.fix.is_some(), "no fix: {finding:?}");
                }
                return findings;
            }
            let open = answers.open();
            assert!(!open.is_empty(), "waits for nothing");
            for question in open {
                let answer = self.answer(question.kind, &question.name);
                answers.learn(question, answer);
            }
        }
        panic!("asks without end");
    }
}

/// `example.org`, sending from these addresses, unsigned.
fn subject(addresses: &[&str]) -> Subject {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Subject {
        domain: "example.org".into(),
        from_domain: "example.org".into(),
        signatures: Vec::new(),
        relay: if addresses.is_empty() {
            Relay::Unknown
        } else {
            Relay::Addresses(addresses)
        },
        blocklists: Vec::new(),
    }
}

fn signed(domain: &str, selector: &str) -> Signature {
    Signature {
        domain: domain.into(),
        selector: selector.into(),
        key: None,
    }
}

/// The findings of one check as `verdict: sentence` lines.
fn lines(findings: &[Finding], check: Check) -> Vec<String> {
    let of = findings.iter().filter(|finding| finding.check == check);
    of.map(|finding| format!("{}: {}", finding.verdict.word(), finding.found))
        .collect()
}

/// The records that are to be published.
fn published(findings: &[Finding], check: Check) -> Vec<String> {
    let of = findings.iter().filter(|finding| finding.check == check);
    let fixes = of.filter_map(|finding| finding.fix.as_ref());
    fixes
        .flat_map(|fix| &fix.records)
        .map(|record| format!("{} {} {}", record.name, record.kind, record.value))
        .collect()
}
