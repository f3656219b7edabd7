//! Through an SPF record and all it includes: what receivers would look up, and whether an address passes (RFC 7208 4.6.4, 5).

use core::net::IpAddr;

use super::macros::{Context, expand};
use super::record::{Mechanism, Qualifier, Record, Target, is_spf, parse};
use crate::domain::dns::answers::{Answers, Looked};

/// How deep and how far a record is followed here; a receiver gives up sooner.
const DEEPEST: usize = 12;
const MOST: usize = 60;

/// What stands at a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    One(Record),
    None,
    Many(usize),
    /// A term that cannot be read.
    Bad(String),
    Failed(String),
}

/// The SPF record of a domain.
pub fn published(answers: &Answers, domain: &str) -> Option<Published> {
    let texts = match answers.texts(domain)? {
        Looked::Found(texts) => texts,
        Looked::Nothing { .. } => return Some(Published::None),
        Looked::Failed(why) => return Some(Published::Failed(why)),
    };
    let records: Vec<&String> = texts.iter().filter(|text| is_spf(text)).collect();
    Some(match records.as_slice() {
        [] => Published::None,
        [one] => parse(one).map_or_else(Published::Bad, Published::One),
        many => Published::Many(many.len()),
    })
}

/// What following a record costs and meets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// Look-ups, of which a receiver allows 10.
    pub lookups: usize,
    /// Those that found nothing, of which it allows 2.
    pub voids: usize,
    /// One line a look-up, indented by depth.
    pub lines: Vec<String>,
    /// What makes receivers give up: each a permanent error.
    pub faults: Vec<String>,
    /// Names that nobody answered for.
    pub failed: Vec<String>,
    /// Whether `ptr` is used.
    pub ptr: bool,
}

/// Counts what the whole record may cost, whichever address is checked.
pub fn cost(answers: &Answers, domain: &str) -> Option<Cost> {
    let mut cost = Cost::default();
    let mut above = Vec::new();
    follow(answers, domain, domain, &mut above, &mut cost).map(|()| cost)
}

fn follow(
    answers: &Answers,
    sender: &str,
    domain: &str,
    above: &mut Vec<String>,
    cost: &mut Cost,
) -> Option<()> {
    if above.len() > DEEPEST || above.iter().any(|other| other == domain) {
        cost.faults.push(format!("{domain} includes itself"));
        return Some(());
    }
    if cost.lookups > MOST {
        return Some(());
    }
    let record = match published(answers, domain)? {
        Published::One(record) => record,
        Published::None if above.is_empty() => return Some(()),
        Published::None => {
            cost.voids += 1;
            cost.faults.push(format!("{domain} has no SPF record"));
            return Some(());
        }
        Published::Many(count) => {
            cost.faults
                .push(format!("{domain} has {count} SPF records"));
            return Some(());
        }
        Published::Bad(term) => {
            cost.faults.push(format!("{domain}: {term} cannot be read"));
            return Some(());
        }
        Published::Failed(why) => {
            cost.failed.push(format!("{domain}: {why}"));
            return Some(());
        }
    };
    above.push(domain.to_owned());
    let context = Context {
        address: None,
        sender,
        domain,
    };
    // All branches, so that their questions are asked together.
    let mut complete = true;
    let indent = "  ".repeat(above.len() - 1);
    for term in &record.terms {
        let line = |cost: &mut Cost| {
            cost.lookups += 1;
            cost.lines.push(format!("{indent}{}", term.text));
        };
        match &term.mechanism {
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => {}
            Mechanism::Include(name) => {
                line(cost);
                if let Some(name) = expand(name, &context) {
                    complete &= follow(answers, sender, &name, above, cost).is_some();
                }
            }
            Mechanism::A(target) => {
                line(cost);
                complete &= void_addresses(answers, target, &context, cost).is_some();
            }
            Mechanism::Mx(target) => {
                line(cost);
                complete &= void_hosts(answers, target, &context, cost).is_some();
            }
            // Its name depends on the address, as a rule: it costs one, and is void for most.
            Mechanism::Exists(_) => line(cost),
            Mechanism::Ptr => {
                cost.ptr = true;
                line(cost);
            }
        }
    }
    let all = |term: &super::record::Term| term.mechanism == Mechanism::All;
    if let Some(name) = record
        .redirect
        .as_ref()
        .filter(|_| !record.terms.iter().any(all))
    {
        cost.lookups += 1;
        cost.lines.push(format!("{indent}redirect={name}"));
        if let Some(name) = expand(name, &context) {
            complete &= follow(answers, sender, &name, above, cost).is_some();
        }
    }
    above.pop();
    complete.then_some(())
}

fn void_addresses(
    answers: &Answers,
    target: &Target,
    context: &Context<'_>,
    cost: &mut Cost,
) -> Option<()> {
    if let Some(name) = named(target, context) {
        note(answers.addresses(&name)?, &name, cost);
    }
    Some(())
}

fn void_hosts(
    answers: &Answers,
    target: &Target,
    context: &Context<'_>,
    cost: &mut Cost,
) -> Option<()> {
    if let Some(name) = named(target, context) {
        let hosts = answers.hosts(&name)?;
        if let Looked::Found(hosts) = &hosts
            && hosts.len() > 10
        {
            cost.faults
                .push(format!("{name} has more than 10 MX hosts"));
        }
        note(hosts, &name, cost);
    }
    Some(())
}

fn note<T>(looked: Looked<T>, name: &str, cost: &mut Cost) {
    match looked {
        Looked::Found(_) => {}
        Looked::Nothing { .. } => {
            cost.voids += 1;
            cost.lines.push(format!("  nothing at {name}"));
        }
        Looked::Failed(why) => cost.failed.push(format!("{name}: {why}")),
    }
}

fn named(target: &Target, context: &Context<'_>) -> Option<String> {
    match &target.domain {
        None => Some(context.domain.to_owned()),
        Some(name) => expand(name, context),
    }
}

/// What a receiver says about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Pass,
    Fail,
    SoftFail,
    Neutral,
    /// No record.
    None,
    PermError,
    TempError,
}

/// Evaluates the record of a domain for an address, without the limit on look-ups, which is judged apart.
pub fn check(answers: &Answers, sender: &str, address: IpAddr) -> Option<Outcome> {
    evaluate(answers, sender, sender, address, 0)
}

fn evaluate(
    answers: &Answers,
    sender: &str,
    domain: &str,
    address: IpAddr,
    depth: usize,
) -> Option<Outcome> {
    if depth > DEEPEST {
        return Some(Outcome::PermError);
    }
    let record = match published(answers, domain)? {
        Published::One(record) => record,
        Published::None => return Some(Outcome::None),
        Published::Many(_) | Published::Bad(_) => return Some(Outcome::PermError),
        Published::Failed(_) => return Some(Outcome::TempError),
    };
    let context = Context {
        address: Some(address),
        sender,
        domain,
    };
    for term in &record.terms {
        let matched = match &term.mechanism {
            Mechanism::All => true,
            Mechanism::Ip4(network, bits) => within(address, (*network).into(), *bits),
            Mechanism::Ip6(network, bits) => within(address, (*network).into(), *bits),
            Mechanism::Include(name) => {
                let Some(name) = expand(name, &context) else {
                    return Some(Outcome::PermError);
                };
                match evaluate(answers, sender, &name, address, depth + 1)? {
                    Outcome::Pass => true,
                    Outcome::Fail | Outcome::SoftFail | Outcome::Neutral => false,
                    Outcome::TempError => return Some(Outcome::TempError),
                    Outcome::None | Outcome::PermError => return Some(Outcome::PermError),
                }
            }
            Mechanism::A(target) => {
                let name = named(target, &context).unwrap_or_default();
                any_within(answers.addresses(&name)?.found(), address, target)
            }
            Mechanism::Mx(target) => {
                let name = named(target, &context).unwrap_or_default();
                let hosts = answers.hosts(&name)?.found();
                let hosts = hosts.iter().take(10).filter(|(_, host)| !host.is_empty());
                let found: Vec<_> = hosts.map(|(_, host)| answers.addresses(host)).collect();
                let found: Option<Vec<_>> = found.into_iter().collect();
                let all = found?.into_iter().flat_map(Looked::found).collect();
                any_within(all, address, target)
            }
            Mechanism::Exists(name) => match expand(name, &context) {
                Some(name) => matches!(answers.v4(&name)?, Looked::Found(_)),
                None => return Some(Outcome::PermError),
            },
            Mechanism::Ptr => by_name(answers, domain, address)?,
        };
        if matched {
            return Some(match term.qualifier {
                Qualifier::Pass => Outcome::Pass,
                Qualifier::Fail => Outcome::Fail,
                Qualifier::SoftFail => Outcome::SoftFail,
                Qualifier::Neutral => Outcome::Neutral,
            });
        }
    }
    match &record.redirect {
        None => Some(Outcome::Neutral),
        Some(name) => {
            let Some(name) = expand(name, &context) else {
                return Some(Outcome::PermError);
            };
            match evaluate(answers, sender, &name, address, depth + 1)? {
                Outcome::None => Some(Outcome::PermError),
                other => Some(other),
            }
        }
    }
}

fn any_within(networks: Vec<IpAddr>, address: IpAddr, target: &Target) -> bool {
    networks.into_iter().any(|network| {
        let bits = if network.is_ipv4() {
            target.v4
        } else {
            target.v6
        };
        within(address, network, bits)
    })
}

/// Whether both begin with the same bits.
fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let shift = 32_u32.saturating_sub(u32::from(bits));
            let cut = |v4: core::net::Ipv4Addr| v4.to_bits().checked_shr(shift).unwrap_or(0);
            cut(one) == cut(other)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let shift = 128_u32.saturating_sub(u32::from(bits));
            let cut = |v6: core::net::Ipv6Addr| v6.to_bits().checked_shr(shift).unwrap_or(0);
            cut(one) == cut(other)
        }
        _ => false,
    }
}

/// `ptr`: one of the address's names is the domain or below it, and leads back.
fn by_name(answers: &Answers, domain: &str, address: IpAddr) -> Option<bool> {
    for name in answers.names(address)?.found().into_iter().take(10) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let below = name == domain || name.ends_with(&format!(".{domain}"));
        if below && answers.addresses(&name)?.found().contains(&address) {
            return Some(true);
        }
    }
    Some(false)
}
