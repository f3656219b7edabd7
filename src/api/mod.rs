//! What crosses the wire: types, errors, and #[server] functions of a few lines.

pub mod error;
pub mod forms;
