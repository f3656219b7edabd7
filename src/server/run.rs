//! A running server: database, mailbox, worker and pages, started in order and stopped in the other.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::accounts::demo;
use super::clock::Clock;
use super::config::Config;
use super::http::cookies::Cookies;
use super::http::health::Readiness;
use super::http::listen::clients::Clients;
use super::http::{App, Runs, listen, router, site};
use super::machine;
use super::service::Service;
use super::smtp::relay::SmtpRelay;
use super::smtp::sandbox::{self, Mailbox};
use super::timekeeper;
use super::working::{LONGEST_GOODBYE, MARGIN, Working, close, end, look_for_a_worker, open};
use crate::ui::shell::Look;

/// Open files beside the pages' connections: database, relay, log, static files.
const OTHER_FILES: u64 = 128;

/// A server that answers.
pub struct Running {
    /// Where the pages are.
    pub address: SocketAddr,
    /// Where the sandbox mailbox takes mail, in development.
    pub sandbox: Option<SocketAddr>,
    /// Whether the demo account is there.
    pub demo: bool,
    /// The use cases, for tests that look behind the pages.
    pub service: Service,
    /// Probes that operators watch.
    runs: Runs,
    /// The worker and the pages, then what the worker still sends to.
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    stop_sandbox: watch::Sender<bool>,
    sandbox_task: Option<(Mailbox, JoinHandle<()>)>,
    /// None where another process sends the mail.
    relay: Option<SmtpRelay>,
}

/// Starts everything that the settings ask for.
///
/// # Errors
/// With a line for the operator: what could not be opened, and which setting says so.
pub async fn start(mut config: Config, clock: Clock) -> anyhow::Result<Running> {
    let assets = site::assets(&config.site.root)?;
    let store = open(&config, &clock).await?;
    let listener = bind(config.site.listen, "site.listen").await?;
    let address = listener.local_addr()?;
    // A port of the system's choice is known only now, to the links that lead there too.
    if let Some(origin) = config.site.public_url.strip_suffix(":0") {
        config.site.public_url = format!("{origin}:{}", address.port());
    }
    let (stop, stopped) = watch::channel(false);
    let mut tasks = Vec::new();

    let mut sandbox_at = None;
    let mut sandbox_task = None;
    let (stop_sandbox, sandbox_stopped) = watch::channel(false);
    if config.sandbox.enabled {
        let own = config.smtp.port == config.sandbox.listen.port();
        let tls_port = config.sandbox.listen_tls.map(|at| at.port());
        let own_tls = tls_port == Some(config.smtp.port);
        let inbox = sandbox::bind(&config.sandbox).await.with_context(|| {
            format!(
                "sandbox.listen = {} cannot be listened on",
                config.sandbox.listen
            )
        })?;
        let at = inbox.local_addr()?;
        if own {
            config.smtp.port = at.port();
        }
        sandbox_at = Some(at);
        let received = Mailbox::new(&config.sandbox, clock.clone())
            .context("the sandbox mailbox has no certificates")?;
        // Mail that goes to our own sandbox over TLS meets a certificate of our own making.
        config.smtp.ca_pem = Some(received.ca_pem().to_owned());
        let secure = sandbox::bind_tls(&config.sandbox)
            .await
            .context("sandbox.listen_tls cannot be listened on")?;
        let mut serving = JoinSet::new();
        if let Some(inbox) = secure {
            if own_tls {
                config.smtp.port = inbox.local_addr()?.port();
            }
            let ended = until(sandbox_stopped.clone());
            serving.spawn(sandbox::serve_tls(inbox, received.clone(), ended));
        }
        serving.spawn(sandbox::serve(
            inbox,
            received.clone(),
            until(sandbox_stopped),
        ));
        let task = tokio::spawn(async move {
            while let Some(ended) = serving.join_next().await {
                if let Err(error) = ended {
                    tracing::error!(%error, "a listener of the sandbox did not end well");
                }
            }
        });
        sandbox_task = Some((received, task));
    }

    let config = Arc::new(config);
    let service = Service::new(config.clone(), store, clock)?;
    tell_limits(&service);
    let demo = demo::ensure(&service)
        .await
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let keeper = timekeeper::keep(
        service.store.clone(),
        service.clock.clone(),
        stopped.clone(),
    );
    tasks.push(tokio::spawn(keeper));
    let mut relay = None;
    if config.worker.enabled {
        let (task, kept) = Working::start(&service, stopped.clone())?.into_parts();
        tasks.push(task);
        relay = Some(kept);
    } else {
        tracing::info!("worker.enabled is false: another process on this database sends the mail");
        tasks.push(tokio::spawn(look_for_a_worker(
            service.clone(),
            stopped.clone(),
        )));
    }

    let mailbox = sandbox_task.as_ref().map(|(mailbox, _)| mailbox.clone());
    let look = Look {
        name: config.site.name.clone(),
        color: config.site.color.clone(),
        support: config.site.support.clone(),
        sign_up: config.sign_up.enabled,
        mailbox: mailbox.is_some(),
        public_url: config.site.public_url.clone(),
        assets,
    };
    let runs = Runs::new(&config.console);
    let cookies = Cookies::for_site(&config.site.public_url);
    let app = App {
        service: service.clone(),
        look: Arc::new(look),
        cookies,
        mailbox,
        demo,
        runs: runs.clone(),
        asking: Clients::new(
            config.limits.connections_per_client,
            config.site.trusted_proxies.clone(),
        ),
        readiness: Readiness::default(),
    };
    let pages = router(app);
    tasks.push(tokio::spawn(async move {
        let trusted = &config.site.trusted_proxies;
        listen::serve(listener, pages, &config.limits, trusted, stopped).await;
    }));
    let sandbox = sandbox_at;
    Ok(Running {
        address,
        sandbox,
        demo,
        service,
        runs,
        stop,
        tasks,
        stop_sandbox,
        sandbox_task,
        relay,
    })
}

impl Running {
    /// Stops: no new request is taken, those that run are answered, a mail on its way is finished and written down.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        self.runs.close();
        if let Some((mailbox, _)) = &self.sandbox_task {
            // Pages that wait for mail would hold up the pages' end.
            mailbox.close();
        }
        // A client that does not finish its request must not keep us from stopping, nor a relay that is slow to answer: what
        // supervises servers kills them after a minute or so, and the lease lets the next start take a mail up.
        let config = &self.service.config;
        let attempt = config.smtp.timeout.min(LONGEST_GOODBYE);
        let patience = attempt.max(config.limits.request_timeout.min(LONGEST_GOODBYE)) + MARGIN;
        let deadline = Instant::now() + patience;
        for task in self.tasks {
            end(task, deadline).await;
        }
        if let Some(relay) = self.relay {
            Working::say_goodbye(relay).await;
        }
        let _ = self.stop_sandbox.send(true);
        if let Some((_, task)) = self.sandbox_task {
            end(task, deadline).await;
        }
        close(&self.service.store).await;
    }
}

/// Says what was chosen for this machine, and what it cannot bear.
fn tell_limits(service: &Service) {
    let config = &service.config;
    let hashing = service.hasher.slots();
    let mib = config.password.argon2_memory as usize * hashing / 1024;
    tracing::info!(
        hashing,
        mib,
        judging = service.judge.slots(),
        queue = config.password.hashing_queue,
        connections = config.limits.connections,
        "at once at most"
    );
    let files = config.limits.connections as u64 + OTHER_FILES;
    if machine::open_files().is_some_and(|most| most < files) {
        tracing::warn!(
            "limits.connections is {}: for so many this process needs {files} open files (ulimit -n)",
            config.limits.connections
        );
    }
}

async fn bind(at: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(at)
        .await
        .with_context(|| format!("{setting} = {at} cannot be listened on"))
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}
