//! The islands' way in: one server function, answered in its own encoding whatever goes wrong, and without the framework's words.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use leptos::server_fn::codec::PostcardEncoding;
use leptos::server_fn::{ContentType, Encodes};

use super::bridge::retry_after;
use super::state::App;
use crate::api::error::{ApiError, Refused};
use crate::ui::components::summary::sentences;

/// Whether the server function was reached: what failed before is the client's.
#[derive(Debug, Clone, Default)]
pub struct Reached(Arc<AtomicBool>);

impl Reached {
    /// It was.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// `POST /api/submit`.
pub async fn submit(State(app): State<App>, request: Request) -> Response {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    // A type that no plain form can send: whatever else the browser says, this came from a script of ours.
    if kind != Some(PostcardEncoding::CONTENT_TYPE) {
        return refusal(&ApiError::Malformed, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let limit = app.service.config.limits.body_bytes;
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, limit).await else {
        return refusal(&ApiError::TooLarge, StatusCode::PAYLOAD_TOO_LARGE);
    };
    // Both would make Leptos answer as to a plain form, by a redirect to wherever Referer says.
    parts.headers.remove(header::ACCEPT);
    parts.headers.remove(header::REFERER);
    let reached = Reached::default();
    let noted = reached.clone();
    let context = move || {
        provide_context(app.clone());
        provide_context(noted.clone());
    };
    let request = Request::from_parts(parts, Body::from(bytes));
    let answer = leptos_axum::handle_server_fns_with_context(context, request).await;
    if reached.0.load(Ordering::Relaxed) {
        answer.into_response()
    } else {
        refusal(&ApiError::Malformed, StatusCode::BAD_REQUEST)
    }
}

/// An error as the islands read it.
pub fn refusal(error: &ApiError, status: StatusCode) -> Response {
    let refused: Refused = sentences(error);
    let body = PostcardEncoding::encode(&refused).unwrap_or_default();
    let mut response = (status, body).into_response();
    let kind = HeaderValue::from_static(PostcardEncoding::CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Some(value) = retry_after(error) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}
