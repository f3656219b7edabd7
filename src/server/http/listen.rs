//! The door: who may connect, how many, and how long a connection may keep its place without asking for anything.
//!
//! Behind it everything is bounded by the request: `limits.request_timeout` and `limits.body_bytes` (guard.rs, router.rs).

mod activity;
mod answer;
pub mod clients;
mod connection;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::server::config;
use activity::Patience;
use clients::Clients;
use connection::Connection;

/// Header lines of one request, and bytes of all of them; more is 431.
const MOST_HEADERS: usize = 64;
const HEADER_BYTES: usize = 32 * 1024;
/// HTTP/2, for each connection: what it may send before we have read it, for one request and for all; and, for one request, what
/// we keep of an answer that it does not take.
const STREAM_WINDOW: u32 = 32 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;
const SEND_BUFFER: usize = 16 * 1024;
const FRAME_BYTES: u32 = 16 * 1024;
const HEADER_LIST_BYTES: u32 = 16 * 1024;
/// Requests that were taken back before we saw them, and those that broke the protocol, until the connection ends: a browser
/// takes back a few, a flood lives by it (RUSTSEC-2023-0034, RUSTSEC-2024-0003).
const TAKEN_BACK: usize = 20;
const BROKEN: usize = 20;
/// Whether the other end still lives.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_ANSWER: Duration = Duration::from_secs(10);
/// After a failure that more connections would only repeat, such as no file descriptor left.
const BREATH: Duration = Duration::from_secs(1);

/// Serves the pages until told to stop; then what runs is answered, and what idles is closed.
pub async fn serve(
    listener: TcpListener,
    pages: Router,
    limits: &config::Limits,
    trusted: &[IpNet],
    mut stop: watch::Receiver<bool>,
) {
    let door = Door {
        room: Arc::new(Semaphore::new(limits.connections)),
        full: watch::Sender::new(false),
    };
    let clients = Clients::new(limits.connections_per_client, trusted.to_vec());
    let protocol = Arc::new(protocol(limits.http2_streams));
    let patience = Patience {
        header: limits.header_timeout,
        idle: limits.idle_timeout,
    };
    let mut connections = JoinSet::new();
    loop {
        let (room, stream, peer) = tokio::select! {
            // An error means that the sender is gone, which is a stop as well.
            _ = stop.wait_for(|stop| *stop) => break,
            next = door.next(&listener) => next,
        };
        while connections.try_join_next().is_some() {}
        let Some(place) = clients.enter(peer.ip()) else {
            continue;
        };
        // Answers are written whole: waiting for more to fill a packet only makes them late.
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            pages: pages.clone(),
            peer,
            patience,
            protocol: protocol.clone(),
            full: door.full.subscribe(),
            stop: stop.clone(),
        };
        connections.spawn(async move {
            connection.attend(stream).await;
            drop((place, room));
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// What is said of the two protocols; HTTP/2 in clear text by prior knowledge, as proxies speak it, where it has streams at all.
fn protocol(streams: u32) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The time that a header may take is ours to watch, for both protocols.
        .header_read_timeout(None)
        .max_headers(MOST_HEADERS)
        .max_buf_size(HEADER_BYTES);
    if streams == 0 {
        return builder.http1_only();
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME_BYTES)
        .max_header_list_size(HEADER_LIST_BYTES)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(TAKEN_BACK)
        .max_local_error_reset_streams(BROKEN)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER);
    builder
}

/// How many may be inside at once.
struct Door {
    room: Arc<Semaphore>,
    /// Whether somebody may be waiting outside: then those who only idle inside have to go.
    full: watch::Sender<bool>,
}

impl Door {
    /// The next connection, once there is room for one. Those beyond wait in the system's queue.
    async fn next(&self, listener: &TcpListener) -> (OwnedSemaphorePermit, TcpStream, SocketAddr) {
        loop {
            let Some(room) = self.room().await else {
                return std::future::pending().await;
            };
            match listener.accept().await {
                Ok((stream, peer)) => return (room, stream, peer),
                // Gone again before we came to it.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionAborted
                            | ErrorKind::ConnectionRefused
                            | ErrorKind::ConnectionReset
                    ) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    async fn room(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(room) = self.room.clone().try_acquire_owned() {
            return Some(room);
        }
        tracing::warn!("limits.connections is reached: idle connections are closed, new ones wait");
        self.full.send_replace(true);
        let room = self.room.clone().acquire_owned().await.ok();
        self.full.send_replace(false);
        room
    }
}
