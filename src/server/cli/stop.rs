//! How what runs for long is asked to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM from a service manager, or Ctrl+C; listened to from before the start, so that neither cuts it in half.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub async fn come(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
