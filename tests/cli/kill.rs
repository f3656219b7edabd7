//! The server is killed at each point of an attempt, as by `kill -9`, and started again on the same database: what it acknowledged ends
//! in a mail or a logged failure, at most one comes twice, and the newest link works.

#[path = "kill/relay.rs"]
pub mod relay;
#[path = "kill/replicas.rs"]
mod replicas;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::place::Place;
use crate::serve::{serve, stop};
use relay::{Point, Relay};

/// A server that sends to the relay, once it answers; what it holds when it is killed is soon due again.
fn start(place: &Place, relay: &Relay) -> (Child, u16) {
    // On PostgreSQL what a dead worker was just handing over is left to its lease, which is not to take long.
    if place.is_postgres() {
        start_with(place, relay, &["--set", "smtp.timeout=10s"])
    } else {
        start_with(place, relay, &[])
    }
}

fn start_with(place: &Place, relay: &Relay, more: &[&str]) -> (Child, u16) {
    let to = format!("smtp.port={}", relay.port);
    let settings = [&["--set", to.as_str()], more].concat();
    let (server, port) = serve(place, &settings);
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed().as_secs() < 30, "the server does not answer");
        thread::sleep(Duration::from_millis(20));
    }
    (server, port)
}

/// As `kill -9` does.
fn kill(mut server: Child) {
    server.kill().unwrap();
    server.wait().unwrap();
}

/// Posts a form and returns the answer; nothing, where the server is gone.
fn post(port: u16, path: &str, body: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return String::new();
    };
    let sent = write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    let mut answer = String::new();
    if sent.is_ok() {
        // One that is killed meanwhile answers nothing, or not all.
        let _ = stream.read_to_string(&mut answer);
    }
    answer
}

fn ask(port: u16) {
    let answer = post(port, "/forgot", "username=alice");
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
}

/// Whether the link of a mail leads to the choice of a new password.
fn opens(port: u16, source: &str) -> bool {
    let parsed = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let text = parsed.body_text(0).unwrap().into_owned();
    let link = text.lines().find(|line| line.contains("/reset#")).unwrap();
    let code = link
        .trim()
        .split(['#', '.'])
        .rev()
        .nth(1)
        .unwrap()
        .to_owned();
    let answer = post(port, "/reset", &format!("token={code}&username=alice"));
    answer.starts_with("HTTP/1.1 303") && answer.contains("/reset/password")
}

/// The one mail of the outbox, once it is over.
fn ended(place: &Place) -> Value {
    let began = Instant::now();
    loop {
        let mail = place.json(&["outbox", "list", "--json"])[0].clone();
        if mail["state"] != "queued" {
            return place.json(&["outbox", "show", mail["id"].as_str().unwrap(), "--json"]);
        }
        assert!(began.elapsed().as_secs() < 90, "{mail}");
    }
}

fn outcomes(mail: &Value) -> Vec<&str> {
    let tries = mail["tries"].as_array().unwrap().iter();
    tries.map(|one| one["outcome"].as_str().unwrap()).collect()
}

fn killed_at(point: Point) {
    let place = Place::migrated(&format!("kill-{point:?}"));
    assert_eq!(place.add("alice", &[]).code, 0);
    let relay = Relay::start(&[point]);
    let (server, port) = start(&place, &relay);
    ask(port);
    relay.stands_still();
    kill(server);
    let before = relay.received().len();
    let (server, port) = start(&place, &relay);
    let mail = ended(&place);
    assert_eq!(mail["state"], "sent", "{mail}");
    let mails = relay.received();
    match point {
        // Nobody knows whether it came: it goes once more.
        Point::Dot => {
            assert_eq!((before, mails.len()), (1, 2));
            assert_eq!(mail["tries"][0]["diagnosis"], "data.ambiguous");
            assert!(!opens(port, &mails[0]), "replaced by the newest");
        }
        // Perhaps it was written down, perhaps not.
        Point::Answer => assert!((1..=2).contains(&mails.len())),
        _ => assert_eq!((before, mails.len()), (0, 1)),
    }
    if mails.len() == before {
        assert_eq!(outcomes(&mail), ["accepted"]);
    } else {
        assert_eq!(outcomes(&mail), ["lost", "accepted"]);
    }
    assert!(opens(port, mails.last().unwrap()), "the newest link works");
    assert_eq!(stop(server).0, Some(0));
}

#[test]
fn b1_killed_before_the_relay_says_a_word() {
    killed_at(Point::Banner);
}

#[test]
fn b1_killed_before_the_recipient_is_taken() {
    killed_at(Point::Rcpt);
}

#[test]
fn b1_killed_when_the_token_is_drawn() {
    killed_at(Point::Data);
}

#[test]
fn b1_killed_within_the_message() {
    killed_at(Point::Middle);
}

#[test]
fn p10_killed_after_the_final_dot() {
    killed_at(Point::Dot);
}

#[test]
fn p10_killed_after_the_answer() {
    killed_at(Point::Answer);
}

#[test]
fn p10_killed_twice_after_the_final_dot_it_is_not_sent_a_third_time() {
    let place = Place::migrated("kill-twice");
    assert_eq!(place.add("alice", &[]).code, 0);
    let relay = Relay::start(&[Point::Dot, Point::Dot]);
    let (server, port) = start(&place, &relay);
    ask(port);
    relay.stands_still();
    kill(server);
    let (server, _) = start(&place, &relay);
    relay.stands_still();
    kill(server);
    let (server, port) = start(&place, &relay);
    let mail = ended(&place);
    assert_eq!(mail["state"], "failed", "{mail}");
    assert_eq!(mail["diagnosis"], "data.ambiguous");
    assert_eq!(outcomes(&mail), ["lost", "lost"]);
    let mails = relay.got(2);
    assert_eq!(mails.len(), 2, "at most one duplicate");
    assert_eq!(place.events(&["--event", "mail_failed"]).len(), 1);
    assert!(opens(port, &mails[1]), "the newest link works");
    // Who asks again gets a mail at once.
    ask(port);
    assert_eq!(relay.got(3).len(), 3);
    let (code, log) = stop(server);
    assert_eq!(code, Some(0));
    assert!(log.contains("may have come twice"), "{log}");
}

#[test]
fn a_second_server_on_the_same_database_leaves_the_firsts_mail_alone() {
    let place = Place::migrated("kill-second");
    assert_eq!(place.add("alice", &[]).code, 0);
    let relay = Relay::start(&[Point::Rcpt]);
    let (first, port) = start_with(&place, &relay, &[]);
    ask(port);
    relay.stands_still();
    let (second, _) = start_with(&place, &relay, &[]);
    // It does send: but not what the first one holds.
    let ran = place.run(&["account", "reset", "alice"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    relay.got(1);
    let mails = place.json(&["outbox", "list", "--json"]);
    let states: Vec<_> = mails
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| &mail["state"])
        .collect();
    assert_eq!(states[1], "queued", "{mails}");
    let id = mails[1]["id"].as_str().unwrap();
    assert_eq!(
        outcomes(&place.json(&["outbox", "show", id, "--json"])),
        ["running"]
    );
    assert_eq!(
        place.run(&["outbox", "resend", id]).code,
        5,
        "it is being sent"
    );
    kill(first);
    kill(second);
}
