//! B3, B5: PostgreSQL is locked, has no connection left, or is not there for a while. Everybody gets the same answer, and it goes on.

use std::thread;
use std::time::Duration;

use sqlx::Connection;

use super::person::{Gone, Person};
use super::postgres::Postgres;
use super::sweep::{on_postgres, seed};
use super::world::World;
use crate::place::PASSWORD;

/// What alice and nobody are answered; the same, without what they typed.
fn asked(port: u16) -> (u16, String) {
    let ask = |name: &'static str| {
        thread::spawn(move || {
            let answer = Person::at(port).post("/forgot", &[("username", name)])?;
            let length = answer.body.replace(name, "").len();
            Ok((answer.status, answer.retry_after, length))
        })
    };
    let answers = ["alice", "nobody"].map(ask);
    let answers = answers.map(|asking| asking.join().unwrap());
    let [known, unknown]: [Result<_, Gone>; 2] = answers;
    let (known, unknown) = (known.expect("an answer"), unknown.expect("an answer"));
    assert_eq!(known, unknown, "the same for known and unknown");
    (known.0, known.1)
}

/// A world on a PostgreSQL of its own with those settings.
fn world(postgres: &Postgres, settings: &[&str]) -> World<'static> {
    seed(postgres);
    let mut world = World::new(on_postgres(postgres, postgres.port, "seed"));
    world.start(&[], settings).unwrap();
    world
}

#[test]
fn b3_tables_locked_by_somebody_else_are_503_and_nothing_is_lost_postgres() {
    let Some(postgres) = Postgres::start("locked", "") else {
        return;
    };
    let mut world = world(&postgres, &["--set", "database.busy_timeout=500ms"]);
    let port = world.person.port;
    postgres.with("seed", async |mut lock| {
        let mut lock = lock.begin().await.unwrap();
        sqlx::raw_sql(
            "LOCK TABLE account, outbox, audit_event, reset_request IN ACCESS EXCLUSIVE MODE",
        )
        .execute(&mut *lock)
        .await
        .unwrap();
        assert_eq!(asked(port), (503, "5".to_owned()));
        let fields = [("username", "alice"), ("password", PASSWORD)];
        let answer = Person::at(port).post("/sign-in", &fields).unwrap();
        assert_eq!((answer.status, answer.retry_after.as_str()), (503, "5"));
        assert_eq!(Person::at(port).get("/forgot").unwrap().status, 200);
        assert_eq!(Person::at(port).get("/health/ready").unwrap().status, 503);
        lock.rollback().await.unwrap();
    });
    world.answers();
    world.walk().unwrap();
    world.holds(0);
}

#[test]
fn b3_a_lock_that_goes_in_time_is_waited_for_postgres() {
    let Some(postgres) = Postgres::start("waits", "") else {
        return;
    };
    let world = world(&postgres, &["--set", "database.busy_timeout=20s"]);
    let port = world.person.port;
    postgres.with("seed", async |mut lock| {
        let mut lock = lock.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
        let asking = thread::spawn(move || asked(port));
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'outbox'::regclass AND mode = 'RowExclusiveLock'";
        // One request at the least: the other waits behind it, for their client's limit.
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *lock).await.unwrap() < 1 {
            assert!(!asking.is_finished(), "it did not wait");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        lock.rollback().await.unwrap();
        assert_eq!(asking.join().unwrap(), (303, String::new()));
    });
}

#[test]
fn b5_all_connections_of_ours_in_use_is_503_and_passes_postgres() {
    let Some(postgres) = Postgres::start("pool", "") else {
        return;
    };
    let few = [
        "--set",
        "database.connections=2",
        "--set",
        "database.busy_timeout=5s",
    ];
    let mut world = world(&postgres, &few);
    let port = world.person.port;
    postgres.with("seed", async |mut lock| {
        let mut lock = lock.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE audit_event, outbox IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *lock)
            .await
            .unwrap();
        // These hold both connections, and wait for the lock; the others wait for a connection.
        let first: Vec<_> = (0..4).map(|_| thread::spawn(move || asked(port))).collect();
        for asking in first {
            assert_eq!(asking.join().unwrap(), (503, "5".to_owned()));
        }
        lock.rollback().await.unwrap();
    });
    let log = world.log();
    assert!(
        log.contains("pool timed out"),
        "somebody waited for a connection: {log}"
    );
    world.answers();
    world.walk().unwrap();
    world.holds(0);
}

#[test]
fn b5_no_connection_left_in_postgres_is_503_and_passes() {
    let Some(postgres) = Postgres::start(
        "most",
        "max_connections = 8\nsuperuser_reserved_connections = 0",
    ) else {
        return;
    };
    let mut world = world(&postgres, &["--set", "database.busy_timeout=500ms"]);
    let port = world.person.port;
    postgres.with("postgres", async |mut own| {
        // Those of Postern are ended, and their places taken.
        let mut taken = Vec::new();
        let url = postgres.url(postgres.port, "postgres");
        let end = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'postern'";
        while taken.len() < 7 {
            let _: i64 = sqlx::query_scalar(end).fetch_one(&mut own).await.unwrap();
            taken.extend(sqlx::PgConnection::connect(&url).await);
        }
        assert_eq!(asked(port), (503, "5".to_owned()));
        assert_eq!(Person::at(port).get("/health/ready").unwrap().status, 503);
    });
    world.answers();
    world.walk().unwrap();
    world.holds(0);
}

#[test]
fn b5_postgres_that_is_gone_for_a_while_is_503_and_it_goes_on_by_itself() {
    let Some(mut postgres) = Postgres::start("gone", "") else {
        return;
    };
    let mut world = world(&postgres, &["--set", "database.busy_timeout=500ms"]);
    postgres.kill();
    assert_eq!(asked(world.person.port), (503, "5".to_owned()));
    assert_eq!(world.person.get("/health/ready").unwrap().status, 503);
    assert_eq!(world.person.get("/health/live").unwrap().status, 200);
    postgres.up();
    world.answers();
    world.walk().unwrap();
    world.holds(0);
}
