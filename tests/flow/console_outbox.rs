//! The console's outbox: what support sees of a mail, and what it can do with one.

use std::collections::BTreeSet;

use crate::support::{Browser, House, MINUTE, PASSWORD, Page, Relay, Reply, until};

const NO_MAILBOX: Reply = Reply::Rcpt("550 5.1.1 <bob@example.org>: no such mailbox");
/// What a relay says to one that has not signed in.
const DENIED: Reply = Reply::Mail("530 5.7.0 authentication required");

/// A house before a relay, with an operator who is signed in and two others.
async fn manned(relay: &Relay) -> (House, Browser) {
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add_with("olga", "olga@example.org", true).await;
    house.add("alice").await;
    house.add("bob").await;
    let olga = house.signed_in("olga", PASSWORD).await;
    (house, olga)
}

/// Asks for a reset and waits until the outbox has dealt with it; the reference that the person sees.
async fn ask(house: &House, name: &str) -> String {
    let page = house.browser().ask(name).await;
    house.settled().await;
    page.text(".reference")
}

/// The page of the only mail that a search finds.
async fn only(olga: &Browser, query: &str) -> Page {
    let page = olga.get(&format!("/console/outbox?{query}")).await;
    assert_eq!(page.status, 200, "{query}");
    let found = links(&page);
    assert_eq!(found.len(), 1, "{query}: {}", page.text(".console"));
    let page = olga.get(&found[0]).await;
    assert_eq!(page.status, 200);
    page
}

/// The addresses of the mails in a list, in order.
fn links(page: &Page) -> Vec<String> {
    let parts = page.body.split("href=\"/console/outbox/").skip(1);
    parts
        .map(|part| format!("/console/outbox/{}", part.split('"').next().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn support_finds_a_mail_by_the_reference_that_is_read_out() {
    let relay = Relay::start(&[Reply::Accept, NO_MAILBOX]).await;
    let (house, olga) = manned(&relay).await;
    let alice = ask(&house, "alice").await;
    let bob = ask(&house, "bob").await;
    let nobody = ask(&house, "nobody").await;

    let page = olga.get("/console/outbox").await;
    assert_eq!((page.status, links(&page).len()), (200, 3), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    for part in ["a…@example.org", "b…@example.org", &alice, &bob, &nobody] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    for whole in ["alice@example.org", "bob@example.org", "elivered"] {
        assert!(!page.body.contains(whole), "{whole}");
    }

    // As it is spoken: small letters, no hyphen.
    let spoken = alice.to_lowercase().replace('-', "");
    let page = only(&olga, &format!("reference={spoken}")).await;
    assert!(
        page.text(".console-facts")
            .contains("accepted by the relay")
    );
    let page = only(&olga, &format!("reference={bob}")).await;
    assert!(page.text(".console-facts").contains("failed"));
    only(&olga, "state=failed").await;
    only(&olga, "state=sent").await;
    let page = only(&olga, &format!("reference={nobody}&state=discarded")).await;
    assert!(
        page.text(".attempt").is_empty(),
        "nothing was sent to nobody"
    );
    let page = olga.get("/console/outbox?state=expired").await;
    assert!(page.text(".console").contains("No mail fits"));

    let page = olga.get("/console/outbox?reference=%3Cb%3E%22").await;
    assert_eq!((page.status, links(&page).len()), (422, 0));
    assert!(page.error("reference").contains("K7QF-2M"), "{}", page.body);
    assert!(
        page.body.contains("value=\"&lt;b&gt;&quot;\""),
        "{}",
        page.body
    );
    for nonsense in ["state=x", "before=x", "before=1-2", "state=x&state=y"] {
        let page = olga.get(&format!("/console/outbox?{nonsense}")).await;
        assert_eq!((page.status, links(&page).len()), (200, 3), "{nonsense}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_shows_its_conversation_and_no_secret() {
    let relay = Relay::start(&[Reply::Message("451 4.3.0 not now"), NO_MAILBOX]).await;
    let (house, olga) = manned(&relay).await;
    let reference = ask(&house, "bob").await;
    house.advance(MINUTE);
    until("two attempts", async || {
        let sql = "SELECT COUNT(*) FROM delivery_attempt WHERE ended_at IS NOT NULL";
        (house.count(sql).await == 2).then_some(())
    })
    .await;
    house.settled().await;
    let page = only(&olga, &format!("reference={reference}")).await;
    assert_eq!(page.body.matches("class=\"attempt\"").count(), 2);
    let newest = page.text(".attempt");
    assert!(newest.starts_with("Attempt 2"), "{newest}");
    for part in [
        "rcpt.unknown",
        "550 5.1.1",
        "MAIL FROM",
        "RCPT TO",
        "delivery",
    ] {
        assert!(newest.contains(part), "{part}: {newest}");
    }
    assert!(page.body.contains("451 4.3.0 not now") && page.body.contains("<rect "));
    for secret in ["bob@example.org", "/reset#"] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
    let (path, last) = (links(&page), "before=2");
    assert!(
        path.iter()
            .all(|link| link.contains("/resend") || link.contains("/drop"))
            || path.is_empty()
    );
    let here = only_path(&olga, &reference).await;
    let page = olga.get(&format!("{here}?{last}")).await;
    assert_eq!(page.body.matches("class=\"attempt\"").count(), 1);
    assert!(page.text(".attempt").starts_with("Attempt 1"));
}

async fn only_path(olga: &Browser, reference: &str) -> String {
    let page = olga
        .get(&format!("/console/outbox?reference={reference}"))
        .await;
    links(&page).remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_sent_again_or_dropped_by_a_form_of_ones_own() {
    let relay = Relay::start(&[NO_MAILBOX]).await;
    let (house, olga) = manned(&relay).await;
    let reference = ask(&house, "bob").await;
    let path = only_path(&olga, &reference).await;
    let page = olga.get(&path).await;
    let resend = page.form(&format!("{path}/resend"));
    assert_eq!(page.forms().len(), 1, "what is over cannot be dropped");

    // GETs, foreign forms and people who are no operators change nothing.
    assert_eq!(olga.get(&format!("{path}/resend")).await.status, 405);
    assert_eq!(olga.get(&format!("{path}/drop")).await.status, 405);
    let forged = resend.clone().fill("csrf", "x");
    assert_eq!(olga.submit(&forged).await.status, 403);
    assert_eq!(olga.post(&resend.action, "").await.status, 403);
    let alice = house.signed_in("alice", PASSWORD).await;
    assert_eq!(alice.submit(&resend).await.status, 404);
    assert_eq!(house.browser().submit(&resend).await.location(), "/sign-in");
    assert_eq!(relay.received().len(), 0);
    for unknown in ["0123456789abcdef0123456789abcdef", &path[16..24], "x"] {
        let body = format!("csrf={}", resend.value("csrf").unwrap());
        let page = olga
            .post(&format!("/console/outbox/{unknown}/resend"), body)
            .await;
        assert_eq!(page.status, 404, "{unknown}");
    }
    let over = olga.post(&format!("{path}/drop"), resend.body()).await;
    assert_eq!(over.status, 409, "{}", over.body);
    assert!(
        over.text("[role=alert]").contains("only what is queued"),
        "{}",
        over.body
    );

    let page = olga.submit(&resend).await;
    assert_eq!(
        (page.status, page.location()),
        (303, format!("{path}?note=resent").as_str())
    );
    assert!(
        olga.get(page.location())
            .await
            .text("[role=status]")
            .contains("Queued again")
    );
    assert_eq!(relay.got(1).await.len(), 1);
    house.settled().await;
    assert!(
        olga.get(&path)
            .await
            .text(".console-facts")
            .contains("accepted by the relay")
    );

    let told = house.reasons("mail_resent").await;
    assert!(told.len() == 1 && told[0].contains("by olga"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn held_mail_says_why_and_what_to_do_and_can_be_dropped() {
    let relay = Relay::start(&[DENIED]).await;
    let (house, olga) = manned(&relay).await;
    let reference = ask(&house, "alice").await;
    let page = olga.get("/console/outbox?state=held").await;
    let banner = page.text(".note.warn");
    for part in [
        "auth.required",
        "1 mail is held",
        "Probe the saved settings",
    ] {
        assert!(banner.contains(part), "{part}: {banner}");
    }
    assert!(page.body.contains("href=\"/console/smtp\""));
    let path = only_path(&olga, &reference).await;
    let page = olga.get(&path).await;
    assert!(
        page.text(".console-facts").contains("held"),
        "{}",
        page.body
    );
    let page = olga.submit(&page.form(&format!("{path}/drop"))).await;
    assert_eq!(
        (page.status, page.location()),
        (303, format!("{path}?note=dropped").as_str())
    );
    let page = olga.get(page.location()).await;
    assert!(page.text("[role=status]").contains("not sent"));
    assert!(
        page.text(".console-facts").contains("dropped by olga"),
        "{}",
        page.body
    );
    house.advance(10 * MINUTE);
    house.settled().await;
    assert_eq!(relay.received().len(), 0);
    assert_eq!(house.reasons("mail_dropped").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_outbox_is_read_page_by_page() {
    let relay = Relay::start(&[]).await;
    let (house, olga) = manned(&relay).await;
    let fill = "INSERT INTO outbox (id, kind, recipient, detail, state, not_before, give_up_at, created_at) \
         VALUES ($1, 'sign_up', 'a@example.org', '{}', 'sent', 0, 0, $2)";
    let mut database = house.database().await;
    database.execute("BEGIN", &[]).await;
    for i in 1..=120 {
        let (id, at) = (format!("{i:032x}"), 1000 + i / 3);
        database.execute(fill, &[id.into(), at.into()]).await;
    }
    database.execute("COMMIT", &[]).await;
    let (mut seen, mut next, mut pages) =
        (BTreeSet::new(), "/console/outbox?state=sent".to_owned(), 0);
    loop {
        let page = olga.get(&next).await;
        let newer = page.text(".pager a[rel=prev]");
        assert_eq!(
            newer.is_empty(),
            pages == 0,
            "a way back from all but the first"
        );
        let all = links(&page);
        for link in &all {
            assert!(seen.insert(link.clone()), "{link} twice");
        }
        pages += 1;
        let older = page.body.split("rel=\"next\" href=\"").nth(1);
        let Some(older) = older else { break };
        assert_eq!(all.len(), 50);
        next = older.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!((seen.len(), pages), (120, 3));
}
