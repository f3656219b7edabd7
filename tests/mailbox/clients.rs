//! Programs that no one here wrote, over TLS, with credentials, and against a script: Python's smtplib and swaks.

use postern::server::config::Sandbox;
use postern::server::secrets::Secret;

use crate::smtp::{has_swaks, run};
use crate::support::House;

async fn strict() -> House {
    House::with(Sandbox {
        starttls: true,
        credentials: Some(("ada".into(), Secret::new("hunter2".into()))),
        ..Sandbox::default()
    })
    .await
}

/// The authority's certificate as a file.
fn trusted(house: &House) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), house.mailbox.ca_pem()).unwrap();
    file
}

#[tokio::test]
async fn pythons_smtplib_verifies_signs_in_and_is_refused() {
    let mut house = strict().await;
    let ca = trusted(&house);
    let program = r#"
import smtplib, ssl, sys
ports, trust = [int(sys.argv[1]), int(sys.argv[2])], ssl.create_default_context(cafile=sys.argv[3])
with smtplib.SMTP("localhost", ports[0], timeout=15) as smtp:
    smtp.starttls(context=trust)
    try:
        smtp.sendmail("me@example.org", ["ada@localhost"], "Subject: no\r\n\r\n")
        sys.exit("taken without a sign-in")
    except smtplib.SMTPSenderRefused as error:
        assert (error.smtp_code, error.smtp_error[:5]) == (530, b"5.7.0"), error
    try:
        smtp.login("ada", "wrong")
        sys.exit("signed in with a wrong password")
    except smtplib.SMTPAuthenticationError as error:
        assert error.smtp_code == 535, error
    smtp.login("ada", "hunter2")
    smtp.sendmail("me@example.org", ["ada@localhost"], "Subject: starttls\r\n\r\n")
with smtplib.SMTP_SSL("127.0.0.1", ports[1], timeout=15, context=trust) as smtp:
    smtp.ehlo()
    token = lambda challenge=None: "user=ada\x01auth=Bearer hunter2\x01\x01"
    assert smtp.auth("XOAUTH2", token)[0] == 235
    smtp.sendmail("me@example.org", ["ada@localhost"], "Subject: implicit\r\n\r\n")
try:
    with smtplib.SMTP("localhost", ports[0], timeout=15) as smtp:
        smtp.starttls(context=ssl.create_default_context())
    sys.exit("trusted an authority that nobody trusts")
except ssl.SSLCertVerificationError as error:
    assert "self-signed certificate in certificate chain" in str(error) or "unable to get local issuer" in str(error), error
"#;
    let (plain, tls) = (
        house.smtp.port().to_string(),
        house.smtps.port().to_string(),
    );
    run(
        "python3",
        &["-c", program, &plain, &tls, ca.path().to_str().unwrap()],
    )
    .await;
    assert_eq!(house.arrival().await.subject, "starttls");
    assert_eq!(house.arrival().await.subject, "implicit");
}

#[tokio::test]
async fn pythons_ssl_says_what_is_wrong_with_each_certificate() {
    let house = House::new().await;
    let ca = trusted(&house);
    let program = r#"
import smtplib, ssl, sys
trust = ssl.create_default_context(cafile=sys.argv[2])
try:
    with smtplib.SMTP("localhost", int(sys.argv[1]), timeout=15) as smtp:
        smtp.starttls(context=trust)
    sys.exit("nothing was wrong")
except (ssl.SSLError, OSError) as error:
    assert sys.argv[3] in str(error).lower(), error
"#;
    let port = house.smtp.port().to_string();
    for (script, complaint) in [
        ("TLS:expired", "certificate has expired"),
        ("TLS:not-yet-valid", "certificate is not yet valid"),
        ("TLS:wrong-name", "certificate is not valid for 'localhost'"),
        ("TLS:self-signed", "self-signed certificate"),
        ("TLS:unknown-issuer", "unable to get local issuer"),
        ("TLS:alert", "handshake failure"),
        ("TLS:garbage", "wrong_version_number"),
        ("TLS:old-version", "unsupported_protocol"),
        ("TLS:close", "eof"),
    ] {
        house.mailbox.faults().set(script).unwrap();
        run(
            "python3",
            &["-c", program, &port, ca.path().to_str().unwrap(), complaint],
        )
        .await;
    }
}

#[tokio::test]
async fn swaks_over_tls_with_credentials() {
    if !has_swaks() {
        return;
    }
    let mut house = strict().await;
    let ca = trusted(&house);
    let (plain, tls) = (
        house.smtp.port().to_string(),
        house.smtps.port().to_string(),
    );
    let usual = [
        "--server",
        "localhost",
        "--to",
        "ada@localhost",
        "--from",
        "me@example.org",
        "--timeout",
        "15",
    ];
    let trust = ["--tls-verify", "--tls-ca-path", ca.path().to_str().unwrap()];
    for (how, mechanism) in [
        (["--tls", "--port", &plain], "PLAIN"),
        (["--tls-on-connect", "--port", &tls], "LOGIN"),
    ] {
        let subject = format!("Subject: {mechanism}");
        let auth = [
            "--auth",
            mechanism,
            "--auth-user",
            "ada",
            "--auth-password",
            "hunter2",
            "--header",
            &subject,
        ];
        run("swaks", &[&usual[..], &how, &trust, &auth].concat()).await;
        let message = house.arrival().await;
        assert_eq!(message.subject, mechanism);
        let record = house
            .mailbox
            .session(message.session.as_ref().unwrap())
            .unwrap();
        assert!(record.tls.unwrap().starts_with("TLS 1."));
        assert!(
            record
                .lines
                .iter()
                .all(|line| !line.text.contains("aHVudGVyMg"))
        );
    }
}

/// swaks says by its exit code where it failed: 23 MAIL, 24 RCPT, 25 DATA, 26 the final dot, 28 AUTH, 29 TLS, 21 the banner, 22 EHLO.
#[tokio::test]
async fn swaks_fails_where_the_script_says() {
    if !has_swaks() {
        return;
    }
    let house = House::new().await;
    let server = house.smtp.to_string();
    let usual = [
        "--server",
        &server,
        "--to",
        "ada@localhost",
        "--from",
        "me@example.org",
        "--timeout",
        "15",
    ];
    for (script, more, exit) in [
        ("BANNER:554 5.7.1 No", &[][..], 21),
        ("EHLO:550 5.7.1 No;HELO:550 5.7.1 No", &[], 22),
        ("MAIL:451 4.3.0 Later", &[], 23),
        ("RCPT:451 4.7.1 Greylisted", &[], 24),
        ("DATA:554 5.5.1 No", &[], 25),
        ("DOT:552 5.3.4 Too large", &[], 26),
        (
            "AUTH:535 5.7.8 Wrong",
            &[
                "--auth",
                "PLAIN",
                "--auth-user",
                "a",
                "--auth-password",
                "b",
            ],
            28,
        ),
        ("EHLO:no STARTTLS", &["--tls"], 29),
        ("STARTTLS:454 4.7.0 No", &["--tls"], 29),
        ("TLS:alert", &["--tls"], 29),
    ] {
        house.mailbox.faults().set(script).unwrap();
        let arguments = [&usual[..], more]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let ran = tokio::task::spawn_blocking(move || {
            std::process::Command::new("swaks").args(arguments).output()
        });
        let ran = ran.await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert_eq!(ran.status.code(), Some(exit), "{script}: {said}");
    }
}
