//! A probe: one recorded conversation with a relay that somebody asked for, from the console or the command line.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::domain::identifier::EmailAddress;
use crate::domain::smtp::diagnosis::Diagnosis;
use crate::domain::smtp::evidence::Evidence;
use crate::domain::smtp::transcript::Transcript;
use crate::server::failure::Done;
use crate::server::service::Service;
use crate::server::smtp::client::{StopAfter, Target};

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// None: the saved settings, unchanged; a pass with them releases mail that is held.
    pub target: Option<Arc<Target>>,
    /// The sender; none takes the settings'.
    pub from: Option<EmailAddress>,
    /// Needed to go as far as RCPT.
    pub to: Option<EmailAddress>,
    pub stop_after: StopAfter,
    /// The operator's account id; none from the command line.
    pub started_by: Option<String>,
}

/// A probe under way.
pub struct Probe {
    /// 32 hexadecimal digits; its row in `smtp_probe` once it is over.
    pub id: String,
    /// The transcript as it grows.
    pub progress: watch::Receiver<Transcript>,
    /// The end.
    pub end: JoinHandle<Finished>,
}

/// A probe that is over; its row is stored.
#[derive(Debug, Clone)]
pub struct Finished {
    pub id: String,
    /// None where every step passed.
    pub failure: Option<(Evidence, Diagnosis)>,
    pub transcript: Transcript,
}

/// The target that the saved settings describe.
///
/// # Errors
/// When a certificate file cannot be read.
pub fn saved_target(service: &Service) -> Done<Arc<Target>> {
    let _ = service;
    unimplemented!("the probe is being written")
}

/// Begins. The probe goes on when nobody watches, bounded by the target's limits; its end is stored and audited.
///
/// # Errors
/// When the machine has no randomness.
pub fn start(service: &Service, asked: Asked) -> Done<Probe> {
    let _ = (service, asked);
    unimplemented!("the probe is being written")
}
