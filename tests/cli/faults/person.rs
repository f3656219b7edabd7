//! Somebody at a browser without JavaScript, who notices when the server dies in the middle of an answer.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The connection ended before a whole answer came.
#[derive(Debug)]
pub struct Gone;

pub struct Person {
    pub port: u16,
    pub jar: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: u16,
    pub location: String,
    pub retry_after: String,
    pub body: String,
}

impl Answer {
    /// The form's proof that it is this browser's.
    pub fn csrf(&self) -> String {
        let (_, rest) = self
            .body
            .split_once("name=\"csrf\" value=\"")
            .unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Person {
    pub fn at(port: u16) -> Self {
        Self {
            port,
            jar: BTreeMap::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Result<Answer, Gone> {
        self.send("GET", path, "")
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Gone> {
        // What is typed here has spaces at most.
        let field = |(name, value): &(&str, &str)| format!("{name}={}", value.replace(' ', "+"));
        let body: Vec<_> = fields.iter().map(field).collect();
        self.send("POST", path, &body.join("&"))
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer, Gone> {
        let jar: Vec<_> = self
            .jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            jar.join("; "),
            body.len()
        );
        let whole = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = whole().map_err(|_| Gone)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(Gone)?;
        let header = |name: &str| {
            let all = head.lines().filter_map(|line| line.split_once(": "));
            all.filter(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
                .collect::<Vec<_>>()
        };
        for cookie in header("set-cookie") {
            let (name, value) = cookie
                .split(';')
                .next()
                .and_then(|c| c.split_once('='))
                .unwrap();
            if value.is_empty() {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Answer {
            status: head
                .get(9..12)
                .and_then(|code| code.parse().ok())
                .ok_or(Gone)?,
            location: header("location").pop().unwrap_or_default(),
            retry_after: header("retry-after").pop().unwrap_or_default(),
            body: body.to_owned(),
        })
    }

    /// Whether that password signs in, in a browser of its own.
    pub fn signs_in(&self, password: &str) -> bool {
        let mut other = Self::at(self.port);
        let fields = [("username", "alice"), ("password", password)];
        let answer = other.post("/sign-in", &fields).expect("an answer");
        assert!(
            matches!(answer.status, 303 | 401),
            "{}: {}",
            answer.status,
            answer.body
        );
        answer.status == 303
    }
}
