//! `/console/outbox/…`: one mail with its attempts, and the two things that can be done with it.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::access::Operator;
use super::outbox::{banner, facts};
use super::run::{class, when};
use crate::api::error::ApiError;
use crate::domain::time::Timestamp;
use crate::server::failure::Done;
use crate::server::http::{fields, show};
use crate::server::mail::outbox::{self, OutboxError, Who};
use crate::server::store::{AttemptOutcome, AttemptRow, MailRow, MailState, Tx};
use crate::ui::pages::console::{self as pages, AttemptShown, MailPage, Verdict};
use crate::ui::shell::Script;
use crate::ui::text::console::outbox as words;

/// Attempts on one page, each with its conversation.
const SHOWN: usize = 20;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// What was done just now.
    #[serde(default)]
    note: String,
    /// Only attempts before this one.
    before: Option<u32>,
}

type Id = Result<Path<String>, PathRejection>;

pub async fn show(
    operator: Operator,
    id: Id,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let id = id.map(|Path(id)| id).unwrap_or_default();
    page(&operator, &id, &asked, None).await
}

async fn page(operator: &Operator, id: &str, asked: &Asked, problem: Option<String>) -> Response {
    let refused = problem.is_some();
    let gathered = match gather(operator, id, asked, problem).await {
        Ok(Some(gathered)) => gathered,
        Ok(None) => return operator.failed(ApiError::NotFound),
        Err(failure) => return operator.failed(failure),
    };
    let title = format!("{}: {}", words::TITLE, gathered.mail.kind);
    let note = words::note(&asked.note);
    let mut response = operator.page(&title, Script::Console, note, || pages::mail(gathered));
    if refused {
        *response.status_mut() = StatusCode::CONFLICT;
    }
    response
}

async fn gather(
    operator: &Operator,
    id: &str,
    asked: &Asked,
    problem: Option<String>,
) -> Done<Option<MailPage>> {
    let service = operator.visit.service();
    let now = service.now();
    let mut tx = service.store.read().await?;
    let Some(row) = tx.mail_row(id).await? else {
        return Ok(None);
    };
    let counts = tx.mail_counts().await?;
    let before = asked.before.unwrap_or(u32::MAX);
    let mut rows = tx.attempts_at(id).await?;
    rows.retain(|attempt| attempt.number < before);
    let older = rows.len().checked_sub(SHOWN).and_then(|at| rows.get(at));
    let older = older.map(|first| format!("/console/outbox/{id}?before={}", first.number));
    let older = older.filter(|_| rows.len() > SHOWN);
    let mut attempts = Vec::new();
    for attempt in rows.into_iter().rev().take(SHOWN) {
        attempts.push(shown(&mut tx, attempt, now).await?);
    }
    drop(tx);
    let waits = matches!(row.state, MailState::Queued) && !row.is_being_sent(now);
    Ok(Some(MailPage {
        can_drop: waits,
        can_resend: !row.is_being_sent(now),
        reason: row.reason.as_deref().map(pages::mask),
        give_up: when(row.give_up_at),
        mail: facts(row, now),
        attempts,
        older,
        csrf: operator.csrf(),
        problem,
        banner: banner(service, counts),
    }))
}

async fn shown(tx: &mut Tx, row: AttemptRow, now: Timestamp) -> Done<AttemptShown> {
    let outcome = match row.outcome {
        AttemptOutcome::Accepted => "accepted by the relay",
        other => other.name(),
    };
    let end = row.ended_at.unwrap_or(now);
    let verdict = row.diagnosis.as_deref().map(|id| {
        let known = row.class.as_deref().and_then(class);
        Verdict::of(id, known, None, row.evidence.as_deref().unwrap_or_default())
    });
    Ok(AttemptShown {
        number: row.number,
        started: when(row.started_at),
        took: row
            .ended_at
            .map(|_| format!("{} ms", end.since(row.started_at).as_millis())),
        outcome: outcome.to_owned(),
        passed: row.outcome == AttemptOutcome::Accepted,
        verdict,
        transcript: tx.transcript(&row.id).await?,
        message_id: row.message_id,
    })
}

/// What can be done.
#[derive(Debug, Clone, Copy)]
enum Act {
    Resend,
    Drop,
}

pub async fn resend(
    operator: Operator,
    id: Id,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    act(&operator, Act::Resend, id, &headers, body).await
}

pub async fn drop_mail(
    operator: Operator,
    id: Id,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    act(&operator, Act::Drop, id, &headers, body).await
}

async fn act(
    operator: &Operator,
    act: Act,
    id: Id,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return operator.failed(ApiError::TooLarge);
    };
    let bound = fields::parse(headers, &body).and_then(|fields| operator.bound(&fields.csrf));
    if let Err(error) = bound {
        return operator.failed(error);
    }
    let id = id.map(|Path(id)| id).unwrap_or_default();
    match act.on(operator, &id).await {
        Ok(mail) => show::to(&format!("/console/outbox/{}?note={}", mail.id, act.note())),
        Err(OutboxError::Unknown(_) | OutboxError::Ambiguous(_)) => {
            operator.failed(ApiError::NotFound)
        }
        Err(OutboxError::Failure(failure)) => operator.failed(failure),
        Err(refused @ (OutboxError::Sending | OutboxError::Refused(_))) => {
            let problem = Some(sentence(&refused.to_string()));
            page(operator, &id, &Asked::default(), problem).await
        }
    }
}

impl Act {
    async fn on(self, operator: &Operator, id: &str) -> Result<MailRow, OutboxError> {
        // The use cases take the beginning of an id as well, for people who type it.
        if id.len() != 32 {
            return Err(OutboxError::Unknown(id.to_owned()));
        }
        let service = operator.visit.service();
        let who = Who {
            caller: &operator.visit.caller,
            name: &operator.account.username,
        };
        match self {
            Self::Resend => outbox::resend(service, who, id).await,
            Self::Drop => outbox::drop_mail(service, who, id).await,
        }
    }

    const fn note(self) -> &'static str {
        match self {
            Self::Resend => "resent",
            Self::Drop => "dropped",
        }
    }
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(char::to_uppercase);
    first
        .into_iter()
        .flatten()
        .chain(rest)
        .chain(['.'])
        .collect()
}
