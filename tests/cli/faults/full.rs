//! The disk is full, or not to be written any more, while the server runs on SQLite.

use super::disk::{Fails, Flag, preload};
use super::person::Person;
use super::sweep::template;
use super::world::{NEW, UNSURE, World};
use crate::place::PASSWORD;

/// A running server whose disk can fail.
fn world(name: &str) -> (World<'static>, Flag) {
    let mut world = World::new(template(name));
    let flag = Flag::in_folder(&world.place.0);
    world.start(&[preload(), flag.variable()], &[]).unwrap();
    (world, flag)
}

#[test]
fn b1_a_full_disk_is_503_for_everybody_and_nothing_is_lost() {
    let (mut world, flag) = world("full");
    let page = world.verified();
    flag.raise(Fails::Full);
    let mut answers = Vec::new();
    for name in ["alice", "nobody"] {
        let answer = world.person.post("/forgot", &[("username", name)]).unwrap();
        answers.push((
            answer.status,
            answer.retry_after.clone(),
            answer.body.replace(name, "").len(),
        ));
    }
    assert_eq!(
        (answers[0].0, answers[0].1.as_str()),
        (503, "5"),
        "{}",
        world.log()
    );
    assert_eq!(answers[0], answers[1], "the same for known and unknown");
    let fields = [("csrf", page.csrf()), ("password", NEW.to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let answer = world.person.post("/reset/password", &fields).unwrap();
    assert_eq!((answer.status, answer.retry_after.as_str()), (503, "5"));
    assert!(
        !answer.body.contains(UNSURE),
        "nothing was done, and that is known"
    );
    let mut other = Person::at(world.person.port);
    for (password, path) in [(PASSWORD, "/sign-in"), (NEW, "/sign-in")] {
        let answer = other
            .post(path, &[("username", "alice"), ("password", password)])
            .unwrap();
        assert_eq!(answer.status, 503, "{}", answer.body);
    }
    assert_eq!(
        other.get("/forgot").unwrap().status,
        200,
        "what only shows goes on"
    );
    let log = world.log();
    assert!(log.contains("database or disk is full"), "{log}");
    assert!(!log.contains("panicked"), "{log}");

    flag.lower();
    world.answers();
    assert!(world.person.signs_in(PASSWORD), "nothing was changed");
    world.walk().unwrap();
    world.holds(0);
}

#[test]
fn b1_a_disk_that_cannot_be_written_any_more_is_an_error_of_ours_and_passes() {
    let (mut world, flag) = world("read-only");
    let page = world.verified();
    flag.raise(Fails::ReadOnly);
    let mut answers = Vec::new();
    for name in ["alice", "nobody"] {
        let answer = world.person.post("/forgot", &[("username", name)]).unwrap();
        answers.push((answer.status, answer.body.replace(name, "").len()));
        assert!(
            !answer.body.contains("sqlite") && !answer.body.contains("disk"),
            "{}",
            answer.body
        );
    }
    assert_eq!(answers[0].0, 500, "{}", world.log());
    assert_eq!(answers[0], answers[1], "the same for known and unknown");
    let fields = [("csrf", page.csrf()), ("password", NEW.to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    assert_eq!(
        world
            .person
            .post("/reset/password", &fields)
            .unwrap()
            .status,
        500
    );
    assert!(world.log().contains("disk I/O error"), "{}", world.log());
    flag.lower();
    world.answers();
    world.walk().unwrap();
    world.holds(0);
}

#[test]
fn b1_a_commit_that_may_not_have_reached_the_disk_is_not_called_a_failure() {
    let (mut world, flag) = world("sync");
    let page = world.verified();
    flag.raise(Fails::Sync);
    let fields = [("csrf", page.csrf()), ("password", NEW.to_owned())];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let answer = world.person.post("/reset/password", &fields).unwrap();
    assert_eq!(answer.status, 503, "{}", world.log());
    assert!(answer.body.contains(UNSURE), "{}", answer.body);
    // The machine fails as well: what is found afterwards is one of the two.
    world.kill();
    flag.lower();
    world.start(&[], &[]).unwrap();
    world.stands();
    world.walk().unwrap();
    world.holds(1);
}
