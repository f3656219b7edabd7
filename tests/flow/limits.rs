//! Limits are the database's: two servers share them, a restart does not forget them, fifty at once get no more than there are, and a
//! flood of what is refused writes nothing.

use postern::domain::rate_limit::Limit;
use postern::domain::time::Timestamp;
use postern::server::Running;
use tokio::task::JoinSet;

use crate::support::{Browser, HOUR, House, PASSWORD, SECOND, until};

const FEW: [(&str, &str); 2] = [("limits.per_address", "5"), ("limits.per_identifier", "3")];

fn browser(of: &Running) -> Browser {
    let origin = format!("http://{}", of.address);
    Browser::new(&origin, &of.service.config.site.public_url)
}

async fn ask(browser: &Browser, name: &str) -> u16 {
    let page = browser.fill("/forgot", &[("username", name)]).await;
    if page.status == 429 {
        assert!(page.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    page.status
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_two_servers_on_one_database_share_every_limit() {
    let house = House::with(&FEW).await;
    let other = house.beside().await;
    let servers = [house.browser(), browser(&other)];
    let mut statuses = Vec::new();
    for n in 0..4 {
        statuses.push(ask(&servers[n % 2], "alice").await);
    }
    assert_eq!(statuses, [303, 303, 303, 429], "by identifier");
    let mut statuses = Vec::new();
    for (n, name) in ["bob", "carol", "dave"].iter().enumerate() {
        statuses.push(ask(&servers[n % 2], name).await);
    }
    assert_eq!(
        statuses,
        [303, 303, 429],
        "by client; what the identifier's limit refused has cost it nothing"
    );
    let mut statuses = Vec::new();
    for n in 0..6 {
        let page = servers[n % 2].sign_in("nobody", "wrong").await;
        statuses.push(page.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429], "failed sign-ins");
    house.advance(HOUR);
    assert_eq!(ask(&servers[1], "alice").await, 303);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_limit() {
    let mut house = House::with(&FEW).await;
    for _ in 0..3 {
        assert_eq!(ask(&house.browser(), "alice").await, 303);
    }
    house.stop().await;
    house.start_again(&[]).await;
    assert_eq!(ask(&house.browser(), "alice").await, 429);
    // A third of an hour brings one.
    house.advance(HOUR / 3 + SECOND);
    assert_eq!(ask(&house.browser(), "alice").await, 303);
    assert_eq!(ask(&house.browser(), "alice").await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_fifty_at_once_on_two_servers_get_no_more_than_there_are() {
    let settings = [
        ("limits.per_address", "20"),
        ("limits.per_identifier", "7"),
        ("database.busy_timeout", "30s"),
    ];
    let house = House::with(&settings).await;
    let other = house.beside().await;
    let servers = [house.browser(), browser(&other)];
    // Fifty tries at one name, then fifty names: the first seven, and thirteen of the second, are all that the client has.
    let at_once = async |name: fn(usize) -> String| -> Vec<u16> {
        let mut asking = JoinSet::new();
        for n in 0..50 {
            let browser = servers[n % 2].twin();
            asking.spawn(async move { ask(&browser, &name(n)).await });
        }
        asking.join_all().await
    };
    let same = at_once(|_| "alice".to_owned()).await;
    let different = at_once(|n| format!("name{n}")).await;
    let passed = |statuses: &[u16]| statuses.iter().filter(|status| **status == 303).count();
    assert!(
        same.iter()
            .chain(&different)
            .all(|s| [303, 429].contains(s)),
        "{same:?} {different:?}"
    );
    assert_eq!((passed(&same), passed(&different)), (7, 13));
    assert_eq!(house.count("SELECT COUNT(*) FROM reset_request").await, 20);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_fifty_failures_at_once_are_all_counted() {
    let house = House::with(&[
        ("limits.per_address", "60"),
        ("database.busy_timeout", "30s"),
    ])
    .await;
    let other = house.beside().await;
    let servers = [house.browser(), browser(&other)];
    let guess = |n: usize| format!("username=alice&token={n:0>42}A");
    let mut tries = JoinSet::new();
    for n in 0..50 {
        let (browser, form) = (servers[n % 2].twin(), guess(n));
        tries.spawn(async move { browser.post("/reset", form).await.status });
    }
    let statuses = tries.join_all().await;
    assert!(statuses.iter().all(|s| *s == 422), "{statuses:?}");
    let mut left = 0;
    while servers[left % 2].post("/reset", guess(left)).await.status == 422 {
        left += 1;
    }
    assert_eq!(left, 10);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_what_is_refused_writes_nothing() {
    let house = House::with(&FEW).await;
    house.add("alice").await;
    let asking = house.browser();
    for n in 0..5 {
        assert_eq!(ask(&asking, &format!("name{n}")).await, 303);
        assert_eq!(asking.sign_in("nobody", "wrong").await.status, 401);
        let guess = format!("username=alice&token={n:0>42}A");
        assert_eq!(asking.post("/reset", guess).await.status, 422);
    }
    assert_eq!(ask(&asking, "one more").await, 429);
    house.settled().await;
    let rows = async || {
        let all = "SELECT (SELECT COUNT(*) FROM rate_limit) + (SELECT SUM(full_at) FROM rate_limit) \
             + (SELECT COUNT(*) FROM audit_event) + (SELECT COUNT(*) FROM outbox)";
        house
            .count(&format!("SELECT CAST(({all}) AS BIGINT)"))
            .await
    };
    let before = rows().await;
    for n in 0..40 {
        assert_eq!(ask(&asking, &format!("another{n}")).await, 429);
        assert_eq!(asking.sign_in("alice", PASSWORD).await.status, 429);
        let guess = format!("username=alice&token={n:0>42}A");
        assert_eq!(asking.post("/reset", guess).await.status, 429);
    }
    assert_eq!(rows().await, before);
    // It does not even ask: with no database at all the answer is the same.
    house.service().store.close().await;
    assert_eq!(asking.get("/health/ready").await.status, 503);
    assert_eq!(ask(&asking, "alice").await, 429);
    assert_eq!(asking.sign_in("alice", PASSWORD).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn l3_limits_keep_nothing_of_what_was_typed() {
    let house = House::with(&FEW).await;
    for name in ["alice", "bob@example.org"] {
        assert_eq!(ask(&house.browser(), name).await, 303);
    }
    assert_eq!(house.count("SELECT COUNT(*) FROM rate_limit").await, 3);
    // Nothing of what was typed, or of where it came from, stands among the limits.
    assert_eq!(
        house
            .count("SELECT COUNT(*) FROM rate_limit WHERE LENGTH(key) <> 32")
            .await,
        0
    );
}

/// The statement does what the arithmetic says, step by step, whatever the clock does.
#[tokio::test(flavor = "multi_thread")]
async fn the_statement_is_the_arithmetic() {
    let house = House::new().await;
    let store = &house.service().store;
    for (n, count) in [1, 2, 7, 60, 1_000].into_iter().enumerate() {
        let limit = Limit::an_hour(count);
        let key = [u8::try_from(n).unwrap(); 32];
        let mut full_at = Timestamp::from_millis(0);
        let mut now = house.clock.now().millis();
        // Still, slowly, in jumps; an instance with a slower clock; a clock that is set back by far.
        for step in [
            0,
            0,
            1,
            5_000,
            0,
            600_000,
            -3_000,
            0,
            1_800_000,
            0,
            4_000_000,
            0,
            -90_000_000,
            0,
            0,
        ] {
            now += step;
            let terms = limit.terms(Timestamp::from_millis(now));
            let mut tx = store.begin().await.unwrap();
            assert_eq!(tx.ask_limit(key, terms).await.unwrap(), terms.wait(full_at));
            let taken = tx.take_limit(key, terms).await.unwrap();
            match terms.take(full_at) {
                Ok(after) => {
                    full_at = after;
                    assert_eq!(taken, Ok(()), "{count} {step}");
                }
                Err(wait) => assert_eq!(taken, Err(wait), "{count} {step}"),
            }
            tx.commit().await.unwrap();
        }
        // What is not committed was not taken.
        let terms = limit.terms(Timestamp::from_millis(now + 9_000_000));
        for _ in 0..2 {
            let mut tx = store.begin().await.unwrap();
            assert_eq!(tx.ask_limit(key, terms).await.unwrap(), None);
            assert_eq!(tx.take_limit(key, terms).await.unwrap(), Ok(()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_two_workers_together_send_no_more_than_the_cap() {
    let house = House::with(&[("limits.mails_per_hour", "9")]).await;
    let other = house.beside().await;
    for n in 0..16 {
        house.add(&format!("name{n}")).await;
    }
    let mut asking = JoinSet::new();
    for n in 0..16 {
        let browser = if n % 2 == 0 {
            house.browser()
        } else {
            browser(&other)
        };
        asking.spawn(async move { ask(&browser, &format!("name{n}")).await });
    }
    assert!(asking.join_all().await.iter().all(|status| *status == 303));
    let sent = "SELECT COUNT(*) FROM outbox WHERE sent_at IS NOT NULL";
    until("all that may go", async || {
        house.service().mail_queued.notify_one();
        other.service.mail_queued.notify_one();
        (house.count(sent).await >= 9).then_some(())
    })
    .await;
    // Who has found the cap reached rests for a while.
    let wake = async {
        loop {
            house.service().mail_queued.notify_one();
            other.service.mail_queued.notify_one();
            tokio::time::sleep(SECOND / 20).await;
        }
    };
    tokio::select! {
        () = house.looked() => {}
        () = wake => {}
    }
    assert_eq!(house.count(sent).await, 9);
    let waiting = "SELECT COUNT(*) FROM outbox WHERE state = 'queued'";
    assert_eq!(house.count(waiting).await, 7);
    other.stop().await;
}
