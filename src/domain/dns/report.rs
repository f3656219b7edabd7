//! What the checks of a mail domain found: verdicts with what was seen, and what to publish where it is wrong.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

/// All findings about one domain, in the order in which they are best read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The domain that was checked, in A-labels: SPF's domain, and where bounces go.
    pub domain: String,
    /// The domain in From, whose DMARC policy counts; the same as `domain` as a rule.
    pub from_domain: String,
    /// The addresses that mail was taken to leave from; empty where they are not known.
    pub relay: Vec<IpAddr>,
    pub findings: Vec<Finding>,
    /// How many questions went to the resolver, and over https.
    pub questions: usize,
    /// Milliseconds for all of them.
    pub took_ms: u64,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub check: Check,
    pub verdict: Verdict,
    /// What was found, in one sentence.
    pub found: String,
    /// The evidence: records as they are published, look-ups as they were counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What to do; always there for a warning or a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// In plain words.
    pub words: String,
    /// The records to publish, exactly; none where it is not a matter of a record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Publish>,
}

/// A record to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// The full name, without a final dot.
    pub name: String,
    /// `TXT`, `MX` …
    pub kind: String,
    /// The content; of a TXT record without the quotes of a zone file.
    pub value: String,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// RFC 7208.
    Spf,
    /// RFC 6376, 8463.
    Dkim,
    /// RFC 7489.
    Dmarc,
    /// Where bounces go: RFC 5321 5.1, RFC 7505.
    Mx,
    /// PTR, and back again.
    ReverseDns,
    /// DNS blocklists: RFC 5782.
    Blocklists,
    /// RFC 8461.
    MtaSts,
    /// RFC 8460.
    TlsRpt,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It does not matter for this set-up.
    NotApplicable,
    /// Nobody answered: neither good nor bad.
    Unknown,
    /// Mail goes out, and less of it arrives than could.
    Warn,
    /// Mail will be refused, or land among spam.
    Fail,
}

impl Check {
    /// Every check, in the order of a report.
    pub const ALL: [Self; 8] = [
        Self::Spf,
        Self::Dkim,
        Self::Dmarc,
        Self::Mx,
        Self::ReverseDns,
        Self::Blocklists,
        Self::MtaSts,
        Self::TlsRpt,
    ];

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Dmarc => "DMARC",
            Self::Mx => "MX",
            Self::ReverseDns => "Reverse DNS",
            Self::Blocklists => "Blocklists",
            Self::MtaSts => "MTA-STS",
            Self::TlsRpt => "TLS-RPT",
        }
    }
}

impl Verdict {
    /// One word of at most seven letters.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotApplicable => "n/a",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Report {
    /// The worst of all findings; [`Verdict::Ok`] of none.
    pub fn verdict(&self) -> Verdict {
        let all = self.findings.iter().map(|finding| finding.verdict);
        all.max().unwrap_or(Verdict::Ok)
    }

    /// The findings of one check.
    pub fn of(&self, check: Check) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.check == check)
    }
}

impl Finding {
    /// Says something about a check.
    pub fn new(check: Check, verdict: Verdict, found: impl Into<String>) -> Self {
        Self {
            check,
            verdict,
            found: found.into(),
            evidence: Vec::new(),
            fix: None,
        }
    }

    /// With a line of evidence.
    #[must_use]
    pub fn seen(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn fix(mut self, words: impl Into<String>) -> Self {
        let words = words.into();
        match &mut self.fix {
            Some(fix) => fix.words = words,
            None => {
                let records = Vec::new();
                self.fix = Some(Fix { words, records });
            }
        }
        self
    }

    /// With a record that is to be published.
    #[must_use]
    pub fn publish(mut self, name: &str, kind: &str, value: impl Into<String>) -> Self {
        let record = Publish {
            name: name.to_owned(),
            kind: kind.to_owned(),
            value: value.into(),
        };
        let fix = self.fix.get_or_insert_with(|| Fix {
            words: "Publish this record.".to_owned(),
            records: Vec::new(),
        });
        fix.records.push(record);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_is_the_reports_verdict() {
        let finding = |verdict| Finding::new(Check::Spf, verdict, "");
        let report = |verdicts: &[Verdict]| Report {
            domain: "example.org".into(),
            from_domain: "example.org".into(),
            relay: Vec::new(),
            findings: verdicts.iter().map(|verdict| finding(*verdict)).collect(),
            questions: 0,
            took_ms: 0,
        };
        use Verdict::{Fail, NotApplicable, Ok, Unknown, Warn};
        for (verdicts, worst) in [
            (&[][..], Ok),
            (&[Ok, NotApplicable], NotApplicable),
            (&[Unknown, Ok], Unknown),
            (&[Warn, Unknown], Warn),
            (&[Fail, Warn, Ok], Fail),
        ] {
            assert_eq!(report(verdicts).verdict(), worst);
        }
    }

    #[test]
    fn a_fix_keeps_its_words_and_its_records() {
        let finding = Finding::new(Check::Spf, Verdict::Fail, "none")
            .publish("example.org", "TXT", "v=spf1 -all")
            .fix("Do this.");
        let fix = finding.fix.unwrap();
        assert_eq!((fix.words.as_str(), fix.records.len()), ("Do this.", 1));
    }
}
