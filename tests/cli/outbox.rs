//! `postern outbox`: what became of mail, and what support does about it.

use std::net::TcpListener;
use std::time::Instant;

use serde_json::Value;

use crate::place::Place;
use crate::serve::{serve, stop};

/// A folder with an account and a reset of it that no server has sent yet; the id of its mail, and its reference.
fn queued(name: &str) -> (Place, String, String) {
    let place = Place::migrated(name);
    assert_eq!(place.add("alice", &[]).code, 0);
    assert_eq!(place.run(&["account", "reset", "alice"]).code, 0);
    let mails = place.json(&["outbox", "list", "--json"]);
    let text = |key: &str| mails[0][key].as_str().unwrap().to_owned();
    let (id, reference) = (text("id"), text("reference"));
    (place, id, reference)
}

fn show(place: &Place, which: &str) -> Value {
    place.json(&["outbox", "show", which, "--json"])
}

#[test]
fn a_mail_is_found_by_its_id_the_beginning_of_it_and_its_reference() {
    let (place, id, reference) = queued("outbox-find");
    for which in [
        id.as_str(),
        &id[..8],
        &id[..4].to_uppercase(),
        &reference,
        &reference.to_lowercase(),
    ] {
        let mail = show(&place, which);
        assert_eq!(
            (&mail["id"], &mail["state"]),
            (&id.as_str().into(), &"queued".into())
        );
        assert_eq!(
            (&mail["kind"], &mail["attempts"]),
            (&"reset".into(), &0.into())
        );
        assert_eq!(mail["transcript"], Value::Null);
    }
    for which in ["0000000000", "zzz", "", "ZZZZ-ZZ", "%", "'"] {
        let ran = place.run(&["outbox", "show", which]);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (4, ""),
            "{which}: {}",
            ran.err
        );
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
    let ran = place.run(&["outbox", "show", &id, "--attempt", "7"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
}

#[test]
fn lists_are_narrowed_and_show_no_address() {
    let (place, id, reference) = queued("outbox-list");
    let list = place.run(&["outbox", "list"]);
    assert!(list.out.starts_with("ID"), "{}", list.out);
    assert!(
        list.out.contains(&id[..8]) && list.out.contains(&reference),
        "{}",
        list.out
    );
    assert!(!list.out.contains("alice"), "{}", list.out);
    let count = |arguments: &[&str]| {
        let arguments = [&["outbox", "list", "--json"], arguments].concat();
        place.json(&arguments).as_array().unwrap().len()
    };
    assert_eq!(count(&["--state", "queued"]), 1);
    assert_eq!(count(&["--state", "held"]), 0);
    assert_eq!(count(&["--state", "sent"]), 0);
    assert_eq!(count(&["--reference", &reference]), 1);
    assert_eq!(count(&["--reference", "0000-00"]), 0);
    assert_eq!(place.run(&["outbox", "list", "--state", "lost"]).code, 2);
    assert_eq!(place.run(&["outbox", "list", "--reference", "x"]).code, 2);
}

#[test]
fn a_dropped_mail_is_over_until_it_is_sent_again_and_both_are_audited() {
    let (place, id, reference) = queued("outbox-drop");
    let ran = place.run(&["outbox", "drop", &reference]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mail = show(&place, &id);
    assert_eq!(
        (&mail["state"], &mail["reason"]),
        (&"discarded".into(), &"dropped by support".into())
    );
    let again = place.run(&["outbox", "drop", &id]);
    assert_eq!(
        (again.code, again.err.lines().count()),
        (5, 1),
        "{}",
        again.err
    );
    let ran = place.run(&["outbox", "resend", &id[..6]]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(show(&place, &id)["state"], "queued");
    let events = place.json(&["audit", "list", "--json"]);
    let about: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["event"].as_str().unwrap().starts_with("mail_"))
        .collect();
    assert_eq!(about[0]["event"], "mail_resent");
    assert_eq!(about[1]["event"], "mail_dropped");
    for event in about {
        assert_eq!(event["request_id"], reference.as_str(), "{event}");
        let reason = event["reason"].as_str().unwrap();
        assert!(reason.starts_with("reset: by support, mail "), "{reason}");
    }
}

#[test]
fn what_failed_is_shown_step_by_step_with_cause_and_fix() {
    let (place, id, _) = queued("outbox-show");
    // A port that nobody listens on.
    let refused = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let to = format!("smtp.port={}", refused.port());
    let (server, _) = serve(&place, &["--set", &to]);
    let began = Instant::now();
    while show(&place, &id)["diagnosis"] != "tcp.refused" {
        assert!(began.elapsed().as_secs() < 30, "{}", show(&place, &id));
    }
    let shown = place.run(&["outbox", "show", &id]);
    for part in [
        "state                queued",
        "to                   a…@example.org",
        "diagnosis            tcp.refused: ",
        "what to do           ",
        "ATTEMPT",
        "deferred",
        "connect   FAILED",
    ] {
        assert!(
            shown.out.contains(part),
            "{part} is missing:\n{}",
            shown.out
        );
    }
    assert!(!shown.out.contains('\u{1b}'), "no colour off a terminal");
    let mail = show(&place, &id);
    assert_eq!(mail["tries"][0]["class"], "connection");
    assert!(mail["transcript"]["steps"].is_array(), "{mail}");
    assert_eq!(stop(server).0, Some(0));
}
