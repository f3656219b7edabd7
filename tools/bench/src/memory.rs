//! How much memory a hostile server can make the engine take: the growth of the process's peak, as the system counts it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use postern::domain::smtp::evidence::Evidence;
use postern::domain::smtp::transcript::Transcript;
use postern::server::clock::Clock;
use postern::server::smtp::client::{Dialogue, Recorder, StopAfter, Target};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// What a server says without end, or nearly so.
#[derive(Clone, Copy)]
pub enum Hostile {
    /// 10 MiB of one line.
    LongBanner,
    /// `250-` until nobody listens any more, at most 100 MiB.
    EndlessEhlo,
}

/// One conversation: what it ended with, and by how many octets the peak grew.
pub async fn grow(hostile: Hostile, target: &Target) -> anyhow::Result<(Evidence, u64)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener, hostile));
    let mut target = target.clone();
    (target.host, target.port) = (address.ip().to_string(), address.port());
    target.limits.whole = Duration::from_secs(30);
    let before = reset_peak()?;
    let ended = talk(target, address).await;
    let grown = peak()?.saturating_sub(before);
    server.abort();
    let _ = server.await;
    match ended {
        Err(evidence) => Ok((evidence, grown)),
        Ok(()) => bail!("a hostile server was believed"),
    }
}

async fn talk(target: Target, address: SocketAddr) -> Result<(), Evidence> {
    let recorder = Recorder::new(Transcript::new(Clock::system().now(), address.to_string()));
    let opened = Dialogue::open(Arc::new(target), recorder, StopAfter::Auth);
    opened.await?.quit().await;
    Ok(())
}

async fn serve(listener: TcpListener, hostile: Hostile) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept().await?;
    // Written in pieces: what is measured is the engine, not this server.
    let (opening, piece, pieces) = match hostile {
        Hostile::LongBanner => ("220 ", "x".repeat(1024), 10 * 1024),
        Hostile::EndlessEhlo => ("220 hello\r\n", "250-X-MORE\r\n".repeat(64), 140_000),
    };
    stream.write_all(opening.as_bytes()).await?;
    for _ in 0..pieces {
        stream.write_all(piece.as_bytes()).await?;
    }
    Ok(())
}

/// Sets the peak to what is resident now, and tells it (proc(5), clear_refs).
fn reset_peak() -> anyhow::Result<u64> {
    std::fs::write("/proc/self/clear_refs", "5").context("the peak cannot be reset here")?;
    peak()
}

/// The greatest resident size since then, in octets.
fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .context("no VmHWM")?
        .trim()
        .parse()?;
    Ok(kib * 1024)
}
