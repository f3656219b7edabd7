//! Reads a mail's HTML for the checks of `domain::mail_check`: links, images, and what mail programs do not support.

mod clients;
mod css;
mod html;

pub use html::read;
