//! Where the mails go: a sink of our own on a thread of its own, or Postfix's smtp-sink.

use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Takes every mail, as fast as it can. It lives as long as this program.
pub fn own() -> anyhow::Result<SocketAddr> {
    let listener = StdListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let Ok(listener) = TcpListener::from_std(listener) else {
                return;
            };
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream));
            }
        });
    });
    Ok(address)
}

/// Acknowledges at once what comes next. lettre leaves Nagle's algorithm on and writes a mail in parts: a sink that delays its
/// acknowledgement, as most do, would make it wait 40 ms a mail, and the figures would compare that with our TCP_NODELAY.
fn quick(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_quickack(true);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}

async fn converse(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink.example ESMTP\r\n").await?;
    let mut line = Vec::new();
    let mut in_message = false;
    loop {
        line.clear();
        quick(stream.get_ref());
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let reply: &[u8] = if in_message {
            if line != b".\r\n" {
                continue;
            }
            in_message = false;
            b"250 2.0.0 Ok: queued\r\n"
        } else {
            match line.get(..4).unwrap_or_default() {
                b"EHLO" => b"250-sink.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n",
                b"DATA" => {
                    in_message = true;
                    b"354 End data with <CR><LF>.<CR><LF>\r\n"
                }
                b"QUIT" => b"221 2.0.0 Bye\r\n",
                _ => b"250 2.1.0 Ok\r\n",
            }
        };
        stream.write_all(reply).await?;
        if reply.starts_with(b"221") {
            return Ok(());
        }
    }
}

/// smtp-sink; ended when dropped.
pub struct SmtpSink {
    pub address: SocketAddr,
    child: Child,
}

impl SmtpSink {
    /// Starts that program.
    pub fn start(program: &Path) -> anyhow::Result<Self> {
        let address = StdListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(program);
        // It refuses to stay root.
        let root = std::fs::metadata("/proc/self")
            .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        if root {
            command.args(["-u", "nobody"]);
        }
        command.args(["-4", &address.to_string(), "100"]);
        let child = command.stdin(Stdio::null()).spawn().context("smtp-sink")?;
        let sink = Self { address, child };
        let until = Instant::now() + Duration::from_secs(10);
        while StdStream::connect(sink.address).is_err() {
            if Instant::now() > until {
                bail!("smtp-sink does not listen");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(sink)
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
