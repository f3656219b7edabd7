//! The pages: the list, one message in four views, and the two forms that delete.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leptos::prelude::IntoView;
use serde::Deserialize;

use super::faults::in_force;
use super::{Shown, checks, time};
use crate::server::secrets;
use crate::server::smtp::sandbox::Message;
use crate::ui::pages::mailbox::{Attached, Body, Open, Opened, Row, Shelf, Tab, mailbox};
use crate::ui::shell::{Page, Script, document};

/// Characters of a search, at most.
const MAX_QUERY: usize = 200;

/// What the address may say beyond its path.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    view: String,
}

type Params = Result<Query<Asked>, QueryRejection>;
type Id = Result<Path<String>, PathRejection>;

pub async fn list(State(shown): State<Shown>, params: Params) -> Response {
    render(&shown, asked(params), StatusCode::OK, Open::Nothing).await
}

pub async fn message(State(shown): State<Shown>, id: Id, params: Params) -> Response {
    let asked = asked(params);
    match id.ok().and_then(|Path(id)| shown.mailbox.get(&id)) {
        Some(message) => {
            let mut opened = opened(&shown, &message, &asked);
            if opened.tab == Tab::Checks {
                opened.body = checks::body(&shown, message).await;
            }
            render(
                &shown,
                asked,
                StatusCode::OK,
                Open::Message(Box::new(opened)),
            )
            .await
        }
        None => render(&shown, asked, StatusCode::NOT_FOUND, Open::Gone).await,
    }
}

pub async fn delete(State(shown): State<Shown>, id: Id, params: Params) -> Redirect {
    if let Ok(Path(id)) = id {
        // One that is gone already is as the person wanted it.
        shown.mailbox.delete(&id);
    }
    Redirect::to(&format!("/dev/mailbox{}", query(&asked(params).q, "")))
}

pub async fn delete_all(State(shown): State<Shown>) -> Redirect {
    shown.mailbox.clear();
    Redirect::to("/dev/mailbox")
}

/// What cannot be read is as if it were not there.
fn asked(params: Params) -> Asked {
    let Query(mut asked) = params.unwrap_or_default();
    if let Some((end, _)) = asked.q.char_indices().nth(MAX_QUERY) {
        asked.q.truncate(end);
    }
    asked
}

async fn render(shown: &Shown, asked: Asked, status: StatusCode, open: Open) -> Response {
    let (messages, needle) = (shown.mailbox.clone(), asked.q.clone());
    // Up to a hundred megabytes of text to look through, which other requests need not wait for.
    let found = tokio::task::spawn_blocking(move || messages.search(&needle)).await;
    let current = match &open {
        Open::Message(message) => message.id.clone(),
        _ => String::new(),
    };
    let rows = found
        .unwrap_or_default()
        .iter()
        .map(|message| row(message, &asked.q, &current))
        .collect();
    let shelf = Shelf {
        suffix: query(&asked.q, ""),
        query: asked.q,
        total: shown.mailbox.count(),
        rows,
        open,
        listens: shown.mailbox.address().to_string(),
        in_force: in_force(&shown.mailbox),
    };
    answer(shown, status, "Sandbox mailbox", || mailbox(shelf))
}

/// The one place that knows the site's shell.
pub(super) fn answer<V: IntoView>(
    shown: &Shown,
    status: StatusCode,
    title: &str,
    body: impl FnOnce() -> V,
) -> Response {
    let nonce = match secrets::random_id() {
        Ok(nonce) => nonce,
        Err(error) => {
            tracing::error!(%error, "no randomness for a page of the sandbox mailbox");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let page = Page {
        title,
        look: &shown.look,
        nonce: &nonce,
        script: Script::Mailbox,
        signed_in: false,
        operator: false,
        note: None,
    };
    let html = document(&page, body);
    (
        status,
        [(
            CONTENT_SECURITY_POLICY,
            policy(&nonce, shown.look.assets.reload_port),
        )],
        Html(html),
    )
        .into_response()
}

fn row(message: &Arc<Message>, q: &str, current: &str) -> Row {
    Row {
        id: message.id.clone(),
        href: format!("/dev/mailbox/{}{}", message.id, query(q, "")),
        subject: message.subject.clone(),
        to: message.envelope.to.join(", "),
        received_at: time::rfc3339(message.received_at),
        received: time::words(message.received_at),
        current: message.id == current,
    }
}

fn opened(shown: &Shown, message: &Message, asked: &Asked) -> Opened {
    let tab = Tab::named(&asked.view).unwrap_or(match message.html {
        Some(_) => Tab::Html,
        None => Tab::Text,
    });
    let body = match tab {
        Tab::Html => match message.html {
            Some(_) => Body::Frame(format!("/dev/mailbox/{}/html", message.id)),
            None => Body::Missing("This message has no HTML part."),
        },
        Tab::Text => message
            .text
            .as_ref()
            .map_or(Body::Missing("This message has no text part."), |text| {
                Body::Text(text.clone())
            }),
        Tab::Headers => Body::Headers(message.headers.clone()),
        Tab::Source => Body::Source(message.source_text().into_owned()),
        // They take time, which whoever asks for them spends elsewhere.
        Tab::Checks => Body::Missing("The checks were not made."),
    };
    let views =
        Tab::ALL.map(|tab| format!("/dev/mailbox/{}{}", message.id, query(&asked.q, tab.name())));
    let attachments = message.attachments.iter().map(|attachment| Attached {
        name: attachment
            .name
            .clone()
            .unwrap_or_else(|| "(no name)".to_owned()),
        media_type: attachment.media_type.clone(),
        size: attachment.size,
    });
    Opened {
        id: message.id.clone(),
        subject: message.subject.clone(),
        from: message.from.clone(),
        to: message.to.join(", "),
        envelope_from: message.envelope.from.clone(),
        envelope_to: message.envelope.to.join(", "),
        received_at: time::rfc3339(message.received_at),
        received: time::words(message.received_at),
        session: message
            .session
            .clone()
            .filter(|id| shown.mailbox.session(id).is_some()),
        attachments: attachments.collect(),
        tab,
        views,
        body,
    }
}

/// `?q=…&view=…` of what is not empty.
fn query(q: &str, view: &str) -> String {
    let mut out = String::new();
    for (name, value) in [("q", q), ("view", view)] {
        if !value.is_empty() {
            let mark = if out.is_empty() { '?' } else { '&' };
            // Writing to a String cannot fail.
            let _ = write!(out, "{mark}{name}={}", encoded(value));
        }
    }
    out
}

/// Percent-encoded as in a form.
fn encoded(value: &str) -> Cow<'_, str> {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if value.bytes().all(plain) {
        return Cow::Borrowed(value);
    }
    let mut out = String::new();
    for byte in value.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Cow::Owned(out)
}

/// Our own scripts and styles, our own frames, and events and pages from ourselves (and from the live reload of `cargo leptos watch`).
fn policy(nonce: &str, reload_port: Option<u16>) -> String {
    let reload = reload_port.map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}"));
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; connect-src 'self'{}; frame-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
        reload.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        assert_eq!(query("", ""), "");
        assert_eq!(query("", "text"), "?view=text");
        assert_eq!(
            query("a b&ü\"<", "html"),
            "?q=a%20b%26%C3%BC%22%3C&view=html"
        );
    }
}
