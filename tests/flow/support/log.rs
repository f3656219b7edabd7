//! What the servers of this process log, all of it, kept to be searched.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static START: Once = Once::new();

struct Keep;

impl Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Keep {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// Logs from now on, in more detail than any deployment.
pub fn start() {
    START.call_once(|| {
        tracing_subscriber::fmt()
            .with_env_filter("postern=trace,lettre=trace,axum=trace,tower_http=trace,sqlx=debug")
            .with_ansi(false)
            .with_writer(Keep)
            .init();
    });
}

/// The log so far, of all servers of this process.
pub fn text() -> String {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&log).into_owned()
}
