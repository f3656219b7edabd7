//! What is answered must not depend on whether an account exists.

use postern::domain::account::AccountState;
use postern::server::accounts::admin;
use reqwest::Method;

use crate::support::{House, Page, Relay, Reply, percent, port};

/// Asks, and returns both answers without what is drawn anew.
async fn asked(house: &House, name: &str) -> (String, String) {
    let browser = house.browser();
    let page = browser.fill("/forgot", &[("username", name)]).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let sent = browser.get(page.location()).await;
    assert!(browser.jar.lock().unwrap().is_empty(), "no cookie");
    (page.masked(&[]), sent.masked(&[]))
}

fn same(answers: &[(String, String)]) {
    for answer in answers {
        assert_eq!(answer, &answers[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_content() {
    let mut house = House::new().await;
    for name in ["known", "frosty"] {
        house.add(name).await;
    }
    house.add_with("op.desk", "desk@example.org", true).await;
    admin::set_state(house.service(), "frosty", AccountState::Frozen)
        .await
        .unwrap();
    let mut answers = Vec::new();
    for name in [
        "known",
        "nobody",
        "frosty",
        "op.desk",
        "known@example.org",
        "nobody@example.org",
        "KNOWN",
        "?!",
        "аlice",
        "known@example.org\r\nBcc: evil@example.net",
    ] {
        answers.push(asked(&house, name).await);
    }
    same(&answers);
    let mails = house.mails().await;
    assert_eq!(
        mails.len(),
        1,
        "one went out, the others wait or are nobody's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_a_locked_account_and_who_signs_up_again() {
    let mut house = House::new().await;
    for name in ["known", "lockd"] {
        house.add(name).await;
    }
    let code = house.code("lockd").await;
    let browser = house.browser();
    let mut page = browser.exchange(&code, "first").await;
    for name in ["second", "third"] {
        page = browser.submit(&page.filled(&[("username", name)])).await;
    }
    assert!(house.account("lockd").await.lock.is_some());
    house.mails().await;
    let mut answers = Vec::new();
    for name in ["known", "lockd", "nobod"] {
        answers.push(asked(&house, name).await);
    }
    same(&answers);
    assert_eq!(house.mails().await.len(), 1);
    // Asking for an account with an address that has one, and with one that has none.
    let mut pages = Vec::new();
    for email in ["known@example.org", "nobod@example.org"] {
        let browser = house.browser();
        let page = browser.fill("/sign-up", &[("email", email)]).await;
        let sent = browser.get(page.location()).await;
        assert_eq!((page.status, sent.status), (303, 200));
        assert!(browser.jar.lock().unwrap().is_empty());
        pages.push((page.masked(&[]), sent.masked(&[])));
    }
    same(&pages);
    assert_eq!(house.mails().await.len(), 2, "each address hears its own");
}

/// A compressed answer would tell by its length what is in it (BREACH): the size is the same, and what is drawn anew is not packed.
#[tokio::test(flavor = "multi_thread")]
async fn e1_size_as_it_is_on_the_wire() {
    let house = House::new().await;
    house.add("known").await;
    let mut sizes = Vec::new();
    for name in ["known", "nobod", "KNOWN", "аlice"] {
        let browser = house.browser();
        let request = browser.request(Method::POST, "/forgot");
        let request = request
            .header("accept-encoding", "br, gzip, zstd, deflate")
            .header("content-type", "application/x-www-form-urlencoded");
        let name = percent(name.as_bytes());
        let page = browser.send(request.body(format!("username={name}"))).await;
        let sent = browser.request(Method::GET, page.location());
        let sent = browser
            .send(sent.header("accept-encoding", "br, gzip, zstd, deflate"))
            .await;
        for page in [&page, &sent] {
            assert_eq!(page.header("content-encoding"), "");
        }
        let length: usize = sent.header("content-length").parse().unwrap();
        assert_eq!(length, sent.body.len());
        let head = |page: &Page| {
            page.headers
                .iter()
                .map(|(n, v)| n.as_str().len() + v.len())
                .sum::<usize>()
        };
        sizes.push((
            page.status,
            head(&page),
            page.body.len(),
            sent.status,
            head(&sent),
            length,
        ));
    }
    for size in &sizes {
        assert_eq!(size, &sizes[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_smtp_down() {
    let dead = port().to_string();
    let house = House::with(&[("smtp.port", &dead)]).await;
    house.add("known").await;
    let mut answers = Vec::new();
    for name in ["known", "nobody"] {
        answers.push(asked(&house, name).await);
    }
    house.settled().await;
    for name in ["known", "nobody"] {
        answers.push(asked(&house, name).await);
    }
    same(&answers);
    drop(house);
    let relay = Relay::start(&[Reply::Silent, Reply::Silent]).await;
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("known").await;
    let known = asked(&house, "known").await;
    relay.tried(1).await;
    assert_eq!(known, asked(&house, "nobody").await, "while mail hangs");
}

#[tokio::test(flavor = "multi_thread")]
async fn e5_limiter() {
    let house = House::with(&[("limits.per_identifier", "3")]).await;
    house.add("known").await;
    let mut runs = Vec::new();
    for name in ["known", "nobody"] {
        let mut run: Vec<(u16, String)> = Vec::new();
        for spelling in [
            name,
            &name.to_uppercase(),
            &format!("  {name} "),
            name,
            name,
        ] {
            let page = house
                .browser()
                .fill("/forgot", &[("username", spelling)])
                .await;
            let wait = page.header("retry-after").to_owned();
            if page.status == 429 {
                let seconds: u32 = wait.parse().unwrap();
                assert!((1_100..=1_201).contains(&seconds), "{seconds}");
            }
            // Both names have a second of their own.
            let minutes = page.text(".summary");
            let length = format!("content-length: {}", page.header("content-length"));
            let masked = page
                .masked(&[spelling])
                .replace(&wait, "*")
                .replace(&length, "");
            let masked = if page.status == 429 {
                masked.replace(&minutes, "*")
            } else {
                masked
            };
            run.push((page.status, masked));
        }
        runs.push(run);
    }
    let statuses: Vec<_> = runs[0].iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [303, 303, 303, 429, 429], "however it is spelt");
    assert_eq!(runs[0].len(), runs[1].len());
    for (known, nobody) in runs[0].iter().zip(&runs[1]) {
        assert_eq!(known.0, nobody.0);
        if known.0 == 303 {
            assert_eq!(known.1, nobody.1);
        }
    }
    let lines = |text: &str| {
        text.lines()
            .take_while(|line| !line.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&runs[0][4].1), lines(&runs[1][4].1), "headers");
    // Others are not touched.
    assert_eq!(
        house
            .browser()
            .fill("/forgot", &[("username", "somebody")])
            .await
            .status,
        303
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn e7_a_wrong_username_tells_nothing_about_whose_it_is() {
    let mut house = House::new().await;
    for name in ["alice", "carol", "bobby"] {
        house.add(name).await;
    }
    let mut pages: Vec<(Page, String)> = Vec::new();
    for (name, typed) in [("alice", "bobby"), ("carol", "nobod")] {
        let code = house.code(name).await;
        let page = house.browser().exchange(&code, typed).await;
        assert_eq!(page.status, 422);
        let masked = page.masked(&[typed]);
        pages.push((page, masked));
        assert_eq!(house.account(name).await.wrong_usernames, 1);
    }
    assert_eq!(house.account("bobby").await.wrong_usernames, 0);
    assert_eq!(pages[0].1, pages[1].1);
    assert_eq!(pages[0].0.body.len(), pages[1].0.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_never_looks_an_account_up() {
    let mut house = House::new().await;
    house.add("known").await;
    for name in ["known", "nobody"] {
        house.browser().ask(name).await;
    }
    // What it wrote names no account; only the worker finds out.
    let asked = house.audit("reset_requested").await;
    assert_eq!(asked.len(), 2);
    assert!(
        asked
            .iter()
            .all(|row| row.account_id.is_none() && row.client.is_some())
    );
    house.mail().await;
    assert_eq!(
        house.reasons("reset_mail_discarded").await,
        ["unknown account"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_before_a_session_are_the_same_for_everybody() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.code("alice").await;
    for path in [
        "/",
        "/forgot",
        "/reset",
        "/sign-in",
        "/sign-up",
        "/verify",
        "/not-me",
        "/account/verify-address",
    ] {
        let (one, two) = (
            house.browser().get(path).await,
            house.browser().get(path).await,
        );
        assert_eq!(one.status, 200, "{path}");
        assert!(one.cookies().is_empty(), "{path}");
        assert_eq!(one.masked(&[]), two.masked(&[]), "{path}");
    }
}
