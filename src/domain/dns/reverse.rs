//! Reverse DNS, judged: the name of an address that mail leaves from, and back again (FCrDNS).

use core::net::IpAddr;

use super::answers::{Answers, Looked, is_public};
use super::report::{Check, Finding, Verdict};
use super::subject::{Relay, Subject};

/// Everything about PTR; only for addresses that somebody named, as a relay's are its operator's business.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    let addresses = match &subject.relay {
        Relay::Addresses(addresses) => addresses,
        Relay::Host(host) => {
            let found =
                format!("Mail leaves through {host}; its names are its operator's business.");
            return Some(vec![Finding::new(
                Check::ReverseDns,
                Verdict::NotApplicable,
                found,
            )]);
        }
        Relay::Unknown => {
            let found = "The address that mail leaves from is not known; --relay-ip says it.";
            return Some(vec![Finding::new(
                Check::ReverseDns,
                Verdict::NotApplicable,
                found,
            )]);
        }
    };
    let found: Vec<_> = addresses
        .iter()
        .map(|address| one(*address, answers))
        .collect();
    found.into_iter().collect()
}

fn one(address: IpAddr, answers: &Answers) -> Option<Finding> {
    let finding = |verdict, found: String| Finding::new(Check::ReverseDns, verdict, found);
    if !is_public(address) {
        let found =
            format!("{address} is private: the world sees another address; --relay-ip says it.");
        return Some(finding(Verdict::NotApplicable, found));
    }
    let names = match answers.names(address)? {
        Looked::Found(names) => names,
        Looked::Failed(why) => {
            return Some(finding(
                Verdict::Unknown,
                format!("The name of {address} is not known: {why}."),
            ));
        }
        Looked::Nothing { .. } => {
            let found = format!("{address} has no name (PTR).");
            return Some(finding(Verdict::Fail, found).fix(
                "Ask whoever gave you the address to set its PTR to the name that your mail server greets with; large receivers \
                 refuse mail from addresses without one.",
            ));
        }
    };
    let looked: Vec<_> = names
        .iter()
        .take(10)
        .map(|name| Some((name.as_str(), answers.addresses(name)?)))
        .collect();
    let looked: Vec<_> = looked.into_iter().collect::<Option<_>>()?;
    let back = looked
        .iter()
        .find(|(_, found)| matches!(found, Looked::Found(all) if all.contains(&address)));
    let first = names.first().map_or("", String::as_str);
    Some(match back {
        Some((name, _)) if is_generic(name, address) => finding(
            Verdict::Warn,
            format!("{address} is {name}, which looks like a customer's line."),
        )
        .fix("Have the PTR set to a name of your own domain, such as mail.example.org, that leads back to the address."),
        Some((name, _)) => finding(Verdict::Ok, format!("{address} is {name}, and that is {address}.")),
        None if looked.iter().any(|(_, found)| matches!(found, Looked::Failed(_))) => finding(
            Verdict::Unknown,
            format!("{address} is {first}; whether that leads back is not known."),
        ),
        None => finding(Verdict::Fail, format!("{address} is {first}, which does not lead back to it."))
            .fix("The name needs this address as its own; large receivers refuse mail otherwise.")
            .publish(first, if address.is_ipv4() { "A" } else { "AAAA" }, address.to_string()),
    })
}

/// Whether a name holds the address's own numbers, as those of lines do: `203-0-113-7.dyn.example.net`.
fn is_generic(name: &str, address: IpAddr) -> bool {
    let IpAddr::V4(v4) = address else {
        return false;
    };
    let numbers: Vec<&str> = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let forward = v4.octets().map(|octet| octet.to_string());
    let mut backward = forward.clone();
    backward.reverse();
    numbers
        .windows(4)
        .any(|four| four == forward || four == backward)
}
