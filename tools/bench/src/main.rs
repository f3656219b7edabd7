//! Measures how mail is sent: mails a second over kept connections beside lettre's pooled transport on the same sinks, mails a second
//! through the outbox, and the memory that hostile servers take. `make bench` runs it in the release profile.

mod memory;
mod outbox;
mod report;
mod settings;
mod sink;
mod throughput;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use postern::domain::identifier::EmailAddress;
use postern::domain::mail::MailKind;
use postern::server::clock::Clock;
use postern::server::config::Config;
use postern::server::mail::message::{self, OutgoingMessage};
use postern::server::mail::preview::sample;
use postern::server::mail::render::{Look, render};
use postern::server::smtp::client::Target;

use crate::memory::Hostile;
use crate::report::median;

/// Mails in each turn, and through the outbox.
const MAILS: usize = 200;
const QUEUED: usize = 1_000;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let own = sink::own()?;
    let config = settings::load(own, &[])?;
    let target = Target::of(&config);
    let letter = Arc::new(letter(&config)?);
    println!(
        "A letter of {} octets, {MAILS} a turn, turns taken alternately; mails a second, medians:\n",
        letter.bytes().len()
    );
    println!(
        "{:<22} {:>7} {:>10} {:>10} {:>7}",
        "sink", "at once", "ours", "lettre's", "ratio"
    );
    let smtp_sink = std::env::var_os("POSTERN_SMTP_SINK").map(PathBuf::from);
    let smtp_sink = smtp_sink
        .map(|program| sink::SmtpSink::start(&program))
        .transpose()?;
    for at_once in [1, 4] {
        let compared =
            throughput::compare("in this process", own, &target, &letter, at_once, MAILS);
        println!("{}", compared.await?.line());
        if let Some(other) = &smtp_sink {
            let at = other.address;
            let compared =
                throughput::compare("Postfix's smtp-sink", at, &target, &letter, at_once, MAILS);
            println!("{}", compared.await?.line());
        }
    }
    let mut rates = Vec::new();
    for _ in 0..3 {
        rates.push(outbox::measure(own, QUEUED).await?);
    }
    println!(
        "\nThrough the outbox, one worker, {QUEUED} resets with every commit: {:.0} mails a second",
        median(&mut rates)
    );
    println!("\nPeak memory that one conversation adds:");
    for (what, hostile) in [
        ("a banner of 10 MiB", Hostile::LongBanner),
        ("250- without end", Hostile::EndlessEhlo),
    ] {
        let (evidence, grown) = memory::grow(hostile, &target).await?;
        let said: String = evidence.to_string().chars().take(60).collect();
        println!("{what:<22} {:>7} KiB   {said}", grown / 1024);
    }
    Ok(())
}

/// The reset mail as it goes out.
fn letter(config: &Config) -> anyhow::Result<OutgoingMessage> {
    let at = Clock::system().now();
    let rendered = render(
        &sample(MailKind::Reset, config, at),
        &Look::from_config(config),
    )?;
    let to = EmailAddress::parse("ada@example.net")
        .ok()
        .context("an address")?;
    Ok(message::build(&rendered, &to, &config.mail, at)?)
}
