//! The listening socket: loopback only, bounded, and ended in order.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::connection::{Connection, IDLE, write};
use super::session::Session;
use super::store::Mailbox;
use crate::server::config::Sandbox;

/// Conversations at once.
const MAX_CONNECTIONS: usize = 50;
/// How long open conversations have for their 421 when the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// Opens the socket of `[sandbox] listen`; port 0 takes any free one. Only loopback: this server takes mail from anybody who reaches it.
pub async fn bind(config: &Sandbox) -> io::Result<TcpListener> {
    if !config.listen.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "the sandbox mailbox listens on loopback only, not on {}",
                config.listen
            ),
        ));
    }
    TcpListener::bind(config.listen).await
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
                    let (places, mailbox) = (Arc::clone(&places), mailbox.clone());
                    sessions.spawn(converse(stream, places, mailbox, stopped.clone()));
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

async fn converse(
    mut stream: TcpStream,
    places: Arc<Semaphore>,
    mailbox: Mailbox,
    stopped: watch::Receiver<bool>,
) {
    let Ok(_place) = places.try_acquire() else {
        let _ = write(
            &mut stream,
            &Session::crowded().to_wire(),
            Duration::from_secs(1),
        )
        .await;
        return;
    };
    // Replies are small and awaited one by one: waiting to fill a packet would only cost time.
    let _ = stream.set_nodelay(true);
    if let Err(error) = Connection::new(stream, mailbox, IDLE, stopped).run().await {
        tracing::debug!(%error, "a session of the sandbox mailbox broke off");
    }
}
