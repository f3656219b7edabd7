//! DMARC (RFC 7489), judged: the policy that receivers apply to From, and whether our mail passes it.
//!
//! Which domains belong together is found by walking up the DNS, as the successor of RFC 7489 does, not by a list of public suffixes,
//! which would have to be kept up to date: the topmost record above a name marks its organisation.

use super::answers::{Answers, Looked};
use super::report::{Check, Finding, Verdict};
use super::subject::Subject;
use super::tags;

/// Names above a domain that are asked, so that nobody's long name costs long.
const STEPS: usize = 6;

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// p=, in lower case.
    pub policy: String,
    /// sp=, for the domains below; none takes p=.
    pub below: Option<String>,
    /// adkim=s, aspf=s.
    pub strict_dkim: bool,
    pub strict_spf: bool,
    /// pct=.
    pub percent: u8,
    /// rua=: where reports go.
    pub reports: Option<String>,
    /// psd=y: domains below belong to different people.
    pub suffix: bool,
}

/// What stands at `_dmarc.` of a name.
enum Published {
    One(String, Result<Policy, String>),
    None,
    Many(Vec<String>),
    Failed(String),
}

/// Everything about DMARC.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    let from = subject.from_domain.as_str();
    let name = format!("_dmarc.{from}");
    for (depth, at) in upwards(from).into_iter().enumerate() {
        match published(answers, at)? {
            Published::None => {}
            Published::Failed(why) => {
                let found = format!("The policy at _dmarc.{at} is not known: {why}.");
                return Some(vec![Finding::new(Check::Dmarc, Verdict::Unknown, found)]);
            }
            Published::Many(texts) => {
                let found = format!("There are {} DMARC records at _dmarc.{at}.", texts.len());
                let finding = Finding::new(Check::Dmarc, Verdict::Fail, found)
                    .fix("Receivers treat more than one as none at all: leave one.");
                return Some(vec![
                    texts
                        .iter()
                        .fold(finding, |finding, text| finding.seen(text)),
                ]);
            }
            Published::One(text, Err(why)) => {
                let found = format!("The record at _dmarc.{at} cannot be used: {why}.");
                let finding = Finding::new(Check::Dmarc, Verdict::Fail, found)
                    .seen(text)
                    .fix("Correct it; as it is, receivers ignore it.")
                    .publish(&name, "TXT", proposal(from));
                return Some(vec![finding]);
            }
            // Below a public suffix its policy is not ours.
            Published::One(_, Ok(policy)) if policy.suffix && depth > 0 => break,
            Published::One(text, Ok(policy)) => {
                let aligned = alignment(subject, answers, &policy)?;
                return Some(vec![described(at, depth > 0, &policy).seen(text), aligned]);
            }
        }
    }
    let found = format!("{from} has no DMARC record.");
    let finding = Finding::new(Check::Dmarc, Verdict::Warn, found)
        .fix(
            "Large receivers ask for one. Begin with p=none and read the reports; go on to p=quarantine once they show that all \
             your mail passes.",
        )
        .publish(&name, "TXT", proposal(from));
    let relaxed = Policy::default();
    Some(vec![finding, alignment(subject, answers, &relaxed)?])
}

fn proposal(domain: &str) -> String {
    format!("v=DMARC1; p=none; rua=mailto:dmarc@{domain}")
}

fn described(at: &str, inherited: bool, policy: &Policy) -> Finding {
    let applied = match &policy.below {
        Some(below) if inherited => below,
        _ => &policy.policy,
    };
    let whose = if inherited {
        format!(", from {at} above it")
    } else {
        String::new()
    };
    let found = format!("The policy is {applied}{whose}.");
    let finding = |verdict| Finding::new(Check::Dmarc, verdict, found.as_str());
    if applied == "none" {
        return finding(Verdict::Warn).fix(
            "p=none only watches: others may still send in your name. Once the reports show that all your mail passes, publish \
             p=quarantine or p=reject.",
        );
    }
    if policy.percent < 100 {
        let words = format!(
            "It applies to {} of 100 mails (pct=): remove pct=.",
            policy.percent
        );
        return finding(Verdict::Warn).fix(words);
    }
    if policy.reports.is_none() {
        return finding(Verdict::Ok).seen("No rua=: nobody gets the reports of receivers.");
    }
    finding(Verdict::Ok)
}

/// Whether SPF or DKIM speaks for From's domain (RFC 7489 3.1): one of them must.
fn alignment(subject: &Subject, answers: &Answers, policy: &Policy) -> Option<Finding> {
    let from = subject.from_domain.as_str();
    let spf = aligned(answers, &subject.domain, from, policy.strict_spf);
    let mut signers: Vec<&str> = subject
        .signatures
        .iter()
        .map(|one| one.domain.as_str())
        .collect();
    signers.sort_unstable();
    signers.dedup();
    let signed: Vec<_> = signers
        .iter()
        .map(|signer| Some((*signer, aligned(answers, signer, from, policy.strict_dkim)?)))
        .collect();
    let (spf, signed) = (spf?, signed.into_iter().collect::<Option<Vec<_>>>()?);
    let mode = |strict| if strict { "strict" } else { "relaxed" };
    let fits = |fits| if fits { "aligned" } else { "not aligned" };
    let line = format!(
        "SPF: {} {} with From's {from} ({})",
        subject.domain,
        fits(spf),
        mode(policy.strict_spf)
    );
    let finding = |verdict, found: String| {
        let finding = Finding::new(Check::Dmarc, verdict, found).seen(line.as_str());
        signed.iter().fold(finding, |finding, (signer, fit)| {
            let mode = mode(policy.strict_dkim);
            finding.seen(format!(
                "DKIM: d={signer} {} with From's {from} ({mode})",
                fits(*fit)
            ))
        })
    };
    let dkim = signed.iter().any(|(_, fit)| *fit);
    Some(match (spf, dkim) {
        (true, true) => finding(Verdict::Ok, "SPF's and DKIM's domains both fit From's.".to_owned()),
        (false, true) => finding(Verdict::Ok, "DKIM's domain fits From's, SPF's does not.".to_owned()),
        (true, false) if signed.is_empty() => finding(
            Verdict::Warn,
            "Only SPF's domain fits From's, and SPF is lost when mail is forwarded.".to_owned(),
        )
        .fix(format!("Sign mails for {from}: then they pass when they are forwarded, too.")),
        (true, false) => finding(
            Verdict::Warn,
            "SPF's domain fits From's; the signature's does not.".to_owned(),
        )
        .fix(format!("Sign for {from}: set mail.dkim_domain to it.")),
        (false, false) => finding(Verdict::Fail, "Neither SPF's nor DKIM's domain fits From's.".to_owned())
            .fix(format!(
                "DMARC fails for every mail: sign for {from} (mail.dkim_domain), or send from an address of {}.",
                subject.domain
            )),
    })
}

fn aligned(answers: &Answers, one: &str, other: &str, strict: bool) -> Option<bool> {
    if one == other || strict {
        return Some(one == other);
    }
    let (left, right) = (organisation(answers, one), organisation(answers, other));
    let below = |low: &str, high: &str| low.ends_with(&format!(".{high}"));
    Some(match (left?, right?) {
        (Some(left), Some(right)) => left == right,
        // Nobody says who belongs together: what lies below does.
        _ => below(one, other) || below(other, one),
    })
}

/// The topmost name above (or at) a domain that has a policy and is no public suffix.
fn organisation<'a>(answers: &Answers, domain: &'a str) -> Option<Option<&'a str>> {
    let names = upwards(domain);
    let found: Vec<_> = names.iter().map(|at| published(answers, at)).collect();
    let found: Vec<Published> = found.into_iter().collect::<Option<_>>()?;
    let mut top = None;
    for (at, record) in names.into_iter().zip(found) {
        match record {
            Published::One(_, Ok(policy)) if policy.suffix => break,
            Published::One(_, Ok(_)) => top = Some(at),
            _ => {}
        }
    }
    Some(top)
}

/// The domain and the names above it, but no top-level domain.
fn upwards(domain: &str) -> Vec<&str> {
    let mut names = vec![domain];
    let mut rest = domain;
    while let Some((_, above)) = rest.split_once('.') {
        if !above.contains('.') {
            break;
        }
        names.push(above);
        rest = above;
    }
    if names.len() > STEPS {
        names.drain(1..=names.len() - STEPS);
    }
    names
}

fn published(answers: &Answers, domain: &str) -> Option<Published> {
    let texts = match answers.texts(&format!("_dmarc.{domain}"))? {
        Looked::Found(texts) => texts,
        Looked::Nothing { .. } => return Some(Published::None),
        Looked::Failed(why) => return Some(Published::Failed(why)),
    };
    let is_dmarc = |text: &String| {
        let first = text.split(';').next().unwrap_or_default();
        let compact: String = first.chars().filter(|c| !c.is_whitespace()).collect();
        compact.eq_ignore_ascii_case("v=DMARC1")
    };
    let mut records: Vec<String> = texts.into_iter().filter(is_dmarc).collect();
    Some(match (records.pop(), records.is_empty()) {
        (None, _) => Published::None,
        (Some(one), true) => {
            let policy = read(&one);
            Published::One(one, policy)
        }
        (Some(last), false) => {
            records.push(last);
            Published::Many(records)
        }
    })
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            policy: "none".to_owned(),
            below: None,
            strict_dkim: false,
            strict_spf: false,
            percent: 100,
            reports: None,
            suffix: false,
        }
    }
}

/// Reads a record that begins with `v=DMARC1`.
///
/// # Errors
/// In words, what receivers would ignore it for.
pub fn read(text: &str) -> Result<Policy, String> {
    let list = tags::read(text).ok_or("it is no list of tags")?;
    let level = |name: &str| -> Result<Option<String>, String> {
        match tags::get(&list, name).map(str::to_ascii_lowercase) {
            None => Ok(None),
            Some(level) if ["none", "quarantine", "reject"].contains(&level.as_str()) => {
                Ok(Some(level))
            }
            Some(level) => Err(format!("{name}={level} is not none, quarantine or reject")),
        }
    };
    let strict =
        |name: &str| tags::get(&list, name).is_some_and(|mode| mode.eq_ignore_ascii_case("s"));
    let percent = match tags::get(&list, "pct") {
        None => 100,
        Some(text) => text
            .parse()
            .ok()
            .filter(|percent| *percent <= 100)
            .ok_or_else(|| format!("pct={text} is not 0 to 100"))?,
    };
    Ok(Policy {
        policy: level("p")?.ok_or("it has no p=")?,
        below: level("sp")?,
        strict_dkim: strict("adkim"),
        strict_spf: strict("aspf"),
        percent,
        reports: tags::get(&list, "rua")
            .filter(|rua| !rua.is_empty())
            .map(str::to_owned),
        suffix: tags::get(&list, "psd").is_some_and(|psd| psd.eq_ignore_ascii_case("y")),
    })
}
