//! The password is in no transcript, in no evidence and in no debug output, in whatever form a server repeats it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use postern::server::smtp::client::{Mechanism, StopAfter};

use crate::support::server::{Act, Server};
use crate::support::{TO, converse, credentials, target};

const PASSWORD: &str = "open sesame";

/// Every form in which it crosses the wire.
fn forms() -> Vec<String> {
    let responses = [
        format!("\0relay\0{PASSWORD}"),
        PASSWORD.to_owned(),
        format!("user=relay\u{1}auth=Bearer {PASSWORD}\u{1}\u{1}"),
    ];
    let mut forms: Vec<String> = responses.iter().map(|r| STANDARD.encode(r)).collect();
    forms.extend(responses.iter().map(|r| STANDARD_NO_PAD.encode(r)));
    forms.push(PASSWORD.to_owned());
    forms
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[tokio::test]
async fn no_form_of_the_password_is_kept_whatever_the_server_repeats() {
    for mechanism in [Mechanism::Plain, Mechanism::Login, Mechanism::XOAuth2] {
        for code in ["535 5.7.8", "334", "235", "421 4.7.0"] {
            let echo = leaked(format!("{code} {}", forms().join(" ")));
            let script = vec![
                ("BANNER", Act::Say(leaked(format!("220 {PASSWORD}")))),
                ("EHLO", Act::Say("250-test\r\n250 AUTH PLAIN LOGIN XOAUTH2")),
                ("MAIL", Act::Say(leaked(format!("250 {PASSWORD}")))),
                ("RCPT", Act::Say(leaked(format!("hello {PASSWORD}")))),
                ("QUIT", Act::Say(echo)),
                ("", Act::Say(echo)),
            ];
            let server = Server::plain(script).await;
            let mut target = target(server.at);
            target.credentials = Some(credentials(Some(mechanism)));
            let shown = format!("{target:?}");
            let ended = converse(target, StopAfter::Data).await;
            let json = serde_json::to_string(&ended.transcript).unwrap();
            let debug = format!("{:?} {:?} {shown}", ended.outcome, ended.transcript);
            for form in forms() {
                assert!(
                    !json.contains(&form),
                    "{mechanism:?} {code}: {form}\n{json}"
                );
                assert!(!debug.contains(&form), "{mechanism:?} {code}: {form}");
            }
            assert!(json.contains("[secret]"), "{json}");
        }
    }
}

#[tokio::test]
async fn a_reply_keeps_neither_address_nor_token_nor_control_characters() {
    let words = "550 5.1.1 <Alice@Example.NET> \u{1b}[31m http://x/reset#SAMPLE-code-that-opens-nothing-SAMPLE-12345 ok";
    let server = Server::plain(vec![("RCPT", Act::Say(words))]).await;
    let ended = converse(target(server.at), StopAfter::Data).await;
    let (_, reply) = ended.refusal();
    assert_eq!(
        reply.to_string(),
        "550 5.1.1 <a…@example.net> \u{fffd}[31m http://x/reset#[token] ok"
    );
    let json = serde_json::to_string(&ended.transcript).unwrap();
    assert!(!json.contains(TO) && !json.contains("SAMPLE"), "{json}");
}
