//! `postern smtp probe --real-mail`: the way of a real mail, by a running server's worker or by the command itself.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::{PASSWORD, is_silent};
use crate::place::{Place, Ran};
use crate::scripted::{Act, Script, Server};
use crate::serve::{serve, stop};

async fn real_mail(
    place: &Place,
    script: Script,
    more: &[&str],
    variables: &[(&str, &str)],
) -> (Ran, Server) {
    let server = Server::plain(script).await;
    let port = format!("smtp.port={}", server.at.port());
    let settings = ["--set", "smtp.host=127.0.0.1", "--set", &port];
    let command = ["smtp", "probe", "--real-mail", "--to", "me@example.org"];
    let arguments = [&settings[..], &command, more].concat();
    (place.run_with(&arguments, variables, ""), server)
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_server_runs_the_command_sends_it_itself() {
    let place = Place::migrated("real-alone");
    let (ran, server) = real_mail(&place, Vec::new(), &[], &[]).await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for part in [
        "Queued as mail ",
        "No server takes it",
        "Attempt 1 (accepted): ",
        "sent: ",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing:\n{}", ran.out);
    }
    assert!(
        server
            .heard()
            .contains(&"Subject: Test mail of Postern".to_owned())
    );
    let listed = place.json(&["outbox", "list", "--json"]);
    assert_eq!(
        (&listed[0]["kind"], &listed[0]["state"]),
        (&"test".into(), &"sent".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_ends_with_its_class() {
    let place = Place::migrated("real-refused");
    let script = vec![("RCPT", Act::Say("550 5.1.1 no such user"))];
    let (ran, _server) = real_mail(&place, script, &["--json"], &[]).await;
    assert_eq!(ran.code, 40, "{}{}", ran.out, ran.err);
    let shown: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(shown["state"], "failed");
    assert_eq!(shown["sent_by"], "command");
    let attempt = &shown["attempts"][0];
    assert_eq!(attempt["outcome"], "failed");
    assert_eq!(attempt["verdict"]["id"], "rcpt.unknown");
    assert!(attempt["transcript"]["steps"].as_array().unwrap().len() > 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_hold_it() {
    let place = Place::migrated("real-held");
    let script = vec![("AUTH", Act::Say("535 5.7.8 no"))];
    let credentials = [
        ("POSTERN_SMTP__USERNAME", "relay"),
        ("POSTERN_SMTP__PASSWORD", PASSWORD),
    ];
    let (ran, _server) = real_mail(&place, script, &[], &credentials).await;
    assert_eq!(ran.code, 20, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("auth.bad: ") && ran.out.contains("held: "),
        "{}",
        ran.out
    );
    is_silent(&place, &ran);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_now_is_followed_as_long_as_it_is_told() {
    let place = Place::migrated("real-later");
    let script = vec![("RCPT", Act::Say("451 4.3.0 later"))];
    let (ran, _server) = real_mail(&place, script, &["--timeout", "8s"], &[]).await;
    assert_eq!(ran.code, 41, "{}{}", ran.out, ran.err);
    for part in [
        "Attempt 1 (deferred): ",
        "other.4xx: ",
        "still queued: it is tried again at 20",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing:\n{}", ran.out);
    }
}

#[test]
fn sqlite_it_needs_a_database() {
    let place = Place::new("real-nodb");
    let ran = place.run(&["smtp", "probe", "--real-mail"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{}", ran.err);
}

#[test]
fn it_needs_somebody_who_gets_it() {
    let place = Place::migrated("real-nobody");
    let nobody = [
        "--set",
        "site.support=https://example.org/help",
        "smtp",
        "probe",
        "--real-mail",
    ];
    let ran = place.run(&nobody);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--to ADDRESS"), "{}", ran.err);
}

#[test]
fn a_running_server_sends_it() {
    let place = Place::new("real-server");
    let (server, port) = serve(&place, &[]);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let command = ["smtp", "probe", "--real-mail", "--to", "me@example.org"];
    let ran = place.run(&[&command[..], &["--json"]].concat());
    let (_, log) = stop(server);
    assert_eq!(ran.code, 0, "{}{}{log}", ran.out, ran.err);
    let shown: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&shown["state"], &shown["sent_by"]),
        (&"sent".into(), &"server".into())
    );
    assert_eq!(shown["attempts"][0]["outcome"], "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_beside_a_server_that_does_not_take_it_up_no_second_worker_starts() {
    let place = Place::migrated("real-beside");
    // What a server's worker holds for as long as it lives.
    let lock = std::fs::File::create(place.0.join("var/postern.sqlite.worker")).unwrap();
    lock.lock_shared().unwrap();
    let (ran, server) = real_mail(&place, Vec::new(), &["--timeout", "7s"], &[]).await;
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for part in ["A running server has it in its outbox", "still queued: "] {
        assert!(ran.out.contains(part), "{part:?} is missing:\n{}", ran.out);
    }
    assert_eq!(server.heard(), Vec::<String>::new());
    let listed = place.json(&["outbox", "list", "--json"]);
    assert_eq!(
        (&listed[0]["state"], &listed[0]["attempts"]),
        (&"queued".into(), &0.into())
    );
}
