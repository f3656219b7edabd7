//! Puts questions to the resolver, several at once, each bounded in time, number of records and their size.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{RData, RecordType};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::{Settings, policy};
use crate::domain::dns::answers::{Answer, Kind, Question};
use crate::domain::smtp::evidence::DnsFault;
use crate::server::smtp::client::printable;
use crate::server::smtp::dns::{self, fault};

/// For one question; the resolver asks twice in it, and again by TCP where an answer does not fit a datagram.
const PATIENCE: Duration = Duration::from_secs(6);
/// Questions under way at once.
const AT_ONCE: usize = 8;
/// Records of one answer that are read, and octets of one TXT record.
const MOST_RECORDS: usize = 64;
const MOST_OCTETS: usize = 4096;

/// Asks the resolver, and web servers for policies.
pub struct Asker {
    resolver: Option<TokioResolver>,
    policies: Arc<policy::Source>,
    asked: usize,
}

impl Asker {
    /// Without a resolver where the system has none that can be read; every question then fails.
    pub fn new(settings: &Settings) -> Self {
        let own: Option<SocketAddr> = settings.resolver;
        Self {
            resolver: dns::resolver(own, None, PATIENCE).ok(),
            policies: Arc::new(policy::Source::new(settings)),
            asked: 0,
        }
    }

    /// How many questions were asked so far.
    pub const fn asked(&self) -> usize {
        self.asked
    }

    /// Answers all of them, within that time.
    pub async fn ask(
        &mut self,
        questions: Vec<Question>,
        left: Duration,
    ) -> Vec<(Question, Answer)> {
        self.asked += questions.len();
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let end = Instant::now() + left;
        let mut tasks = JoinSet::new();
        for question in questions.clone() {
            let (resolver, policies) = (self.resolver.clone(), Arc::clone(&self.policies));
            let turns = Arc::clone(&turns);
            tasks.spawn(async move {
                let one = async {
                    let _turn = turns.acquire().await;
                    let end = end.min(Instant::now() + PATIENCE);
                    timeout_at(end, answer(resolver, &policies, &question))
                        .await
                        .ok()
                };
                let late = || Answer::Failed("no answer in time".to_owned());
                let answer = timeout_at(end, one)
                    .await
                    .ok()
                    .flatten()
                    .unwrap_or_else(late);
                (question, answer)
            });
        }
        let mut answers = tasks.join_all().await;
        // A question must not stay open, whatever became of its task.
        for question in questions {
            if !answers.iter().any(|(answered, _)| *answered == question) {
                answers.push((question, Answer::Failed("it could not be asked".to_owned())));
            }
        }
        answers
    }
}

async fn answer(
    resolver: Option<TokioResolver>,
    policies: &policy::Source,
    question: &Question,
) -> Answer {
    let Some(resolver) = resolver else {
        return Answer::Failed("this system has no resolver".to_owned());
    };
    let kind = match question.kind {
        Kind::V4 => RecordType::A,
        Kind::V6 => RecordType::AAAA,
        Kind::Txt => RecordType::TXT,
        Kind::Mx => RecordType::MX,
        Kind::Ptr => RecordType::PTR,
        Kind::Policy => {
            return match policies.fetch(&question.name).await {
                Ok(text) => Answer::Document(text),
                Err(why) => Answer::Failed(why),
            };
        }
    };
    // With its final dot: the system's search list is not for these names.
    match resolver.lookup(format!("{}.", question.name), kind).await {
        Ok(found) => read(
            question.kind,
            found.answers().iter().map(|record| &record.data),
        ),
        Err(error) => match fault(&error) {
            DnsFault::NoSuchName => Answer::NoName,
            DnsFault::NoAddress => Answer::Empty,
            _ => Answer::Failed(words(&error)),
        },
    }
}

fn read<'a>(kind: Kind, records: impl Iterator<Item = &'a RData>) -> Answer {
    let mut texts = Vec::new();
    let mut addresses: Vec<IpAddr> = Vec::new();
    let mut hosts = Vec::new();
    let mut names = Vec::new();
    let plain = |name: String| name.trim_end_matches('.').to_ascii_lowercase();
    // An answer also holds the aliases on the way.
    for record in records.take(MOST_RECORDS) {
        match record {
            RData::TXT(txt) => {
                let mut bytes = txt.txt_data.concat();
                bytes.truncate(MOST_OCTETS);
                texts.push(printable(&bytes, MOST_OCTETS));
            }
            RData::A(v4) => addresses.push(v4.0.into()),
            RData::AAAA(v6) => addresses.push(v6.0.into()),
            RData::MX(mx) => hosts.push((mx.preference, plain(mx.exchange.to_ascii()))),
            RData::PTR(name) => names.push(plain(name.0.to_ascii())),
            _ => {}
        }
    }
    match kind {
        Kind::Txt => Answer::Texts(texts),
        Kind::V4 | Kind::V6 => Answer::Addresses(addresses),
        Kind::Mx => Answer::Hosts(hosts),
        Kind::Ptr => Answer::Names(names),
        Kind::Policy => Answer::Empty,
    }
}

fn words(error: &NetError) -> String {
    match error {
        NetError::Timeout => "no answer in time".to_owned(),
        NetError::NoConnections | NetError::Io(_) => "the resolver cannot be reached".to_owned(),
        NetError::Dns(DnsError::ResponseCode(code)) => format!("the resolver answers {code}"),
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            format!("the resolver answers {}", none.response_code)
        }
        _ => "the resolver has no answer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::rr::rdata::TXT;

    use super::*;

    #[test]
    fn what_others_publish_turns_nothing_round_and_moves_no_cursor() {
        let said = "v=spf1 \u{1b}[2J \u{202e}lla- é".to_owned();
        let txt = RData::TXT(TXT::new(vec![said]));
        let Answer::Texts(texts) = read(Kind::Txt, [&txt].into_iter()) else {
            panic!("texts");
        };
        assert_eq!(texts, ["v=spf1 \u{fffd}[2J \u{fffd}lla- é"]);
    }
}
