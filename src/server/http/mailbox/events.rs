//! Server-sent events: one for each message that arrives, one when some are deleted, and one for each line that a session says.

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
    // A page of sessions looks again at each line that is said; a page of messages does not care.
    let talks = BroadcastStream::new(shown.mailbox.follow()).map(|id| {
        let data = json!({ "id": id.ok() });
        Event::default().event("session").data(data.to_string())
    });
    let changes = changes.merge(talks);
    let hello = tokio_stream::once(Event::default().retry(RETRY).comment("listening"));
    Sse::new(hello.chain(changes).map(Ok)).keep_alive(KeepAlive::default())
}
