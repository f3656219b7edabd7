//! The account page: where one is signed in, the password, the address; what ends with each change, and who is told.

use crate::support::{Browser, House, PASSWORD, Page, SECOND};

const NEW: &str = "seven lanterns drift upstream";

async fn change_password(browser: &Browser, current: &str, new: &str) -> Page {
    let form = browser.get("/account").await.form("/account/password");
    browser
        .submit(&form.fill("current_password", current).fill("password", new))
        .await
}

async fn change_address(browser: &Browser, current: &str, address: &str) -> Page {
    let form = browser.get("/account").await.form("/account/address");
    browser
        .submit(
            &form
                .fill("current_password", current)
                .fill("email", address),
        )
        .await
}

async fn confirm(browser: &Browser, code: &str, name: &str) -> Page {
    browser
        .fill(
            "/account/verify-address",
            &[("token", code), ("username", name)],
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_the_others_can_be_ended() {
    let house = House::new().await;
    house.add("alice").await;
    let here = house.browser();
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    let form = here
        .get("/sign-in")
        .await
        .filled(&[("username", "alice"), ("password", PASSWORD)]);
    let request = here
        .request(reqwest::Method::POST, "/sign-in")
        .header("user-agent", firefox);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(here.send(request.body(form.body())).await.status, 303);
    let page = here.get("/account").await;
    assert!(
        page.text(".devices").contains("Firefox on Linux"),
        "{}",
        page.text(".devices")
    );
    assert!(page.text(".devices").contains("127.0.0.1"));
    assert!(
        page.forms()
            .iter()
            .all(|form| form.action != "/account/sessions"),
        "nobody else"
    );
    let (one, two) = (
        house.signed_in("alice", PASSWORD).await,
        house.signed_in("alice", PASSWORD).await,
    );
    let page = here.get("/account").await;
    assert_eq!(page.body.matches("<p class=\"browser\">").count(), 3);
    assert_eq!(
        page.body.matches("class=\"badge\"").count(),
        1,
        "this browser"
    );
    let page = here.submit(&page.form("/account/sessions")).await;
    assert_eq!(
        (page.status, page.location()),
        (303, "/account?note=others")
    );
    assert!(here.is_signed_in().await && !one.is_signed_in().await && !two.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t9_a_changed_password_ends_every_other_way_in() {
    let mut house = House::new().await;
    house.add("alice").await;
    let (here, there) = (
        house.signed_in("alice", PASSWORD).await,
        house.signed_in("alice", PASSWORD).await,
    );
    let session = house.verified("alice").await;
    let waiting = session
        .get("/reset/password")
        .await
        .filled(&[("password", "copper beeches rustle")]);
    let code = house.code("alice").await;
    let page = change_password(&here, PASSWORD, NEW).await;
    assert_eq!(
        (page.status, page.location()),
        (303, "/account?note=password"),
        "{}",
        page.body
    );
    assert!(
        here.get(page.location())
            .await
            .text("[role=status]")
            .contains("is changed")
    );
    assert!(here.is_signed_in().await, "this browser stays");
    assert!(!there.is_signed_in().await);
    assert_eq!(
        house.browser().exchange(&code, "alice").await.status,
        422,
        "the mailed token is dead"
    );
    assert_eq!(
        session.submit(&waiting).await.status,
        410,
        "so is the reset in progress"
    );
    assert!(house.opens("alice", NEW).await && !house.opens("alice", PASSWORD).await);
    let told = house.mail().await;
    assert_eq!(told.subject, "Your Postern password was changed");
    assert!(told.link().contains("/not-me#"));
    house.advance(24 * 3_600 * SECOND);
    assert_eq!(
        house.mail().await.subject,
        "Reminder: your Postern password was changed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_password_is_asked_for_and_cannot_be_guessed_at_length() {
    let house = House::with(&[("limits.per_identifier", "6")]).await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    for _ in 0..4 {
        let page = change_password(&browser, "wrong", NEW).await;
        assert_eq!(page.status, 422, "{}", page.body);
        assert!(
            page.error("current_password").contains("not your current"),
            "{}",
            page.body
        );
    }
    assert_eq!(
        house.account("alice").await.sign_in_failures,
        4,
        "they count like failed sign-ins"
    );
    assert_eq!(
        change_address(&browser, "wrong", "next@example.org")
            .await
            .status,
        422
    );
    assert_eq!(change_password(&browser, "", NEW).await.status, 422);
    assert_eq!(
        change_password(&browser, PASSWORD, "weak").await.status,
        422
    );
    let page = change_password(&browser, PASSWORD, NEW).await;
    assert_eq!(page.status, 429, "{}", page.body);
    assert!(page.header("retry-after").parse::<u32>().unwrap() > 0);
    house.advance(3_600 * SECOND);
    assert!(house.opens("alice", PASSWORD).await);
    assert_eq!(change_password(&browser, PASSWORD, NEW).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn t10_a_new_address_counts_once_it_answers_and_ends_old_links() {
    let mut house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let session = house.verified("alice").await;
    let waiting = session
        .get("/reset/password")
        .await
        .filled(&[("password", NEW)]);
    let code = house.code("alice").await;
    let page = change_address(&browser, PASSWORD, "next@example.net").await;
    assert_eq!(
        (page.status, page.location()),
        (303, "/account?note=address-mailed")
    );
    let asked = house.mail().await;
    assert_eq!(asked.to, ["next@example.net"]);
    assert_eq!(
        house.account("alice").await.email,
        "alice@example.org",
        "not before it answers"
    );
    assert!(asked.link().contains("/account/verify-address#"));

    // Whoever holds that mail alone does not know the username.
    let stranger = house.browser();
    assert_eq!(confirm(&stranger, &asked.code(), "").await.status, 422);
    assert_eq!(confirm(&stranger, &asked.code(), "bob").await.status, 422);
    let page = confirm(&stranger, &asked.code(), "alice").await;
    assert_eq!(
        (page.status, page.location()),
        (303, "/sign-in?note=address"),
        "{}",
        page.body
    );
    assert_eq!(house.account("alice").await.email, "next@example.net");
    assert_eq!(
        confirm(&stranger, &asked.code(), "alice").await.status,
        422,
        "used up"
    );

    let told = house.mail().await;
    assert_eq!(told.to, ["alice@example.org"], "the old address is told");
    assert_eq!(told.subject, "Your Postern address was changed");
    assert_eq!(
        house.browser().exchange(&code, "alice").await.status,
        422,
        "the old mail's token is dead"
    );
    assert_eq!(session.submit(&waiting).await.status, 410);
    house.browser().ask("alice").await;
    assert_eq!(house.mail().await.to, ["next@example.net"]);
    // The old address's way to stop a thief.
    let page = house
        .browser()
        .fill("/not-me", &[("token", &told.code()), ("username", "alice")])
        .await;
    assert_eq!(page.location(), "/not-me/done");
    assert_eq!(
        house.mail().await.to,
        ["alice@example.org"],
        "told where the warning went"
    );
    assert!(!browser.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_account_is_not_given_away() {
    let mut house = House::new().await;
    house.add("alice").await;
    house.add("bob").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let taken = change_address(&browser, PASSWORD, "bob@example.org").await;
    let free = change_address(&browser, PASSWORD, "free@example.org").await;
    assert_eq!(taken.masked(&[]), free.masked(&[]));
    let mails = house.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["free@example.org"]);
    // Taken in the meantime: the link does not work, and nothing changes.
    house.add_with("carol", "free@example.org", false).await;
    assert_eq!(
        confirm(&browser, &mails[0].code(), "alice").await.status,
        422
    );
    assert_eq!(house.account("alice").await.email, "alice@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_into_one_form_stays_out_of_the_other() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.signed_in("alice", PASSWORD).await;
    let page = change_address(&browser, PASSWORD, "no address").await;
    assert_eq!(page.status, 422);
    assert_eq!(
        page.form("/account/address").value("email"),
        Some("no address")
    );
    assert!(!page.error("address-email").is_empty(), "{}", page.body);
    assert!(page.error("password").is_empty() && page.error("current_password").is_empty());
    for form in page.forms() {
        assert!(
            form.fields
                .iter()
                .all(|(name, value)| !name.contains("password") || value.is_empty())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_the_account_page_need_a_session() {
    let house = House::new().await;
    house.add("alice").await;
    let browser = house.browser();
    for path in [
        "/account",
        "/account/password",
        "/account/address",
        "/account/sessions",
    ] {
        let page = browser
            .post(
                path,
                format!("password={NEW}&current_password=x&email=a%40b.org"),
            )
            .await;
        assert_eq!(
            (page.status, page.location()),
            (303, "/sign-in"),
            "{path}: {}",
            page.body
        );
        assert_eq!(browser.get(path).await.status, 303);
    }
    assert!(house.opens("alice", PASSWORD).await);
}
