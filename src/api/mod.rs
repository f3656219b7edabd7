//! What crosses the wire: types, errors, and #[server] functions of a few lines.
