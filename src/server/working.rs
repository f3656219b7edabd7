//! The part of a server that sends mail: beside the pages in `postern serve`, or alone as `postern worker`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::clock::Clock;
use super::config::Config;
use super::mail::worker::Worker;
use super::service::Service;
use super::smtp::relay::SmtpRelay;
use super::store::Store;
use super::timekeeper;

/// How long a stopping server waits for an attempt at a mail or a request, and what it adds to be sure.
pub const LONGEST_GOODBYE: Duration = Duration::from_secs(30);
pub const MARGIN: Duration = Duration::from_secs(5);
/// How long the relay is given to answer our goodbyes.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long the database is given to end what runs on it; what is not committed by then never will be.
const CLOSE: Duration = Duration::from_secs(5);
/// How often it is looked whether anybody works on the outbox, where this process does not.
const LOOK: Duration = Duration::from_secs(60);

/// Opens the database, brings its schema up to date and sets the clock by it.
///
/// # Errors
/// With a line for the operator that names the setting.
pub async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Store> {
    let url = &config.database.url;
    let store = Store::open(&config.database)
        .await
        .with_context(|| format!("database.url = {url:?} cannot be opened"))?;
    store
        .migrate()
        .await
        .with_context(|| format!("database.url = {url:?}"))?;
    // One that can only be read would answer every request with a fault.
    store
        .ping()
        .await
        .with_context(|| format!("database.url = {url:?} is of no use"))?;
    timekeeper::begin(&store, clock)
        .await
        .with_context(|| format!("the clock of database.url = {url:?} cannot be asked"))?;
    Ok(store)
}

/// A worker and its relay.
pub struct Working {
    pub task: JoinHandle<()>,
    relay: SmtpRelay,
}

impl Working {
    /// Starts a worker, which ends when `stopped` turns true.
    ///
    /// # Errors
    /// When a setting of mail or relay is of no use.
    pub fn start(service: &Service, stopped: watch::Receiver<bool>) -> anyhow::Result<Self> {
        let relay = SmtpRelay::from_config(&service.config, service.clock.clone())?;
        let worker = Worker::new(service.clone(), Arc::new(relay.clone()))?;
        let task = tokio::spawn(keep_working(Arc::new(worker), stopped));
        Ok(Self { task, relay })
    }

    /// What the relay is told once the worker has ended.
    pub async fn say_goodbye(relay: SmtpRelay) {
        let _ = timeout(GOODBYE, relay.close()).await;
    }

    /// The task to wait for, and the relay to close after it.
    pub fn into_parts(self) -> (JoinHandle<()>, SmtpRelay) {
        (self.task, self.relay)
    }
}

/// A worker without pages, running.
pub struct Alone {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    relay: SmtpRelay,
    service: Service,
}

/// Starts a worker alone.
///
/// # Errors
/// With a line for the operator: what could not be opened, and which setting says so.
pub async fn work(config: Config, clock: Clock) -> anyhow::Result<Alone> {
    let store = open(&config, &clock).await?;
    let service = Service::new(Arc::new(config), store.clone(), clock.clone())?;
    let (stop, stopped) = watch::channel(false);
    let (task, relay) = Working::start(&service, stopped.clone())?.into_parts();
    let keeper = tokio::spawn(timekeeper::keep(store, clock, stopped));
    Ok(Alone {
        stop,
        tasks: vec![task, keeper],
        relay,
        service,
    })
}

impl Alone {
    /// Stops: a mail on its way is finished and written down.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let patience = self.service.config.smtp.timeout.min(LONGEST_GOODBYE) + MARGIN;
        let deadline = Instant::now() + patience;
        for task in self.tasks {
            end(task, deadline).await;
        }
        Working::say_goodbye(self.relay).await;
        close(&self.service.store).await;
    }
}

/// Waits for a part of the server to end, and cuts it off at `deadline`, which is the same for all parts.
pub async fn end(mut task: JoinHandle<()>, deadline: Instant) {
    match timeout_at(deadline, &mut task).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "a part of the server did not end well"),
        Err(_) => {
            tracing::warn!("what did not end in time is cut");
            task.abort();
        }
    }
}

/// Closes the database, unless something keeps it from being closed.
pub async fn close(store: &Store) {
    if timeout(CLOSE, store.close()).await.is_err() {
        tracing::warn!("the database is left as it is: something still runs on it");
    }
}

/// Says so, again and again, while nobody works on the outbox; for a server that does not do it itself.
pub async fn look_for_a_worker(service: Service, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => return,
        }
        let database = &service.config.database;
        if let Ok(false) = service.store.is_worked_on(database, service.now()).await {
            tracing::warn!(
                "nobody sends mail: worker.enabled is false here, and no other process works on this database"
            );
        }
    }
}

/// Starts the worker again should it panic: mail must not stand still behind one that it trips over.
async fn keep_working(worker: Arc<Worker>, stopped: watch::Receiver<bool>) {
    loop {
        let (running, stop) = (worker.clone(), stopped.clone());
        match tokio::spawn(async move { running.run(stop).await }).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "the worker failed and is started again"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_end_is_cut_at_one_deadline_for_all() {
        let patience = Duration::from_secs(1);
        let began = Instant::now();
        let deadline = began + patience;
        let tasks: Vec<_> = (0..3)
            .map(|_| tokio::spawn(std::future::pending()))
            .collect();
        let cut: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        for task in tasks {
            end(task, deadline).await;
        }
        let took = began.elapsed();
        // One after the other they would have had three seconds.
        assert!(took < Duration::from_millis(2_500), "{took:?}");
        while !cut.iter().all(|task| task.is_finished()) {
            tokio::task::yield_now().await;
        }
    }
}
