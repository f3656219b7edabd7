//! What people see: shell, pages, components, and every sentence in one place per language.
pub mod components;
