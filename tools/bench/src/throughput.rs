//! Mails a second over connections that are kept: ours, recorded, beside lettre's pooled transport, on the same sink in the same run.
//! lettre 0.11 seems to leave Nagle's algorithm on and writes a message's end by itself: with smtp-sink it waits some 40 ms for each
//! mail, as for a delayed acknowledgement. Our own sink acknowledges at once, so that the two codes are compared there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use postern::domain::identifier::EmailAddress;
use postern::server::clock::Clock;
use postern::server::mail::message::OutgoingMessage;
use postern::server::mail::relay::{End, Relay as _, RelayEnvelope};
use postern::server::smtp::client::Target;
use postern::server::smtp::relay::SmtpRelay;

use crate::report::{Comparison, median};

/// Each side's turns; they alternate, so that what else the machine does meets both.
const ROUNDS: usize = 9;

/// Compares on that sink, with that many mails at once.
pub async fn compare(
    sink: &str,
    address: SocketAddr,
    target: &Target,
    letter: &Arc<OutgoingMessage>,
    at_once: usize,
    mails: usize,
) -> anyhow::Result<Comparison> {
    let mut target = target.clone();
    (target.host, target.port) = (address.ip().to_string(), address.port());
    let relay = SmtpRelay::new(Arc::new(target), Clock::system());
    let lettre = lettre_pool(address, at_once);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (first, second);
        if round % 2 == 0 {
            first = by_relay(&relay, letter, at_once, mails).await?;
            second = by_lettre(&lettre, letter, at_once, mails).await?;
        } else {
            second = by_lettre(&lettre, letter, at_once, mails).await?;
            first = by_relay(&relay, letter, at_once, mails).await?;
        }
        // The first round fills caches and opens connections.
        if round > 0 {
            ours.push(first);
            theirs.push(second);
        }
    }
    relay.close().await;
    lettre.shutdown().await;
    Ok(Comparison {
        sink: sink.to_owned(),
        at_once,
        ours: median(&mut ours),
        theirs: median(&mut theirs),
    })
}

/// lettre's own way of reusing connections, with as many as there are senders.
fn lettre_pool(address: SocketAddr, at_once: usize) -> AsyncSmtpTransport<Tokio1Executor> {
    let size = u32::try_from(at_once).unwrap_or(u32::MAX);
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
        .port(address.port())
        .timeout(Some(Duration::from_secs(30)))
        .pool_config(PoolConfig::new().min_idle(size).max_size(size))
        .build()
}

async fn by_relay(
    relay: &SmtpRelay,
    letter: &Arc<OutgoingMessage>,
    at_once: usize,
    mails: usize,
) -> anyhow::Result<f64> {
    let address = |address: Option<&lettre::Address>| {
        EmailAddress::parse(address.map_or("", AsRef::as_ref)).ok()
    };
    let envelope = letter.envelope();
    let envelope = RelayEnvelope {
        from: address(envelope.from()).context("no sender")?,
        to: address(envelope.to().first()).context("no recipient")?,
        deliver_within: None,
    };
    let began = Instant::now();
    let mut senders = Vec::new();
    for _ in 0..at_once {
        let (relay, letter, envelope) = (relay.clone(), letter.clone(), envelope.clone());
        senders.push(tokio::spawn(async move {
            for _ in 0..mails / at_once {
                let attempt = match relay.begin(&envelope).await {
                    Ok(handover) => handover.finish(&letter).await,
                    Err(attempt) => *attempt,
                };
                if let End::Failed { evidence, .. } = attempt.end {
                    bail!("our relay: {evidence}");
                }
            }
            Ok(())
        }));
    }
    for sender in senders {
        sender.await??;
    }
    Ok(rate(mails, began.elapsed()))
}

async fn by_lettre(
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    letter: &Arc<OutgoingMessage>,
    at_once: usize,
    mails: usize,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut senders = Vec::new();
    for _ in 0..at_once {
        let (transport, letter) = (transport.clone(), letter.clone());
        senders.push(tokio::spawn(async move {
            for _ in 0..mails / at_once {
                transport
                    .send_raw(letter.envelope(), letter.bytes())
                    .await?;
            }
            anyhow::Ok(())
        }));
    }
    for sender in senders {
        sender.await??;
    }
    Ok(rate(mails, began.elapsed()))
}

/// Mails a second.
#[expect(clippy::cast_precision_loss, reason = "a few thousand mails")]
pub fn rate(mails: usize, took: Duration) -> f64 {
    mails as f64 / took.as_secs_f64()
}
