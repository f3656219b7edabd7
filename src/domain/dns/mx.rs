//! MX (RFC 5321 5.1, RFC 7505), judged: bounces go to the sender's domain, and receivers look whether they could.

use super::answers::{Answers, Looked};
use super::report::{Check, Finding, Verdict};
use super::subject::Subject;

/// Everything about MX.
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    let domain = subject.domain.as_str();
    let finding = |verdict, found: String| Finding::new(Check::Mx, verdict, found);
    let hosts = match answers.hosts(domain)? {
        Looked::Found(hosts) => hosts,
        Looked::Failed(why) => {
            let found = format!("The MX records of {domain} are not known: {why}.");
            return Some(vec![finding(Verdict::Unknown, found)]);
        }
        Looked::Nothing { exists: false } => {
            let found = format!("{domain} does not exist in the DNS.");
            return Some(vec![finding(Verdict::Fail, found).fix(
                "Receivers refuse mail from a domain that is not there: correct mail.from, or register the domain.",
            )]);
        }
        Looked::Nothing { exists: true } => {
            return Some(vec![match answers.addresses(domain)? {
                Looked::Found(_) => {
                    let found = format!("{domain} has no MX record; bounces go to its own address.");
                    finding(Verdict::Warn, found).fix("Publish the server that takes the domain's mail.")
                }
                _ => {
                    let found = format!("{domain} has neither MX nor an address: bounces cannot come back.");
                    finding(Verdict::Fail, found)
                        .fix("Publish the server that takes the domain's mail; many receivers refuse senders without one.")
                }
            }
            .publish(domain, "MX", format!("10 mail.{domain}."))]);
        }
    };
    let show = |finding: Finding| {
        hosts.iter().fold(finding, |finding, (preference, host)| {
            finding.seen(format!("{preference} {host}."))
        })
    };
    if hosts.iter().any(|(_, host)| host.is_empty()) {
        let (verdict, found) = if hosts.len() == 1 {
            (
                Verdict::Fail,
                format!("{domain} takes no mail (null MX), so bounces cannot come back."),
            )
        } else {
            (
                Verdict::Fail,
                format!("{domain} has a null MX beside others, which contradict it."),
            )
        };
        return Some(vec![show(finding(verdict, found)).fix(
            "Receivers may refuse senders that cannot be answered (RFC 7505 4.2): send from another domain, or publish a server \
             that takes mail.",
        )]);
    }
    let looked: Vec<_> = hosts
        .iter()
        .map(|(_, host)| Some((host, answers.addresses(host)?)))
        .collect();
    let looked: Vec<_> = looked.into_iter().collect::<Option<_>>()?;
    let dead: Vec<&str> = looked
        .iter()
        .filter(|(_, found)| matches!(found, Looked::Nothing { .. }))
        .map(|(host, _)| host.as_str())
        .collect();
    let open = looked
        .iter()
        .any(|(_, found)| matches!(found, Looked::Failed(_)));
    Some(vec![match dead.len() {
        0 if open => show(finding(
            Verdict::Unknown,
            format!(
                "{domain} has {}; not all of their addresses are known.",
                servers(hosts.len())
            ),
        )),
        0 => show(finding(
            Verdict::Ok,
            format!("Bounces go to {} of {domain}.", servers(hosts.len())),
        )),
        all if all == hosts.len() => show(finding(
            Verdict::Fail,
            format!(
                "No mail server of {domain} has an address: {}.",
                dead.join(", ")
            ),
        ))
        .fix("Publish A or AAAA records for these names, or correct the MX records."),
        _ => show(finding(
            Verdict::Warn,
            format!(
                "Some mail servers of {domain} have no address: {}.",
                dead.join(", ")
            ),
        ))
        .fix("Publish A or AAAA records for these names, or remove them from the MX records."),
    }])
}

fn servers(count: usize) -> String {
    match count {
        1 => "the mail server".to_owned(),
        more => format!("{more} mail servers"),
    }
}
