//! The sandbox mailbox with a client that says anything: it answers in SMTP, ends when the client is gone, and keeps what is bounded.

use std::time::Duration;

use postern::server::clock::Clock;
use postern::server::smtp::sandbox::{Mailbox, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Nothing waits this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn run(data: &[u8]) {
    let Ok(mailbox) = Mailbox::new(&super::config().sandbox, Clock::system()) else {
        return;
    };
    let said = super::block_on(talk(mailbox.clone(), data));
    if let Some(said) = said {
        replies(&said);
    }
    for message in mailbox.list() {
        super::message::holds(&message);
        let named = 100.min(data.len());
        assert!(
            message.envelope.to.len() <= named,
            "{} recipients",
            message.envelope.to.len()
        );
        assert!(
            message.source.len() <= data.len(),
            "more was kept than was sent"
        );
    }
    for session in mailbox.sessions() {
        assert!(
            session.lines.len() <= 1_001,
            "{} lines",
            session.lines.len()
        );
        let octets: usize = session.lines.iter().map(|line| line.text.len()).sum();
        assert!(octets <= 192 * 1024, "{octets} octets");
        assert!(
            !session
                .lines
                .iter()
                .any(|line| line.text.chars().any(|c| c.is_control() && c != '\t'))
        );
    }
}

/// All that the server said; none where this machine has no socket left.
async fn talk(mailbox: Mailbox, data: &[u8]) -> Option<Vec<u8>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.ok()?;
    let address = listener.local_addr().ok()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = serve(listener, mailbox, async {
        let _ = stopped.await;
    });
    let talking = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let (mut read, mut write) = stream.split();
        let mut said = Vec::new();
        let sending = async {
            // It may hang up before it has heard all.
            let _ = write.write_all(data).await;
            let _ = write.shutdown().await;
        };
        let hearing = async {
            let _ = read.read_to_end(&mut said).await;
        };
        let both = async { tokio::join!(sending, hearing) };
        assert!(
            timeout(PATIENCE, both).await.is_ok(),
            "the conversation does not end"
        );
        let _ = stop.send(());
        Some(said)
    };
    tokio::join!(serving, talking).1
}

/// RFC 5321 4.2.1: digits, a space or a hyphen, text, CRLF; nothing else.
fn replies(said: &[u8]) {
    let text = String::from_utf8_lossy(said);
    assert!(text.starts_with("220"), "{text:?}");
    // A client that hangs up in the middle may cut the last line.
    let whole = text.rfind("\r\n").map_or("", |at| &text[..at]);
    for line in whole.split("\r\n") {
        let (digits, rest) = line.split_at_checked(3).unwrap_or((line, ""));
        let code: u16 = digits.parse().unwrap_or_default();
        assert!(
            (200..600).contains(&code) && rest.starts_with([' ', '-']),
            "{line:?}"
        );
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
