//! The console on the web: probe and outbox, for operators. To everybody else these pages do not exist.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use super::show;
use super::state::App;

mod access;
mod domain;
mod events;
mod form;
mod mail;
mod outbox;
mod probe;
mod run;
mod runs;

pub use runs::Runs;

use access::Operator;

/// The routes under `/console`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/console", get(home))
        .route("/console/smtp", get(probe::show).post(probe::start))
        .route("/console/smtp/runs/{id}", get(run::show))
        .route("/console/smtp/runs/{id}/events", get(events::stream))
        .route("/console/domain", get(domain::show).post(domain::run))
        .route("/console/outbox", get(outbox::list))
        .route("/console/outbox/{id}", get(mail::show))
        .route("/console/outbox/{id}/resend", post(mail::resend))
        .route("/console/outbox/{id}/drop", post(mail::drop_mail))
}

async fn home(_: Operator) -> Response {
    show::to("/console/outbox")
}
