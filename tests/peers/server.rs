//! The whole server in front of a real Exim: a reset by a mail that went over STARTTLS and AUTH, also after a wrong password.

use mail_parser::MessageParser;

use crate::flow::{House, until};
use crate::support::Certs;
use crate::support::exim::{ADA, Setup, USER, exim, mails};

const NEW: &str = "seven lanterns drift upstream";

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_by_mail_that_exim_delivered_once_the_password_was_right() {
    let certs = Certs::new();
    let Some(exim) = exim(&Setup {
        tls: Some(&certs.good()),
        ..Setup::default()
    }) else {
        return;
    };
    let (port, ca) = (exim.address.port().to_string(), certs.ca_file());
    let folder = tempfile::tempdir().unwrap();
    let word = |name: &str, password: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, password).unwrap();
        file.display().to_string()
    };
    let settings = [
        ("sandbox.enabled", "false"),
        ("mail.from", "Postern <postern@sender.example>"),
        ("smtp.host", "localhost"),
        ("smtp.port", &port),
        ("smtp.tls", "starttls"),
        ("smtp.username", USER.0),
        ("smtp.password_file", &word("wrong", "not this one")),
        ("smtp.ca_file", &ca.display().to_string()),
    ];
    let mut house = House::with(&settings).await;
    house.add_with("ada", ADA, false).await;
    house.browser().ask("ada").await;
    let held = until("an attempt that failed", async || {
        let rows = house
            .texts("SELECT diagnosis FROM delivery_attempt WHERE diagnosis IS NOT NULL")
            .await;
        rows.first().cloned()
    });
    assert_eq!(held.await, "auth.bad");
    assert!(mails(&exim).is_empty());

    house.stop().await;
    house
        .start_again(&[("smtp.password_file", &word("right", USER.1))])
        .await;
    let source = until("the mail in Exim's maildir", async || mails(&exim).pop()).await;
    let message = MessageParser::default().parse(source.as_bytes()).unwrap();
    let text = message.body_text(0).unwrap();
    let code = text
        .lines()
        .find(|line| line.len() == 43 && !line.contains(' '));
    let browser = house.browser();
    let page = browser.exchange(code.unwrap(), "ada").await;
    assert_eq!(page.location(), "/reset/password", "{}", page.body);
    let page = browser.choose(NEW).await;
    assert_eq!(page.location(), "/reset/done", "{}", page.body);
    assert!(house.opens("ada", NEW).await);
    let logged = house.log();
    assert!(
        !logged.contains(USER.1) && !logged.contains("not this one"),
        "{logged}"
    );
}
