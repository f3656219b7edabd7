//! Questions to the DNS and what came back; a question that was not asked yet is noted, and the judgement that needs it waits.

use core::cell::RefCell;
use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    pub kind: Kind,
    /// In lower case, without a final dot.
    pub name: String,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A.
    V4,
    /// AAAA.
    V6,
    Txt,
    Mx,
    Ptr,
    /// The MTA-STS policy of the domain, over https (RFC 8461 3.3).
    Policy,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// TXT: the strings of each record joined.
    Texts(Vec<String>),
    /// A or AAAA.
    Addresses(Vec<IpAddr>),
    /// MX: preference and host; the host of a null MX is empty.
    Hosts(Vec<(u16, String)>),
    /// PTR.
    Names(Vec<String>),
    /// The policy.
    Document(String),
    /// NXDOMAIN.
    NoName,
    /// The name is there, without such records.
    Empty,
    /// Nobody said anything that counts: why.
    Failed(String),
}

/// An answer as a judgement reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked<T> {
    /// At least one.
    Found(Vec<T>),
    /// None; whether the name is there at all.
    Nothing { exists: bool },
    /// Nobody answered: why.
    Failed(String),
}

/// Everything that is known so far.
#[derive(Debug, Default)]
pub struct Answers {
    known: BTreeMap<Question, Answer>,
    open: RefCell<BTreeSet<Question>>,
}

impl Answers {
    /// Learns an answer.
    pub fn learn(&mut self, question: Question, answer: Answer) {
        self.open.borrow_mut().remove(&question);
        self.known.insert(question, answer);
    }

    /// The questions that a judgement had to wait for.
    pub fn open(&self) -> Vec<Question> {
        self.open.borrow().iter().cloned().collect()
    }

    /// How many questions have answers.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn ask(&self, kind: Kind, name: &str) -> Option<&Answer> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let question = Question { kind, name };
        let known = self.known.get(&question);
        if known.is_none() {
            self.open.borrow_mut().insert(question);
        }
        known
    }

    /// TXT records.
    pub fn texts(&self, name: &str) -> Option<Looked<String>> {
        Some(match self.ask(Kind::Txt, name)? {
            Answer::Texts(all) => Looked::of(all),
            other => other.absent(),
        })
    }

    /// MX records, the preferred first.
    pub fn hosts(&self, name: &str) -> Option<Looked<(u16, String)>> {
        Some(match self.ask(Kind::Mx, name)? {
            Answer::Hosts(all) => {
                let mut all = all.clone();
                all.sort();
                Looked::of(&all)
            }
            other => other.absent(),
        })
    }

    /// The names of an address.
    pub fn names(&self, address: IpAddr) -> Option<Looked<String>> {
        let zone = if address.is_ipv4() { "in-addr" } else { "ip6" };
        let name = format!("{}.{zone}.arpa", reversed(address));
        Some(match self.ask(Kind::Ptr, &name)? {
            Answer::Names(all) => Looked::of(all),
            other => other.absent(),
        })
    }

    /// A records alone.
    pub fn v4(&self, name: &str) -> Option<Looked<IpAddr>> {
        Some(self.ask(Kind::V4, name)?.addresses())
    }

    /// A and AAAA records together; a failure of one counts where the other has none.
    pub fn addresses(&self, name: &str) -> Option<Looked<IpAddr>> {
        let (v4, v6) = (self.ask(Kind::V4, name), self.ask(Kind::V6, name));
        Some(match (v4?.addresses(), v6?.addresses()) {
            (Looked::Found(mut some), Looked::Found(more)) => {
                some.extend(more);
                Looked::Found(some)
            }
            (found @ Looked::Found(_), _) | (_, found @ Looked::Found(_)) => found,
            (failed @ Looked::Failed(_), _) | (_, failed @ Looked::Failed(_)) => failed,
            (Looked::Nothing { exists }, Looked::Nothing { exists: also }) => Looked::Nothing {
                exists: exists || also,
            },
        })
    }

    /// The MTA-STS policy of a domain, or why there is none.
    pub fn policy(&self, domain: &str) -> Option<Result<&str, &str>> {
        Some(match self.ask(Kind::Policy, domain)? {
            Answer::Document(text) => Ok(text),
            Answer::Failed(why) => Err(why),
            _ => Err("there is none"),
        })
    }
}

impl Answer {
    fn absent<T>(&self) -> Looked<T> {
        match self {
            Self::NoName => Looked::Nothing { exists: false },
            Self::Failed(why) => Looked::Failed(why.clone()),
            _ => Looked::Nothing { exists: true },
        }
    }

    fn addresses(&self) -> Looked<IpAddr> {
        match self {
            Self::Addresses(all) => Looked::of(all),
            other => other.absent(),
        }
    }
}

impl<T: Clone> Looked<T> {
    fn of(all: &[T]) -> Self {
        if all.is_empty() {
            Self::Nothing { exists: true }
        } else {
            Self::Found(all.to_vec())
        }
    }

    /// What was found; nothing otherwise.
    pub fn found(self) -> Vec<T> {
        match self {
            Self::Found(all) => all,
            _ => Vec::new(),
        }
    }
}

/// An address as reverse zones and blocklists spell it: octets, or nibbles, from the last to the first.
pub fn reversed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6
                .octets()
                .into_iter()
                .rev()
                .flat_map(|octet| [octet & 15, octet >> 4].map(|nibble| format!("{nibble:x}")));
            nibbles.collect::<Vec<_>>().join(".")
        }
    }
}

/// Whether the internet may have such an address: not of a private network, a link or this machine.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let local = v4.is_private() || v4.is_loopback() || v4.is_link_local();
            !(local || v4.is_unspecified() || shared)
        }
        IpAddr::V6(v6) => {
            let local = v6.is_unique_local() || v6.is_unicast_link_local();
            !(v6.is_loopback() || v6.is_unspecified() || local)
        }
    }
}
