//! The judgements, with answers as real domains give them.
