//! Each class of failure by what a server does, with its exit code and its id.

use super::{sign_in, smtp};
use crate::certificates::{Authority, expired};
use crate::place::Place;
use crate::scripted::{Act, Script, Server, foreign};

const TO: [&str; 2] = ["--to", "me@example.org"];

async fn ends(name: &str, script: Script, flags: &[&str], code: i32, id: &str) {
    let place = Place::new(name);
    let credentials = sign_in(&place);
    let server = Server::plain(script).await;
    let mut all = flags.to_vec();
    if id.starts_with("auth.") {
        all.extend(credentials);
    }
    let ran = smtp(&place, "probe", server.at, &all, "");
    assert_eq!(ran.code, code, "{id}: {}{}", ran.out, ran.err);
    let verdict = format!("\n{id}: ");
    assert!(ran.out.contains(&verdict), "{id}: {}", ran.out);
    for word in ["\n  said   ", "\n  cause  ", "\n  fix    ", "\n  mail   "] {
        assert!(ran.out.contains(word), "{id}: {}", ran.out);
    }
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ran.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_servers_say_ends_with_the_code_of_its_class() {
    let cases: [(&str, Act, &[&str], i32, &str); 10] = [
        ("BANNER", Act::Close, &[], 10, "banner.eof"),
        ("EHLO", Act::Close, &[], 10, "proto.closed"),
        (
            "BANNER",
            Act::Say("554 5.7.1 your address is not welcome"),
            &[],
            30,
            "banner.554",
        ),
        ("BANNER", Act::Say("hello there"), &[], 50, "proto.garbled"),
        (
            "BANNER",
            Act::Say("SSH-2.0-OpenSSH_9.6"),
            &[],
            50,
            "banner.foreign",
        ),
        (
            "BANNER",
            Act::Say("421 4.3.2 too busy"),
            &[],
            41,
            "banner.busy",
        ),
        ("AUTH", Act::Say("535 5.7.8 no"), &[], 20, "auth.bad"),
        (
            "RCPT",
            Act::Say("550 5.1.1 no such user"),
            &TO,
            40,
            "rcpt.unknown",
        ),
        ("RCPT", Act::Say("451 4.3.0 later"), &TO, 41, "other.4xx"),
        (
            "RCPT",
            Act::Say("450 4.7.1 greylisted, try again later"),
            &TO,
            30,
            "block.grey",
        ),
    ];
    for (at, (step, act, flags, code, id)) in cases.into_iter().enumerate() {
        ends(
            &format!("smtp-verdict-{at}"),
            vec![(step, act)],
            flags,
            code,
            id,
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_with_the_time_that_is_given() {
    let script = vec![("EHLO", Act::Silence)];
    ends(
        "smtp-silent",
        script,
        &["--timeout", "1s"],
        10,
        "proto.timeout",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_and_no_smtp() {
    let place = Place::new("smtp-nobody");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let ran = smtp(&place, "probe", at, &[], "");
    assert_eq!(ran.code, 10, "{}", ran.out);
    assert!(ran.out.contains("tcp.refused: "), "{}", ran.out);
    let at = foreign(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let ran = smtp(&place, "probe", at, &["--timeout", "2s"], "");
    assert!(matches!(ran.code, 10 | 50), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_judged_and_shown() {
    let place = Place::new("smtp-tls");
    let authority = Authority::new("Test CA");
    std::fs::write(place.0.join("ca.pem"), authority.pem()).unwrap();
    let trusted = ["--ca-file", "ca.pem"];
    for (tls, change, flags, code, id) in [
        ("implicit", None, &trusted[..], 0, ""),
        ("starttls", None, &trusted[..], 0, ""),
        ("implicit", None, &[][..], 11, "tls.issuer"),
        ("starttls", Some("expired"), &trusted[..], 11, "tls.expired"),
        ("starttls", Some("name"), &trusted[..], 11, "tls.name"),
    ] {
        let name = if change == Some("name") {
            "other.example"
        } else {
            "localhost"
        };
        let config = authority.server(name, |params| {
            if change == Some("expired") {
                expired(params);
            }
        });
        let server = match tls {
            "implicit" => Server::implicit(Vec::new(), config).await,
            _ => Server::starttls(Vec::new(), config).await,
        };
        let ran = smtp(
            &place,
            "probe",
            server.at,
            &[&["--tls", tls], flags].concat(),
            "",
        );
        assert_eq!(ran.code, code, "{tls} {change:?}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(id), "{id}: {}", ran.out);
        // The chain is shown also where it was refused.
        assert!(
            ran.out.contains(name) && ran.out.contains("Test CA"),
            "{}",
            ran.out
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_starttls_is_no_reason_to_go_on_without() {
    let place = Place::new("smtp-notls");
    let server = Server::plain(Vec::new()).await;
    let ran = smtp(&place, "probe", server.at, &["--tls", "starttls"], "");
    assert_eq!(ran.code, 11, "{}", ran.out);
    assert!(ran.out.contains("tls.absent: "), "{}", ran.out);
    assert_eq!(server.heard_of("AUTH") + server.heard_of("MAIL"), 0);
}
