//! Mails a second through the real outbox: a request's row is claimed, the relay asked, a token drawn and stored, the mail sent, the
//! attempt with its transcript written, each with the database's commits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use postern::domain::identifier::{EmailAddress, Identifier, Username};
use postern::server::caller::Caller;
use postern::server::clock::Clock;
use postern::server::mail::worker::Worker;
use postern::server::recovery::request;
use postern::server::secrets::random_id;
use postern::server::service::Service;
use postern::server::smtp::relay::SmtpRelay;
use postern::server::store::{NewAccount, StartedBy, Store};
use tokio::sync::watch;

use crate::settings;
use crate::throughput::rate;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Queues that many requests for resets, then lets one worker send them to the sink.
pub async fn measure(sink: SocketAddr, mails: usize) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite:{}", folder.path().join("bench.sqlite").display());
    let config = Arc::new(settings::load(sink, &[("database.url", &database)])?);
    let store = Store::open(&config.database).await?;
    store.migrate().await?;
    let clock = Clock::system();
    let service = Service::new(config.clone(), store, clock.clone())?;
    queue(&service, mails).await?;

    let relay = SmtpRelay::from_config(&config, clock)?;
    let worker = Worker::new(service.clone(), Arc::new(relay.clone()))?;
    let (stop, stopped) = watch::channel(false);
    let began = Instant::now();
    let working = tokio::spawn(async move { worker.run(stopped).await });
    loop {
        let sent = service.store.read().await?.mail_counts().await?.sent;
        if usize::try_from(sent)? == mails {
            break;
        }
        if began.elapsed() > PATIENCE || working.is_finished() {
            bail!("{sent} of {mails} mails were sent");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    stop.send(true)?;
    working.await?;
    relay.close().await;
    service.store.close().await;
    Ok(rate(mails, took))
}

/// An account and a request each.
async fn queue(service: &Service, mails: usize) -> anyhow::Result<()> {
    let caller = Caller::internal("bench");
    let mut tx = service.store.begin().await?;
    for n in 0..mails {
        let email = format!("user{n}@example.net");
        let email = EmailAddress::parse(&email).ok().context("an address")?;
        let username = Username::parse(&format!("user{n}"))
            .ok()
            .context("a name")?;
        tx.add_account(NewAccount {
            id: &random_id()?,
            username: &username,
            email: &email,
            // Nobody signs in here.
            password_hash: "none",
            operator: false,
            now: service.now(),
        })
        .await?;
        let identifier = Identifier::Email(email);
        request::write(service, &mut tx, &caller, &identifier, StartedBy::Person).await?;
    }
    tx.commit().await?;
    Ok(())
}
