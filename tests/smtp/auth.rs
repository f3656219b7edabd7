//! Signing in: each way, what is chosen, and what is never sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postern::domain::smtp::evidence::Fault;
use postern::domain::smtp::step::Step;
use postern::domain::smtp::transcript::StepState;
use postern::server::smtp::client::{Mechanism, StopAfter};

use crate::support::server::{Act, Script, Server};
use crate::support::{Ended, converse, credentials, target};

async fn sign_in(mechanism: Option<Mechanism>, script: Script) -> (Ended, Server) {
    let server = Server::plain(script).await;
    let mut target = target(server.at);
    target.credentials = Some(credentials(mechanism));
    let ended = converse(target, StopAfter::Auth).await;
    (ended, server)
}

fn offering(words: &'static str) -> (&'static str, Act) {
    ("EHLO", Act::Say(words))
}

#[tokio::test]
async fn plain_login_and_xoauth2_as_their_documents_say() {
    let plain = format!("AUTH PLAIN {}", STANDARD.encode("\0relay\0open sesame"));
    let (ended, server) = sign_in(Some(Mechanism::Plain), vec![]).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
    assert_eq!(server.heard()[1], plain);

    let script = vec![
        ("AUTH LOGIN", Act::Say("334 VXNlcm5hbWU6")),
        ("CMVSYXK=", Act::Say("334 UGFzc3dvcmQ6")),
        ("B3BLBIBZZXNHBWU=", Act::Say("235 2.7.0 welcome")),
    ];
    let (ended, server) = sign_in(Some(Mechanism::Login), script).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
    assert_eq!(
        server.heard()[1..4],
        ["AUTH LOGIN", "cmVsYXk=", "b3BlbiBzZXNhbWU="]
    );

    let token = "user=relay\u{1}auth=Bearer open sesame\u{1}\u{1}";
    let (ended, server) = sign_in(Some(Mechanism::XOAuth2), vec![]).await;
    assert!(ended.outcome.is_ok(), "{}", ended.text());
    assert_eq!(
        server.heard()[1],
        format!("AUTH XOAUTH2 {}", STANDARD.encode(token))
    );
}

#[tokio::test]
async fn the_best_that_is_offered_is_taken() {
    for (offer, chosen) in [
        ("250-test\r\n250 AUTH LOGIN PLAIN", "AUTH PLAIN "),
        ("250-test\r\n250 AUTH=LOGIN PLAIN", "AUTH PLAIN "),
        ("250-test\r\n250 auth cram-md5 xoauth2", "AUTH XOAUTH2 "),
        ("250-test\r\n250 AUTH CRAM-MD5 LOGIN", "AUTH LOGIN"),
    ] {
        let (_, server) = sign_in(None, vec![offering(offer)]).await;
        assert_eq!(server.heard_of(chosen), 1, "{:?}", server.heard());
    }
}

#[tokio::test]
async fn what_is_not_offered_is_not_tried() {
    let (ended, server) = sign_in(None, vec![offering("250-test\r\n250 8BITMIME")]).await;
    assert_eq!(ended.fault(), (Step::Auth, Fault::NoAuth));
    assert_eq!(server.heard_of("AUTH"), 0);

    let offer = offering("250-test\r\n250 AUTH CRAM-MD5 NTLM");
    let (ended, _) = sign_in(None, vec![offer]).await;
    let offered = vec!["CRAM-MD5".to_owned(), "NTLM".to_owned()];
    assert_eq!(ended.fault(), (Step::Auth, Fault::NoMechanism(offered)));

    let offer = offering("250-test\r\n250 AUTH PLAIN");
    let (ended, server) = sign_in(Some(Mechanism::Login), vec![offer]).await;
    let offered = vec!["PLAIN".to_owned()];
    assert_eq!(ended.fault(), (Step::Auth, Fault::NoMechanism(offered)));
    assert_eq!(server.heard_of("AUTH"), 0);
    assert_eq!(server.heard_of("QUIT"), 1);
}

#[tokio::test]
async fn a_refusal_is_evidence_wherever_it_comes() {
    for (mechanism, script, words) in [
        (
            Mechanism::Plain,
            vec![("AUTH", Act::Say("535 5.7.8 wrong"))],
            "535 5.7.8 wrong",
        ),
        (
            Mechanism::Plain,
            vec![("AUTH", Act::Say("454 4.7.0 later"))],
            "454 4.7.0 later",
        ),
        (
            Mechanism::Login,
            vec![("AUTH", Act::Say("504 5.5.4 no"))],
            "504 5.5.4 no",
        ),
        (
            Mechanism::Login,
            vec![
                ("AUTH", Act::Say("334 VXNlcm5hbWU6")),
                ("CMVS", Act::Say("535 5.7.8 who")),
            ],
            "535 5.7.8 who",
        ),
        // A challenge where a verdict should be.
        (
            Mechanism::Plain,
            vec![("AUTH", Act::Say("334 more"))],
            "334 more",
        ),
    ] {
        let (ended, _) = sign_in(Some(mechanism), script).await;
        let (step, reply) = ended.refusal();
        assert_eq!((step, reply.to_string().as_str()), (Step::Auth, words));
        let auth = ended.transcript.steps.iter().find(|s| s.step == Step::Auth);
        assert_eq!(auth.unwrap().state, StepState::Failed);
    }
}

#[tokio::test]
async fn a_refused_token_brings_the_servers_reason() {
    let reason = STANDARD.encode(r#"{"status":"401","schemes":"Bearer","scope":"mail"}"#);
    let challenge: &'static str = Box::leak(format!("334 {reason}").into_boxed_str());
    let script = vec![
        ("AUTH", Act::Say(challenge)),
        ("", Act::Say("535 5.7.8 not accepted")),
    ];
    let mut script = script;
    script.insert(0, ("EHLO", Act::Say("250-test\r\n250 AUTH XOAUTH2")));
    script.insert(0, ("BANNER", Act::Say("220 test")));
    let (ended, server) = sign_in(None, script).await;
    let (_, reply) = ended.refusal();
    assert_eq!(reply.code, 535);
    assert!(reply.text().contains(r#""status":"401""#), "{reply}");
    assert!(
        ended.text().contains("the server's reason"),
        "{}",
        ended.text()
    );
    assert!(server.heard().contains(&String::new()), "the empty answer");
    let diagnosis = postern::domain::smtp::diagnosis::diagnose(ended.evidence());
    assert_eq!(diagnosis.id(), "auth.oauth");
}
