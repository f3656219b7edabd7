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
    let mut report = policy.assess(password, &inputs);
    if report.refusal.is_some() {
        // What will not be taken must not look good.
        report.score = report.score.min(2);
    }
    (!password.is_empty()).then(|| format!("{}{}", report.score, verdict(&report)))
}
