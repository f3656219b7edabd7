//! A message's checks, as a view of its page and as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::{Shown, api};
use crate::domain::mail_check::{self, Checks, Letter};
use crate::server::mail_check::read;
use crate::server::smtp::sandbox::Message;
use crate::ui::pages::mailbox::Body;

/// Octets of a text part that are looked through for links.
const MOST_TEXT: usize = 256 * 1024;

pub async fn json(State(shown): State<Shown>, id: Result<Path<String>, PathRejection>) -> Response {
    let Some(message) = id.ok().and_then(|Path(id)| shown.mailbox.get(&id)) else {
        return api::missing();
    };
    match checked(&shown, message).await {
        Some(checks) => Json(checks).into_response(),
        None => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What the page shows.
pub async fn body(shown: &Shown, message: Arc<Message>) -> Body {
    checked(shown, message)
        .await
        .map_or(Body::Missing("The checks failed."), |checks| {
            Body::Checks(Box::new(checks))
        })
}

/// Reading HTML may take a while, which other requests need not wait for. None where the reader failed.
async fn checked(shown: &Shown, message: Arc<Message>) -> Option<Checks> {
    let own = shown.look.public_url.clone();
    let made = tokio::task::spawn_blocking(move || {
        let (html, features) = match message.html.as_deref().map(read) {
            Some((sheet, features)) => (Some(sheet), features),
            None => (None, Vec::new()),
        };
        let text = message.text.as_deref();
        let letter = Letter {
            headers: message.headers.clone(),
            subject: message.subject.clone(),
            text: text
                .map(|text| text[..text.floor_char_boundary(text.len().min(MOST_TEXT))].to_owned()),
            html,
            longest_line: longest_line(&message.source),
        };
        mail_check::check(&letter, &own, features)
    });
    made.await
        .inspect_err(|error| tracing::error!(%error, "a message's checks failed"))
        .ok()
}

/// Octets of the longest line, without its end.
fn longest_line(source: &[u8]) -> usize {
    let lines = source.split(|byte| *byte == b'\n');
    lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line).len())
        .max()
        .unwrap_or(0)
}
