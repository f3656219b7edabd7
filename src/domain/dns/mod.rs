//! What the DNS says about a mail domain, judged: pure functions from answers to verdicts; the asking is in `server::smtp::domain`.

pub mod dkim;
pub mod report;
