//! Takes out of a line what must not be kept: credentials in any form, tokens, and addresses that are to be masked.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::Credentials;
use crate::server::secrets::Secret;

/// As long as a token in base64url: a filter may repeat a link that it does not like.
const TOKEN_CHARS: usize = 43;
/// Shorter secrets would hit words by chance.
const WORTH_HIDING: usize = 4;

/// Knows what must not be kept of one conversation.
#[derive(Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
    /// What is replaced, in lower case, and by what.
    masks: Vec<(String, String)>,
    /// Where every address is masked: those that show nevertheless, in lower case.
    spared: Option<Vec<String>>,
}

/// Prints nothing of what it hides.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// From now on, these do not show: the password, and the forms in which AUTH sends it.
    pub fn hide(&mut self, credentials: &Credentials) {
        let (name, password) = (&credentials.username, credentials.password.expose());
        let forms = [
            format!("\0{name}\0{password}"),
            format!("{name}\0{name}\0{password}"),
            super::auth::xoauth2(name, password),
            password.to_owned(),
        ];
        for form in forms {
            // Padding may be lost where a server repeats it.
            self.hide_text(STANDARD.encode(&form));
            self.hide_text(STANDARD_NO_PAD.encode(&form));
        }
        self.hide_text(password.to_owned());
        // The longest first: one form may be the beginning of another.
        self.secrets
            .sort_by_key(|form| std::cmp::Reverse(form.expose().len()));
    }

    fn hide_text(&mut self, text: String) {
        if text.len() >= WORTH_HIDING {
            self.secrets.push(Secret::new(text));
        }
    }

    /// From now on, `what` shows as `with`, in whatever case.
    pub fn mask(&mut self, what: &str, with: &str) {
        if !what.is_empty() {
            self.masks
                .push((what.to_ascii_lowercase(), with.to_owned()));
        }
    }

    /// From now on, every address shows as [`EmailAddress::masked`] does, but not what was spared.
    ///
    /// [`EmailAddress::masked`]: crate::domain::identifier::EmailAddress::masked
    pub fn spare(&mut self, own: &str) {
        let own = own.trim_matches(['<', '>']).to_ascii_lowercase();
        self.spared.get_or_insert_default().push(own);
    }

    /// The line without all that.
    pub fn line(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), "[secret]");
            }
        }
        for (what, with) in &self.masks {
            text = replace_any_case(&text, what, with);
        }
        if let Some(spared) = &self.spared {
            text = without_mailboxes(&text, spared);
        }
        without_tokens(&text)
    }
}

/// Servers tell of other people's addresses, where a mail is forwarded: the first character of each local part is left.
fn without_mailboxes(text: &str, spared: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices('@') {
        let in_domain =
            |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ':' | ']');
        let behind = &text[at + 1..];
        let domain = &behind[..behind.find(|c| !in_domain(c)).unwrap_or(behind.len())];
        let from = local_part(&text[done..at]) + done;
        let (local, inside) = (&text[from..at], text[from..at].trim_matches('"'));
        let first = inside.chars().next();
        // `i=@example.org` of a signature has no local part.
        let (Some(first), false, false) = (first, domain.is_empty(), local.ends_with('=')) else {
            continue;
        };
        let whole = format!("{local}@{}", domain.trim_end_matches(['.', ':'])).to_ascii_lowercase();
        let is_own = |own: &String| {
            let before = whole.strip_suffix(own.as_str());
            before.is_some_and(|before| before.is_empty() || before.ends_with(['=', '/', '\'']))
        };
        if spared.iter().any(is_own) {
            continue;
        }
        out.push_str(&text[done..from]);
        out.push(first);
        out.push('…');
        done = at;
    }
    out.push_str(&text[done..]);
    out
}

/// Where the local part begins that ends with this text: a dot-atom, or a quoted string (RFC 5321 4.1.2).
fn local_part(text: &str) -> usize {
    let opening = |end: usize| {
        let quotes = text[..end].rmatch_indices('"').map(|(at, _)| at);
        // No local part is longer (RFC 5321 4.5.3.1.1), twice as many where each is escaped.
        let mut near = quotes.take_while(|at| end - at <= 2 * 64 + 2);
        near.find(|at| !text[..*at].ends_with('\\'))
    };
    if let Some(before) = text.strip_suffix('"') {
        return opening(before.len()).unwrap_or(text.len());
    }
    let in_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.…".contains(c);
    let before = text.trim_end_matches(in_local);
    before.len()
}

/// Servers repeat an address in a case of their own. `what` is in lower case.
fn replace_any_case(text: &str, what: &str, with: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, found) in lower.match_indices(what) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.hide(&Credentials {
            username: "relay".into(),
            password: Secret::new("open sesame".into()),
            mechanism: None,
        });
        redactor.mask("alice@example.net", "a…@example.net");
        redactor
    }

    #[test]
    fn no_form_of_the_password_is_left() {
        for (line, expected) in [
            ("535 bad: open sesame", "535 bad: [secret]"),
            ("AHJlbGF5AG9wZW4gc2VzYW1l!", "[secret]!"),
            ("b3BlbiBzZXNhbWU=", "[secret]"),
            ("b3BlbiBzZXNhbWU", "[secret]"),
        ] {
            assert_eq!(redactor().line(line), expected);
        }
        let bearer = STANDARD.encode(super::super::auth::xoauth2("relay", "open sesame"));
        assert_eq!(redactor().line(&bearer), "[secret]");
        assert!(!format!("{:?}", redactor()).contains("sesame"));
    }

    #[test]
    fn addresses_of_others_keep_their_first_character() {
        let mut redactor = redactor();
        assert_eq!(redactor.line("550 bob@other.org"), "550 bob@other.org");
        redactor.spare("Postern@site.example");
        redactor.spare("<4f2a@site.example>");
        for (line, expected) in [
            (
                "550 host mx.other.org[192.0.2.7] said: <real.name@other.org> unknown",
                "550 host mx.other.org[192.0.2.7] said: <r…@other.org> unknown",
            ),
            ("\"John \\\" Doe\"@other.org: no", "J…@other.org: no"),
            ("<\"a b\"@[192.0.2.7]>", "<a…@[192.0.2.7]>"),
            ("to=real@other.org,cc=+x@y.org.", "t…@other.org,c…@y.org."),
            ("émile@other.org a@b@c", "é…@other.org a…@b…@c"),
            (
                "<alice@example.net> a…@example.net",
                "<a…@example.net> a…@example.net",
            ),
            (
                "MAIL FROM:<postern@site.example> SIZE=1",
                "MAIL FROM:<postern@site.example> SIZE=1",
            ),
            (
                "from=POSTERN@site.example: no",
                "from=POSTERN@site.example: no",
            ),
            (
                "xpostern@site.example postern@site.example.org",
                "x…@site.example p…@site.example.org",
            ),
            (
                "250 <4f2a@site.example> queued",
                "250 <4f2a@site.example> queued",
            ),
            ("i=@site.example; x @ y @", "i=@site.example; x @ y @"),
            ("\"@x \"\"@y", "\"@x \"\"@y"),
        ] {
            assert_eq!(redactor.line(line), expected);
        }
    }

    #[test]
    fn addresses_are_masked_and_tokens_taken_out() {
        assert_eq!(
            redactor().line("550 <Alice@Example.NET> http://x/reset#SAMPLE-code-that-opens-nothing-SAMPLE-12345 ok"),
            "550 <a…@example.net> http://x/reset#[token] ok"
        );
        let short = "a".repeat(TOKEN_CHARS - 1);
        assert_eq!(redactor().line(&short), short);
    }
}
