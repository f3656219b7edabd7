//! What the Web Worker calls: the password policy, the same function as on the server.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::domain::policy::PasswordPolicy;

/// Judges a password by a policy (as JSON); answers a report as JSON, or nothing where the policy cannot be read.
#[wasm_bindgen]
pub fn assess(password: &str, policy: &str, inputs: Vec<String>) -> Option<String> {
    let policy: PasswordPolicy = serde_json::from_str(policy).ok()?;
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    serde_json::to_string(&policy.assess(password, &inputs)).ok()
}
