//! A connection goes over to TLS, well or as the script wants it.

use std::io;
use std::time::Duration;

use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Connection, Input, Read, write};
use crate::domain::smtp::faults::Certificate;
use crate::server::smtp::sandbox::record::Ending;
use crate::server::smtp::sandbox::session::{Next, Shake};
use crate::server::smtp::sandbox::tls::{ALERT, GARBAGE, old_server_hello};
use crate::server::smtp::sandbox::wire::{Peer, Wire};

/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(30);

impl<S: Peer> Connection<S> {
    /// The handshake; an ending where there is no TLS afterwards.
    pub(super) async fn secure(&mut self) -> io::Result<Option<Ending>> {
        // What stands behind STARTTLS came unencrypted, perhaps from somebody on the way: it must not count as said inside TLS.
        let early = self.input.rest().len();
        if early > 0 {
            self.record.note(format!(
                "{early} unencrypted octets behind STARTTLS are thrown away"
            ));
        }
        self.input = Input::default();
        let plan = self.session.handshake();
        self.record.fired(&plan.fired);
        if !plan.wait.is_zero() {
            // The client's first bytes must stay where the handshake finds them, so that its leaving is noticed only afterwards.
            tokio::select! {
                biased;
                () = tokio::time::sleep(plan.wait) => {}
                _ = self.stop.wait_for(|stop| *stop) => return Ok(Some(Ending::Closed)),
            }
        }
        match plan.shake {
            Shake::With(kind) => self.accept(kind).await,
            Shake::Alert => self.answer_hello(&ALERT).await.map(Some),
            Shake::Garbage => self.answer_hello(GARBAGE).await.map(Some),
            Shake::OldVersion => self.answer_hello(&old_server_hello()).await.map(Some),
            Shake::Not(Next::Reset) => {
                self.wire.tear();
                Ok(Some(Ending::Torn))
            }
            Shake::Not(Next::Silence) => self.silence().await.map(Some),
            Shake::Not(_) => {
                self.close("").await?;
                Ok(Some(Ending::Closed))
            }
        }
    }

    async fn accept(&mut self, kind: Certificate) -> io::Result<Option<Ending>> {
        let config = self.mailbox.authority().server(kind);
        let (Some(config), Wire::Plain(stream)) =
            (config, std::mem::replace(&mut self.wire, Wire::Gone))
        else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let accepted = tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => return Ok(Some(Ending::Closed)),
            accepted = timeout(PATIENCE, TlsAcceptor::from(config).accept(stream)) => accepted,
        };
        let why = match accepted {
            Ok(Ok(stream)) => {
                self.record.secured(facts(&stream));
                self.wire = Wire::Tls(Box::new(stream));
                self.session.secured();
                return Ok(None);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the client took too long".to_owned(),
        };
        Ok(Some(Ending::NoTls(why)))
    }

    /// Waits for the client's first bytes, says something else than a handshake, and closes.
    async fn answer_hello(&mut self, bytes: &[u8]) -> io::Result<Ending> {
        match self.read().await? {
            Read::Bytes => {}
            Read::End => return Ok(Ending::Left),
            Read::Last(_) => return Ok(Ending::Closed),
        }
        write(&mut self.wire, bytes, self.idle).await?;
        self.close("").await?;
        Ok(Ending::NoTls("as the fault script says".to_owned()))
    }
}

/// `TLS 1.3, TLS13_AES_256_GCM_SHA384, asked for localhost`
fn facts<S>(stream: &TlsStream<S>) -> String {
    let (_, tls) = stream.get_ref();
    let version = tls.protocol_version().map_or_else(String::new, |version| {
        format!("{version:?}")
            .replace("TLSv", "TLS ")
            .replace('_', ".")
    });
    let cipher = tls.negotiated_cipher_suite();
    let cipher = cipher.map_or_else(String::new, |suite| format!("{:?}", suite.suite()));
    match tls.server_name() {
        Some(name) => format!("{version}, {cipher}, asked for {name}"),
        None => format!("{version}, {cipher}"),
    }
}
