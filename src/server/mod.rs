//! Everything with IO.
