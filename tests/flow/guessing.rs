//! Guesses in numbers: at tokens, from one address and from everywhere, and from one address that claims to be many.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Browser, HOUR, House, until};

/// Posts all, a few at a time, each as the client that it says; the statuses.
async fn posted(house: &House, path: &'static str, all: Vec<(String, String)>) -> Vec<u16> {
    let few = Arc::new(Semaphore::new(16));
    let mut tasks = JoinSet::new();
    // One browser keeps its connections; it holds no cookie, as none of these answers sets one.
    let browser: Arc<Browser> = Arc::new(house.browser());
    for (client, body) in all {
        let (browser, few) = (browser.clone(), few.clone());
        tasks.spawn(async move {
            let _turn = few.acquire_owned().await.unwrap();
            let request = browser
                .request(reqwest::Method::POST, path)
                .header("x-forwarded-for", client)
                .header("content-type", "application/x-www-form-urlencoded");
            let page = browser.send(request.body(body)).await;
            assert!(page.cookies().is_empty());
            page.status
        });
    }
    tasks.join_all().await
}

/// A well-formed token that nobody was mailed, another for each number.
fn guess(n: usize) -> String {
    format!("username=alice&token={n:0>42}A")
}

#[tokio::test(flavor = "multi_thread")]
async fn t1_guesses_from_everywhere_hit_nothing_and_raise_the_alarm_once() {
    const CLIENTS: usize = 100;
    const EACH: usize = 10;
    let mut house = House::with(&[
        ("site.trusted_proxies", "127.0.0.0/8"),
        ("limits.per_address", "8"),
        ("limits.wrong_codes_per_hour", "300"),
    ])
    .await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let all = (0..CLIENTS * EACH)
        .map(|n| (format!("198.51.100.{}", n % CLIENTS), guess(n)))
        .collect();
    let statuses = posted(&house, "/reset", all).await;
    // Each address has its own limit, and no guess a hit.
    let wrong = statuses.iter().filter(|status| **status == 422).count();
    let limited = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(wrong + limited, CLIENTS * EACH);
    assert_eq!(wrong, CLIENTS * 8);
    assert_eq!(house.count("SELECT COUNT(*) FROM reset_session").await, 0);
    assert_eq!(house.account("alice").await.wrong_usernames, 0);
    assert_eq!(house.audit("authn_token_refused").await.len(), wrong);
    // Nobody's limit shows that they are many; the alarm does, once an hour, in the audit and in the log.
    let alarms = house.audit("wrong_codes_alarm").await;
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0].outcome, "refused");
    assert!(house.log().contains("wrong_codes_alarm"));
    // The link that is in the mailbox works all the while.
    let page = house.browser().exchange(&code, "alice").await;
    assert_eq!(page.status, 303, "{}", page.body);
    house.advance(HOUR);
    let again = (0..CLIENTS * 8)
        .map(|n| (format!("198.51.100.{}", n % CLIENTS), guess(n)))
        .collect();
    posted(&house, "/not-me", again).await;
    until("the next hour's alarm", async || {
        let alarms = house.audit("wrong_codes_alarm").await.len();
        (alarms == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w4_a_thousand_claimed_addresses_are_one() {
    let house = House::with(&[("limits.per_address", "20")]).await;
    let all = (0..1_000)
        .map(|n| {
            let claimed = format!("203.0.{}.{}", n / 250, n % 250);
            (claimed, format!("username=person{n}"))
        })
        .collect();
    let statuses = posted(&house, "/forgot", all).await;
    let taken = statuses.iter().filter(|status| **status == 303).count();
    assert_eq!(taken, 20);
    assert!(statuses.iter().all(|status| [303, 429].contains(status)));
    let clients = "SELECT DISTINCT client FROM audit_event WHERE client IS NOT NULL";
    assert_eq!(house.texts(clients).await, ["127.0.0.1"]);
}
