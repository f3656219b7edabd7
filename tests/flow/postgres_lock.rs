//! One row of PostgreSQL's, held by somebody else: a clear answer, and nothing false is written down.

use crate::support::{House, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_for_an_account_that_is_held_is_503_and_no_attack() {
    let mut house = House::with(&[("database.busy_timeout", "200ms")]).await;
    house.add("alice").await;
    let reset = house.verified("alice").await;
    let form = reset
        .get("/reset/password")
        .await
        .filled(&[("password", "seven lanterns drift upstream")]);
    let mut other = house.database().await;
    other.execute("BEGIN", &[]).await;
    let hold = "SELECT id FROM account WHERE username = 'alice' FOR UPDATE";
    assert_eq!(other.rows::<(String,)>(hold, &[]).await.len(), 1);

    let page = reset.submit(&form).await;
    assert_eq!(
        (page.status, page.header("retry-after")),
        (503, "5"),
        "{}",
        page.body
    );
    assert!(page.problem().contains("busy"), "{}", page.problem());

    other.execute("ROLLBACK", &[]).await;
    assert!(house.audit("sequence_fail").await.is_empty());
    assert!(house.opens("alice", PASSWORD).await);
    assert_eq!(
        reset.submit(&form).await.location(),
        "/reset/done",
        "the session was not spent"
    );
    assert!(house.opens("alice", "seven lanterns drift upstream").await);
}
