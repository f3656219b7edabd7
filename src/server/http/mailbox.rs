//! The sandbox mailbox on the web: pages for people, JSON for tests, events for both. Development only.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::server::smtp::sandbox::Mailbox;
use crate::ui::shell::Look;

mod api;
mod checks;
mod events;
mod faults;
mod frame;
mod guard;
mod pages;
mod sessions;
pub(super) mod time;

/// What every handler here sees.
#[derive(Clone)]
struct Shown {
    mailbox: Mailbox,
    hosts: Arc<[String]>,
    look: Arc<Look>,
}

/// The routes under `/dev/mailbox`.
///
/// `allowed_hosts` are the names, without port, that requests may be addressed to: a site elsewhere that points its own name at this
/// machine (DNS rebinding) reads nothing. The pages set their own Content-Security-Policy, which layers around this must leave alone.
pub fn router(mailbox: Mailbox, allowed_hosts: Vec<String>, look: Look) -> Router {
    let shown = Shown {
        mailbox,
        hosts: allowed_hosts.into(),
        look: Arc::new(look),
    };
    Router::new()
        .route("/dev/mailbox", get(pages::list))
        .route("/dev/mailbox/delete", post(pages::delete_all))
        .route("/dev/mailbox/events", get(events::stream))
        .route(
            "/dev/mailbox/api/messages",
            get(api::list).delete(api::clear),
        )
        .route(
            "/dev/mailbox/api/messages/{id}",
            get(api::one).delete(api::delete),
        )
        .route(
            "/dev/mailbox/api/faults",
            get(faults::read_json)
                .put(faults::set_json)
                .delete(faults::clear_json)
                .layer(DefaultBodyLimit::max(faults::MAX_BODY)),
        )
        .route(
            "/dev/mailbox/faults",
            get(faults::page)
                .post(faults::set)
                .layer(DefaultBodyLimit::max(faults::MAX_BODY)),
        )
        .route("/dev/mailbox/faults/clear", post(faults::clear))
        .route(
            "/dev/mailbox/api/sessions",
            get(sessions::list_json).delete(sessions::forget),
        )
        .route("/dev/mailbox/api/sessions/{id}", get(sessions::one_json))
        .route("/dev/mailbox/sessions", get(sessions::list))
        .route("/dev/mailbox/sessions/{id}", get(sessions::one))
        .route("/dev/mailbox/ca.pem", get(sessions::ca))
        .route("/dev/mailbox/api/messages/{id}/checks", get(checks::json))
        .route("/dev/mailbox/{id}", get(pages::message))
        .route("/dev/mailbox/{id}/html", get(frame::html))
        .route("/dev/mailbox/{id}/delete", post(pages::delete))
        .route_layer(from_fn_with_state(shown.clone(), guard::check))
        .with_state(shown)
}
