//! A mail server that stands still at one point of its first conversation, and says that it does; afterwards it takes everything.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Where it stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before its greeting: the mail is claimed, the attempt begun.
    Banner,
    /// Before it answers to the recipient.
    Rcpt,
    /// Before it answers to DATA: the token is drawn.
    Data,
    /// Within the message.
    Middle,
    /// After the final dot, before the answer.
    Dot,
    /// After the answer, which may or may not be written down.
    Answer,
}

pub struct Relay {
    pub port: u16,
    received: Arc<Mutex<Vec<String>>>,
    reached: Receiver<()>,
}

impl Relay {
    /// Each conversation takes one point; those after the last stand still nowhere.
    pub fn start(points: &[Point]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (tell, reached) = channel();
        let (kept, points) = (received.clone(), points.to_vec());
        // The thread ends with the process of the test.
        thread::spawn(move || {
            let mut points = points.into_iter();
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, tell, point) = (kept.clone(), tell.clone(), points.next());
                thread::spawn(move || converse(stream, point, &kept, &tell));
            }
        });
        Self {
            port,
            received,
            reached,
        }
    }

    /// Waits until it stands still.
    pub fn stands_still(&self) {
        self.reached
            .recv_timeout(Duration::from_secs(90))
            .expect("the relay to get to its point");
    }

    /// The messages whose final dot came.
    pub fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    /// Waits for so many.
    pub fn got(&self, mails: usize) -> Vec<String> {
        let began = Instant::now();
        while self.received().len() < mails {
            assert!(began.elapsed().as_secs() < 30, "{:?}", self.received());
            thread::sleep(Duration::from_millis(20));
        }
        self.received()
    }
}

/// Says that it is there, and holds the line until the other side is gone.
fn stand_still(stream: &mut BufReader<TcpStream>, tell: &Sender<()>) -> Option<()> {
    let _ = tell.send(());
    let mut line = String::new();
    while stream.read_line(&mut line).ok()? > 0 {
        line.clear();
    }
    None
}

fn converse(
    stream: TcpStream,
    point: Option<Point>,
    received: &Mutex<Vec<String>>,
    tell: &Sender<()>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    if point == Some(Point::Banner) {
        return stand_still(&mut stream, tell);
    }
    say(&mut stream, "220 relay.test")?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line
            .get(..4)
            .unwrap_or_default()
            .to_ascii_uppercase()
            .as_str()
        {
            "RCPT" if point == Some(Point::Rcpt) => return stand_still(&mut stream, tell),
            "DATA" if point == Some(Point::Data) => return stand_still(&mut stream, tell),
            "DATA" => {
                say(&mut stream, "354 go on")?;
                let mut source = String::new();
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).ok()? == 0 {
                        return None;
                    }
                    if point == Some(Point::Middle) {
                        return stand_still(&mut stream, tell);
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    source.push_str(&line);
                }
                received.lock().unwrap().push(source);
                if point == Some(Point::Dot) {
                    return stand_still(&mut stream, tell);
                }
                say(&mut stream, "250 2.0.0 queued")?;
                if point == Some(Point::Answer) {
                    return stand_still(&mut stream, tell);
                }
            }
            "QUIT" => return say(&mut stream, "221 bye"),
            _ => say(&mut stream, "250 ok")?,
        }
    }
}

fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    let stream = stream.get_mut();
    stream.write_all(format!("{line}\r\n").as_bytes()).ok()
}
