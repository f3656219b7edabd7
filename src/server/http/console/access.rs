//! Who may be here: a signed-in operator. Others are told what they are told of any page that does not exist.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use leptos::prelude::IntoView;

use crate::api::error::ApiError;
use crate::server::accounts::sessions;
use crate::server::failure::Failure;
use crate::server::http::client::Client;
use crate::server::http::cookies::Change;
use crate::server::http::show;
use crate::server::http::state::{App, Visit};
use crate::server::secrets::{Token, same};
use crate::server::store::Account;
use crate::ui::shell::Script;

/// An operator and what the request brought along.
pub struct Operator {
    pub visit: Visit,
    pub account: Account,
    cookie: Token,
}

impl FromRequestParts<App> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let client = parts.extensions.get::<Client>().cloned();
        let Some(client) = client else {
            // The middleware that says who asks stands around every route.
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        let visit = Visit::new(app.clone(), &parts.headers, &client);
        let Some(cookie) = visit.session.clone() else {
            return Err(show::to("/sign-in"));
        };
        match sessions::authenticate(visit.service(), &cookie).await {
            Ok(account) if account.operator => Ok(Self {
                visit: visit.as_operator(true),
                account,
                cookie,
            }),
            Ok(_) => Err(show::error_page(&visit, &ApiError::NotFound)),
            Err(failure) => Err(match failure.into_api() {
                ApiError::SignedOut => {
                    let mut response = show::to("/sign-in");
                    show::set_cookies(&visit, &mut response, &[Change::CloseSession]);
                    response
                }
                error => show::error_page(&visit, &error),
            }),
        }
    }
}

impl Operator {
    /// What forms carry to show that they are ours (the second seed's CSRF rule).
    pub fn csrf(&self) -> String {
        self.cookie.derive("session")
    }

    /// Whether a form is ours.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn bound(&self, csrf: &str) -> Result<(), ApiError> {
        if same(csrf, &self.csrf()) {
            Ok(())
        } else {
            Err(ApiError::Forbidden)
        }
    }

    /// A page of the console.
    pub fn page<V: IntoView>(
        &self,
        title: &str,
        script: Script,
        note: Option<&str>,
        body: impl FnOnce() -> V,
    ) -> Response {
        show::page(&self.visit, title, script, note, body)
    }

    /// The page for what could not be done.
    pub fn failed(&self, failure: impl Into<Failure>) -> Response {
        show::error_page(&self.visit, &failure.into().into_api())
    }
}
