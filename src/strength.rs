//! What the Web Worker calls: the password policy as a function of strings.
use wasm_bindgen::prelude::wasm_bindgen;

/// A trial.
#[wasm_bindgen]
pub fn assess(password: &str) -> u8 {
    zxcvbn::zxcvbn(password, &[]).score().into()
}
