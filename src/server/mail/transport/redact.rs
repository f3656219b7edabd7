//! Takes out of a server's words what must not be kept: tokens, credentials, the recipient's address.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::OutgoingMessage;
use crate::server::secrets::Secret;

/// Longest line that is kept of what a server said, in characters.
const MAX_LINE: usize = 240;
/// As long as a token in base64url: a filter may repeat a link that it does not like.
const TOKEN_CHARS: usize = 43;

/// Knows what must not be kept of one relay's words.
pub struct Redactor {
    /// The password, and the forms in which AUTH sends it.
    secrets: Vec<Secret>,
}

impl Redactor {
    /// For these credentials.
    pub fn new(credentials: Option<&(String, Secret)>) -> Self {
        let Some((name, password)) = credentials else {
            return Self {
                secrets: Vec::new(),
            };
        };
        let password = password.expose();
        let forms = [
            STANDARD.encode(format!("\0{name}\0{password}")),
            STANDARD.encode(password),
            password.to_owned(),
        ];
        let worth_hiding = |form: &String| form.len() >= 4;
        Self {
            secrets: forms
                .into_iter()
                .filter(worth_hiding)
                .map(Secret::new)
                .collect(),
        }
    }

    /// One line of printable ASCII, bounded, without credentials, tokens or the recipient's address.
    pub fn line(&self, text: &str, message: &OutgoingMessage) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.expose(), "[secret]");
        }
        for recipient in message.envelope().to() {
            let address: &str = recipient.as_ref();
            text = replace_any_case(&text, address, "[recipient]");
        }
        let printable = |c: char| if c.is_ascii_graphic() { c } else { ' ' };
        let text: String = without_tokens(&text).chars().map(printable).collect();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").chars().take(MAX_LINE).collect()
    }
}

/// Servers repeat an address in a case of their own.
fn replace_any_case(text: &str, what: &str, with: &str) -> String {
    let (lower, what) = (text.to_ascii_lowercase(), what.to_ascii_lowercase());
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, found) in lower.match_indices(&what) {
        out.push_str(&text[done..at]);
        out.push_str(with);
        done = at + found.len();
    }
    out.push_str(&text[done..]);
    out
}

/// Every run of base64url characters that is long enough to be a token.
fn without_tokens(text: &str) -> String {
    let in_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c| !in_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(run);
        out.push_str(if run >= TOKEN_CHARS { "[token]" } else { word });
        let gap = after.find(in_token).unwrap_or(after.len());
        out.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    out
}
