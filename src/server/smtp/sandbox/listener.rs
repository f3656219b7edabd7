//! The listening socket: loopback only, bounded, and ended in order.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::{Connection, write};
use super::session::Session;
use super::store::Mailbox;
use crate::server::config::Sandbox;

/// Conversations at once.
const MAX_CONNECTIONS: usize = 50;
/// How long open conversations have for their 421 when the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// Opens the socket of `[sandbox] listen`; port 0 takes any free one. Only loopback: this server takes mail from anybody who reaches it.
pub async fn bind(config: &Sandbox) -> io::Result<TcpListener> {
    open(config.listen).await
}

/// Opens the socket of `[sandbox] listen_tls`, where there is one.
pub async fn bind_tls(config: &Sandbox) -> io::Result<Option<TcpListener>> {
    match config.listen_tls {
        Some(at) => open(at).await.map(Some),
        None => Ok(None),
    }
}

async fn open(at: SocketAddr) -> io::Result<TcpListener> {
    if !at.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the sandbox mailbox listens on loopback only, not on {at}"),
        ));
    }
    TcpListener::bind(at).await
}

/// Takes mail into `mailbox` until `shutdown` is done; then open sessions get a 421, and the mailbox's subscriptions end.
pub async fn serve(
    listener: TcpListener,
    mailbox: Mailbox,
    shutdown: impl Future<Output = ()> + Send,
) {
    if let Ok(address) = listener.local_addr() {
        mailbox.listens_at(address);
    }
    take(listener, mailbox, false, shutdown).await;
}

/// The same with TLS from the first byte.
pub async fn serve_tls(
    listener: TcpListener,
    mailbox: Mailbox,
    shutdown: impl Future<Output = ()> + Send,
) {
    take(listener, mailbox, true, shutdown).await;
}

async fn take(
    listener: TcpListener,
    mailbox: Mailbox,
    implicit: bool,
    shutdown: impl Future<Output = ()> + Send,
) {
    let (stop, stopped) = watch::channel(false);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut sessions = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = sessions.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if peer.ip().to_canonical().is_loopback() => {
                    let client = Client {
                        stream,
                        peer,
                        implicit,
                    };
                    let (places, mailbox) = (Arc::clone(&places), mailbox.clone());
                    sessions.spawn(converse(client, places, mailbox, stopped.clone()));
                }
                Ok(_) => {}
                Err(error) => {
                    // Out of file descriptors, mostly: without a pause this would spin.
                    tracing::warn!(%error, "the sandbox mailbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    mailbox.close();
    stop.send_replace(true);
    let _ = timeout(GRACE, async {
        while sessions.join_next().await.is_some() {}
    })
    .await;
    // What is left hangs on a client that does not read; dropping the set ends it.
}

struct Client {
    stream: TcpStream,
    peer: SocketAddr,
    /// Whether TLS begins with the first byte.
    implicit: bool,
}

async fn converse(
    client: Client,
    places: Arc<Semaphore>,
    mailbox: Mailbox,
    stopped: watch::Receiver<bool>,
) {
    let Client {
        mut stream,
        peer,
        implicit,
    } = client;
    let Ok(_place) = places.try_acquire() else {
        if !implicit {
            let words = Session::crowded().to_wire();
            let _ = write(&mut stream, words.as_bytes(), Duration::from_secs(1)).await;
        }
        return;
    };
    // Replies are small and awaited one by one: waiting to fill a packet would only cost time.
    let _ = stream.set_nodelay(true);
    let record = mailbox.record(peer);
    let connection = Connection::new(stream, mailbox, record, implicit, stopped);
    if let Err(error) = connection.run().await {
        tracing::debug!(%error, "a session of the sandbox mailbox broke off");
    }
}
