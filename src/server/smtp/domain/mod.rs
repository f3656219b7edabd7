//! Checks what the DNS says about a mail domain: asks what the judgements of [`crate::domain::dns`] want to know, until they know enough.

mod lookup;
mod policy;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::domain::dns::answers::{Answer, Answers};
use crate::domain::dns::report::Report;
use crate::domain::dns::subject::{PublicKey, Relay, Signature, Subject};
use crate::domain::dns::{blocklist, judge};
use crate::server::config::{Config, is_loopback};
use crate::server::mail::dkim::record;
use crate::server::smtp::client::{AddressRule, Trust};

/// Questions for one report; a usual domain takes forty. Anything that leads on without end is cut off here.
const MOST_QUESTIONS: usize = 250;
/// Rounds of questions, each of which follows from the answers to the one before.
const MOST_ROUNDS: usize = 40;

/// What to check and how to ask.
#[derive(Debug, Clone)]
pub struct Settings {
    pub subject: Subject,
    /// A name server of one's own; none takes the system's.
    pub resolver: Option<SocketAddr>,
    /// Where an MTA-STS policy may be fetched from: a name must not lead into a private network.
    pub allow: AddressRule,
    /// What is trusted besides the system's roots when it is fetched.
    pub trust: Trust,
    /// 443, but in tests.
    pub policy_port: u16,
    /// For the whole.
    pub limit: Duration,
}

impl Settings {
    /// The saved settings: From's domain (or `domain`, as if From were there), the configured keys, the relay and its addresses.
    pub fn from_config(config: &Config, domain: Option<&str>) -> Self {
        let mail = &config.mail;
        let own = mail.from_domain().unwrap_or_else(|| "localhost".to_owned());
        let domain = domain.map_or(own, str::to_owned);
        let signer = mail.dkim.domain.clone().unwrap_or_else(|| domain.clone());
        let signatures = mail.dkim.keys.iter().map(|key| Signature {
            domain: signer.clone(),
            selector: key.selector().to_owned(),
            key: Some(PublicKey {
                kind: key.kind(),
                bytes: key.public().to_vec(),
                record: record::value(key),
            }),
        });
        let relay = if is_loopback(&config.smtp.host) {
            Relay::Unknown
        } else {
            Relay::Host(config.smtp.host.clone())
        };
        Self {
            subject: Subject {
                from_domain: domain.clone(),
                domain,
                signatures: signatures.collect(),
                relay,
                blocklists: blocklist::USUAL.map(str::to_owned).to_vec(),
            },
            resolver: None,
            allow: AddressRule::Public { and: Vec::new() },
            trust: Trust::default(),
            policy_port: 443,
            limit: Duration::from_secs(30),
        }
    }
}

/// Asks and judges. It always ends with a report: what was not answered in time is in it as unknown.
pub async fn check(settings: &Settings) -> Report {
    let began = Instant::now();
    let subject = &settings.subject;
    let mut answers = Answers::default();
    let mut asker = lookup::Asker::new(settings);
    let mut rounds = 0;
    let findings = loop {
        if let Some(findings) = judge(subject, &answers) {
            break findings;
        }
        let open = answers.open();
        rounds += 1;
        let left = settings.limit.saturating_sub(began.elapsed());
        let room = MOST_QUESTIONS.saturating_sub(answers.len());
        let spent = match () {
            () if left.is_zero() => Some("no time was left to ask"),
            () if room < open.len() || rounds > MOST_ROUNDS => Some("too many look-ups"),
            () => None,
        };
        if let Some(why) = spent {
            for question in open {
                answers.learn(question, Answer::Failed(why.to_owned()));
            }
            continue;
        }
        for (question, answer) in asker.ask(open, left).await {
            answers.learn(question, answer);
        }
    };
    let relay = subject.relay.addresses(&answers);
    Report {
        domain: subject.domain.clone(),
        from_domain: subject.from_domain.clone(),
        relay: relay.map(|looked| looked.found()).unwrap_or_default(),
        findings,
        questions: asker.asked(),
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}
