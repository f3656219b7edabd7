//! An SMTP server that answers as a test has written.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a line begins with, and the answer to it.
pub type Script = &'static [(&'static str, &'static str)];

/// A server that answers each line by what it begins with, the longest match of `script`, else `250 ok`; it ends when
/// the client does, and hands out all that it was sent. `hang up` as an answer closes, `silence` says nothing.
pub async fn server(script: Script) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        converse(stream, script).await
    });
    (port, task)
}

async fn converse(stream: TcpStream, script: Script) -> String {
    let answer = |line: &str| {
        let found = script
            .iter()
            .find(|(start, _)| line.to_uppercase().starts_with(start));
        found.map(|(_, answer)| *answer)
    };
    let mut stream = BufReader::new(stream);
    let mut heard = String::new();
    let mut next = script
        .iter()
        .find(|(start, _)| *start == "BANNER")
        .map_or("220 test", |(_, a)| *a);
    let mut in_data = false;
    loop {
        match next {
            "hang up" => return heard,
            "silence" => {
                let _ = stream.read_to_string(&mut heard).await;
                return heard;
            }
            "" => {}
            answer => {
                if stream
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .await
                    .is_err()
                {
                    return heard;
                }
            }
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return heard;
        }
        heard.push_str(&line);
        next = match (in_data, line.trim_end()) {
            (true, ".") => {
                in_data = false;
                answer(".").unwrap_or("250 2.0.0 Ok: queued as 4XyZ")
            }
            (true, _) => "",
            (false, line) => {
                in_data = line == "DATA" && answer("DATA").is_none();
                answer(line).unwrap_or(if in_data { "354 go on" } else { "250 ok" })
            }
        };
    }
}
