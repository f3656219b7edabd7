//! SPF (RFC 7208), judged: is there one record, can receivers follow it, and does it cover the relay.

mod macros;
pub mod record;
pub mod walk;

use core::net::IpAddr;

use super::answers::{Answers, Looked};
use super::report::{Check, Finding, Verdict};
use super::subject::{Relay, Subject};
use record::{Mechanism, Qualifier, Record, is_spf};
use walk::{Outcome, Published};

/// Receivers give up beyond this many look-ups, and beyond so many that find nothing (RFC 7208 4.6.4).
const LOOKUPS: usize = 10;
const VOIDS: usize = 2;

/// Everything about SPF.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    let domain = subject.domain.as_str();
    let relay = subject.relay.addresses(answers)?;
    let texts = answers.texts(domain)?;
    let shown: Vec<String> = texts
        .found()
        .into_iter()
        .filter(|text| is_spf(text))
        .collect();
    let finding = |verdict, found: String| {
        let finding = Finding::new(Check::Spf, verdict, found);
        shown
            .iter()
            .fold(finding, |finding, text| finding.seen(text))
    };
    let record = match walk::published(answers, domain)? {
        Published::One(record) => record,
        Published::None => {
            let missing = finding(Verdict::Fail, format!("{domain} has no SPF record."));
            return Some(vec![
                missing
                    .fix(format!(
                        "Publish which servers may send for {domain}. {}",
                        provider(&subject.relay)
                    ))
                    .publish(domain, "TXT", proposal(&subject.relay, &relay)),
            ]);
        }
        Published::Many(count) => {
            let words = "Receivers treat more than one as none at all: merge them into one, which begins \
                         with v=spf1 once and ends with one \"all\".";
            let found = format!("{domain} has {count} SPF records.");
            return Some(vec![finding(Verdict::Fail, found).fix(words)]);
        }
        Published::Bad(term) => {
            let words = format!(
                "Correct or remove \"{term}\": receivers ignore the whole record until it can be read."
            );
            let found = format!("The SPF record cannot be read at \"{term}\".");
            return Some(vec![finding(Verdict::Fail, found).fix(words)]);
        }
        Published::Failed(why) => {
            let found = format!("The TXT records of {domain} are not known: {why}.");
            return Some(vec![Finding::new(Check::Spf, Verdict::Unknown, found)]);
        }
    };
    // Both, so that their questions are asked together.
    let (cost, covered) = (
        walk::cost(answers, domain),
        coverage(subject, answers, &relay, &record),
    );
    let (cost, covered) = (cost?, covered?);
    let mut findings = vec![finding(
        Verdict::Ok,
        format!("{domain} has one SPF record."),
    )];
    findings.push(affordable(cost));
    findings.push(ending(&record));
    findings.push(covered);
    Some(findings)
}

fn affordable(cost: walk::Cost) -> Finding {
    let counted = format!(
        "Receivers look up {} of at most {LOOKUPS} names, {} of at most {VOIDS} in vain.",
        cost.lookups, cost.voids
    );
    let verdict = match () {
        () if cost.lookups > LOOKUPS || cost.voids > VOIDS || !cost.faults.is_empty() => {
            Verdict::Fail
        }
        () if !cost.failed.is_empty() => Verdict::Unknown,
        () if cost.voids > 0 || cost.ptr => Verdict::Warn,
        () => Verdict::Ok,
    };
    let mut finding = Finding::new(Check::Spf, verdict, counted);
    for line in cost
        .lines
        .iter()
        .chain(&cost.faults)
        .chain(&cost.failed)
        .take(60)
    {
        finding = finding.seen(line);
    }
    if cost.lookups > LOOKUPS {
        return finding.fix(
            "Beyond ten, receivers stop with a permanent error, and SPF fails for everybody. Remove includes of \
             services that no longer send, replace \"a\" and \"mx\" by ip4: and ip6:, or let a service send \
             from a subdomain of its own.",
        );
    }
    if !cost.faults.is_empty() {
        return finding.fix(
            "An include that leads to no record, to several, or back to itself is a permanent error: remove it, or ask \
             the service for its present name.",
        );
    }
    if cost.voids > 0 {
        return finding
            .fix("Remove the terms that lead to nothing: beyond two, SPF fails for everybody.");
    }
    if cost.ptr {
        return finding
            .fix("Replace \"ptr\" by ip4: and ip6:; receivers ignore it (RFC 7208 5.5).");
    }
    finding
}

fn ending(record: &Record) -> Finding {
    let all = record
        .terms
        .iter()
        .find(|term| term.mechanism == Mechanism::All);
    let (verdict, found, fix) = match (all.map(|term| term.qualifier), &record.redirect) {
        (Some(Qualifier::Fail), _) => (Verdict::Ok, "All other servers are forbidden (-all).", ""),
        (Some(Qualifier::SoftFail), _) => {
            (Verdict::Ok, "All other servers are suspect (~all).", "")
        }
        (Some(Qualifier::Neutral), _) => (
            Verdict::Warn,
            "Nothing is said about other servers (?all).",
            "End the record with ~all, or with -all once you are sure that it is complete.",
        ),
        (Some(Qualifier::Pass), _) => (
            Verdict::Fail,
            "The whole internet may send for this domain (+all).",
            "End the record with ~all or -all; as it is, it is worse than none.",
        ),
        (None, Some(_)) => (
            Verdict::Ok,
            "Another record has the last word (redirect=).",
            "",
        ),
        (None, None) => (
            Verdict::Warn,
            "The record has no \"all\" at its end, so nothing is said about other servers.",
            "End the record with ~all, or with -all once you are sure that it is complete.",
        ),
    };
    let finding = Finding::new(Check::Spf, verdict, found);
    if fix.is_empty() {
        finding
    } else {
        finding.fix(fix)
    }
}

fn coverage(
    subject: &Subject,
    answers: &Answers,
    relay: &Looked<IpAddr>,
    record: &Record,
) -> Option<Finding> {
    let addresses = match relay {
        Looked::Found(addresses) => addresses,
        Looked::Failed(why) => {
            let found = format!("The relay's addresses are not known: {why}.");
            return Some(Finding::new(Check::Spf, Verdict::Unknown, found));
        }
        Looked::Nothing { .. } => {
            return Some(match &subject.relay {
                Relay::Host(host) => {
                    let found = format!("The relay {host} has no address.");
                    Finding::new(Check::Spf, Verdict::Fail, found)
                        .fix("Correct smtp.host; no mail can leave as it is.")
                }
                _ => Finding::new(
                    Check::Spf,
                    Verdict::NotApplicable,
                    "Mail goes to a program on this machine; --relay-ip says which address the world sees.",
                ),
            });
        }
    };
    let outcomes: Vec<_> = addresses
        .iter()
        .map(|address| Some((*address, walk::check(answers, &subject.domain, *address)?)))
        .collect();
    let outcomes: Vec<(IpAddr, Outcome)> = outcomes.into_iter().collect::<Option<_>>()?;
    let missed: Vec<&(IpAddr, Outcome)> = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome != Outcome::Pass)
        .collect();
    let listed = |all: &[&(IpAddr, Outcome)]| {
        let names: Vec<String> = all.iter().map(|(address, _)| address.to_string()).collect();
        names.join(", ")
    };
    let finding = |verdict, found: String| {
        let finding = Finding::new(Check::Spf, verdict, found);
        outcomes
            .iter()
            .fold(finding, |finding, (address, outcome)| {
                finding.seen(format!("{address}: {}", word(outcome)))
            })
    };
    if missed.is_empty() {
        let found = format!(
            "The relay is covered: {}.",
            listed(&outcomes.iter().collect::<Vec<_>>())
        );
        return Some(finding(Verdict::Ok, found));
    }
    if missed
        .iter()
        .any(|(_, outcome)| *outcome == Outcome::TempError)
    {
        let found = "Whether the relay is covered is not known: a record could not be looked up.";
        return Some(finding(Verdict::Unknown, found.to_owned()));
    }
    let found = format!("The record does not cover {}.", listed(&missed));
    let added = amended(record, &missed);
    Some(match &subject.relay {
        // Providers send from other addresses than they take mail at.
        Relay::Host(host) => finding(Verdict::Warn, found).fix(format!(
            "{host} may send from other addresses than it takes mail at: add the include that its operator documents, or \
             try --relay-ip with an address out of the Received headers of a delivered mail."
        )),
        _ => finding(Verdict::Fail, found)
            .fix("Receivers will refuse or suspect this mail: add the address to the record.")
            .publish(&subject.domain, "TXT", added),
    })
}

/// The record with the addresses that it lacks, before its end.
fn amended(record: &Record, missed: &[&(IpAddr, Outcome)]) -> String {
    let mut words = vec!["v=spf1".to_owned()];
    words.extend(missed.iter().map(|(address, _)| term(*address)));
    words.extend(record.terms.iter().map(|term| term.text.clone()));
    words.extend(
        record
            .redirect
            .iter()
            .map(|name| format!("redirect={name}")),
    );
    words.join(" ")
}

fn proposal(relay: &Relay, addresses: &Looked<IpAddr>) -> String {
    match (relay, addresses) {
        (Relay::Addresses(_), Looked::Found(all)) => {
            let terms: Vec<String> = all.iter().map(|address| term(*address)).collect();
            format!("v=spf1 {} -all", terms.join(" "))
        }
        (Relay::Host(host), _) if host.parse::<IpAddr>().is_err() => {
            format!("v=spf1 a:{host} ~all")
        }
        (_, Looked::Found(all)) => {
            let terms: Vec<String> = all.iter().map(|address| term(*address)).collect();
            format!("v=spf1 {} ~all", terms.join(" "))
        }
        _ => "v=spf1 mx ~all".to_owned(),
    }
}

fn provider(relay: &Relay) -> &'static str {
    match relay {
        Relay::Host(_) => {
            "Where the relay's operator documents an include, it belongs in the place of \"a:\"."
        }
        Relay::Addresses(_) => "",
        Relay::Unknown => {
            "This one names the servers that take the domain's mail; put ip4: with the address that mail leaves from beside it."
        }
    }
}

fn term(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("ip4:{v4}"),
        IpAddr::V6(v6) => format!("ip6:{v6}"),
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::SoftFail => "softfail",
        Outcome::Neutral => "neutral",
        Outcome::None => "none",
        Outcome::PermError => "permanent error",
        Outcome::TempError => "no answer",
    }
}
