//! Nothing crosses a network unprotected, whatever the server says.

use std::time::Duration;

use super::{attempt, settings};
use crate::server::config::TlsMode;
use crate::server::mail::transport::{Delivery, FailureClass, LettreTransport, TransportError};
use crate::server::secrets::Secret;

#[tokio::test]
async fn without_starttls_nothing_is_sent_in_the_clear() {
    for script in [
        &[("EHLO", "250 plain only")][..],
        &[
            ("EHLO", "250-test\r\n250 STARTTLS"),
            ("STARTTLS", "454 4.7.0 no TLS today"),
        ],
        &[
            ("EHLO", "250-test\r\n250 STARTTLS"),
            ("STARTTLS", "502 5.5.1 unknown"),
        ],
        &[
            ("EHLO", "250-test\r\n250 STARTTLS"),
            ("STARTTLS", "220 go on\r\n250 injected"),
        ],
    ] {
        let (delivery, heard) = attempt(script, |smtp| {
            smtp.tls = TlsMode::StartTls;
            smtp.credentials = Some(("relay".into(), Secret::new("open sesame".into())));
            smtp.timeout = Duration::from_millis(500);
        })
        .await;
        let Delivery::TemporaryFailure { class, detail } = &delivery else {
            panic!("{delivery:?}")
        };
        let silent = script.last().unwrap().1.starts_with("220");
        assert!(*class == FailureClass::Tls || silent, "{delivery:?}");
        assert!(detail.starts_with("STARTTLS: "), "{detail}");
        for command in ["MAIL", "AUTH", "RCPT", "DATA"] {
            assert!(!heard.contains(command), "{heard}");
        }
    }
}

#[tokio::test]
async fn implicit_tls_against_a_plain_server_is_a_fault_of_tls() {
    let (delivery, heard) = attempt(&[], |smtp| smtp.tls = TlsMode::Implicit).await;
    let Delivery::TemporaryFailure { class, .. } = &delivery else {
        panic!("{delivery:?}")
    };
    assert_eq!(*class, FailureClass::Tls, "{delivery:?}");
    assert!(!heard.contains("EHLO"));
}

#[test]
fn settings_that_would_send_in_the_clear_make_no_transport() {
    let mut smtp = settings(25, TlsMode::None);
    smtp.host = "mail.example.org".into();
    assert!(matches!(
        LettreTransport::new(&smtp),
        Err(TransportError::Unprotected(_))
    ));
    smtp.tls = TlsMode::StartTls;
    smtp.ca_file = Some("/nowhere/ca.pem".into());
    assert!(matches!(
        LettreTransport::new(&smtp),
        Err(TransportError::CaFile { .. })
    ));
    smtp.ca_file = Some("Cargo.toml".into());
    assert!(matches!(
        LettreTransport::new(&smtp),
        Err(TransportError::Certificates(_))
    ));
}
