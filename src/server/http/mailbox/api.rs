//! JSON for tests: what came, newest first, and a way to begin with nothing.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Shown, time};
use crate::server::smtp::sandbox::Message;

/// One line of the list.
#[derive(Serialize)]
struct Summary<'a> {
    id: &'a str,
    /// The envelope's recipients.
    to: &'a [String],
    /// As in the From header.
    from: &'a str,
    subject: &'a str,
    /// RFC 3339, UTC, milliseconds.
    received_at: String,
}

/// A whole message.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    /// The id of the session that brought it; its record may be gone.
    session: Option<&'a str>,
    /// The sender of the envelope; empty for `<>`.
    envelope_from: &'a str,
    text: Option<&'a str>,
    html: Option<&'a str>,
    /// Bytes that are not UTF-8 show as U+FFFD.
    source: std::borrow::Cow<'a, str>,
    /// Names and values, in order.
    headers: &'a [(String, String)],
    attachments: Vec<Attached<'a>>,
}

#[derive(Serialize)]
struct Attached<'a> {
    name: Option<&'a str>,
    media_type: &'a str,
    /// Octets once decoded.
    size: usize,
}

#[derive(Serialize)]
struct Problem {
    error: &'static str,
}

pub async fn list(State(shown): State<Shown>) -> Response {
    let messages = shown.mailbox.list();
    Json(
        messages
            .iter()
            .map(|message| summary(message))
            .collect::<Vec<_>>(),
    )
    .into_response()
}

pub async fn one(State(shown): State<Shown>, id: Result<Path<String>, PathRejection>) -> Response {
    let Some(message) = id.ok().and_then(|Path(id)| shown.mailbox.get(&id)) else {
        return missing();
    };
    let attachments = message.attachments.iter().map(|attachment| Attached {
        name: attachment.name.as_deref(),
        media_type: &attachment.media_type,
        size: attachment.size,
    });
    Json(Whole {
        summary: summary(&message),
        session: message.session.as_deref(),
        envelope_from: &message.envelope.from,
        text: message.text.as_deref(),
        html: message.html.as_deref(),
        source: message.source_text(),
        headers: &message.headers,
        attachments: attachments.collect(),
    })
    .into_response()
}

pub async fn clear(State(shown): State<Shown>) -> StatusCode {
    shown.mailbox.clear();
    StatusCode::NO_CONTENT
}

pub async fn delete(
    State(shown): State<Shown>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    match id {
        Ok(Path(id)) if shown.mailbox.delete(&id) => StatusCode::NO_CONTENT.into_response(),
        _ => missing(),
    }
}

fn summary(message: &Message) -> Summary<'_> {
    Summary {
        id: &message.id,
        to: &message.envelope.to,
        from: &message.from,
        subject: &message.subject,
        received_at: time::rfc3339(message.received_at),
    }
}

pub(super) fn missing() -> Response {
    (
        StatusCode::NOT_FOUND,
        Json(Problem {
            error: "no message has this id",
        }),
    )
        .into_response()
}
