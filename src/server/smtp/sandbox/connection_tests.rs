//! What needs no socket: silence, and waits that end with the server.

use super::*;
use crate::server::clock::Clock;
use crate::server::config::Sandbox;
use tokio::io::DuplexStream;

fn open(
    script: &str,
    idle: Duration,
) -> (DuplexStream, Connection<DuplexStream>, watch::Sender<bool>) {
    let (client, server) = tokio::io::duplex(1_000);
    let mailbox = Mailbox::new(&Sandbox::default(), Clock::system()).unwrap();
    mailbox.faults().set(script).unwrap();
    let (stop, stopped) = watch::channel(false);
    let record = mailbox.record(([127, 0, 0, 1], 1).into());
    let mut connection = Connection::new(server, mailbox, record, false, stopped);
    connection.idle = idle;
    (client, connection, stop)
}

#[tokio::test]
async fn silence_ends_it() {
    let (mut client, connection, _stop) = open("", Duration::from_millis(20));
    let talk = tokio::spawn(connection.run());
    let mut said = String::new();
    client.read_to_string(&mut said).await.unwrap();
    drop(client);
    talk.await.unwrap().unwrap();
    assert!(said.starts_with("220 "), "{said}");
    assert!(said.contains("\r\n421 4.4.2 "), "{said}");
}

#[tokio::test]
async fn a_wait_of_the_script_ends_when_the_server_stops_or_the_client_leaves() {
    for flood in [0, 200_000] {
        let (mut client, connection, stop) = open("BANNER:delay=10m", IDLE);
        let talk = tokio::spawn(connection.run());
        // More than is taken in: the rest is still on its way.
        let flooding = tokio::spawn(async move {
            let _ = client.write_all(&vec![b'x'; flood]).await;
            let mut said = String::new();
            let _ = client.read_to_string(&mut said).await;
            said
        });
        tokio::task::yield_now().await;
        stop.send_replace(true);
        talk.await.unwrap().unwrap();
        let said = flooding.await.unwrap();
        assert!(flood > 0 || said.starts_with("421 4.3.2 "), "{said}");
    }
    let (client, connection, _stop) = open("BANNER:silent", IDLE);
    let talk = tokio::spawn(connection.run());
    drop(client);
    talk.await.unwrap().unwrap();
}
