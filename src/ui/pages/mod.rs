//! The pages: each a function from plain data to a view.

pub mod account;
pub mod console;
pub mod forgot;
pub mod home;
pub mod mailbox;
pub mod message;
pub mod not_me;
pub mod reset;
pub mod sign_in;
pub mod sign_up;
