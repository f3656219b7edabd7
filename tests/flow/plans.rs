//! Large tables: with a million accounts and a million old requests, every statement of the flow finds its rows by an index. The
//! statements are not listed here: the whole flow runs, what sqlx logs of it is collected, and the database is asked for each plan.

mod large;
mod statements;

use std::collections::BTreeMap;
use std::time::Duration;

use postern::server::store::{AuditFilter, MailFilter};

use crate::support::{Browser, House, PASSWORD, until};
use crate::support_db::Raw;

const NEW: &str = "seven lanterns drift upstream";
const ANOTHER: &str = "copper beeches rustle at dusk";
/// Indexes of few rows: going along one of them is no look at the table.
const SMALL_INDEXES: [&str; 1] = ["outbox_held"];
/// What may look at more, and why: by a part of the statement.
const MAY_SCAN: [(&str, &str); 5] = [
    (
        "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND not_before <= $1",
        "the tests' own: how they wait for the worker",
    ),
    (
        "SELECT id FROM account LIMIT 1",
        "whether the database answers: any one row does",
    ),
    (
        "SELECT 1 FROM account LIMIT 1",
        "whether there is any account: any one row does",
    ),
    (
        "FROM account ORDER BY username LIMIT",
        "the command line's list, page by page, along an index",
    ),
    (
        "SELECT state, held, COUNT(*) FROM outbox GROUP BY",
        "the console counts all mail",
    ),
];

/// Everything that people, support and the worker do, once.
async fn flow(house: &mut House, suffix: &str) {
    let name = |name: &str| format!("{name}{suffix}");
    let (alice, bob, root) = (name("alice"), name("bob"), name("root"));
    house.add(&alice).await;
    house.add(&bob).await;
    house
        .add_with(&root, &format!("{root}@example.org"), true)
        .await;
    // Sign-up, with a slip.
    let browser = house.browser();
    let new = name("carol");
    browser
        .fill("/sign-up", &[("email", &format!("{new}@example.org"))])
        .await;
    let code = house.mail().await.code();
    for (username, password) in [(&alice, PASSWORD), (&new, PASSWORD)] {
        let fields = [
            ("token", code.as_str()),
            ("username", username),
            ("password", password),
        ];
        browser.fill("/verify", &fields).await;
    }
    assert!(house.opens(&new, PASSWORD).await, "signed up");
    // Sign-in, wrong and right; the account page with all that it does.
    browser.sign_in(&alice, "wrong").await;
    browser.sign_in("nobody", "wrong").await;
    house.advance(Duration::from_secs(5));
    let signed_in = house.signed_in(&alice, PASSWORD).await;
    house.advance(Duration::from_secs(120));
    let other = house.signed_in(&alice, PASSWORD).await;
    let on_account = async |browser: &Browser, action: &str, fields: &[(&str, &str)]| {
        let mut form = browser.get("/account").await.form(action);
        for (field, value) in fields {
            form = form.fill(field, value);
        }
        let page = browser.submit(&form).await;
        assert!([303, 422].contains(&page.status), "{action}: {}", page.body);
    };
    let current = ("current_password", PASSWORD);
    on_account(
        &signed_in,
        "/account/password",
        &[current, ("password", "weak")],
    )
    .await;
    on_account(&signed_in, "/account/sessions", &[]).await;
    assert!(!other.is_signed_in().await);
    on_account(
        &signed_in,
        "/account/password",
        &[current, ("password", NEW)],
    )
    .await;
    let mut notices = house.mails().await;
    let address = format!("{alice}@example.net");
    let fields = [("current_password", NEW), ("email", address.as_str())];
    on_account(&signed_in, "/account/address", &fields).await;
    let code = house.mail().await.code();
    let fields = [("token", code.as_str()), ("username", alice.as_str())];
    let page = browser.fill("/account/verify-address", &fields).await;
    assert_eq!(page.status, 303, "{}", page.body);
    notices.extend(house.mails().await);
    // The reset: nobody's, wrong code, wrong username, right; refused and taken password; the link again.
    browser.ask("nobody").await;
    house.advance(Duration::from_secs(120));
    let code = house.code(&bob).await;
    browser.exchange(&format!("{:0>42}A", 1), &bob).await;
    let reset = house.browser();
    reset.exchange(&code, "somebody").await;
    let page = reset.exchange(&code, &bob).await;
    assert_eq!(page.location(), "/reset/password", "{}", page.body);
    reset.choose("weak").await;
    assert_eq!(reset.choose(ANOTHER).await.location(), "/reset/done");
    reset.exchange(&code, &bob).await;
    notices.extend(house.mails().await);
    // Three wrong usernames lock, support unlocks; "this was not me" freezes.
    house.advance(Duration::from_secs(120));
    let code = house.code(&bob).await;
    let wrong = house.browser();
    for name in ["x", "y", "z"] {
        let form = wrong.get("/reset").await;
        let form = form.filled(&[("token", &code), ("username", name)]);
        wrong.submit(&form).await;
    }
    notices.extend(house.mails().await);
    let not_me = notices.iter().find(|mail| mail.text.contains("/not-me#"));
    let code = not_me.expect("a notice with its link").code();
    for name in ["somebody", bob.as_str(), alice.as_str()] {
        let fields = [("token", code.as_str()), ("username", name)];
        browser.fill("/not-me", &fields).await;
    }
    house.mails().await;
    // The console and health.
    let operator = house.signed_in(&root, PASSWORD).await;
    for page in [
        "/console/outbox",
        "/console/outbox?state=failed",
        "/console/outbox?state=queued",
        "/console/smtp",
        "/health/ready",
    ] {
        operator.get(page).await;
    }
    // Support, from the command line.
    let account = house.account(&bob).await.id;
    let mut tx = house.service().store.read().await.unwrap();
    for (account_id, event) in [
        (Some(account), None),
        (None, Some("account_freeze".to_owned())),
    ] {
        let filter = AuditFilter {
            account_id,
            event,
            limit: 50,
            ..AuditFilter::default()
        };
        assert!(!tx.audit_events(&filter).await.unwrap().is_empty());
    }
    for (held, reference) in [(Some(true), None), (None, Some("ABCD".to_owned()))] {
        let filter = MailFilter {
            held,
            reference,
            limit: 50,
            ..MailFilter::default()
        };
        assert!(tx.mails(&filter).await.unwrap().is_empty());
    }
    assert!(tx.mails_by_prefix("abcd").await.unwrap().len() < 2);
    drop(tx);
    // Old sessions, tokens, requests, mails and events are forgotten.
    house.advance(Duration::from_secs(3_600));
    house.mails().await;
}

fn judge(statement: &str, plan: &[String], large: &[&str]) -> Vec<String> {
    statements::scans(plan)
        .into_iter()
        .filter(|(table, line)| {
            large.contains(&table.as_str())
                && !SMALL_INDEXES.iter().any(|index| line.contains(index))
        })
        .map(|(table, line)| format!("{statement}\n      {table}: {line}"))
        .collect()
}

async fn plan(database: &mut Raw, name: &str, statement: &str) -> Vec<String> {
    match database {
        Raw::Sqlite(_) => {
            let explain = format!("EXPLAIN QUERY PLAN {statement}");
            let rows: Vec<(i64, i64, i64, String)> = database.rows(&explain, &[]).await;
            rows.into_iter().map(|(_, _, _, detail)| detail).collect()
        }
        Raw::Postgres(_) => {
            let values = vec!["NULL"; statements::parameters(statement)].join(", ");
            let values = if values.is_empty() {
                values
            } else {
                format!("({values})")
            };
            database
                .execute(&format!("PREPARE {name} AS {statement}"), &[])
                .await;
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE {name}{values}");
            let rows: Vec<(String,)> = database.rows(&explain, &[]).await;
            rows.into_iter().map(|(line,)| line).collect()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_of_the_flow_finds_its_rows_by_an_index() {
    let mut house = House::new().await;
    flow(&mut house, "").await;
    until("the last of what is swept", async || {
        let swept = house.log().contains("DELETE FROM audit_event");
        swept.then_some(())
    })
    .await;
    let mut database = house.database().await;
    house.stop().await;
    let took = large::fill(&mut database).await;
    house.start_again(&[]).await;
    eprintln!("filled in {took:?}");
    // Once more on the large tables, for the time that it takes.
    let before = house.log().len();
    let began = std::time::Instant::now();
    flow(&mut house, "2").await;
    eprintln!("the flow on large tables took {:?}", began.elapsed());
    let log = house.log();
    let slowest = statements::times(&log[before..]);
    house.stop().await;

    let all = statements::of(&log);
    assert!(all.len() > 60, "only {} statements were caught", all.len());
    if let Raw::Postgres(_) = &database {
        database
            .execute("SET plan_cache_mode = force_generic_plan", &[])
            .await;
    }
    let mut faults = Vec::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, statement) in all.iter().enumerate() {
        if let Some((part, _)) = MAY_SCAN.iter().find(|(part, _)| statement.contains(part)) {
            *used.entry(part).or_default() += 1;
            continue;
        }
        let plan = plan(&mut database, &format!("asked{n}"), statement).await;
        faults.extend(judge(statement, &plan, &large::TABLES));
    }
    eprintln!("{} statements, allowed to scan: {used:?}", all.len());
    for (took, statement) in slowest.iter().take(12) {
        let statement: String = statement.chars().take(110).collect();
        eprintln!("{:9.3} ms  {statement}", took * 1_000.0);
    }
    assert!(
        faults.is_empty(),
        "{} plans look at whole tables:\n{}",
        faults.len(),
        faults.join("\n")
    );
    // The judge can tell: what has no index is found out.
    let scan = "SELECT id FROM reset_request WHERE reason = $1";
    let plan = plan(&mut database, "scanning", scan).await;
    assert_eq!(judge(scan, &plan, &large::TABLES).len(), 1, "{plan:?}");
}
