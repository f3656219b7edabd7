//! A relay that takes the recipient and then refuses the mail: the link that is in the mailbox goes on working.

use crate::delivery::{code, house};
use crate::support::{MINUTE, Relay, Reply};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_late_leaves_the_link_before_it_alone() {
    for refusal in [
        Reply::Data("454 4.7.0 Throttling failure: Maximum sending rate exceeded"),
        Reply::Message("554 5.7.1 Message rejected"),
        Reply::Message("452 4.3.1 Insufficient system storage"),
    ] {
        let relay = Relay::start(&[Reply::Accept, refusal]).await;
        let house = house(&relay).await;
        house.browser().ask("alice").await;
        let first = code(&relay.got(1).await[0]);
        house.settled().await;
        // A stranger asks for her once more, while the relay is in a bad mood.
        house.advance(2 * MINUTE);
        house.browser().ask("alice").await;
        relay.tried(2).await;
        house.looked().await;
        let page = house.browser().exchange(&first, "alice").await;
        assert_eq!(page.status, 303, "{refusal:?}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_yes_to_the_final_dot_is_a_mail_handed_over() {
    let relay = Relay::start(&[Reply::Message("251 2.0.0 taken")]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    house.looked().await;
    assert_eq!(house.texts("SELECT state FROM outbox").await, ["sent"]);
    house.advance(20 * MINUTE);
    house.looked().await;
    assert_eq!(relay.tries(), 1);
}
