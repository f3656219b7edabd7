//! What the Web Worker calls: the password policy, the same function as on the server, and its words.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::domain::policy::PasswordPolicy;
use crate::password_words::verdict;

/// Judges a password by a policy (as JSON): the score as a digit, then the verdict in sentences. Nothing for an empty password, or
/// where the policy cannot be read.
#[wasm_bindgen]
pub fn assess(password: &str, policy: &str, inputs: Vec<String>) -> Option<String> {
    let policy: PasswordPolicy = serde_json::from_str(policy).ok()?;
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let report = policy.assess(password, &inputs);
    (!password.is_empty()).then(|| format!("{}{}", report.score, verdict(&report)))
}
