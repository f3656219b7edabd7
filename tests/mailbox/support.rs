//! A mailbox with its listeners on free ports, and a client that types.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use postern::server::clock::Clock;
use postern::server::config::Sandbox;
use postern::server::http::mailbox::router;
use postern::server::smtp::sandbox::{
    Ending, Event, Mailbox, Message, bind, bind_tls, serve, serve_tls,
};
use postern::ui::shell::Look;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn within<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("took too long")
}

pub struct House {
    pub mailbox: Mailbox,
    pub clock: Clock,
    pub smtp: SocketAddr,
    /// TLS from the first byte.
    pub smtps: SocketAddr,
    pub web: SocketAddr,
    pub arrivals: broadcast::Receiver<Event>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl House {
    pub async fn new() -> Self {
        Self::sized(100, 100_000).await
    }

    pub async fn sized(max_messages: usize, max_bytes: usize) -> Self {
        Self::with(Sandbox {
            max_messages,
            max_bytes,
            ..Sandbox::default()
        })
        .await
    }

    /// With that script of faults.
    pub async fn faulty(script: &str) -> Self {
        let house = Self::new().await;
        house.mailbox.faults().set(script).unwrap();
        house
    }

    /// With these settings, on ports of the system's choice.
    pub async fn with(config: Sandbox) -> Self {
        let config = Sandbox {
            listen: ([127, 0, 0, 1], 0).into(),
            listen_tls: Some(([127, 0, 0, 1], 0).into()),
            ..config
        };
        let clock = Clock::system();
        let mailbox = Mailbox::new(&config, clock.clone()).unwrap();
        let arrivals = mailbox.subscribe();
        let listener = bind(&config).await.unwrap();
        let smtp = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, mailbox.clone(), async {
            let _ = stopped.await;
        }));
        let listener = bind_tls(&config).await.unwrap().unwrap();
        let smtps = listener.local_addr().unwrap();
        tokio::spawn(serve_tls(listener, mailbox.clone(), std::future::pending()));
        let hosts = ["127.0.0.1", "localhost", "[::1]"]
            .map(str::to_owned)
            .to_vec();
        let look = Look {
            name: "Postern".into(),
            color: "#1f5f8b".into(),
            public_url: "http://127.0.0.1:3000".into(),
            ..Look::default()
        };
        let routes = router(mailbox.clone(), hosts, look);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            mailbox,
            clock,
            smtp,
            smtps,
            web,
            arrivals,
            stop,
            serving,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.web)
    }

    pub async fn client(&self) -> Client {
        Client::connect(self.smtp).await
    }

    /// The next message to arrive.
    pub async fn arrival(&mut self) -> Arc<Message> {
        loop {
            if let Event::Arrived(message) = within(self.arrivals.recv()).await.unwrap() {
                return message;
            }
        }
    }

    /// Sends one message over SMTP and returns it as the mailbox has it.
    pub async fn send(&mut self, source: &str) -> Arc<Message> {
        let mut client = self.client().await;
        client.expect(220).await;
        client
            .say("EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<ada@localhost>\r\nDATA\r\n")
            .await;
        for code in [250, 250, 250, 354] {
            client.expect(code).await;
        }
        client.say(&format!("{source}\r\n.\r\n")).await;
        client.expect(250).await;
        self.arrival().await
    }

    /// How the latest session ended, once it has.
    pub async fn ending(&self) -> Ending {
        let mut talks = self.mailbox.follow();
        loop {
            if let Some(ending) = self.mailbox.sessions()[0].ending.clone() {
                return ending;
            }
            // Also a lag says that something has changed.
            let _ = within(talks.recv()).await;
        }
    }

    /// Tells the listener to stop; the task that ends when it has.
    pub fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.serving
    }
}

/// What a client talks over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A raw SMTP client.
pub struct Client {
    stream: BufReader<Box<dyn Stream>>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream: Box<dyn Stream> = Box::new(TcpStream::connect(address).await.unwrap());
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Goes over to TLS, trusting that authority alone.
    pub async fn secure(self, ca_pem: &str, name: &str) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap();
        roots.add(ca).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connect = TlsConnector::from(Arc::new(config)).connect(name, self.stream.into_inner());
        let stream: Box<dyn Stream> = Box::new(within(connect).await?);
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Connected, greeted, and inside TLS by STARTTLS.
    pub async fn secured(house: &House) -> std::io::Result<Self> {
        let mut client = Self::ready(house.smtp).await;
        client.say("STARTTLS\r\n").await;
        client.expect(220).await;
        client.secure(house.mailbox.ca_pem(), "localhost").await
    }

    /// Connected, greeted.
    pub async fn ready(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        client.expect(220).await;
        client.say("EHLO test\r\n").await;
        client.expect(250).await;
        client
    }

    pub async fn say(&mut self, text: &str) {
        self.bytes(text.as_bytes()).await;
    }

    pub async fn bytes(&mut self, bytes: &[u8]) {
        within(self.stream.write_all(bytes)).await.unwrap();
    }

    /// Reads one reply, of one or more lines.
    pub async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            within(self.stream.read_line(&mut line)).await.unwrap();
            assert!(line.ends_with("\r\n"), "{reply}{line:?}");
            let last = line.as_bytes().get(3) != Some(&b'-');
            reply.push_str(&line);
            if last {
                return reply;
            }
        }
    }

    pub async fn expect(&mut self, code: u16) -> String {
        let reply = self.reply().await;
        assert!(
            reply.starts_with(&format!("{code} ")) || reply.starts_with(&format!("{code}-")),
            "{code}: {reply}"
        );
        reply
    }

    /// Reads one line with its end, whatever it is.
    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        within(self.stream.read_line(&mut line)).await.unwrap();
        line
    }

    /// All that is said up to the end of the connection.
    pub async fn rest(&mut self) -> String {
        let mut rest = String::new();
        within(self.stream.read_to_string(&mut rest)).await.unwrap();
        rest
    }

    /// How the connection broke.
    pub async fn broken(&mut self) -> std::io::ErrorKind {
        let mut rest = Vec::new();
        let ended = within(self.stream.read_to_end(&mut rest)).await;
        ended.expect_err("it should break").kind()
    }

    /// The server has ended the connection and said no more.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        within(self.stream.read_to_end(&mut rest)).await.unwrap();
        assert!(rest.is_empty(), "{}", rest.escape_ascii());
    }
}
