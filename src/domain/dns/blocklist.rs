//! DNS blocklists (RFC 5782), judged, with what their answers mean.

use core::net::{IpAddr, Ipv4Addr};

use super::answers::{Answers, Looked, is_public, reversed};
use super::report::{Check, Finding, Verdict};
use super::subject::{Relay, Subject};

/// The lists that many receivers ask.
pub const USUAL: [&str; 4] = [
    "zen.spamhaus.org",
    "bl.spamcop.net",
    "b.barracudacentral.org",
    "psbl.surriel.com",
];

/// What one list says about one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Clean,
    /// The answers, and what they mean where that is known.
    Listed(String, &'static str),
    /// The list does not answer this resolver, or nobody answered.
    Refused(String),
}

/// Everything about blocklists; only for addresses that somebody named.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    let finding = |verdict, found: String| Finding::new(Check::Blocklists, verdict, found);
    let addresses = match &subject.relay {
        Relay::Addresses(addresses) => addresses,
        Relay::Host(_) | Relay::Unknown => {
            let found = "Only for addresses that mail leaves from directly; --relay-ip names one.";
            return Some(vec![finding(Verdict::NotApplicable, found.to_owned())]);
        }
    };
    if subject.blocklists.is_empty() {
        return Some(vec![finding(
            Verdict::NotApplicable,
            "No list was asked.".to_owned(),
        )]);
    }
    let found: Vec<_> = addresses
        .iter()
        .map(|address| one(*address, subject, answers))
        .collect();
    found.into_iter().collect()
}

fn one(address: IpAddr, subject: &Subject, answers: &Answers) -> Option<Finding> {
    let finding = |verdict, found: String| Finding::new(Check::Blocklists, verdict, found);
    if !is_public(address) {
        let found = format!("{address} is private: no list has it.");
        return Some(finding(Verdict::NotApplicable, found));
    }
    let said: Vec<_> = subject
        .blocklists
        .iter()
        .map(|list| Some((list, ask(address, list, answers)?)))
        .collect();
    let said: Vec<(&String, Said)> = said.into_iter().collect::<Option<_>>()?;
    let named = |wanted: fn(&Said) -> bool| {
        let names = said.iter().filter(|(_, said)| wanted(said));
        names.map(|(list, _)| list.as_str()).collect::<Vec<_>>()
    };
    let listed = named(|said| matches!(said, Said::Listed(..)));
    let refused = named(|said| matches!(said, Said::Refused(_)));
    let show = |finding: Finding| {
        said.iter().fold(finding, |finding, (list, said)| {
            finding.seen(match said {
                Said::Clean => format!("{list}: not listed"),
                Said::Listed(codes, "") => format!("{list}: listed ({codes})"),
                Said::Listed(codes, meaning) => format!("{list}: listed ({codes}): {meaning}"),
                Said::Refused(why) => format!("{list}: {why}"),
            })
        })
    };
    Some(if !listed.is_empty() {
        let found = format!("{address} is on {}.", listed.join(", "));
        show(finding(Verdict::Fail, found)).fix(
            "Find out what was sent from the address, stop it, then ask the list to remove it on its own pages; or send through a \
             relay.",
        )
    } else if refused.len() == said.len() {
        let found = format!("No list answered about {address}.");
        show(finding(Verdict::Unknown, found))
            .fix("Lists refuse the resolvers of large providers: ask with a resolver of your own (--dns).")
    } else if refused.is_empty() {
        show(finding(
            Verdict::Ok,
            format!("{address} is on none of {} lists.", said.len()),
        ))
    } else {
        let asked = said.len() - refused.len();
        let found = format!(
            "{address} is on none of {asked} lists; not asked: {}.",
            refused.join(", ")
        );
        show(finding(Verdict::Ok, found))
    })
}

fn ask(address: IpAddr, list: &str, answers: &Answers) -> Option<Said> {
    let name = format!("{}.{list}", reversed(address));
    Some(match answers.v4(&name)? {
        Looked::Nothing { .. } => Said::Clean,
        Looked::Failed(why) => Said::Refused(why),
        Looked::Found(codes) => read(list, &codes),
    })
}

/// What a list's answers mean: 127.0.0.x is a listing, 127.255.255.x says that the resolver is refused, anything else is no list's.
pub fn read(list: &str, codes: &[IpAddr]) -> Said {
    let v4 = codes.iter().filter_map(|code| match code {
        IpAddr::V4(v4) => Some(*v4),
        IpAddr::V6(_) => None,
    });
    let v4: Vec<Ipv4Addr> = v4.collect();
    if v4
        .iter()
        .any(|code| matches!(code.octets(), [127, 255, 255, _]))
    {
        return Said::Refused("it does not answer this resolver".to_owned());
    }
    let listed: Vec<&Ipv4Addr> = v4.iter().filter(|code| code.octets()[0] == 127).collect();
    let Some(first) = listed.first() else {
        return Said::Refused("its answer is no blocklist's".to_owned());
    };
    let codes: Vec<String> = listed.iter().map(ToString::to_string).collect();
    let meaning = match first.octets() {
        [127, 0, 0, 2 | 3 | 9] if list.ends_with("spamhaus.org") => "it sends spam",
        [127, 0, 0, 4..=7] if list.ends_with("spamhaus.org") => "a machine there is infected",
        [127, 0, 0, 10 | 11] if list.ends_with("spamhaus.org") => {
            "a customer's line, from which no mail is expected"
        }
        _ => "",
    };
    Said::Listed(codes.join(" "), meaning)
}
