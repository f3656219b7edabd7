//! What handlers share, and what one request brings along.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use super::client::Client;
use super::console::Runs;
use super::cookies::{self, Cookies};
use super::health::Readiness;
use super::listen::clients::Clients;
use crate::server::caller::Caller;
use crate::server::secrets::Token;
use crate::server::service::Service;
use crate::server::smtp::sandbox::Mailbox;
use crate::ui::shell::Look;

/// What handlers share; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub service: Service,
    pub look: Arc<Look>,
    pub cookies: Cookies,
    /// The sandbox mailbox, in development.
    pub mailbox: Option<Mailbox>,
    /// Whether the demo account is there.
    pub demo: bool,
    /// Probes that operators have started.
    pub runs: Runs,
    /// The requests of each client that comes through a trusted proxy.
    pub asking: Clients,
    /// What the last look for `/health/ready` found.
    pub readiness: Readiness,
}

/// What one request brings along. The cookies' secrets cannot print.
#[derive(Clone)]
pub struct Visit {
    pub app: App,
    pub caller: Caller,
    pub nonce: String,
    /// The sign-in session's cookie.
    pub session: Option<Token>,
    /// The reset session's cookie.
    pub reset: Option<Token>,
    /// Whether it is an operator's, where the page has looked.
    pub operator: bool,
}

impl Visit {
    /// From the request's headers and what the middleware found out.
    pub fn new(app: App, headers: &HeaderMap, client: &Client) -> Self {
        let agent = headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        let caller = Caller {
            request_id: Some(client.request_id.clone()),
            client: Some(client.address),
            user_agent: None,
        };
        let jar = cookies::read(headers);
        let token = |name: &str| jar.get(name).and_then(|value| Token::parse(value));
        Self {
            session: token(app.cookies.session_name()),
            reset: token(app.cookies.reset_name()),
            caller: match agent {
                Some(agent) => caller.with_user_agent(agent),
                None => caller,
            },
            nonce: client.nonce.clone(),
            operator: false,
            app,
        }
    }

    /// The same visit, of somebody who is or is not an operator.
    pub fn as_operator(&self, operator: bool) -> Self {
        Self {
            operator,
            ..self.clone()
        }
    }

    /// The use cases.
    pub fn service(&self) -> &Service {
        &self.app.service
    }
}
