//! Two servers and workers over one database, one of them killed in the middle of a load (B6, I6): what was acknowledged comes, and
//! what the dead one held comes twice at most.

use std::io::Read as _;
use std::process::Child;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use super::relay::{Point, Relay};
use super::{kill, post, start_with};
use crate::place::Place;
use crate::serve::{get, serve, stop};

const PEOPLE: usize = 12;

/// Asks for so many people, each at the next of these servers; returns for how many it was acknowledged.
fn load(ports: &[u16], people: std::ops::Range<usize>) -> usize {
    let asked = people.map(|n| {
        let port = ports[n % ports.len()];
        thread::spawn(move || post(port, "/forgot", &format!("username=person{n}")))
    });
    let asked: Vec<_> = asked.collect();
    let answers = asked.into_iter().map(|one| one.join());
    answers
        .filter(|answer| {
            let answer = answer.as_ref().map(String::as_str).unwrap_or_default();
            answer.starts_with("HTTP/1.1 303")
        })
        .count()
}

/// All mails, once none is queued.
fn ended(place: &Place) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let mails = place.json(&["outbox", "list", "--json"]);
        let mails = mails.as_array().unwrap();
        if mails.iter().all(|mail| mail["state"] != "queued") {
            return mails.clone();
        }
        assert!(began.elapsed().as_secs() < 150, "{mails:?}");
        thread::sleep(std::time::Duration::from_millis(200));
    }
}

/// Waits until a server says who works on the outbox: what it found last counts for a second.
fn works(port: u16, who: &str) {
    let began = Instant::now();
    let said = format!("\"worker\":\"{who}\"");
    while !get(port, "/health/ready").contains(&said) {
        assert!(began.elapsed().as_secs() < 30, "{said}");
        thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn b6_one_of_two_servers_is_killed_in_the_middle_of_a_load_and_nothing_is_lost() {
    let place = Place::migrated("replicas");
    for n in 0..PEOPLE {
        assert_eq!(place.add(&format!("person{n}"), &[]).code, 0);
    }
    // The first stands still with a mail whose final dot has gone out; the second takes everything.
    let (first, second) = (Relay::start(&[Point::Dot]), Relay::start(&[]));
    let brief = ["--set", "smtp.timeout=5s"];
    let (doomed, doomed_port) = start_with(&place, &first, &brief);
    let mut acknowledged = load(&[doomed_port], 0..1);
    first.stands_still();
    let (other, port) = start_with(&place, &second, &brief);
    let under_load = thread::spawn(move || load(&[port, doomed_port], 1..PEOPLE));
    kill(doomed);
    acknowledged += under_load.join().unwrap();
    let mails = ended(&place);
    assert!(
        (acknowledged..=PEOPLE).contains(&mails.len()),
        "{acknowledged} were acknowledged, {} are known",
        mails.len()
    );
    for mail in &mails {
        assert_eq!(mail["state"], "sent", "{mail}");
    }
    // One came at the relay of the dead, and once more.
    let came = first.received().len() + second.received().len();
    assert_eq!(came, mails.len() + 1);
    assert_eq!(stop(other).0, Some(0));
}

#[test]
fn b6_servers_that_start_at_once_on_an_empty_database_all_come_up() {
    let place = Place::new("together");
    let relay = Relay::start(&[]);
    let to = format!("smtp.port={}", relay.port);
    let mut servers: Vec<(Child, u16)> = (0..4).map(|_| serve(&place, &["--set", &to])).collect();
    for (server, port) in &mut servers {
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", *port)).is_err() {
            if let Some(status) = server.try_wait().unwrap() {
                let mut log = String::new();
                let _ = server.stderr.take().unwrap().read_to_string(&mut log);
                panic!("{status}: {log}");
            }
            assert!(began.elapsed().as_secs() < 60, "the server does not answer");
            thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(get(*port, "/health/ready").starts_with("HTTP/1.1 200"));
    }
    let names = place.run(&["account", "list"]).out;
    assert_eq!(
        names.matches("demo").count(),
        2,
        "one demo account, name and address: {names}"
    );
    for (server, _) in servers {
        let (code, log) = stop(server);
        assert_eq!(code, Some(0), "{log}");
    }
}

#[test]
fn b6_pages_alone_and_a_worker_alone() {
    let place = Place::migrated("worker-alone");
    assert_eq!(place.add("alice", &[]).code, 0);
    let relay = Relay::start(&[]);
    let (pages, port) = start_with(&place, &relay, &["--no-worker"]);
    works(port, "nobody");
    super::ask(port);
    let to = format!("smtp.port={}", relay.port);
    let mut command = place.command();
    command.args(["worker", "--set", &to]);
    command.stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let worker = command.spawn().unwrap();
    let mails = relay.got(1);
    assert_eq!(mails.len(), 1);
    works(port, "elsewhere");
    let (code, log) = stop(worker);
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("working on the outbox") && log.contains("stopping"),
        "{log}"
    );
    works(port, "nobody");
    let (code, log) = stop(pages);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("worker.enabled is false"), "{log}");
}
