//! From a name to an open TCP connection: IPv6 and IPv4 race (RFC 8305), every try is noted.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Recorder, Target, fault};
use crate::domain::smtp::evidence::{Evidence, Fault, IoFault};
use crate::domain::smtp::step::Step;
use crate::domain::smtp::transcript::StepState;
use crate::server::smtp::dns;

/// How long one try is ahead of the next (RFC 8305 5).
const HEAD_START: Duration = Duration::from_millis(250);
/// Addresses that are tried, at most.
const MAX_TRIES: usize = 8;

/// Resolves and connects, as two recorded steps, both within the target's deadline for connecting.
pub async fn connect(
    target: &Target,
    recorder: &Recorder,
    whole: Instant,
) -> Result<TcpStream, Evidence> {
    let ends = whole.min(Instant::now() + target.limits.connect);
    recorder.begin(Step::Dns);
    let addresses = resolve(target, recorder, ends).await;
    let addresses = step(recorder, Step::Dns, addresses)?;
    recorder.begin(Step::Connect);
    let stream = match allowed(target, recorder, addresses) {
        Ok(addresses) => race(addresses, target.port, recorder, ends).await,
        Err(forbidden) => Err(forbidden),
    };
    let stream = step(recorder, Step::Connect, stream)?;
    if let Ok(peer) = stream.peer_addr() {
        recorder.peer(peer);
        recorder.note(&format!("connected to {peer}"));
    }
    recorder.end(StepState::Passed);
    Ok(stream)
}

/// Ends a step that failed; one that passed may still have something to say.
fn step<T>(recorder: &Recorder, step: Step, outcome: Result<T, Fault>) -> Result<T, Evidence> {
    match outcome {
        Ok(value) => {
            if step == Step::Dns {
                recorder.end(StepState::Passed);
            }
            Ok(value)
        }
        Err(fault) => {
            recorder.note(&fault.to_string());
            recorder.end(StepState::Failed);
            Err(Evidence::fault(step, fault))
        }
    }
}

async fn resolve(
    target: &Target,
    recorder: &Recorder,
    ends: Instant,
) -> Result<Vec<IpAddr>, Fault> {
    let patience = ends.saturating_duration_since(Instant::now());
    let found = dns::addresses(&target.host, target.family, target.resolver, patience).await;
    let found = found.map_err(Fault::Dns)?;
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    recorder.note(&format!("{} is {}", target.host, words.join(", ")));
    Ok(found)
}

/// What may be tried, the families in turn, IPv6 first (RFC 8305 4).
fn allowed(
    target: &Target,
    recorder: &Recorder,
    addresses: Vec<IpAddr>,
) -> Result<VecDeque<IpAddr>, Fault> {
    let (mut six, mut four) = (VecDeque::new(), VecDeque::new());
    let mut forbidden = None;
    for address in addresses {
        if !target.allow.allows(address) {
            recorder.note(&format!("{address} is not allowed from here"));
            forbidden.get_or_insert(address);
        } else if address.is_ipv6() {
            six.push_back(address);
        } else {
            four.push_back(address);
        }
    }
    let mut tries = VecDeque::new();
    while tries.len() < MAX_TRIES && !(six.is_empty() && four.is_empty()) {
        tries.extend(six.pop_front());
        tries.extend(four.pop_front());
    }
    match forbidden {
        Some(address) if tries.is_empty() => Err(Fault::Forbidden(address.to_string())),
        _ => Ok(tries),
    }
}

async fn race(
    mut waiting: VecDeque<IpAddr>,
    port: u16,
    recorder: &Recorder,
    ends: Instant,
) -> Result<TcpStream, Fault> {
    let mut tries = JoinSet::new();
    let mut worst = None;
    loop {
        if let Some(address) = waiting.pop_front() {
            let to = SocketAddr::new(address, port);
            recorder.note(&format!("trying {to}"));
            tries.spawn(async move { (to, timeout_at(ends, TcpStream::connect(to)).await) });
        }
        let next = Instant::now() + HEAD_START;
        let ended = tokio::select! {
            ended = tries.join_next() => ended,
            () = sleep_until(next), if !waiting.is_empty() => continue,
        };
        let (to, outcome) = match ended {
            Some(Ok(ended)) => ended,
            // A try cannot panic; were one to, the others go on.
            Some(Err(_)) => continue,
            None if waiting.is_empty() => {
                return Err(Fault::Io(worst.unwrap_or(IoFault::Other)));
            }
            None => continue,
        };
        let fault = match outcome {
            Ok(Ok(stream)) => {
                // Every line is one write; waiting for more would only cost time.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => fault::kind(&error),
            Err(_) => IoFault::TimedOut,
        };
        recorder.note(&format!("{to}: {}", Fault::Io(fault)));
        worst = Some(worst.map_or(fault, |before| more_telling(before, fault)));
    }
}

/// Of two addresses that failed, what says more: a machine that answers tells more than one that cannot be reached.
fn more_telling(one: IoFault, other: IoFault) -> IoFault {
    let rank = |fault: IoFault| match fault {
        IoFault::Refused => 0,
        IoFault::Reset => 1,
        IoFault::TimedOut => 2,
        IoFault::Denied => 3,
        IoFault::Unreachable => 4,
        IoFault::Other => 5,
    };
    if rank(other) < rank(one) { other } else { one }
}
