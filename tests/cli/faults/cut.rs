//! B4: the connection to PostgreSQL, or PostgreSQL itself, is lost in the middle of a commit. The answer is never false.

use std::sync::{Arc, Mutex};

use super::postgres::Postgres;
use super::sweep::{FEWEST, LEASES_OVER, on_postgres, seed};
use super::wire::{At, Wire};
use super::world::{NEW, UNSURE, World};
use crate::place::PASSWORD;

/// For each commit of the flow: something happens to it, and the flow goes on by itself, without a second change or mail.
fn at_each_commit(name: &str, at: At, act: impl Fn(&Arc<Mutex<Postgres>>) + Copy + Send + 'static) {
    let Some(postgres) = Postgres::start(name, "") else {
        return;
    };
    let seed = seed(&postgres);
    let port = postgres.port;
    let postgres = Arc::new(Mutex::new(postgres));
    for n in 1.. {
        let database = format!("{}_{n}", name.replace('-', "_"));
        let run = |database: &str, sql: &str| postgres.lock().unwrap().run(database, sql);
        run(
            "postgres",
            &format!("CREATE DATABASE {database} TEMPLATE {seed}"),
        );
        let wire = Wire::to(port);
        let place = on_postgres(&postgres.lock().unwrap(), wire.port, &database);
        let mut world = World::new(place).when_lease_is_over(|| run(&database, LEASES_OVER));
        world.start(&[], &[]).unwrap();
        let hit = postgres.clone();
        wire.plan(n, at, move || act(&hit));
        world.walk().unwrap();
        if wire.waits() {
            assert!(n > FEWEST, "the flow has more commits than {}", n - 1);
            eprintln!("{name}: {} commits", n - 1);
            // The wire's threads, which live as long as the test, hold it too.
            drop(world);
            postgres.lock().unwrap().end();
            return;
        }
        if at == At::After {
            assert_eq!(
                world.put_off, 0,
                "it was done, and must not be said otherwise"
            );
        }
        // Only who stops in the middle of a message may send it twice; here nothing of ours stops.
        world.holds(0);
        drop(world);
        run(
            "postgres",
            &format!("DROP DATABASE {database} WITH (FORCE)"),
        );
    }
}

#[test]
fn b4_a_connection_cut_before_a_commit_is_no_success() {
    at_each_commit("cut-before", At::Before, |_| {});
}

#[test]
fn b4_a_connection_cut_after_a_commit_is_no_failure() {
    at_each_commit("cut-after", At::After, |_| {});
}

#[test]
fn b4_postgres_killed_in_the_middle_of_each_commit() {
    at_each_commit("cut-killed", At::Amid, |postgres| {
        let mut postgres = postgres.lock().unwrap();
        postgres.kill();
        postgres.up();
    });
}

#[test]
fn b4_an_outcome_that_cannot_be_found_out_is_said_to_be_unknown_and_a_repeat_is_safe() {
    for at in [At::Before, At::After] {
        let name = format!("unknown-{at:?}").to_lowercase();
        let Some(mut postgres) = Postgres::start(&name, "") else {
            return;
        };
        seed(&postgres);
        let wire = Wire::to(postgres.port);
        let place = on_postgres(&postgres, wire.port, "seed");
        let mut world = World::new(place);
        let patience = ["--set", "database.busy_timeout=300ms"];
        world.start(&[], &patience).unwrap();
        let page = world.verified();
        world.settled().unwrap();
        // From this commit on, nobody reaches PostgreSQL.
        wire.plan(1, at, wire.break_off());
        let fields = [("csrf", page.csrf()), ("password", NEW.to_owned())];
        let fields = fields
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let answer = world.person.post("/reset/password", &fields).unwrap();
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(!answer.retry_after.is_empty());
        assert!(answer.body.contains(UNSURE), "{}", answer.body);
        assert!(
            world.log().contains("whether it counts is not known"),
            "{}",
            world.log()
        );
        wire.mend(postgres.port);
        world.answers();
        // The same form once more.
        let answer = world.person.post("/reset/password", &fields).unwrap();
        match at {
            At::Before => assert_eq!(answer.location, "/reset/done", "{}", answer.body),
            _ => {
                assert_eq!(answer.status, 410);
                assert!(
                    answer
                        .body
                        .contains("If you have just saved a new password, it counts")
                );
            }
        }
        assert!(world.person.signs_in(NEW) && !world.person.signs_in(PASSWORD));
        assert_eq!(
            world
                .place
                .events(&["--event", "authn_password_change"])
                .len(),
            1
        );
        drop(world);
        postgres.kill();
    }
}

/// PostgreSQL dies before it wrote down that a transaction ran, and gives out its id once more: to `another`, or to nobody yet.
fn lost_with_its_id(another: bool) {
    let name = format!("lost-{another}");
    let Some(postgres) = Postgres::start(&name, "") else {
        return;
    };
    seed(&postgres);
    let port = postgres.port;
    let wire = Arc::new(Wire::to(port));
    let mut world = World::new(on_postgres(&postgres, wire.port, "seed"));
    let patience = ["--set", "database.busy_timeout=30s"];
    world.start(&[], &patience).unwrap();
    let page = world.verified();
    world.settled().unwrap();
    postgres.hold_writers();
    let postgres = Arc::new(Mutex::new(postgres));
    let (hit, way, mut break_off) = (postgres.clone(), wire.clone(), wire.break_off());
    wire.plan(1, At::Before, move || {
        // Nobody looks before all of it has happened.
        break_off();
        let mut postgres = hit.lock().unwrap();
        postgres.kill();
        postgres.up();
        for _ in 0..if another { 50 } else { 0 } {
            postgres.run("postgres", "SELECT pg_current_xact_id()");
        }
        way.mend(port);
    });
    let fields = [("csrf", page.csrf()), ("password", NEW.to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let answer = world.person.post("/reset/password", &fields).unwrap();
    assert!(!wire.waits(), "the commit was met");
    assert_eq!(answer.status, 503, "{}: {}", answer.location, answer.body);
    assert_eq!(answer.body.contains(UNSURE), another, "{}", answer.body);
    world.answers();
    assert!(world.person.signs_in(PASSWORD) && !world.person.signs_in(NEW));
    let answer = world.person.post("/reset/password", &fields).unwrap();
    assert_eq!(answer.location, "/reset/done", "{}", answer.body);
    assert!(world.person.signs_in(NEW) && !world.person.signs_in(PASSWORD));
    drop(world);
    // The wire's threads, which live as long as the test, hold it too.
    postgres.lock().unwrap().end();
}

#[test]
fn b4_a_commit_that_was_lost_is_no_success_when_its_id_is_given_out_again() {
    lost_with_its_id(true);
}

#[test]
fn b4_a_commit_that_was_lost_with_its_id_does_not_count() {
    lost_with_its_id(false);
}

#[test]
fn b4_a_copy_whose_commit_is_not_answered_is_not_said_to_have_failed() {
    let Some(mut postgres) = Postgres::start("copied", "") else {
        return;
    };
    postgres.run("postgres", "CREATE DATABASE target");
    let wire = Wire::to(postgres.port);
    let place = on_postgres(&postgres, wire.port, "target");
    let from = format!("sqlite:{}", place.0.join("old.sqlite").display());
    let old = ["--set", &format!("database.url={from}")];
    for ran in [
        place.run(&["migrate"]),
        place.run(&[old[0], old[1], "migrate"]),
        place.add("alice", &old),
    ] {
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let copy = [
        "--set",
        "database.busy_timeout=300ms",
        "migrate",
        "--from",
        from.as_str(),
    ];
    wire.plan(1, At::After, wire.break_off());
    let ran = place.run(&copy);
    assert!(!wire.waits(), "the commit was met");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    assert!(ran.err.contains("Run the same command"), "{}", ran.err);
    assert!(!ran.err.contains("was not copied"), "{}", ran.err);
    wire.mend(postgres.port);
    let ran = place.run(&copy);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert!(ran.err.contains("is not empty"), "{}", ran.err);
    postgres.end();
}
