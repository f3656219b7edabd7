//! One connection, from its first byte to its end, which comes when it asks for nothing for too long.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::activity::{Activity, Patience};
use super::answer::Pages;

/// How long a connection is given to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a connection is served with.
pub struct Connection {
    pub pages: Router,
    pub peer: SocketAddr,
    pub patience: Patience,
    pub protocol: Arc<Builder<TokioExecutor>>,
    /// Whether its place is wanted by others.
    pub full: watch::Receiver<bool>,
    /// Whether the server stops.
    pub stop: watch::Receiver<bool>,
}

impl Connection {
    /// Answers what it asks for, until either end has enough.
    pub async fn attend(mut self, stream: TcpStream) {
        let activity = Activity::new();
        let pages = Pages {
            pages: self.pages,
            peer: self.peer,
            activity: activity.clone(),
        };
        let serving = self.protocol.serve_connection(TokioIo::new(stream), pages);
        let mut serving = pin!(serving);
        let mut stopping = false;
        let mut leaving: Option<Instant> = None;
        loop {
            let wanted = stopping || leaving.is_some() || *self.full.borrow_and_update();
            let deadline = activity.deadline(self.patience, wanted);
            let deadline = deadline.map(|deadline| leaving.map_or(deadline, |it| it.max(deadline)));
            let late = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ended = serving.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(error, peer = %self.peer, "a connection ended");
                    }
                    return;
                }
                () = late => {
                    // It may have become busy meanwhile.
                    let deadline = activity.deadline(self.patience, wanted);
                    if deadline.is_none_or(|deadline| deadline > Instant::now()) {
                        continue;
                    }
                    if leaving.is_some() {
                        tracing::debug!(peer = %self.peer, "a connection that did nothing is cut");
                        return;
                    }
                    leaving = Some(Instant::now() + GOODBYE);
                    serving.as_mut().graceful_shutdown();
                }
                () = activity.ended() => {}
                _ = self.full.changed() => {}
                _ = self.stop.wait_for(|stop| *stop), if !stopping => {
                    stopping = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}
