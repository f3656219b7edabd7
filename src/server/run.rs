//! A running server: database, mailbox, worker and pages, started in order and stopped in the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::accounts::demo;
use super::clock::Clock;
use super::config::Config;
use super::http::cookies::Cookies;
use super::http::health::Readiness;
use super::http::{App, Runs, listen, router, site};
use super::machine;
use super::mail::worker::Worker;
use super::service::Service;
use super::smtp::relay::SmtpRelay;
use super::smtp::sandbox::{self, Mailbox};
use super::store::Store;
use crate::ui::shell::Look;

/// How long a stopping server waits for an attempt at a mail or a request, and what it adds to be sure.
const LONGEST_GOODBYE: Duration = Duration::from_secs(30);
const MARGIN: Duration = Duration::from_secs(5);
/// How long the relay is given to answer our goodbyes.
const GOODBYE: Duration = Duration::from_secs(2);

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
    relay: SmtpRelay,
}

/// Starts everything that the settings ask for.
///
/// # Errors
/// With a line for the operator: what could not be opened, and which setting says so.
pub async fn start(mut config: Config, clock: Clock) -> anyhow::Result<Running> {
    let assets = site::assets(&config.site.root)?;
    let store = Store::open(&config.database)
        .await
        .with_context(|| format!("database.url = {:?} cannot be opened", config.database.url))?;
    store
        .migrate()
        .await
        .with_context(|| format!("database.url = {:?}", config.database.url))?;
    // One that can only be read would answer every request with a fault.
    store
        .ping()
        .await
        .with_context(|| format!("database.url = {:?} is of no use", config.database.url))?;
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
    let relay = SmtpRelay::from_config(&config, service.clock.clone())?;
    let worker = Worker::new(service.clone(), Arc::new(relay.clone()))?;
    tasks.push(tokio::spawn(keep_working(
        Arc::new(worker),
        stopped.clone(),
    )));

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
        let join = async |mut task: JoinHandle<()>| match timeout(patience, &mut task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a part of the server did not end well"),
            Err(_) => {
                tracing::warn!("connections that did not end are cut");
                task.abort();
            }
        };
        for task in self.tasks {
            join(task).await;
        }
        let _ = timeout(GOODBYE, self.relay.close()).await;
        let _ = self.stop_sandbox.send(true);
        if let Some((_, task)) = self.sandbox_task {
            join(task).await;
        }
        self.service.store.close().await;
    }
}

/// Starts the worker again should it panic: mail must not stand still behind one that it trips over.
async fn keep_working(worker: Arc<Worker>, stopped: watch::Receiver<bool>) {
    loop {
        let (running, stop) = (worker.clone(), stopped.clone());
        match tokio::spawn(async move { running.run(stop).await }).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "the worker failed and is started again"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
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
