//! Two servers over one database (B6): what is done once is done once, whichever of them is asked, and what one of them is sending the
//! other leaves alone.

use std::time::Instant;

use postern::server::Running;

use crate::races::{at_these, with_status};
use crate::support::{
    Browser, Form, HOUR, House, MINUTE, PASSWORD, Page, Relay, Reply, SECOND, until,
};

struct Pair {
    house: House,
    other: Running,
}

impl Pair {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let house = House::with(settings).await;
        let other = house.replica(0, &[]).await;
        Self { house, other }
    }

    /// Submits all at the same moment, to one and the other by turns.
    async fn at_once(&self, all: impl Iterator<Item = (Browser, Form)>) -> Vec<(Form, Page)> {
        let other = &self.other.service.config.site.public_url;
        let servers = [
            (self.house.address(), self.house.public_url()),
            (self.other.address, other.clone()),
        ];
        let servers = servers.into_iter().cycle();
        let there = |((browser, form), (at, origin))| (at, origin, browser, form);
        at_these(all.zip(servers).map(there).collect()).await
    }

    async fn stop(self) {
        self.other.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_t5_fifty_new_passwords_at_once() {
    let mut pair = Pair::with(&[]).await;
    pair.house.add("alice").await;
    let browser = pair.house.verified("alice").await;
    let page = browser.get("/reset/password").await;
    let form =
        |n: usize| page.filled(&[("password", &format!("seven lanterns drift upstream {n}"))]);
    let all = (0..50).map(|n| (browser.twin(), form(n)));
    let pages = pair.at_once(all).await;
    assert_eq!(with_status(&pages, 303), 1);
    assert_eq!(with_status(&pages, 410), 49, "the others: it is over");
    let winner = pages.iter().find(|(_, page)| page.status == 303).unwrap();
    let password = winner.0.value("password").unwrap();
    assert!(pair.house.opens("alice", password).await);
    assert!(!pair.house.opens("alice", PASSWORD).await);
    assert_eq!(pair.house.mails().await.len(), 1, "one notice now");
    let reminders = "SELECT COUNT(*) FROM outbox WHERE kind = 'password_changed_reminder'";
    assert_eq!(pair.house.count(reminders).await, 1);
    let changes = pair.house.audit("authn_password_change").await;
    let done = changes.iter().filter(|row| row.outcome == "allowed");
    assert_eq!(done.count(), 1);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_t6_fifty_browsers_with_the_same_token() {
    let mut pair = Pair::with(&[]).await;
    pair.house.add("alice").await;
    let code = pair.house.code("alice").await;
    let page = pair.house.browser().get("/reset").await;
    let form = page.filled(&[("token", &code), ("username", "alice")]);
    let all = (0..50).map(|_| (pair.house.browser(), form.clone()));
    let pages = pair.at_once(all).await;
    assert_eq!(with_status(&pages, 303), 1);
    assert_eq!(with_status(&pages, 422), 49);
    let opened = pages.iter().filter(|(_, page)| !page.cookies().is_empty());
    assert_eq!(opened.count(), 1);
    let sessions = "SELECT COUNT(*) FROM reset_session";
    assert_eq!(pair.house.count(sessions).await, 1);
    assert_eq!(pair.house.audit("authn_token_used").await.len(), 1);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_t19_a_hundred_wrong_usernames_at_once() {
    let mut pair = Pair::with(&[]).await;
    pair.house.add("alice").await;
    let code = pair.house.code("alice").await;
    let browser = pair.house.browser();
    let page = browser.exchange(&code, "first").await;
    assert_eq!(page.status, 422);
    let form = page.filled(&[("username", "wrong")]);
    let all = (0..100).map(|_| (browser.twin(), form.clone()));
    let pages = pair.at_once(all).await;
    assert_eq!(with_status(&pages, 422), 1, "one more chance of three");
    assert_eq!(with_status(&pages, 403), 1, "the third locks");
    assert_eq!(with_status(&pages, 410), 98, "the rest come too late");
    assert_eq!(pair.house.audit("reset_username_refused").await.len(), 2);
    assert_eq!(pair.house.audit("authn_account_locked").await.len(), 1);
    assert_eq!(pair.house.mails().await.len(), 1, "one notice");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_a_not_me_link_clicked_twice_freezes_once() {
    let mut pair = Pair::with(&[]).await;
    pair.house.add("alice").await;
    let browser = pair.house.verified("alice").await;
    let page = browser
        .fill("/reset/password", &[("password", "seven lanterns drift")])
        .await;
    assert_eq!(page.status, 303, "{}", page.body);
    let code = pair.house.mail().await.code();
    let page = browser.get("/not-me").await;
    let form = page.filled(&[("token", &code), ("username", "alice")]);
    let all = (0..20).map(|_| (pair.house.browser(), form.clone()));
    let pages = pair.at_once(all).await;
    assert_eq!(with_status(&pages, 303), 1);
    assert_eq!(with_status(&pages, 422), 19);
    assert_eq!(pair.house.mails().await.len(), 1, "one notice");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_a_sign_up_link_used_at_once_makes_one_account() {
    let mut pair = Pair::with(&[]).await;
    let page = pair
        .house
        .browser()
        .fill("/sign-up", &[("email", "new@example.org")])
        .await;
    assert_eq!(page.status, 303, "{}", page.body);
    let code = pair.house.mail().await.code();
    let page = pair.house.browser().get("/verify").await;
    let form = |n: usize| {
        page.filled(&[
            ("token", &code),
            ("username", &format!("newcomer{n}")),
            ("password", PASSWORD),
        ])
    };
    let all = (0..10).map(|n| (pair.house.browser(), form(n)));
    let pages = pair.at_once(all).await;
    assert_eq!(with_status(&pages, 303), 1);
    assert_eq!(with_status(&pages, 422), 9);
    let accounts = "SELECT COUNT(*) FROM account";
    assert_eq!(pair.house.count(accounts).await, 1);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_mails_to_one_account_keep_their_distance_though_two_workers_send() {
    // Long enough under way for the other worker to look.
    let mut pair = Pair::with(&[("sandbox.faults", "DATA:delay=1s")]).await;
    pair.house.add("alice").await;
    let page = pair.house.browser().get("/forgot").await;
    let form = page.filled(&[("username", "alice")]);
    let all = (0..10).map(|_| (pair.house.browser(), form.clone()));
    let pages = pair.at_once(all).await;
    assert_eq!(with_status(&pages, 303), 10);
    let first = pair.house.mail().await.code();
    // Those that met it under way are looked at again soon, and wait for a minute then.
    pair.house.advance(10 * SECOND);
    pair.house.looked().await;
    assert!(pair.house.mails().await.is_empty(), "within the minute");
    pair.house.advance(60 * SECOND);
    let second = pair.house.mail().await.code();
    assert_ne!(first, second);
    for _ in 0..3 {
        pair.house.advance(90 * SECOND);
        assert!(pair.house.mails().await.is_empty(), "two a lifetime");
    }
    let tokens = "SELECT COUNT(*) FROM token WHERE purpose = 'reset'";
    assert_eq!(pair.house.count(tokens).await, 1, "one live token");
    let browser = pair.house.browser();
    assert_eq!(browser.exchange(&first, "alice").await.status, 422);
    assert_eq!(browser.exchange(&second, "alice").await.status, 303);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_every_mail_goes_out_once_though_two_workers_send() {
    let mut pair = Pair::with(&[]).await;
    for n in 0..12 {
        pair.house.add(&format!("person{n}")).await;
    }
    let page = pair.house.browser().get("/forgot").await;
    let form = |n: usize| page.filled(&[("username", &format!("person{n}"))]);
    let all = (0..12).map(|n| (pair.house.browser(), form(n)));
    let pages = pair.at_once(all).await;
    assert_eq!(with_status(&pages, 303), 12);
    let mut to: Vec<_> = pair
        .house
        .mails()
        .await
        .into_iter()
        .flat_map(|mail| mail.to)
        .collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), 12);
    let attempts = "SELECT COUNT(*) FROM delivery_attempt";
    assert_eq!(pair.house.count(attempts).await, 12);
    pair.stop().await;
}

/// A worker that waited for its relay for longer than its lease comes back while another worker is sending, or has sent, the mail.
#[tokio::test(flavor = "multi_thread")]
async fn b6_a_worker_whose_lease_is_over_says_nothing_of_the_mail() {
    for too_late in [false, true] {
        let slow = Relay::start(&[Reply::HoldRcpt]).await;
        let quick = Relay::start(&[Reply::Hold]).await;
        let port = slow.port.to_string();
        let house = House::with(&[("smtp.port", &port), ("reset.send_window", "10m")]).await;
        house.add("alice").await;
        house.browser().ask("alice").await;
        slow.tried(1).await;
        house.advance(8 * MINUTE);
        let port = quick.port.to_string();
        let other = house.replica(0, &[("smtp.port", &port)]).await;
        let mails = quick.got(1).await;
        let mut database = house.database().await;
        if too_late {
            // The other's lease is not over.
            house.advance(150 * SECOND);
        } else {
            let freeze = "UPDATE account SET state = 'frozen'";
            database.execute(freeze, &[]).await;
        }
        slow.gate.send(true).unwrap();
        let abandoned =
            "SELECT COUNT(*) FROM delivery_attempt WHERE number = 1 AND outcome = 'abandoned'";
        until("the slow one to give up", async || {
            (house.count(abandoned).await == 1).then_some(())
        })
        .await;
        let tokens = "SELECT COUNT(*) FROM token WHERE purpose = 'reset'";
        assert_eq!(house.count(tokens).await, 1, "the one that is being mailed");
        let states = "SELECT reset_request.state || ' ' || outbox.state FROM reset_request, outbox";
        assert_eq!(house.texts(states).await, ["requested queued"]);
        quick.gate.send(true).unwrap();
        until("the quick one to be done", async || {
            (house.texts(states).await == ["sent sent"]).then_some(())
        })
        .await;
        assert_eq!((mails.len(), slow.received().len()), (1, 0));
        for event in ["reset_mail_discarded", "reset_mail_expired"] {
            assert!(house.audit(event).await.is_empty(), "{event}");
        }
        other.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_pages_without_a_worker_say_so_and_their_mail_goes_once_there_is_one() {
    let mut house = House::with(&[("worker.enabled", "false")]).await;
    house.add("alice").await;
    works(&house, "nobody").await;
    house.browser().ask("alice").await;
    // What the workers fail at is told, but it takes no page away.
    house.advance(6 * MINUTE);
    let ready = until("overdue mail to be told of", async || {
        let ready = house.browser().get("/health/ready").await;
        ready
            .body
            .contains("\"outbox\":\"failing\"")
            .then_some(ready)
    })
    .await;
    assert_eq!(ready.status, 200, "{}", ready.body);
    assert!(
        ready.body.contains("\"status\":\"ready\""),
        "{}",
        ready.body
    );
    let working = house.replica(0, &[("worker.enabled", "true")]).await;
    let code = house.mail().await.code();
    works(&house, "elsewhere").await;
    working.stop().await;
    works(&house, "nobody").await;
    let page = house.browser().exchange(&code, "alice").await;
    assert_eq!(page.status, 303);
}

/// The clock that counts is put right by an hour: what others mint from then on is good here at once, not when this one has caught up.
#[tokio::test(flavor = "multi_thread")]
async fn b6_a_clock_that_is_set_back_by_an_hour_parts_nobody() {
    let mut house = House::with(&[("worker.enabled", "false")]).await;
    house.add("alice").await;
    let right = house.clock.now();
    house.clock.take(right.plus(HOUR), Instant::now());
    assert!(house.opens("alice", PASSWORD).await, "an hour ahead");
    house.clock.take(right, Instant::now());
    assert!(house.clock.now().since(right) < MINUTE);
    let working = house.replica(0, &[("worker.enabled", "true")]).await;
    let code = house.code("alice").await;
    let page = house.browser().exchange(&code, "alice").await;
    assert_eq!(page.status, 303, "{}", page.body);
    working.stop().await;
}

/// Waits until a server says who works on the outbox: what it found last counts for a second.
async fn works(house: &House, who: &str) {
    let said = format!("\"worker\":\"{who}\"");
    until(&said, async || {
        let ready = house.browser().get("/health/ready").await;
        ready.body.contains(&said).then_some(())
    })
    .await;
}
