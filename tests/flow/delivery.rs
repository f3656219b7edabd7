//! Attempts at a mail against a relay on a script: ladders, holds, the breaker, losses, and what each leaves behind.

use std::time::Duration;

use postern::domain::breaker::Why;
use postern::server::caller::Caller;
use postern::server::mail::outbox::{self, OutboxError, Who};

use crate::support::{House, MINUTE, PASSWORD, Relay, Reply, SECOND, port, until};

/// What a relay says to one that has not signed in.
const DENIED: Reply = Reply::Mail("530 5.7.0 authentication required");

pub async fn house(relay: &Relay) -> House {
    let house = House::with(&[("smtp.port", &relay.port.to_string())]).await;
    house.add("alice").await;
    house
}

/// The code of a reset mail, as it came over the wire.
pub fn code(source: &str) -> String {
    let parsed = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let text = parsed.body_text(0).unwrap().into_owned();
    let link = text.lines().find(|line| line.contains("/reset#")).unwrap();
    link.trim()
        .split(['#', '.'])
        .rev()
        .nth(1)
        .unwrap()
        .to_owned()
}

async fn outcomes(house: &House) -> Vec<String> {
    house
        .texts("SELECT outcome FROM delivery_attempt ORDER BY started_at, number")
        .await
}

/// Waits until that is so in the database.
async fn becomes(house: &House, sql: &str, expected: &[&str]) {
    until(sql, async || {
        (house.texts(sql).await == expected).then_some(())
    })
    .await;
}

const STATE: &str = "SELECT state FROM outbox";
const HELD: &str =
    "SELECT CASE WHEN held THEN 'held' ELSE state END FROM outbox ORDER BY created_at";
const PROBE: &str = "INSERT INTO smtp_probe (id, at, target, protection, saved, stop_after, passed, transcript) \
    VALUES ($1, $2, 'a:25', 'none', $3, $4, TRUE, '{}')";

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_fails_leaves_the_link_alone_that_is_in_the_mailbox() {
    let relay = Relay::start(&[]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    let first = code(&relay.got(1).await[0]);
    house.settled().await;
    // Somebody asks again, and the relay refuses every step before the message.
    for refusal in [
        Reply::Mail("451 4.3.0 not now"),
        Reply::Rcpt("451 4.3.0 not now"),
        Reply::Rcpt("550 5.1.1 no such mailbox"),
    ] {
        relay.then(&[refusal]);
        let tried = relay.tries();
        house.advance(MINUTE);
        if house
            .count("SELECT COUNT(*) FROM outbox WHERE state = 'queued'")
            .await
            == 0
        {
            house.browser().ask("alice").await;
        }
        relay.tried(tried + 1).await;
        house.settled().await;
    }
    assert_eq!(
        house
            .texts("SELECT state FROM outbox ORDER BY created_at")
            .await,
        ["sent", "failed"]
    );
    assert_eq!(house.browser().exchange(&first, "alice").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn quick_faults_are_tried_again_by_the_ladder() {
    let later = Reply::Rcpt("451 4.3.0 try later");
    let relay = Relay::start(&[later; 12]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    let first = house.clock.now();
    house.settled().await;
    // The rungs in seconds, with a tenth of each wait.
    let mut before = 0;
    for (tries, rung) in [10, 30, 60, 120, 210, 300, 450, 630, 840]
        .into_iter()
        .enumerate()
    {
        let wait = rung - before;
        let gone = i64::try_from(house.clock.now().since(first).as_secs()).unwrap();
        let early = rung - wait / 9 - 4 - gone;
        house.advance(Duration::from_secs(u64::try_from(early).unwrap_or(0)));
        house.settled().await;
        if early > 0 {
            assert_eq!(relay.tries(), tries + 1, "too early for {rung}");
        }
        house.advance(Duration::from_secs(
            u64::try_from(2 * (wait / 9 + 4)).unwrap(),
        ));
        relay.tried(tries + 2).await;
        house.settled().await;
        assert_eq!(relay.tries(), tries + 2, "one attempt for {rung}");
        before = rung;
    }
    assert_eq!(house.count("SELECT attempts FROM outbox").await, 10);
    let deferred = house.reasons("mail_deferred").await;
    assert_eq!(deferred.len(), 10);
    assert!(
        deferred[0].starts_with("reset: other.4xx: RCPT: 451 4.3.0 try later"),
        "{deferred:?}"
    );
    // And never after its window, whatever happens.
    house.advance(30 * MINUTE);
    house.settled().await;
    assert_eq!(house.texts(STATE).await, ["expired"]);
    let tries = relay.tries();
    house.advance(60 * MINUTE);
    house.settled().await;
    assert_eq!(relay.tries(), tries);
    assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_how_long_to_wait_is_believed() {
    let relay = Relay::start(&[Reply::Rcpt(
        "450 4.7.1 Greylisted, try again in 420 seconds",
    )])
    .await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    house.settled().await;
    house.advance(415 * SECOND);
    house.settled().await;
    assert_eq!(relay.tries(), 1);
    house.advance(50 * SECOND);
    relay.got(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_settings_holds_the_whole_queue_and_costs_no_attempt() {
    let relay = Relay::start(&[DENIED; 2]).await;
    let house = house(&relay).await;
    house.add("bob").await;
    house.browser().ask("alice").await;
    becomes(&house, HELD, &["held"]).await;
    let shut = house.service().relay_state.borrow().clone().unwrap();
    assert_eq!((shut.why, shut.diagnosis), (Why::Held, "auth.required"));
    house.browser().ask("bob").await;
    // Nobody asks the relay on their behalf: not for five minutes.
    house.advance(4 * MINUTE);
    house.looked().await;
    let health = house.browser().get("/health/ready").await;
    assert_eq!(health.status, 200, "{}", health.body);
    assert!(
        !health.body.contains("auth"),
        "how the relay does is for operators: {}",
        health.body
    );
    assert_eq!(relay.tries(), 1);
    assert_eq!(outcomes(&house).await, ["held"]);
    assert_eq!(
        house
            .texts("SELECT CAST(attempts AS TEXT) FROM outbox ORDER BY created_at")
            .await,
        ["0", "0"]
    );
    // Then one mail looks, and finds it unchanged: nobody is told again.
    house.advance(2 * MINUTE);
    relay.tried(2).await;
    until("the second look to be written down", async || {
        (house
            .count("SELECT COUNT(*) FROM delivery_attempt WHERE outcome = 'held'")
            .await
            == 2)
            .then_some(())
    })
    .await;
    assert_eq!(relay.tries(), 2);
    assert_eq!(house.reasons("relay_held").await.len(), 1);
    // The next look finds it mended, and everything goes.
    house.advance(6 * MINUTE);
    relay.got(2).await;
    house.settled().await;
    assert_eq!(house.texts(STATE).await, ["sent", "sent"]);
    assert_eq!(*house.service().relay_state.borrow(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passed_probe_of_the_saved_settings_lets_held_mail_go() {
    let relay = Relay::start(&[DENIED]).await;
    let house = house(&relay).await;
    let mut database = house.database().await;
    let mut probe = async |at: i64, saved: bool, stop_after: &str| {
        let id = format!("{at}{saved}{stop_after}");
        let values = [id.into(), at.into(), saved.into(), stop_after.into()];
        database.execute(PROBE, &values).await;
    };
    probe(house.clock.now().millis() - 1, true, "rcpt").await;
    house.browser().ask("alice").await;
    becomes(&house, HELD, &["held"]).await;
    house.advance(SECOND);
    let now = house.clock.now().millis();
    // Neither other settings nor one that stopped before AUTH say anything.
    probe(now, false, "rcpt").await;
    probe(now, true, "connect").await;
    house.looked().await;
    assert_eq!(house.texts(HELD).await, ["held"]);
    assert_eq!(relay.tries(), 1);
    probe(now, true, "rcpt").await;
    relay.got(1).await;
    house.settled().await;
    assert_eq!(house.texts(STATE).await, ["sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_from_before_the_clock_went_back_lets_mail_go_once() {
    let relay = Relay::start(&[DENIED; 30]).await;
    let house = house(&relay).await;
    let mut database = house.database().await;
    house.browser().ask("alice").await;
    becomes(&house, HELD, &["held"]).await;
    assert_eq!(relay.tries(), 1);
    // It passed an hour ago by a clock that was ahead by more.
    let at = house.clock.now().plus(60 * MINUTE).millis();
    let values = ["1".into(), at.into(), true.into(), "rcpt".into()];
    database.execute(PROBE, &values).await;
    until("the probe to be heeded", async || {
        (outcomes(&house).await == ["held", "held"]).then_some(())
    })
    .await;
    for _ in 0..3 {
        house.looked().await;
    }
    assert_eq!(relay.tries(), 2, "each look signs in with a bad password");
}

#[tokio::test(flavor = "multi_thread")]
async fn held_mail_is_tried_at_a_start_and_expires_with_its_window() {
    let relay = Relay::start(&[DENIED; 2]).await;
    let mut house = house(&relay).await;
    house.browser().ask("alice").await;
    becomes(&house, HELD, &["held"]).await;
    house.stop().await;
    house.start_again(&[]).await;
    relay.tried(2).await;
    until("the second look to be written down", async || {
        (outcomes(&house).await == ["held", "held"]).then_some(())
    })
    .await;
    house.advance(31 * MINUTE);
    becomes(&house, STATE, &["expired"]).await;
    assert_eq!(house.audit("reset_mail_expired").await.len(), 1);
    assert_eq!(
        house.texts("SELECT state FROM reset_request").await,
        ["expired"]
    );
    assert_eq!(
        relay.tries(),
        2,
        "it was not tried for the last time either"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn three_failures_to_connect_open_the_breaker_and_one_mail_closes_it() {
    let port = port();
    let house = House::with(&[("smtp.port", &port.to_string())]).await;
    for name in ["alice", "bob", "carol"] {
        house.add(name).await;
        house.browser().ask(name).await;
    }
    until("the breaker to open", async || {
        house.service().relay_state.borrow().clone()
    })
    .await;
    until("that it is written down", async || {
        (house.reasons("relay_unreachable").await.len() == 1).then_some(())
    })
    .await;
    let attempts = "SELECT COUNT(*) FROM delivery_attempt";
    assert_eq!(house.count(attempts).await, 3);
    // All three are due after twelve seconds, and none is tried.
    house.advance(12 * SECOND);
    house.looked().await;
    assert_eq!(house.count(attempts).await, 3);
    // One is, after fifteen and a tenth; the other two wait on.
    house.advance(5 * SECOND);
    until("the breaker's probe", async || {
        (house
            .count("SELECT COUNT(*) FROM delivery_attempt WHERE outcome = 'deferred'")
            .await
            == 4)
            .then_some(())
    })
    .await;
    house.looked().await;
    assert_eq!(house.count(attempts).await, 4);
    assert_eq!(
        house.reasons("relay_unreachable").await.len(),
        1,
        "told once"
    );
    // The relay is back: the next one finds out, and the others follow at once.
    let relay = Relay::start_at(port, &[]).await;
    house.advance(MINUTE);
    relay.got(3).await;
    house.settled().await;
    assert_eq!(house.texts(STATE).await, ["sent"; 3]);
    assert_eq!(*house.service().relay_state.borrow(), None);
    assert!(house.opens("alice", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_lost_twice_in_the_hand_over_is_not_sent_a_third_time() {
    let relay = Relay::start(&[Reply::Vanish, Reply::Vanish]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    house.settled().await;
    house.advance(67 * SECOND);
    relay.got(2).await;
    becomes(&house, STATE, &["failed"]).await;
    assert_eq!(outcomes(&house).await, ["lost", "lost"]);
    assert!(
        house.reasons("mail_failed").await[0].starts_with("reset: data.ambiguous: "),
        "{:?}",
        house.reasons("mail_failed").await
    );
    house.advance(30 * MINUTE);
    house.settled().await;
    assert_eq!(relay.tries(), 2);
    assert_eq!(relay.received().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_two_lost_mails_still_opens() {
    let relay = Relay::start(&[Reply::Vanish, Reply::Vanish]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    house.settled().await;
    house.advance(67 * SECOND);
    let newest = code(&relay.got(2).await[1]);
    becomes(&house, STATE, &["failed"]).await;
    assert_eq!(house.browser().exchange(&newest, "alice").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_workers_attempt_is_lost_and_the_next_one_goes_on() {
    let relay = Relay::start(&[]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.got(1).await;
    house.settled().await;
    // As if the worker had been killed after the final dot, with the lease still running.
    let mut database = house.database().await;
    let lease = house.clock.now().millis() + 60_000;
    database
        .execute(
            "UPDATE outbox SET state = 'queued', sent_at = NULL, claimed_until = $1",
            &[lease.into()],
        )
        .await;
    database
        .execute(
            "UPDATE delivery_attempt SET outcome = 'running', ended_at = NULL",
            &[],
        )
        .await;
    house.advance(50 * SECOND);
    house.looked().await;
    assert_eq!(relay.tries(), 1, "the lease still runs");
    house.advance(11 * SECOND);
    relay.got(2).await;
    house.settled().await;
    assert_eq!(outcomes(&house).await, ["lost", "accepted"]);
    let lost = house
        .texts("SELECT diagnosis FROM delivery_attempt WHERE outcome = 'lost'")
        .await;
    assert_eq!(lost, ["data.ambiguous"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_while_the_relay_is_asked_counts() {
    let relay = Relay::start(&[Reply::HoldRcpt]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    // Support freezes the account while the relay thinks about the recipient.
    let mut database = house.database().await;
    database
        .execute("UPDATE account SET state = 'frozen'", &[])
        .await;
    relay.gate.send(true).unwrap();
    house.settled().await;
    becomes(
        &house,
        "SELECT outcome FROM delivery_attempt",
        &["abandoned"],
    )
    .await;
    assert_eq!(house.texts(STATE).await, ["discarded"]);
    assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 0);
    assert!(relay.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_told_apart_from_a_refused_recipient() {
    let relay = Relay::start(&[
        Reply::Data("451 4.3.0 not now"),
        Reply::Message("554 5.7.1 message looks like spam"),
    ])
    .await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    house.settled().await;
    house.advance(12 * SECOND);
    relay.tried(2).await;
    becomes(&house, STATE, &["failed"]).await;
    let rows = house
        .texts("SELECT outcome || ' ' || class || ' ' || diagnosis FROM delivery_attempt ORDER BY number")
        .await;
    assert_eq!(rows[1], "failed blocking block.content", "{rows:?}");
    assert!(rows[0].starts_with("deferred "), "{rows:?}");
    assert_eq!(house.count("SELECT COUNT(*) FROM token").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_keeps_its_transcript_without_the_link() {
    let relay = Relay::start(&[Reply::Rcpt("451 4.3.0 try later")]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    house.settled().await;
    house.advance(12 * SECOND);
    let code = code(&relay.got(1).await[0]);
    house.settled().await;
    let transcripts = house
        .texts("SELECT transcript FROM delivery_attempt ORDER BY number")
        .await;
    assert!(
        transcripts[0].contains("451 4.3.0 try later"),
        "{transcripts:?}"
    );
    assert!(
        transcripts[1].contains("250 2.0.0 queued"),
        "{transcripts:?}"
    );
    for transcript in &transcripts {
        assert!(!transcript.contains(&code) && !transcript.contains("alice@"));
        assert!(transcript.contains("a…@example.org"), "{transcript}");
    }
}

/// What an operator or support does.
const CALLER: Caller = Caller {
    request_id: None,
    client: None,
    user_agent: None,
};

const OLIVIA: Who<'_> = Who {
    caller: &CALLER,
    name: "olivia",
};

/// The id of the only mail.
async fn mail_id(house: &House) -> String {
    house.texts("SELECT id FROM outbox").await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_refused_is_sent_again_from_the_beginning() {
    let relay = Relay::start(&[
        Reply::Rcpt("451 4.3.0 try later"),
        Reply::Rcpt("550 5.1.1 no such mailbox"),
        Reply::Rcpt("451 4.3.0 try later"),
    ])
    .await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    relay.tried(1).await;
    house.settled().await;
    house.advance(12 * SECOND);
    relay.tried(2).await;
    becomes(&house, STATE, &["failed"]).await;
    // An hour later the mailbox is mended, and its window would be long over.
    house.advance(60 * MINUTE);
    let id = mail_id(&house).await;
    let mail = outbox::resend(house.service(), OLIVIA, &id).await.unwrap();
    assert_eq!((mail.attempts, mail.diagnosis), (0, None));
    relay.tried(3).await;
    house.settled().await;
    assert_eq!(house.count("SELECT attempts FROM outbox").await, 1);
    assert_eq!(
        house.texts("SELECT state FROM reset_request").await,
        ["requested"]
    );
    // The ladder begins anew: ten seconds, not as if the first attempt had been an hour ago.
    house.advance(12 * SECOND);
    let code = code(&relay.got(1).await[0]);
    house.settled().await;
    assert_eq!(house.texts(STATE).await, ["sent"]);
    assert_eq!(
        outcomes(&house).await,
        ["deferred", "failed", "deferred", "accepted"]
    );
    assert_eq!(house.browser().exchange(&code, "alice").await.status, 303);
    let resent = house.reasons("mail_resent").await;
    assert_eq!(resent, [format!("reset: by olivia, mail {id}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_being_sent_is_left_alone_and_one_that_was_used_stays_over() {
    let relay = Relay::start(&[Reply::Hold]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    let code = code(&relay.got(1).await[0]);
    let id = mail_id(&house).await;
    for refused in [
        outbox::resend(house.service(), OLIVIA, &id).await,
        outbox::drop_mail(house.service(), OLIVIA, &id).await,
    ] {
        assert!(matches!(refused, Err(OutboxError::Sending)), "{refused:?}");
    }
    relay.gate.send(true).unwrap();
    house.settled().await;
    let browser = house.browser();
    assert_eq!(browser.exchange(&code, "alice").await.status, 303);
    let chosen = browser.choose("seven lanterns drift upstream").await;
    assert_eq!(chosen.status, 303);
    let reset = house
        .texts("SELECT id FROM outbox WHERE kind = 'reset'")
        .await
        .remove(0);
    let used = outbox::resend(house.service(), OLIVIA, &reset).await;
    assert!(matches!(used, Err(OutboxError::Refused(_))), "{used:?}");
    let over = outbox::drop_mail(house.service(), OLIVIA, &reset).await;
    assert!(matches!(over, Err(OutboxError::Refused(_))), "{over:?}");
    assert!(house.audit("mail_resent").await.is_empty());
    // A reminder that is to come tomorrow does not come today.
    let reminder = "SELECT id FROM outbox WHERE kind = 'password_changed_reminder'";
    let reminder = house.texts(reminder).await.remove(0);
    let early = outbox::resend(house.service(), OLIVIA, &reminder).await;
    assert!(matches!(early, Err(OutboxError::Refused(_))), "{early:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_mail_is_not_sent_and_its_link_opens_nothing() {
    // Nobody knows whether the first one came.
    let relay = Relay::start(&[Reply::Vanish]).await;
    let house = house(&relay).await;
    house.browser().ask("alice").await;
    let code = code(&relay.got(1).await[0]);
    house.settled().await;
    let reference = house
        .texts("SELECT reference FROM reset_request")
        .await
        .remove(0);
    outbox::drop_mail(house.service(), OLIVIA, &reference)
        .await
        .unwrap();
    house.advance(30 * MINUTE);
    house.looked().await;
    assert_eq!(relay.tries(), 1);
    assert_eq!(house.texts(STATE).await, ["discarded"]);
    assert_eq!(
        house.texts("SELECT reason FROM reset_request").await,
        ["dropped by olivia"]
    );
    assert_eq!(house.browser().exchange(&code, "alice").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sending_that_comes_to_nothing_leaves_the_first_link_alone() {
    for (second, state) in [
        (Reply::Rcpt("550 5.1.1 no such user"), "failed"),
        (Reply::Rcpt("451 4.7.1 later"), "discarded"),
        (DENIED, "expired"),
    ] {
        let relay = Relay::start(&[Reply::Accept, second]).await;
        let port = relay.port.to_string();
        let house = House::with(&[("smtp.port", &port), ("reset.send_window", "5m")]).await;
        house.add("alice").await;
        house.browser().ask("alice").await;
        let code = code(&relay.got(1).await[0]);
        house.settled().await;
        let id = mail_id(&house).await;
        house.advance(MINUTE);
        outbox::resend(house.service(), OLIVIA, &id).await.unwrap();
        relay.tried(2).await;
        until("the second sending to be written down", async || {
            let running = "SELECT COUNT(*) FROM delivery_attempt WHERE outcome = 'running'";
            (outcomes(&house).await.len() == 2 && house.count(running).await == 0).then_some(())
        })
        .await;
        match state {
            "discarded" => {
                let dropped = outbox::drop_mail(house.service(), OLIVIA, &id).await;
                dropped.unwrap();
            }
            "expired" => house.advance(6 * MINUTE),
            _ => {}
        }
        becomes(&house, STATE, &[state]).await;
        let opened = house.browser().exchange(&code, "alice").await;
        assert_eq!(opened.status, 303, "the second sending is {state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_domain_that_a_stranger_signs_up_with_shuts_nothing() {
    // The first quotes an address; the second quotes a name that nobody can tell from the server's own words.
    let quoted =
        "450 4.1.2 <x@nosuch-dkim-name.example>: Recipient address rejected: Domain not found";
    let bare = "550 5.1.2 there is no nosuch-dmarc-name.example";
    let relay = Relay::start(&[Reply::Rcpt(quoted), Reply::Rcpt(bare)]).await;
    let house = house(&relay).await;
    let found = "SELECT diagnosis FROM delivery_attempt ORDER BY started_at";
    for (address, diagnoses) in [
        ("x@nosuch-dkim-name.example", &["rcpt.domain"][..]),
        (
            "x@nosuch-dmarc-name.example",
            &["rcpt.domain", "block.dmarc"],
        ),
    ] {
        let page = house
            .browser()
            .fill("/sign-up", &[("email", address)])
            .await;
        assert_eq!(page.status, 303);
        becomes(&house, found, diagnoses).await;
        assert_eq!(*house.service().relay_state.borrow(), None);
    }
    assert_eq!(outcomes(&house).await, ["deferred", "held"]);
    // Somebody else's mail leaves at once, and nobody was woken.
    house.browser().ask("alice").await;
    assert!(relay.got(1).await[0].contains("alice@example.org"));
    assert!(house.reasons("relay_held").await.is_empty());
    let log = house.log();
    let mut about = log.lines().filter(|line| line.contains("block.dmarc"));
    assert!(about.clone().any(|line| line.contains("mail held")));
    assert!(!about.any(|line| line.contains("ERROR")), "{log}");
}
