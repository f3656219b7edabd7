//! `/console/domain`: the domain checks of From's domain, on demand; the last report is kept in memory.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::access::Operator;
use super::run::when;
use crate::api::error::ApiError;
use crate::server::http::{fields, show};
use crate::server::smtp::domain::{Settings, check};
use crate::ui::pages::console::{self as pages, DomainPage};
use crate::ui::shell::Script;
use crate::ui::text::console::domain as words;

/// The answer is waited for: it must be there before the request's own end.
const LONGEST: Duration = Duration::from_secs(20);
const MARGIN: Duration = Duration::from_secs(2);

pub async fn show(operator: Operator) -> Response {
    page(&operator, None)
}

pub async fn run(
    operator: Operator,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return operator.failed(ApiError::TooLarge);
    };
    let bound = fields::parse(&headers, &body).and_then(|fields| operator.bound(&fields.csrf));
    if let Err(error) = bound {
        return operator.failed(error);
    }
    let service = operator.visit.service();
    let runs = &operator.visit.app.runs;
    let Some(_turn) = runs.turn(&operator.account.id, service.now()) else {
        let mut response = page(&operator, Some(words::TOO_MANY.to_owned()));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        return response;
    };
    let config = &service.config;
    let mut settings = Settings::from_config(config, None);
    settings.limit = LONGEST.min(config.limits.request_timeout.saturating_sub(MARGIN));
    let report = check(&settings).await;
    runs.keep_report(service.now(), report);
    show::to("/console/domain")
}

fn page(operator: &Operator, problem: Option<String>) -> Response {
    let config = &operator.visit.service().config;
    let last = operator.visit.app.runs.report();
    let page = DomainPage {
        domain: Settings::from_config(config, None).subject.from_domain,
        last: last.map(|(at, report)| (when(at), report)),
        problem,
        csrf: operator.csrf(),
    };
    operator.page(words::TITLE, Script::Console, None, || pages::domain(page))
}
