//! What an SMTP conversation was, as data: steps, replies, evidence, the whole transcript, and what a failure means.

pub mod changes;
pub mod codes;
pub mod diagnosis;
pub mod evidence;
pub mod faults;
pub mod reply;
pub mod step;
pub mod transcript;
