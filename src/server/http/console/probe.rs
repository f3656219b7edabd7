//! `/console/smtp`: the form, and its POST that starts a probe.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::access::Operator;
use super::form::{Form, Wanted};
use super::run::{end_of, when};
use super::runs::TooMany;
use crate::api::error::ApiError;
use crate::server::failure::Done;
use crate::server::http::show;
use crate::server::probe::Asked;
use crate::server::smtp::client::StopAfter;
use crate::server::store::ProbeRow;
use crate::ui::pages::console::{self as pages, Past, ProbePage, Problem, Saved, Typed};
use crate::ui::shell::Script;
use crate::ui::text;
use crate::ui::text::console::probe as words;

/// Rows of the list below the form.
const RECENT: u32 = 10;

pub async fn show(operator: Operator) -> Response {
    let typed = Typed {
        source: "saved".to_owned(),
        tls: "starttls".to_owned(),
        to: operator.account.email.clone(),
        stop: StopAfter::Rcpt.name().to_owned(),
        ..Typed::default()
    };
    page(&operator, typed, Vec::new()).await
}

pub async fn start(
    operator: Operator,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return operator.failed(ApiError::TooLarge);
    };
    let form = match Form::read(&headers, &body) {
        Ok(form) => form,
        Err(error) => return operator.failed(error),
    };
    if let Err(error) = operator.bound(&form.csrf) {
        return operator.failed(error);
    }
    let wanted = match form.wanted(&operator.visit.service().config) {
        Ok(wanted) => wanted,
        Err(problems) => {
            let response = page(&operator, form.typed, problems).await;
            return with_status(response, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    match begin(&operator, wanted) {
        Ok(Ok(id)) => show::to(&format!("/console/smtp/runs/{id}")),
        Ok(Err(refused)) => too_many(&operator, form.typed, refused).await,
        Err(failure) => operator.failed(failure),
    }
}

fn begin(operator: &Operator, wanted: Wanted) -> Done<Result<String, TooMany>> {
    let asked = Asked {
        target: wanted.target,
        from: None,
        to: wanted.to,
        stop_after: wanted.stop_after,
        started_by: Some(operator.account.id.clone()),
        asked_by: operator.account.username.clone(),
        caller: operator.visit.caller.clone(),
    };
    let protection = wanted.protection.name();
    let runs = &operator.visit.app.runs;
    runs.start(
        operator.visit.service(),
        &operator.account.id,
        protection,
        asked,
    )
}

async fn too_many(operator: &Operator, typed: Typed, refused: TooMany) -> Response {
    let (words, wait) = match refused {
        TooMany::AtOnce => (
            "Two of your probes are still running. Wait for one of them to end.".to_owned(),
            Duration::from_secs(10),
        ),
        TooMany::Often(wait) => {
            let seconds = wait.as_secs() + 1;
            let words = format!(
                "You have started many probes. Please come back in {}.",
                text::span(seconds)
            );
            (words, wait)
        }
    };
    let problems = vec![Problem { field: "", words }];
    let mut response = page(operator, typed, problems).await;
    let seconds = HeaderValue::from(wait.as_secs() + 1);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    with_status(response, StatusCode::TOO_MANY_REQUESTS)
}

/// The form with what was typed, and the probes before.
async fn page(operator: &Operator, typed: Typed, problems: Vec<Problem>) -> Response {
    let recent = match recent(operator).await {
        Ok(recent) => recent,
        Err(failure) => return operator.failed(failure),
    };
    let config = &operator.visit.service().config;
    let smtp = &config.smtp;
    let page = ProbePage {
        saved: Saved {
            host: smtp.host.clone(),
            port: smtp.port,
            protection: smtp.tls.name(),
            username: smtp.credentials.as_ref().map(|(name, _)| name.clone()),
            from: config.mail.from.clone(),
        },
        typed,
        problems,
        csrf: operator.csrf(),
        recent,
        when,
    };
    operator.page(words::TITLE, Script::Console, None, || pages::probe(page))
}

async fn recent(operator: &Operator) -> Done<Vec<Past>> {
    let mut tx = operator.visit.service().store.read().await?;
    let rows = tx.probes(None, RECENT).await?;
    Ok(rows.into_iter().map(past).collect())
}

/// A probe that is over, as a line of a list.
pub fn past(row: ProbeRow) -> Past {
    Past {
        end: end_of(&row),
        id: row.id,
        at: row.at,
        target: row.target,
        stop_after: row.stop_after,
    }
}

/// A page that failed by itself keeps its own status.
fn with_status(mut response: Response, status: StatusCode) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}
