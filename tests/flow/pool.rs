//! B5: all connections to the database are held: the same answer for everybody, and it goes on afterwards.

use crate::support::{House, PASSWORD, until};

#[tokio::test(flavor = "multi_thread")]
async fn b5_all_connections_held_is_503_for_everybody_and_passes() {
    let mut house = House::with(&[("database.busy_timeout", "100ms")]).await;
    house.add("alice").await;
    let code = house.code("alice").await;
    let store = house.service().store.clone();
    let mut held = Vec::new();
    loop {
        let (writer, reader) = (store.begin().await, store.read().await);
        if writer.is_err() && reader.is_err() {
            break;
        }
        held.extend(writer.into_iter().chain(reader));
    }
    let browser = house.browser();
    let mut answers = Vec::new();
    for name in ["alice", "nobody"] {
        let page = browser.fill("/forgot", &[("username", name)]).await;
        assert_eq!(page.status, 503, "{}", page.body);
        assert_eq!(page.header("retry-after"), "5");
        let length = format!("content-length: {}", page.header("content-length"));
        answers.push(page.masked(&[name]).replace(&length, ""));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(browser.exchange(&code, "alice").await.status, 503);
    assert_eq!(browser.sign_in("alice", PASSWORD).await.status, 503);
    assert_eq!(browser.get("/health/live").await.status, 200);
    drop(held);
    until("ready again", async || {
        (browser.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(
        browser.exchange(&code, "alice").await.status,
        303,
        "the code was not burnt"
    );
}
