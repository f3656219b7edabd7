//! B1: SIGKILL at every commit of the whole flow, one after the other, then a start on what is left.

use std::process::Command;

use super::disk::preload;
use super::postgres::Postgres;
use super::wire::{At, Wire};
use super::world::World;
use crate::place::Place;

/// Commits of the flow without those of the limits: the request, four for each of two mails (claimed, begun, handed over, settled), a
/// wrong username, the right one, the new password. A sweep that meets fewer has not met them all.
pub const FEWEST: usize = 12;
/// And that it never has.
const MOST: usize = 80;

/// Sends a signal by its name.
pub fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

/// A database with alice in it, to be copied.
pub fn template(name: &str) -> Place {
    let place = Place::alone(name);
    let ran = place.run(&["migrate"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(place.add("alice", &[]).code, 0);
    place
}

pub fn copied(from: &Place, name: &str) -> Place {
    let place = Place::alone(name);
    let copied = Command::new("cp")
        .arg("-a")
        .args([from.0.join("var"), place.0.clone()])
        .status();
    assert!(copied.unwrap().success());
    place
}

/// One death at the `n`-th commit; tells how many mails came twice, or nothing where the flow ended before that commit. `spared`: from then on nothing kills any more.
fn dies_once(
    world: &mut World<'_>,
    begin: impl FnOnce(&mut World<'_>) -> bool,
    spared: impl FnOnce(),
) -> Option<usize> {
    let whole = begin(world) && world.walk().is_ok();
    let died = world.was_killed(!whole);
    world.kill();
    spared();
    world.start(&[], &[]).expect("a start after the death");
    world.stands();
    world.walk().expect("a way through after the death");
    let twice = world.holds(usize::from(died));
    died.then_some(twice)
}

/// A death at that commit on SQLite.
fn dies_on_sqlite(template: &Place, kind: &str, n: usize) -> Option<usize> {
    let name = template.0.file_name().unwrap().display().to_string();
    let mut world = World::new(copied(template, &format!("{name}-{n}")));
    let hazard = [preload(), ("FAULT_KILL", format!("{kind}:{n}"))];
    dies_once(&mut world, |world| world.start(&hazard, &[]).is_ok(), || {})
}

fn on_sqlite(kind: &str) {
    let template = template(&format!("sweep-{kind}"));
    let mut n = 1;
    while dies_on_sqlite(&template, kind, n).is_some() {
        n += 1;
        assert!(n < MOST, "no end");
    }
    eprintln!("{kind}: {} deaths", n - 1);
    assert!(n > FEWEST, "the flow has more commits than {}", n - 1);
}

#[test]
fn p10_killed_between_the_relays_yes_and_our_commit_sqlite() {
    let template = template("sweep-p10");
    // The commit that writes down that the mail went is one of these; a death there is the one that costs a second mail.
    let twice = (4..12).find(|n| dies_on_sqlite(&template, "torn", *n) == Some(1));
    assert!(twice.is_some(), "no death lay between the two");
}

#[test]
fn b1_killed_in_the_middle_of_each_commit_sqlite() {
    on_sqlite("torn");
}

#[test]
fn b1_killed_at_the_end_of_each_commit_sqlite() {
    on_sqlite("written");
}

/// A place whose database is that one, behind that port.
pub fn on_postgres(postgres: &Postgres, port: u16, database: &str) -> Place {
    let place = Place::alone(&format!("{database}-{port}"));
    let url = postgres.url(port, database);
    let settings = format!("[database]\nurl = \"{url}\"\n");
    std::fs::write(place.0.join("Leptos.toml"), settings).unwrap();
    place
}

/// A database with alice in it, to be copied; its name.
pub fn seed(postgres: &Postgres) -> &'static str {
    postgres.run("postgres", "CREATE DATABASE seed");
    let place = on_postgres(postgres, postgres.port, "seed");
    let ran = place.run(&["migrate"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = place.add("alice", &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    "seed"
}

/// Workers' leases are over, as when their time had passed.
pub const LEASES_OVER: &str = "UPDATE outbox SET claimed_until = 0 WHERE claimed_until > 0";

fn killed_on_postgres(at: At) {
    let Some(postgres) = Postgres::start(&format!("sweep-{at:?}"), "") else {
        return;
    };
    let seed = seed(&postgres);
    let mut n = 1;
    loop {
        let database = format!("sweep_{at:?}_{n}").to_lowercase();
        postgres.run(
            "postgres",
            &format!("CREATE DATABASE {database} TEMPLATE {seed}"),
        );
        let wire = Wire::to(postgres.port);
        let place = on_postgres(&postgres, wire.port, &database);
        let mut world =
            World::new(place).when_lease_is_over(|| postgres.run(&database, LEASES_OVER));
        let begin = |world: &mut World<'_>| {
            let started = world.start(&[], &[]).is_ok();
            let victim = world.pid();
            wire.plan(n, at, move || signal("-KILL", victim));
            started
        };
        if dies_once(&mut world, begin, || wire.free()).is_none() {
            break;
        }
        drop(world);
        postgres.run(
            "postgres",
            &format!("DROP DATABASE {database} WITH (FORCE)"),
        );
        n += 1;
        assert!(n < MOST, "no end");
    }
    eprintln!("{at:?}: {} deaths", n - 1);
    assert!(n > FEWEST, "the flow has more commits than {}", n - 1);
}

#[test]
fn b1_killed_before_each_commit_postgres() {
    killed_on_postgres(At::Before);
}

#[test]
fn b1_killed_after_each_commit_postgres() {
    killed_on_postgres(At::After);
}
