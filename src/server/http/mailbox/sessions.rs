//! The sessions of the sandbox by page and as JSON, and the certificate of its authority.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::faults::in_force;
use super::pages::answer;
use super::{Shown, time};
use crate::server::smtp::sandbox::{Record, Who};
use crate::ui::pages::mailbox::{
    OpenSession, Said, SaidLine, SessionOpen, SessionRow, SessionsPage, sessions,
};

/// One line of the list.
#[derive(Serialize)]
struct Summary {
    id: String,
    /// RFC 3339, UTC, milliseconds.
    started_at: String,
    /// Address and port.
    client: String,
    helo: Option<String>,
    /// Version and cipher.
    tls: Option<String>,
    /// In words; null while it goes on.
    result: Option<String>,
    /// Ids of messages, which may be gone.
    messages: Vec<String>,
    /// How often the fault script stepped in.
    faults: u32,
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    summary: Summary,
    lines: Vec<Line>,
    /// Whether more was said than is kept.
    truncated: bool,
}

#[derive(Serialize)]
struct Line {
    /// Since the session began.
    at_ms: u64,
    /// `client`, `server`, `note` or `fault`.
    who: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Problem {
    error: &'static str,
}

type Id = Result<Path<String>, PathRejection>;

pub async fn list(State(shown): State<Shown>) -> Response {
    render(&shown, StatusCode::OK, SessionOpen::Nothing)
}

pub async fn one(State(shown): State<Shown>, id: Id) -> Response {
    match id.ok().and_then(|Path(id)| shown.mailbox.session(&id)) {
        Some(record) => {
            let session = opened(&shown, record);
            render(
                &shown,
                StatusCode::OK,
                SessionOpen::Session(Box::new(session)),
            )
        }
        None => render(&shown, StatusCode::NOT_FOUND, SessionOpen::Gone),
    }
}

pub async fn list_json(State(shown): State<Shown>) -> Response {
    let all: Vec<_> = shown.mailbox.sessions().into_iter().map(summary).collect();
    Json(all).into_response()
}

pub async fn one_json(State(shown): State<Shown>, id: Id) -> Response {
    let Some(record) = id.ok().and_then(|Path(id)| shown.mailbox.session(&id)) else {
        let error = "no session has this id";
        return (StatusCode::NOT_FOUND, Json(Problem { error })).into_response();
    };
    let lines = record.lines.iter().map(|line| Line {
        at_ms: line.at_ms,
        who: said(line.who).name(),
        text: line.text.clone(),
    });
    Json(Whole {
        lines: lines.collect(),
        truncated: record.truncated,
        summary: summary(record),
    })
    .into_response()
}

pub async fn forget(State(shown): State<Shown>) -> StatusCode {
    shown.mailbox.forget_sessions();
    StatusCode::NO_CONTENT
}

/// The authority's certificate, for the programs that a team tests against this sandbox.
pub async fn ca(State(shown): State<Shown>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-pem-file"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"postern-sandbox-ca.pem\"",
        ),
    ];
    (headers, shown.mailbox.ca_pem().to_owned()).into_response()
}

fn render(shown: &Shown, status: StatusCode, open: SessionOpen) -> Response {
    let current = match &open {
        SessionOpen::Session(session) => session.row.id.clone(),
        _ => String::new(),
    };
    let rows = shown.mailbox.sessions();
    let page = SessionsPage {
        rows: rows.iter().map(|record| row(record, &current)).collect(),
        open,
        in_force: in_force(&shown.mailbox),
    };
    answer(shown, status, "Sandbox sessions", || sessions(page))
}

fn row(record: &Record, current: &str) -> SessionRow {
    let ending = record.ending.as_ref();
    SessionRow {
        id: record.id.clone(),
        version: format!("{}-{}", record.lines.len(), u8::from(ending.is_some())),
        helo: record.helo.clone().unwrap_or_default(),
        client: record.client.to_string(),
        started_at: time::rfc3339(record.started_at),
        started: time::words(record.started_at),
        result: ending.map_or_else(|| "goes on".to_owned(), |ending| ending.words()),
        mails: record.messages.len(),
        faults: record.faults,
        current: record.id == current,
    }
}

fn opened(shown: &Shown, record: Record) -> OpenSession {
    let row = row(&record, &record.id);
    let mails = record.messages.into_iter().map(|id| {
        let there = shown.mailbox.get(&id).is_some();
        (id, there)
    });
    let lines = record.lines.into_iter().map(|line| SaidLine {
        at_ms: line.at_ms,
        who: said(line.who),
        text: line.text,
    });
    OpenSession {
        row,
        tls: record.tls,
        mails: mails.collect(),
        lines: lines.collect(),
        truncated: record.truncated,
    }
}

fn summary(record: Record) -> Summary {
    Summary {
        id: record.id,
        started_at: time::rfc3339(record.started_at),
        client: record.client.to_string(),
        helo: record.helo,
        tls: record.tls,
        result: record.ending.map(|ending| ending.words()),
        messages: record.messages,
        faults: record.faults,
    }
}

fn said(who: Who) -> Said {
    match who {
        Who::Client => Said::Client,
        Who::Server => Said::Server,
        Who::Note => Said::Note,
        Who::Fault => Said::Fault,
    }
}
