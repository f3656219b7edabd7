//! What every test here needs: programs that run while a test does, certificates, and a delivery with its record.

pub mod aiosmtpd;
pub mod certs;
pub mod delivery;
pub mod exim;
pub mod openssl;
pub mod postfix;
pub mod program;
pub mod sink;
pub mod unbound;

pub use certs::Certs;
pub use delivery::{deliver, letter, met, plain, target, whole};
