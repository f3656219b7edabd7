//! The fault script by page and form, and as JSON for tests.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pages::answer;
use super::{Shown, time};
use crate::domain::smtp::faults::{ScriptError, example};
use crate::server::smtp::sandbox::{FaultReport, Mailbox};
use crate::ui::pages::mailbox::{ErrorLine, FaultsPage, InForce, RuleLine, faults};

/// Octets of a request with a script: the script three times over, as a form may write it.
pub const MAX_BODY: usize = 64 * 1024;
/// Characters of a wrong line that are shown with the complaint.
const MAX_WRITTEN: usize = 200;

#[derive(Debug, Default, Deserialize)]
pub struct Chosen {
    #[serde(default)]
    example: String,
}

#[derive(Deserialize)]
pub struct Typed {
    script: String,
}

/// As JSON.
#[derive(Serialize)]
struct InForceJson {
    active: bool,
    script: String,
    /// RFC 3339: when it was set, and the counters with it.
    set_at: String,
    rules: Vec<RuleJson>,
}

#[derive(Serialize)]
struct RuleJson {
    line: usize,
    rule: String,
    seen: u64,
    fired: u64,
}

#[derive(Serialize)]
struct Refused {
    /// The first complaint, as one line.
    error: String,
    errors: Vec<ErrorJson>,
}

#[derive(Serialize)]
struct ErrorJson {
    line: usize,
    column: usize,
    message: String,
}

/// What a page warns of.
pub fn in_force(mailbox: &Mailbox) -> Option<InForce> {
    let report = mailbox.faults().report();
    (!report.rules.is_empty()).then(|| InForce {
        rules: report.rules.len(),
        fired: report.rules.iter().map(|rule| rule.fired).sum(),
    })
}

pub async fn page(
    State(shown): State<Shown>,
    chosen: Result<Query<Chosen>, QueryRejection>,
) -> Response {
    let Query(chosen) = chosen.unwrap_or_default();
    let example = example(&chosen.example);
    let report = shown.mailbox.faults().report();
    let script = example.map_or_else(|| report.source.clone(), |e| e.script.to_owned());
    let title = example.map(|example| example.title);
    render(&shown, StatusCode::OK, report, script, &[], title)
}

pub async fn set(State(shown): State<Shown>, form: Result<Form<Typed>, FormRejection>) -> Response {
    let script = match form {
        Ok(Form(typed)) => typed.script,
        Err(rejection) => return rejection.into_response(),
    };
    let Err(errors) = shown.mailbox.faults().set(&script) else {
        return Redirect::to("/dev/mailbox/faults").into_response();
    };
    let report = shown.mailbox.faults().report();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    render(&shown, status, report, script, &errors, None)
}

pub async fn clear(State(shown): State<Shown>) -> Redirect {
    shown.mailbox.faults().clear();
    Redirect::to("/dev/mailbox/faults")
}

pub async fn read_json(State(shown): State<Shown>) -> Response {
    in_force_json(&shown).into_response()
}

/// Takes the script as `{"script": "…"}` or, as text, as it is.
pub async fn set_json(
    State(shown): State<Shown>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return problem(rejection.status(), "the script is too large"),
    };
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_json = media_type.is_some_and(|value| value.starts_with("application/json"));
    let script = if is_json {
        let value = serde_json::from_slice::<Value>(&body).ok();
        value.and_then(|value| Some(value.get("script")?.as_str()?.to_owned()))
    } else {
        String::from_utf8(body.to_vec()).ok()
    };
    let Some(script) = script else {
        let expected =
            r#"expected {"script": "…"} as application/json, or the script as text/plain in UTF-8"#;
        return problem(StatusCode::BAD_REQUEST, expected);
    };
    match shown.mailbox.faults().set(&script) {
        Ok(()) => in_force_json(&shown).into_response(),
        Err(errors) => {
            let first = errors.first().map(ToString::to_string);
            let errors = errors.into_iter().map(|error| ErrorJson {
                line: error.line,
                column: error.column,
                message: error.message,
            });
            let refused = Refused {
                error: first.unwrap_or_default(),
                errors: errors.collect(),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, Json(refused)).into_response()
        }
    }
}

pub async fn clear_json(State(shown): State<Shown>) -> StatusCode {
    shown.mailbox.faults().clear();
    StatusCode::NO_CONTENT
}

fn problem(status: StatusCode, error: &str) -> Response {
    let refused = Refused {
        error: error.to_owned(),
        errors: Vec::new(),
    };
    (status, Json(refused)).into_response()
}

fn in_force_json(shown: &Shown) -> Json<InForceJson> {
    let report = shown.mailbox.faults().report();
    let rules = report.rules.into_iter().map(|rule| RuleJson {
        line: rule.line,
        rule: rule.text,
        seen: rule.seen,
        fired: rule.fired,
    });
    let rules: Vec<_> = rules.collect();
    Json(InForceJson {
        active: !rules.is_empty(),
        script: report.source,
        set_at: time::rfc3339(report.set_at),
        rules,
    })
}

fn render(
    shown: &Shown,
    status: StatusCode,
    report: FaultReport,
    script: String,
    errors: &[ScriptError],
    example: Option<&'static str>,
) -> Response {
    let written = |line: usize| {
        let line = script
            .lines()
            .nth(line.saturating_sub(1))
            .unwrap_or_default();
        line.chars().take(MAX_WRITTEN).collect()
    };
    let errors = errors.iter().map(|error| ErrorLine {
        line: error.line,
        column: error.column,
        message: error.message.clone(),
        written: written(error.line),
    });
    let rules = report.rules.into_iter().map(|rule| RuleLine {
        line: rule.line,
        text: rule.text,
        seen: rule.seen,
        fired: rule.fired,
    });
    let page = FaultsPage {
        errors: errors.collect(),
        rules: rules.collect(),
        set_at: (time::rfc3339(report.set_at), time::words(report.set_at)),
        script,
        example,
    };
    answer(shown, status, "Sandbox faults", || faults(page))
}
