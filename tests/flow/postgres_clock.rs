//! Servers whose machines' clocks are wrong by an hour, over one PostgreSQL (B6): the database's clock is the one that counts.

use postern::server::Running;

use crate::support::{Browser, House, SECOND};

const HOUR_MS: i64 = 3_600_000;
/// What the settings say by default, in seconds.
const LIFETIME: u32 = 20 * 60;

fn browser(of: &Running) -> Browser {
    let origin = format!("http://{}", of.address);
    Browser::new(&origin, &of.service.config.site.public_url)
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_a_clock_that_is_behind_revives_no_token() {
    let mut house = House::new().await;
    house.add("alice").await;
    let behind = house
        .replica(-HOUR_MS, &[("worker.enabled", "false")])
        .await;
    let code = house.code("alice").await;
    house.advance(LIFETIME * SECOND);
    let page = browser(&behind).exchange(&code, "alice").await;
    assert_eq!(page.status, 422, "{}", page.body);
    behind.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_a_clock_that_is_ahead_ends_no_token_early() {
    let mut house = House::new().await;
    house.add("alice").await;
    let ahead = house.replica(HOUR_MS, &[("worker.enabled", "false")]).await;
    let code = house.code("alice").await;
    house.advance((LIFETIME - 10) * SECOND);
    let page = browser(&ahead).exchange(&code, "alice").await;
    assert_eq!(page.status, 303, "{}", page.body);
    ahead.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_what_a_wrong_clock_mints_lives_as_long_as_any() {
    for wrong_by in [HOUR_MS, -HOUR_MS] {
        let mut house = House::with(&[("worker.enabled", "false")]).await;
        house.add("alice").await;
        let minter = house.replica(wrong_by, &[("worker.enabled", "true")]).await;
        house.browser().ask("alice").await;
        let mail = house.mail().await;
        let lifetime = mail.ends_at() - house.clock.now().millis() / 1_000;
        assert!(
            (i64::from(LIFETIME) - 30..=i64::from(LIFETIME)).contains(&lifetime),
            "{lifetime}"
        );
        house.advance(LIFETIME * SECOND);
        let page = house.browser().exchange(&mail.code(), "alice").await;
        assert_eq!(page.status, 422, "{wrong_by}: {}", page.body);
        minter.stop().await;
    }
}
