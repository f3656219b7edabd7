//! `/console/smtp/runs/…`: a probe that runs, from memory, or one that is over, from the database.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

use super::access::Operator;
use super::probe::past;
use super::runs::{Ended, Run};
use crate::api::error::ApiError;
use crate::domain::smtp::changes::changes;
use crate::domain::smtp::diagnosis::Class;
use crate::domain::smtp::transcript::Transcript;
use crate::domain::time::Timestamp;
use crate::server::failure::Done;
use crate::server::http::mailbox::time;
use crate::server::store::{ProbeRow, StoredProbe, Tx};
use crate::ui::pages::console::{self as pages, History, RunEnd, RunPage, Shown, Verdict, View};
use crate::ui::shell::Script;
use crate::ui::text::console::run as words;

/// Probes of the same target that are looked through for the last success.
const LOOKED_AT: u32 = 100;
/// Rows of the history.
const LISTED: usize = 10;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    view: String,
}

pub async fn show(
    operator: Operator,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let view = View::named(&asked.map(|Query(asked)| asked.view).unwrap_or_default());
    match gather(&operator, &id, view).await {
        Ok(Some(page)) => {
            let running = page.shown.end == RunEnd::Running;
            let script = if running {
                Script::Live
            } else {
                Script::Console
            };
            let title = format!("{}: {}", words::TITLE, page.shown.end.word());
            operator.page(&title, script, None, || pages::run(page))
        }
        Ok(None) => operator.failed(ApiError::NotFound),
        Err(failure) => operator.failed(failure),
    }
}

async fn gather(operator: &Operator, id: &str, view: View) -> Done<Option<RunPage>> {
    // Before the transaction begins: it must not wait for a probe, nor see an older state than memory does.
    let running = operator.visit.app.runs.get(id);
    let mut tx = operator.visit.service().store.read().await?;
    let shown = match running {
        Some(run) => Some(live(id, &run)),
        None => tx.probe(id).await?.map(stored),
    };
    let Some(shown) = shown else { return Ok(None) };
    let history = match view {
        View::History if shown.end != RunEnd::Running => history(&mut tx, &shown).await?,
        _ => History::default(),
    };
    Ok(Some(RunPage {
        shown,
        view,
        history,
        when,
    }))
}

/// A probe as it stands in memory. The end is looked at first: what is over does not grow any more.
pub fn live(id: &str, run: &Run) -> Shown {
    let end = match run.end.borrow().clone() {
        None => RunEnd::Running,
        Some(Ended::Passed) => RunEnd::Passed,
        Some(Ended::Failed {
            id,
            class,
            next,
            evidence,
        }) => RunEnd::Failed(Verdict::of(id, Some(class), Some(next), &evidence)),
        Some(Ended::Lost) => RunEnd::Lost,
    };
    Shown {
        id: id.to_owned(),
        protection: run.protection.to_owned(),
        saved: run.saved,
        stop_after: run.stop_after.to_owned(),
        end,
        transcript: run.progress.borrow().clone(),
    }
}

/// What an older version wrote in another way cannot be read: its verdict is shown all the same.
fn stored(probe: StoredProbe) -> Shown {
    let unread = || Transcript::new(probe.row.at, probe.row.target.clone());
    Shown {
        end: end_of(&probe.row),
        transcript: probe.transcript.clone().unwrap_or_else(unread),
        id: probe.row.id,
        protection: probe.row.protection,
        saved: probe.row.saved,
        stop_after: probe.row.stop_after,
    }
}

/// How a stored probe ended.
pub fn end_of(row: &ProbeRow) -> RunEnd {
    match &row.failure {
        None => RunEnd::Passed,
        Some(failure) => {
            let class = class(&failure.class);
            RunEnd::Failed(Verdict::of(
                &failure.diagnosis,
                class,
                None,
                &failure.evidence,
            ))
        }
    }
}

/// The class of that name.
pub fn class(name: &str) -> Option<Class> {
    let all = [
        Class::Connection,
        Class::Tls,
        Class::Authentication,
        Class::Blocking,
        Class::Delivery,
        Class::Protocol,
        Class::Local,
    ];
    all.into_iter().find(|class| class.name() == name)
}

async fn history(tx: &mut Tx, shown: &Shown) -> Done<History> {
    let now = &shown.transcript;
    let before: Vec<_> = tx
        .probes(Some(&now.target), LOOKED_AT)
        .await?
        .into_iter()
        .filter(|row| row.id != shown.id && row.at <= now.started_at)
        .collect();
    let passed = before.iter().find(|row| row.failure.is_none());
    let changed = match passed {
        None => None,
        Some(row) => tx.probe(&row.id).await?,
    };
    let compared = changed.and_then(|then| Some((then.row.at, changes(&then.transcript?, now))));
    Ok(History {
        changed: compared,
        before: before.into_iter().take(LISTED).map(past).collect(),
    })
}

/// How points in time are written.
pub fn when(at: Timestamp) -> String {
    time::words(at)
}
