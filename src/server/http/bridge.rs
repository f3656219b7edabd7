//! Between Leptos's server functions and the actions: the request's parts come in by context, status and cookies go out.

use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::actions::act;
use super::api::Reached;
use super::client::Client;
use super::state::{App, Visit};
use crate::api::error::{ApiError, Refused};
use crate::api::forms::{Fields, FormKind, Next};
use crate::ui::components::summary::sentences;

/// Submits a form for an island.
///
/// # Errors
/// What the form's use case refuses, with its HTTP status.
pub async fn submit(form: FormKind, fields: Fields) -> Result<Next, Refused> {
    let (Some(app), Some(parts), Some(options)) = (
        use_context::<App>(),
        use_context::<Parts>(),
        use_context::<ResponseOptions>(),
    ) else {
        return Err(sentences(&ApiError::Malformed));
    };
    if let Some(reached) = use_context::<Reached>() {
        reached.note();
    }
    let Some(client) = parts.extensions.get::<Client>() else {
        return Err(sentences(&ApiError::Malformed));
    };
    let visit = Visit::new(app, &parts.headers, client);
    let acted = act(&visit, form, &fields).await;
    for change in &acted.cookies {
        if let Some(value) = visit.app.cookies.header(change) {
            options.append_header(header::SET_COOKIE, value);
        }
    }
    match acted.outcome {
        Ok(go) => Ok(Next { go }),
        Err(error) => {
            if let Ok(status) = StatusCode::from_u16(error.status()) {
                options.set_status(status);
            }
            if let Some(value) = retry_after(&error) {
                options.insert_header(header::RETRY_AFTER, value);
            }
            Err(sentences(&error))
        }
    }
}

/// `Retry-After`, in seconds (RFC 9110 10.2.3), where waiting helps.
pub fn retry_after(error: &ApiError) -> Option<HeaderValue> {
    match error {
        ApiError::RateLimited { retry_after }
        | ApiError::Busy { retry_after }
        | ApiError::Unsure { retry_after } => Some(HeaderValue::from(*retry_after)),
        _ => None,
    }
}
