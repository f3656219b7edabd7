//! The running side: a house whose server lives in a runtime of its own, so that it can be killed at any await; three browsers; the
//! relay that waits for its cue; and what was ever mailed or typed.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use postern::server::store::AuditRow;
use tokio::runtime::{Builder, Runtime};

use crate::op::{Verdict, Who};
use crate::reference::{Millis, NAMES};
use crate::support::{Browser, House, until};
use crate::turnstile::{Stage, Turnstile};

/// A code as it was mailed.
#[derive(Debug, Clone)]
pub struct Mailed {
    pub code: String,
    /// Where its link leads.
    pub path: String,
    pub who: Who,
}

/// One row of the outbox.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: String,
    pub kind: String,
    pub state: String,
    pub not_before: Millis,
    pub give_up_at: Millis,
    pub claimed_until: Millis,
    pub created_at: Millis,
    pub account: String,
    pub request: String,
    pub recipient: String,
    pub reason: String,
}

pub struct World {
    house: Option<House>,
    life: Option<Runtime>,
    pub relay: Turnstile,
    pub browsers: Vec<Browser>,
    pub mailed: Vec<Mailed>,
    /// Everything that must stay in mails, forms and cookies.
    pub secrets: HashSet<String>,
    /// Attempts that a crash has left under way.
    ghosts: HashSet<String>,
    audit_seen: HashSet<String>,
    log_from: usize,
}

fn life() -> Runtime {
    let threads = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    threads.unwrap()
}

impl World {
    pub async fn new() -> Self {
        let relay = Turnstile::start().await;
        let port = relay.port.to_string();
        let life = life();
        let born = life.spawn(async move {
            let settings = [
                ("smtp.port", port.as_str()),
                // Mails wait at the relay for as long as the run likes.
                ("smtp.command_timeout", "2m"),
                // Links and cookies stay as they are when the server comes back at another port.
                ("site.public_url", "http://127.0.0.1:3999"),
                ("session.idle", "30d"),
                ("session.absolute", "365d"),
            ];
            let house = House::with(&settings).await;
            for name in NAMES {
                house.add(name).await;
            }
            house
        });
        let house = born.await.unwrap();
        let browsers = (0..3).map(|_| house.browser()).collect();
        let log_from = house.log().len();
        let mut world = Self {
            house: Some(house),
            life: Some(life),
            relay,
            browsers,
            mailed: Vec::new(),
            secrets: HashSet::from([crate::support::PASSWORD.to_owned()]),
            ghosts: HashSet::new(),
            audit_seen: HashSet::new(),
            log_from,
        };
        world.audited().await;
        world
    }

    pub fn house(&self) -> &House {
        self.house.as_ref().unwrap()
    }

    pub fn now(&self) -> Millis {
        self.house().clock.now().millis()
    }

    pub fn advance(&self, millis: Millis) {
        let span = Duration::from_millis(u64::try_from(millis).unwrap());
        self.house().advance(span);
    }

    /// The log of this run.
    pub fn log(&self) -> String {
        self.house().log().split_off(self.log_from)
    }

    /// The server dies where it stands: no task of it runs on.
    pub async fn kill(&mut self) {
        let running = self.house.as_mut().unwrap().take();
        self.end_life().await;
        drop(running);
        self.relay.forget();
        let under_way = "SELECT id FROM delivery_attempt WHERE outcome = 'running'";
        self.ghosts.extend(self.house().texts(under_way).await);
    }

    async fn end_life(&mut self) {
        let life = self.life.take().unwrap();
        // Not from within a runtime; and hashes that are computed are waited for, as they cannot be cut.
        let end = std::thread::spawn(move || life.shutdown_timeout(Duration::from_secs(20)));
        let ended = tokio::task::spawn_blocking(|| end.join());
        ended.await.unwrap().unwrap();
    }

    /// Stops as SIGTERM does, while the relay answers what waits there.
    pub async fn stop(&mut self, verdict: Verdict) {
        let running = self.house.as_mut().unwrap().take();
        let mut stopping = Box::pin(running.stop());
        // The word is out before the relay answers: no other mail is taken.
        poll_fn(|context| Poll::Ready(stopping.as_mut().poll(context).is_ready())).await;
        if self.relay.waiting().is_some() {
            self.relay.answer(verdict);
        }
        stopping.await;
        self.end_life().await;
    }

    /// Starts again on the same database; the browsers keep their cookies. What a dead worker held is due when its lease is over.
    pub async fn start(&mut self) {
        let mut house = self.house.take().unwrap();
        let life = life();
        let born = life.spawn(async move {
            house.start_again(&[]).await;
            house
        });
        self.house = Some(born.await.unwrap());
        self.life = Some(life);
        for browser in &mut self.browsers {
            let new = self.house.as_ref().unwrap().browser();
            *new.jar.lock().unwrap() = browser.jar.lock().unwrap().clone();
            *browser = new;
        }
    }

    /// When the last lease is over that a dead worker has left.
    pub async fn leased_until(&self) -> Millis {
        let rows = self.outbox().await;
        rows.iter().map(|row| row.claimed_until).max().unwrap_or(0)
    }

    /// Waits until the worker can do no more: a mail waits at the relay, or nothing is due and nothing under way.
    pub async fn quiet(&self) {
        let house = self.house();
        until("the worker to come to rest", async || {
            if self.relay.waiting().is_some() {
                return Some(());
            }
            house.service().mail_queued.notify_one();
            let now = self.now();
            let due = format!(
                "SELECT id FROM outbox WHERE state = 'queued' AND (not_before <= {now} OR give_up_at <= {now}) \
                 UNION ALL SELECT id FROM delivery_attempt WHERE outcome = 'running'"
            );
            let busy = house.texts(&due).await;
            let quiet = busy.iter().all(|id| self.ghosts.contains(id));
            quiet.then_some(())
        })
        .await;
    }

    pub fn waits(&self) -> Option<(Stage, String)> {
        self.relay.waiting()
    }

    pub async fn outbox(&self) -> Vec<Row> {
        let sql = "SELECT id || '|' || kind || '|' || state || '|' || not_before || '|' || give_up_at || '|' || claimed_until \
             || '|' || created_at || '|' || COALESCE(account_id, '') || '|' || COALESCE(request_id, '') || '|' \
             || COALESCE(recipient, '') || '|' || COALESCE(reason, '') FROM outbox ORDER BY created_at, id";
        let rows = self.house().texts(sql).await;
        let read = |row: &String| {
            let mut parts = row.splitn(11, '|').map(str::to_owned);
            let mut text = || parts.next().unwrap();
            Row {
                id: text(),
                kind: text(),
                state: text(),
                not_before: text().parse().unwrap(),
                give_up_at: text().parse().unwrap(),
                claimed_until: text().parse().unwrap(),
                created_at: text().parse().unwrap(),
                account: text(),
                request: text(),
                recipient: text(),
                reason: text(),
            }
        };
        rows.iter().map(read).collect()
    }

    /// What the audit has gained since the last look.
    pub async fn audited(&mut self) -> Vec<AuditRow> {
        let mut rows = self.house().audit("").await;
        rows.retain(|row| self.audit_seen.insert(row.id.clone()));
        rows
    }

    /// Everything that the database holds, as octets.
    pub async fn dump(&self) -> Vec<u8> {
        let stored = self.house().stored().await;
        assert!(!stored.is_empty(), "there is a database");
        stored.into_iter().flat_map(|(_, octets)| octets).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(life) = self.life.take() {
            life.shutdown_background();
        }
    }
}
