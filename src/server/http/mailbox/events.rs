//! Server-sent events: one for each message that arrives, and one when some are deleted.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use serde_json::json;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

use super::Shown;
use crate::server::smtp::sandbox::Event as Change;

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// Ends when the mailbox closes, so that it does not hold up a server that stops.
pub async fn stream(
    State(shown): State<Shown>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = BroadcastStream::new(shown.mailbox.subscribe()).map(|change| match change {
        Ok(Change::Arrived(message)) => {
            let data = json!({ "id": message.id, "subject": message.subject });
            Event::default().event("arrived").data(data.to_string())
        }
        // Browsers drop events without data. A subscriber that fell behind looks again, too.
        Ok(Change::Removed) | Err(_) => Event::default().event("changed").data("{}"),
    });
    let hello = tokio_stream::once(Event::default().retry(RETRY).comment("listening"));
    Sse::new(hello.chain(changes).map(Ok)).keep_alive(KeepAlive::default())
}
