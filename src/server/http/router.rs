//! Which address leads where.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use serde::Deserialize;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::services::ServeDir;

use super::actions::act;
use super::client::{Client, identify};
use super::show::{self, Shown};
use super::state::{App, Visit};
use super::{api, console, fields, guard, headers, health, mailbox, site};
use crate::api::error::ApiError;
use crate::api::forms::FormKind;
use crate::domain::reference::Reference;
use crate::ui::text::pages as words;

/// How much of a built file is read at a time, for each that is being taken.
const CHUNK: usize = 16 * 1024;

/// The whole application.
pub fn router(app: App) -> Router {
    let limits = &app.service.config.limits;
    let root = app.service.config.site.root.clone();
    let files = || {
        ServeDir::new(&root)
            .with_buf_chunk_size(CHUNK)
            .precompressed_br()
            .precompressed_gzip()
            .append_index_html_on_directories(false)
    };
    let built = Router::new()
        .nest_service(
            "/pkg",
            ServeDir::new(root.join("pkg"))
                .with_buf_chunk_size(CHUNK)
                .precompressed_br()
                .precompressed_gzip(),
        )
        .route_service("/robots.txt", files())
        .route_service("/favicon.svg", files())
        // Plain names, only there under `cargo leptos watch`.
        .route_service("/strength-worker.js", files())
        .route_service("/strength.js", files())
        .route_service("/strength.wasm", files())
        .route_service("/mailbox.js", files())
        .route_service("/console.js", files())
        .layer(from_fn(site::cached));
    let pages = Router::new()
        .route("/", get(home))
        .route("/forgot", form(FormKind::Forgot))
        .route("/forgot/sent", get(forgot_sent))
        .route("/reset", form(FormKind::Exchange))
        .route("/reset/password", form(FormKind::SetPassword))
        .route("/reset/done", get(reset_done))
        .route("/sign-up", form(FormKind::SignUp))
        .route("/sign-up/sent", get(sign_up_sent))
        .route("/verify", form(FormKind::Verify))
        .route("/sign-in", form(FormKind::SignIn))
        .route("/sign-out", form(FormKind::SignOut))
        .route("/account", form(FormKind::ChangePassword))
        .route("/account/password", form_only(FormKind::ChangePassword))
        .route("/account/address", form_only(FormKind::ChangeAddress))
        .route("/account/sessions", form_only(FormKind::EndOthers))
        .route("/account/verify-address", form(FormKind::VerifyAddress))
        .route("/not-me", form(FormKind::NotMe))
        .route("/not-me/done", get(not_me_done))
        .route("/api/submit", post(api::submit))
        .merge(console::routes())
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .with_state(app.clone());
    let mut whole = pages.merge(built);
    if let Some(mailbox) = &app.mailbox {
        whole = whole.merge(mailbox::router(
            mailbox.clone(),
            own_names(&app),
            (*app.look).clone(),
        ));
    }
    whole
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(app.clone(), guard::in_time))
        .layer(from_fn_with_state(app.clone(), guard::same_origin))
        .layer(from_fn_with_state(app.clone(), guard::in_bounds))
        .layer(from_fn_with_state(app.clone(), headers::protect))
        .layer(from_fn_with_state(app, identify))
}

/// The host names that are ours, for the sandbox mailbox.
fn own_names(app: &App) -> Vec<String> {
    let config = &app.service.config;
    let public = config
        .site
        .public_url
        .split("://")
        .nth(1)
        .unwrap_or_default();
    let public = public.rsplit_once(':').map_or(public, |(host, _)| host);
    ["127.0.0.1", "localhost", "[::1]", public]
        .map(str::to_owned)
        .to_vec()
}

/// A form's page and its POST.
fn form(kind: FormKind) -> MethodRouter<App> {
    let read = move |State(app): State<App>,
                     Extension(client): Extension<Client>,
                     headers: HeaderMap,
                     query: Result<Query<Noted>, QueryRejection>| async move {
        let visit = Visit::new(app, &headers, &client);
        let note = query.ok().and_then(|Query(query)| query.note);
        let shown = Shown {
            note,
            ..Shown::default()
        };
        show::form_page(&visit, kind, shown).await
    };
    get(read).merge(post(submit(kind)))
}

/// A form that stands on the account page: its own address only takes the POST.
fn form_only(kind: FormKind) -> MethodRouter<App> {
    get(|| async { show::to("/account") }).merge(post(submit(kind)))
}

/// What was done elsewhere.
#[derive(Debug, Deserialize)]
struct Noted {
    note: Option<String>,
}

type Submitting = std::pin::Pin<Box<dyn Future<Output = Response> + Send>>;

/// The POST of a form by a browser without JavaScript: 303, or the page again with its errors.
fn submit(
    kind: FormKind,
) -> impl Fn(State<App>, Extension<Client>, HeaderMap, Result<Bytes, BytesRejection>) -> Submitting
+ Clone
+ Send
+ Sync
+ 'static {
    move |State(app), Extension(client), headers, body| {
        Box::pin(async move {
            let visit = Visit::new(app, &headers, &client);
            let Ok(body) = body else {
                return show::error_page(&visit, &ApiError::TooLarge);
            };
            let fields = match fields::parse(&headers, &body) {
                Ok(fields) => fields,
                Err(error) => return show::error_page(&visit, &error),
            };
            let acted = act(&visit, kind, &fields).await;
            match acted.outcome {
                Ok(go) => {
                    let mut response = show::to(&go);
                    show::set_cookies(&visit, &mut response, &acted.cookies);
                    response
                }
                Err(error) => {
                    let refused = Some((fields, error));
                    let shown = Shown {
                        refused,
                        cookies: acted.cookies,
                        note: None,
                    };
                    show::form_page(&visit, kind, shown).await
                }
            }
        })
    }
}

async fn home(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    show::home_page(&Visit::new(app, &headers, &client))
}

#[derive(Debug, Deserialize)]
struct Sent {
    reference: Option<String>,
}

async fn forgot_sent(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    sent: Result<Query<Sent>, QueryRejection>,
) -> Response {
    let visit = Visit::new(app, &headers, &client);
    let reference = sent.ok().and_then(|Query(sent)| sent.reference);
    match reference.as_deref().and_then(Reference::parse) {
        Some(reference) => show::sent_page(&visit, reference.to_string()),
        None => show::to("/forgot"),
    }
}

async fn reset_done(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(app, &headers, &client);
    let link = Some(("/sign-in", words::SIGN_IN));
    show::said(
        &visit,
        words::reset::DONE_TITLE,
        words::reset::DONE.to_owned(),
        link,
    )
}

async fn sign_up_sent(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(app, &headers, &client);
    let from = &visit.service().config.mail.from;
    let sentence = format!(
        "{} {} {from}. {}",
        words::sign_up::SENT,
        words::forgot::FROM,
        words::forgot::SPAM
    );
    show::said(&visit, words::sign_up::SENT_TITLE, sentence, None)
}

async fn not_me_done(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(app, &headers, &client);
    let support = visit.app.look.support_link();
    show::said(
        &visit,
        words::not_me::DONE_TITLE,
        words::not_me::DONE.to_owned(),
        Some((&support, words::not_me::SUPPORT)),
    )
}

async fn not_found(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    show::error_page(&Visit::new(app, &headers, &client), &ApiError::NotFound)
}

async fn not_allowed(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    let mut response = show::error_page(&Visit::new(app, &headers, &client), &ApiError::NotFound);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
