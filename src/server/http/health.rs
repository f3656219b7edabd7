//! `/health/live` and `/health/ready`, for whoever restarts or balances us.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::state::App;

/// How long a mail that is due may wait for its first attempt before something is wrong.
const OVERDUE: Duration = Duration::from_secs(300);

/// The process answers.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// The database can be written to and mail is being worked on. How the relay does is for operators: to a stranger it would tell whether
/// a mail was tried, and so whether an account exists.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let since = app.service.now().minus(OVERDUE);
    let database = app.service.store.ping().await;
    let late = match app.service.store.read().await {
        Ok(mut tx) => tx.overdue_mails(since).await,
        Err(error) => Err(error),
    };
    // Mail that waits for a relay that cannot be used is being worked on; sending people elsewhere would not help it.
    let shut = app.service.relay_state.borrow().is_some();
    let outbox = matches!(late, Ok(0)) || (late.is_ok() && shut);
    if let Err(error) = &database {
        tracing::warn!(%error, "not ready: the database");
    }
    let word = |good: bool| if good { "ok" } else { "failing" };
    let good = database.is_ok() && outbox;
    let status = if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "status": if good { "ready" } else { "not ready" },
        "database": word(database.is_ok()),
        "outbox": word(outbox),
    });
    (status, Json(body))
}
