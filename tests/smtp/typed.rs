//! A session that a person types: STARTTLS, AUTH and DATA do what they say, and what is secret stays so.

use std::sync::Arc;

use postern::domain::smtp::evidence::{Fault, What};
use postern::domain::smtp::step::Step;
use postern::domain::smtp::transcript::Transcript;
use postern::domain::time::Timestamp;
use postern::server::config::TlsMode;
use postern::server::smtp::client::{Dialogue, Recorder, Target, Typing};

use crate::support::certificates::Authority;
use crate::support::server::{Act, Server};
use crate::support::{protected, target, text};

async fn session(target: Target) -> Dialogue {
    let transcript = Transcript::new(Timestamp::from_millis(0), target.name());
    let recorder = Recorder::new(transcript);
    Dialogue::open_bare(Arc::new(target), recorder)
        .await
        .unwrap()
}

#[tokio::test]
async fn from_hello_to_a_message_over_starttls() {
    let authority = Authority::new("Test CA");
    let server = Server::starttls(vec![], authority.server("localhost", |_| {})).await;
    let mut dialogue = session(protected(server.at, TlsMode::None, &authority.pem())).await;
    for line in ["ehlo me", "starttls", "EHLO me"] {
        assert!(dialogue.say(line, false).await.unwrap().is_positive());
    }
    assert!(dialogue.is_within_tls());
    dialogue.say("AUTH PLAIN c2VjcmV0", false).await.unwrap();
    dialogue.say("MAIL FROM:<a@b>", false).await.unwrap();
    dialogue.say("RCPT TO:<c@d>", false).await.unwrap();
    assert_eq!(dialogue.say("DATA", false).await.unwrap().code, 354);
    assert_eq!(dialogue.typing(), Typing::Message);
    let reply = dialogue.message_text("Subject: x\n\n.hidden words\n").await;
    assert_eq!(reply.unwrap().code, 250);
    dialogue.say("quit", false).await.unwrap();
    let heard = server.heard();
    assert!(
        heard.contains(&"AUTH PLAIN c2VjcmV0".to_owned()),
        "{heard:?}"
    );
    assert!(heard.contains(&"..hidden words".to_owned()), "{heard:?}");
    let transcript = dialogue.recorder().transcript();
    let written = text(&transcript);
    assert!(written.contains("AUTH PLAIN [secret]"), "{written}");
    assert!(!written.contains("c2VjcmV0") && !written.contains("hidden words"));
    assert!(transcript.tls.unwrap().trusted);
    assert!(!transcript.before_tls.is_empty() && !transcript.within_tls.is_empty());
}

#[tokio::test]
async fn answers_to_a_challenge_are_secret_without_being_told() {
    let script = vec![
        ("AUTH LOGIN", Act::Say("334 VXNlcm5hbWU6")),
        ("BWU=", Act::Say("334 UGFzc3dvcmQ6")),
        ("C2VJ", Act::Say("235 2.7.0 welcome")),
    ];
    let server = Server::plain(script).await;
    let mut dialogue = session(target(server.at)).await;
    for line in ["EHLO me", "AUTH LOGIN", "bWU=", "c2VjcmV0"] {
        dialogue.say(line, false).await.unwrap();
    }
    assert_eq!(dialogue.typing(), Typing::Commands);
    let reply = dialogue.say("NOOP mysecret", true).await.unwrap();
    assert_eq!(reply.code, 250);
    let written = text(&dialogue.recorder().transcript());
    for secret in ["bWU=", "c2VjcmV0", "mysecret"] {
        assert!(!written.contains(secret), "{written}");
    }
}

#[tokio::test]
async fn a_session_outlives_refusals_and_ends_with_the_connection() {
    let script = vec![
        ("MAIL", Act::Say("503 5.5.1 EHLO first")),
        ("NOOP", Act::SayAndClose("250 ok")),
    ];
    let server = Server::plain(script).await;
    let mut dialogue = session(target(server.at)).await;
    let refused = dialogue.say("MAIL FROM:<a@b>", false).await.unwrap();
    assert_eq!(refused.code, 503);
    let evidence = dialogue.say("NOOP\r\nQUIT", false).await.unwrap_err();
    assert!(matches!(evidence.what, What::Fault(Fault::Unbuildable(_))));
    assert_eq!(dialogue.say("NOOP", false).await.unwrap().code, 250);
    let evidence = dialogue.say("RSET", false).await.unwrap_err();
    assert_eq!(evidence.step, Step::Rset);
    assert_eq!(evidence.what, What::Fault(Fault::Closed));
}
