//! What people see: shell, pages, components, and every sentence in one place per language.

pub mod components;
pub mod pages;
pub mod shell;
pub mod text;
