//! Who asks: what the audit keeps about the other end of a request.

use std::net::IpAddr;

/// The other end of one request, or of one command.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The id of the HTTP request, as it stands in the log; for the worker the reference of the reset request.
    pub request_id: Option<String>,
    /// The client's address; behind a trusted proxy the one it forwards.
    pub client: Option<IpAddr>,
    /// The browser's own words, cut to 200 characters, without control characters.
    pub user_agent: Option<String>,
}

impl Caller {
    /// The worker or the command line: `name` stands where a browser's words would.
    pub fn internal(name: &str) -> Self {
        Self {
            user_agent: Some(format!("postern {name}")),
            ..Self::default()
        }
    }

    /// For the events of one reset request.
    pub fn about(&self, reference: &str) -> Self {
        Self {
            request_id: Some(reference.to_owned()),
            ..self.clone()
        }
    }

    /// What a browser says of itself, made safe to keep.
    pub fn with_user_agent(mut self, words: &str) -> Self {
        self.user_agent = Some(
            words
                .chars()
                .filter(|c| !c.is_control())
                .take(200)
                .collect(),
        );
        self
    }
}
