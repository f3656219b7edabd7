//! M12: neither one mailbox nor all the world's can be filled from here.

use postern::domain::identifier::{EmailAddress, Username};
use postern::server::secrets::random_id;
use postern::server::store::NewAccount;

use crate::support::{House, MINUTE, PASSWORD, Relay, until};

/// Asks for a reset as somebody behind the trusted proxy.
async fn ask(house: &House, client: &str, name: &str) -> u16 {
    let browser = house.browser();
    let request = browser.request(reqwest::Method::POST, "/forgot");
    let request = request
        .header("x-forwarded-for", client)
        .header("content-type", "application/x-www-form-urlencoded");
    let page = browser.send(request.body(format!("username={name}"))).await;
    page.status
}

#[tokio::test(flavor = "multi_thread")]
async fn m12_five_hundred_requests_for_one_account_from_everywhere() {
    let mut house = House::with(&[
        ("site.trusted_proxies", "127.0.0.0/8"),
        ("limits.per_identifier", "10"),
        ("limits.per_address", "60"),
    ])
    .await;
    house.add("alice").await;
    let mut statuses = Vec::new();
    for n in 0..500 {
        let name = ["alice", "ALICE", " alice "][n % 3].replace(' ', "+");
        let client = format!("203.0.{}.{}", n / 250, n % 250);
        statuses.push(ask(&house, &client, &name).await);
    }
    let taken = statuses.iter().filter(|status| **status == 303).count();
    assert_eq!(taken, 10, "ten an hour for one name, however it is spelt");
    assert!(statuses[10..].iter().all(|status| *status == 429));
    // Of the ten, two become mails within the life of a token.
    let mut mails = house.mails().await;
    for _ in 0..18 {
        house.advance(MINUTE);
        mails.extend(house.mails().await);
    }
    assert_eq!(mails.len(), 2);
    let newest = mails.pop().unwrap();
    let page = house.browser().exchange(&newest.code(), "alice").await;
    assert_eq!(page.status, 303, "and the owner's link works all the while");
}

/// Three hundred accounts, sixty mails an hour: the others wait, in rows of a bounded size, and what waited too long says that it expired.
#[tokio::test(flavor = "multi_thread")]
async fn m12_requests_for_very_many_meet_the_cap_of_all_sending() {
    const ACCOUNTS: i64 = 300;
    const CAP: i64 = 60;
    let relay = Relay::start(&[]).await;
    let port = relay.port.to_string();
    let house = House::with(&[
        ("smtp.port", &port),
        ("site.trusted_proxies", "127.0.0.0/8"),
        ("limits.per_address", "60"),
        ("limits.mails_per_hour", &CAP.to_string()),
    ])
    .await;
    accounts(&house, ACCOUNTS).await;
    for n in 0..ACCOUNTS {
        let client = format!("203.0.113.{}", n % 200);
        assert_eq!(ask(&house, &client, &format!("person{n}")).await, 303);
    }
    relay.got(CAP as usize).await;
    let counts = async || {
        let mut counts = Vec::new();
        for state in ["sent", "queued", "expired"] {
            let sql = format!("SELECT COUNT(*) FROM outbox WHERE state = '{state}'");
            counts.push(house.count(&sql).await);
        }
        counts
    };
    let becomes = async |expected: [i64; 3]| {
        until("the outbox to settle", async || {
            house.service().mail_queued.notify_one();
            (counts().await == expected).then_some(())
        })
        .await;
    };
    becomes([CAP, ACCOUNTS - CAP, 0]).await;
    assert!(
        house.opens("person0", PASSWORD).await,
        "everything else goes on"
    );
    // Half an hour is the window; what has not gone by then ends, the cap still being reached, and each says so.
    house.advance(31 * MINUTE);
    becomes([CAP, 0, ACCOUNTS - CAP]).await;
    assert_eq!(relay.received().len() as i64, CAP);
    let expired = house.audit("reset_mail_expired").await;
    assert_eq!(
        expired.len() as i64,
        ACCOUNTS - CAP,
        "nothing is dropped in silence"
    );
    // When the hour is over there is room again.
    house.advance(30 * MINUTE);
    assert_eq!(ask(&house, "203.0.113.9", "person299").await, 303);
    becomes([CAP + 1, 0, ACCOUNTS - CAP]).await;
}

/// Accounts without hashing a password for each: all have the first one's.
async fn accounts(house: &House, many: i64) {
    house.add("person0").await;
    let hash = house.account("person0").await.password_hash;
    let mut tx = house.service().store.begin().await.unwrap();
    for n in 1..many {
        let new = NewAccount {
            id: &random_id().unwrap(),
            username: &Username::parse(&format!("person{n}")).unwrap(),
            email: &EmailAddress::parse(&format!("person{n}@example.org")).unwrap(),
            password_hash: &hash,
            operator: false,
            now: house.clock.now(),
        };
        tx.add_account(new).await.unwrap();
    }
    tx.commit().await.unwrap();
}
