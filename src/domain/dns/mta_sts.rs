//! MTA-STS (RFC 8461), judged: record, policy, and whether the policy knows the domain's mail servers.

use super::answers::{Answers, Looked};
use super::report::{Check, Finding, Verdict};
use super::subject::Subject;
use super::tags;

/// A policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `enforce`, `testing` or `none`.
    pub mode: String,
    /// Names or `*.` patterns, in lower case.
    pub mx: Vec<String>,
    /// Seconds.
    pub max_age: u32,
}

/// Everything about MTA-STS.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    let domain = subject.domain.as_str();
    let name = format!("_mta-sts.{domain}");
    let finding = |verdict, found: String| Finding::new(Check::MtaSts, verdict, found);
    let texts = match answers.texts(&name)? {
        Looked::Found(texts) => texts,
        Looked::Nothing { .. } => {
            let found = "There is none; it protects mail to the domain, not mail from here.";
            return Some(vec![finding(Verdict::NotApplicable, found.to_owned())]);
        }
        Looked::Failed(why) => {
            let found = format!("The record at {name} is not known: {why}.");
            return Some(vec![finding(Verdict::Unknown, found)]);
        }
    };
    let records: Vec<&String> = texts
        .iter()
        .filter(|text| text.starts_with("v=STSv1"))
        .collect();
    let show = |finding: Finding| {
        texts
            .iter()
            .fold(finding, |finding, text| finding.seen(text))
    };
    let good = |text: &str| {
        let list = tags::read(text).unwrap_or_default();
        let id = tags::get(&list, "id").unwrap_or_default();
        (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    match records.as_slice() {
        [one] if good(one) => {}
        [_] => {
            let found = format!("The record at {name} has no id= of 1 to 32 letters and digits.");
            return Some(vec![
                show(finding(Verdict::Warn, found))
                    .fix("Publish a new id with each change of the policy.")
                    .publish(&name, "TXT", "v=STSv1; id=20260101"),
            ]);
        }
        many => {
            let found = format!(
                "There are {} MTA-STS records at {name}; others ignore them all.",
                many.len()
            );
            return Some(vec![show(finding(Verdict::Warn, found)).fix("Leave one.")]);
        }
    }
    let (policy, hosts) = (answers.policy(domain), answers.hosts(domain));
    let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
    let text = match policy? {
        Ok(text) => text,
        Err(why) => {
            let found = format!("There is a record, but no policy: {why}.");
            return Some(vec![show(finding(Verdict::Warn, found)).seen(url.as_str()).fix(
                "Serve the policy there, by https with a certificate for that name, or remove the record.",
            )]);
        }
    };
    let policy = match read(text) {
        Ok(policy) => policy,
        Err(why) => {
            let found = format!("The policy cannot be used: {why}.");
            return Some(vec![
                show(finding(Verdict::Warn, found))
                    .seen(url)
                    .fix("Correct the policy, then publish a new id."),
            ]);
        }
    };
    let hosts = hosts?.found();
    let missed: Vec<&str> = hosts
        .iter()
        .map(|(_, host)| host.as_str())
        .filter(|host| !host.is_empty() && !policy.mx.iter().any(|pattern| matches(pattern, host)))
        .collect();
    let found = format!(
        "The policy is {}, for {} seconds.",
        policy.mode, policy.max_age
    );
    Some(vec![match (missed.is_empty(), policy.mode.as_str()) {
        (true, _) => show(finding(Verdict::Ok, found)),
        (false, mode) => {
            let verdict = if mode == "enforce" {
                Verdict::Fail
            } else {
                Verdict::Warn
            };
            let found = format!("{found} It does not know {}.", missed.join(", "));
            show(finding(verdict, found))
                .fix("Add the name to the policy (mx:), then publish a new id: others must not deliver to it, bounces included.")
        }
    }])
}

/// Reads a policy file (RFC 8461 3.2).
///
/// # Errors
/// In words, what is wrong with it.
pub fn read(text: &str) -> Result<Policy, String> {
    let (mut version, mut mode, mut max_age, mut mx) = (None, None, None, Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| format!("\"{}\" is no key and value", shorten(line)))?;
        let value = value.trim();
        match key.trim() {
            "version" => version = Some(value),
            "mode" => mode = Some(value),
            "max_age" => max_age = value.parse().ok().filter(|seconds| *seconds <= 31_557_600),
            "mx" => mx.push(value.trim_end_matches('.').to_ascii_lowercase()),
            _ => {}
        }
    }
    if version != Some("STSv1") {
        return Err("it has no version: STSv1".to_owned());
    }
    let mode = mode.filter(|mode| ["enforce", "testing", "none"].contains(mode));
    let mode = mode
        .ok_or("its mode is not enforce, testing or none")?
        .to_owned();
    let max_age = max_age.ok_or("its max_age is not a number of seconds up to a year")?;
    if mx.is_empty() && mode != "none" {
        return Err("it names no mx".to_owned());
    }
    Ok(Policy { mode, mx, max_age })
}

fn shorten(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// A name, or `*.` for one label (RFC 8461 4.1).
fn matches(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match pattern.strip_prefix("*.") {
        None => pattern == host,
        Some(above) => host.split_once('.').is_some_and(|(_, rest)| rest == above),
    }
}
