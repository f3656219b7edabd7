//! A house to test in: the server, browsers without JavaScript, the mailbox, a scripted mail server, the log.

mod browser;
mod forms;
mod house;
mod inbox;
mod log;
mod peer;
mod raw;
mod relay;

pub use browser::{Browser, Page};
pub use forms::Form;
pub use house::{House, PASSWORD};
pub use inbox::Mail;
pub use peer::peer;
pub use raw::{percent, raw};
pub use relay::{Relay, Reply, port};

use std::time::Duration;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3_600);
pub const SECOND: Duration = Duration::from_secs(1);

/// Nothing here takes this long unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer, and fails with `what` when it takes too long.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| panic!("waited in vain: {what}"))
}
