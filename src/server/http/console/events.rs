//! A running probe as server-sent events: the steps as HTML each time they change, then its end.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

use super::access::Operator;
use super::run::live;
use super::runs::{Run, Runs};
use crate::api::error::ApiError;
use crate::ui::pages::console::{RunEnd, waterfall};
use crate::ui::shell::fragment;

/// Changes within this time are shown together.
const PACE: Duration = Duration::from_millis(60);

pub async fn stream(operator: Operator, id: Result<Path<String>, PathRejection>) -> Response {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let runs = operator.visit.app.runs.clone();
    let Some(run) = runs.get(&id) else {
        // Over and forgotten: the page itself shows it.
        return operator.failed(ApiError::NotFound);
    };
    let (events, received) = mpsc::channel(4);
    tokio::spawn(tell(id, run, runs, events));
    let stream = Sse::new(ReceiverStream::new(received)).keep_alive(KeepAlive::default());
    // A stream says "no-cache" by itself; no page of the console is kept at all.
    ([(header::CACHE_CONTROL, "no-store")], stream).into_response()
}

/// Tells each change until the probe is over, nobody listens, or the server stops.
async fn tell(
    id: String,
    mut run: Run,
    runs: Runs,
    events: mpsc::Sender<Result<Event, Infallible>>,
) {
    let mut closing = runs.closing();
    let mut written = false;
    loop {
        run.end.mark_unchanged();
        run.progress.mark_unchanged();
        let shown = live(&id, &run);
        let html = fragment(|| waterfall(&shown.transcript));
        let event = match &shown.end {
            RunEnd::Running => Event::default()
                .event("steps")
                .data(json!({ "html": html }).to_string()),
            end => Event::default()
                .event("over")
                .data(json!({ "html": html, "said": end.word() }).to_string()),
        };
        let over = shown.end != RunEnd::Running;
        if events.send(Ok(event)).await.is_err() || over {
            return;
        }
        tokio::select! {
            // The writer is gone a moment before the end is known.
            grown = run.progress.changed(), if !written => written = grown.is_err(),
            ended = run.end.changed() => if ended.is_err() { return },
            () = closed(&mut closing) => return,
            () = events.closed() => return,
        }
        tokio::time::sleep(PACE).await;
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is an end as well.
    let _ = closing.wait_for(|closed| *closed).await;
}
