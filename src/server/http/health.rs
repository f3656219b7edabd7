//! `/health/live` and `/health/ready`, for whoever restarts or balances us.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use super::state::App;
use crate::domain::time::Timestamp;
use crate::server::service::Service;

/// How long a mail that is due may wait for its first attempt before something is wrong.
const OVERDUE: Duration = Duration::from_secs(300);
/// How long "ready" is said without looking again: looking takes the database's write lock.
const FRESH: Duration = Duration::from_secs(1);
/// How long whoever asks is kept waiting for a look where the last one may be told instead, and how old that may be. A database that
/// has not answered for so long is not ready.
const PATIENCE: Duration = Duration::from_secs(2);
const STALE: Duration = Duration::from_secs(10);

/// The process answers.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// The database can be written to and, where a worker runs here, mail is being worked on. How the relay does is for operators: to a stranger it would tell whether
/// a mail was tried, and so whether an account exists.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let found = app.readiness.ask(&app.service).await;
    let (database, outbox) = found.map_or((false, false), |it| (it.database, it.outbox));
    let worker = found.map_or("unknown", |it| it.worker);
    let word = |good: bool| if good { "ok" } else { "failing" };
    let good = found.is_some_and(|it| it.is_ready());
    let status = if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "status": if good { "ready" } else { "not ready" },
        "database": word(database),
        "outbox": word(outbox),
        "worker": worker,
    });
    (status, Json(body))
}

/// What one look found.
#[derive(Debug, Clone, Copy)]
struct Found {
    at: Timestamp,
    database: bool,
    outbox: bool,
    /// Who works on the outbox.
    worker: &'static str,
}

const HERE: &str = "here";

impl Found {
    /// Whether people may be sent here. Mail that waits for long is a reason against it where it is worked on here; where it is not,
    /// this server does all that it is there for, and every other one that serves pages would say the same.
    fn is_ready(&self) -> bool {
        self.database && (self.outbox || self.worker != HERE)
    }
}

/// What the last look found; one look at a time, however many ask. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Readiness {
    last: Arc<watch::Sender<Option<Found>>>,
    looking: Arc<Mutex<()>>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            last: Arc::new(watch::Sender::new(None)),
            looking: Arc::default(),
        }
    }
}

impl Readiness {
    /// What was found a moment ago, or is found now. `None` where the database keeps silent.
    async fn ask(&self, service: &Service) -> Option<Found> {
        let mut last = self.last.subscribe();
        let now = service.now();
        let known = *last.borrow_and_update();
        let not_before = |span| move |found: &Found| found.at <= now && found.at > now.minus(span);
        // What is bad may be better by now.
        let good = known.filter(|found| found.database && found.outbox);
        if let Some(good) = good.filter(not_before(FRESH)) {
            return Some(good);
        }
        if let Ok(one) = self.looking.clone().try_lock_owned() {
            // It goes on when nobody waits any more: the next who asks is told what it found.
            let (service, last) = (service.clone(), self.last.clone());
            tokio::spawn(async move {
                last.send_replace(Some(look(&service).await));
                drop(one);
            });
        }
        let known = known.filter(not_before(STALE));
        let patience = if known.is_some() { PATIENCE } else { STALE };
        match timeout(patience, last.changed()).await {
            Ok(_) => *last.borrow(),
            Err(_) => known,
        }
    }
}

async fn look(service: &Service) -> Found {
    let at = service.now();
    let database = service.store.ping().await;
    let late = match service.store.read().await {
        Ok(mut tx) => tx.is_mail_overdue(at.minus(OVERDUE)).await,
        Err(error) => Err(error),
    };
    let worker = if service.config.worker.enabled {
        HERE
    } else {
        match service
            .store
            .is_worked_on(&service.config.database, at)
            .await
        {
            Ok(true) => "elsewhere",
            Ok(false) => "nobody",
            Err(_) => "unknown",
        }
    };
    // Mail that waits for a relay that cannot be used is being worked on; sending people elsewhere would not help it.
    let shut = service.relay_state.borrow().is_some();
    if let Err(error) = &database {
        tracing::warn!(%error, "not ready: the database");
    }
    Found {
        at,
        worker,
        database: database.is_ok(),
        outbox: matches!(late, Ok(false)) || (late.is_ok() && shut),
    }
}
