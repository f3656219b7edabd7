//! What the DNS says about a mail domain, judged: pure functions from answers to verdicts. The asking is in `server::smtp::domain`,
//! which calls [`judge`] again and again with what it has learnt, until no question is open.

pub mod answers;
pub mod blocklist;
pub mod dkim;
pub mod dmarc;
pub mod mta_sts;
pub mod mx;
pub mod report;
pub mod reverse;
pub mod spf;
pub mod subject;
mod tags;
#[cfg(test)]
mod tests;
pub mod tls_rpt;

use answers::Answers;
use report::Finding;
use subject::Subject;

/// All findings, once every question they need is answered; the open ones are in [`Answers::open`].
pub fn judge(subject: &Subject, answers: &Answers) -> Option<Vec<Finding>> {
    // All of them, so that their questions are asked together.
    let all = [
        spf::judge(subject, answers),
        dkim::judge(subject, answers),
        dmarc::judge(subject, answers),
        mx::judge(subject, answers),
        reverse::judge(subject, answers),
        blocklist::judge(subject, answers),
        mta_sts::judge(subject, answers),
        tls_rpt::judge(subject, answers),
    ];
    let found: Option<Vec<_>> = all.into_iter().collect();
    found.map(|found| found.concat())
}
