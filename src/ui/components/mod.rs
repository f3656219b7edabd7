//! Pieces that pages are made of, and the two islands.

pub mod field;
pub mod live_form;
pub mod password_tools;
pub mod summary;
pub mod textarea;

pub use field::{FieldSet, Input};
pub use live_form::LiveForm;
pub use password_tools::{MeterSetup, PasswordTools};
pub use textarea::textarea_content;
