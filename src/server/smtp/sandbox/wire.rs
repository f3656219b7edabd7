//! The bytes of a connection, plain or inside TLS, and ways to end it that are not polite.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A stream that a sandbox can talk over.
pub trait Peer: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes the end of this stream a torn connection: RST instead of FIN.
    fn tear(&self);
}

impl Peer for TcpStream {
    fn tear(&self) {
        // Where the system refuses, the end is a polite one.
        let _ = self.set_zero_linger();
    }
}

#[cfg(test)]
impl Peer for tokio::io::DuplexStream {
    fn tear(&self) {}
}

/// A connection as it is now.
pub enum Wire<S> {
    Plain(S),
    Tls(Box<TlsStream<S>>),
    /// Lost in a handshake.
    Gone,
}

impl<S: Peer> Wire<S> {
    /// Makes its end a torn one.
    pub fn tear(&self) {
        match self {
            Self::Plain(stream) => stream.tear(),
            Self::Tls(stream) => stream.get_ref().0.tear(),
            Self::Gone => {}
        }
    }
}

impl<S: Peer> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}

impl<S: Peer> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}
