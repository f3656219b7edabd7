//! The bodies of the fuzz targets: each takes any bytes and asserts what must hold for all of them. `tests/fuzz.rs` runs the same
//! functions over the corpus on the stable toolchain, so that whatever was once found stays mended.

pub mod dialogue;
pub mod fault_script;
pub mod identifier;
pub mod message;
pub mod sandbox_session;
pub mod smtp_reply;
pub mod token;

/// A target: its name, which is the folder of its corpus, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 7] = [
    ("dialogue", dialogue::run),
    ("fault_script", fault_script::run),
    ("identifier", identifier::run),
    ("message", message::run),
    ("sandbox_session", sandbox_session::run),
    ("smtp_reply", smtp_reply::run),
    ("token", token::run),
];

/// The settings that a server has without any of its own.
fn config() -> postern::server::config::Config {
    let nowhere = postern::server::config::Sources::default();
    match postern::server::config::load(&nowhere) {
        Ok((config, _)) => config,
        Err(error) => panic!("the defaults are not allowed: {error}"),
    }
}

/// Runs something with sockets to its end.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .unwrap_or_else(|error| panic!("no runtime: {error}"))
        .block_on(work)
}
