//! Work that holds a processor for long, off the async threads: so many at once, so many waiting, for so long, then "busy".

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::api::error::ApiError;
use crate::server::failure::{Done, Failure};

/// When it is worth asking again: the queue moves on within a second or so.
const RETRY_FULL: u32 = 2;
/// When the whole queue is slow, later.
const RETRY_SLOW: u32 = 5;

/// Takes turns; cheap to clone.
#[derive(Debug, Clone)]
pub struct Turns {
    slots: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    patience: Duration,
}

impl Turns {
    /// `slots` run at once, `queue` more may wait, none of them longer than `patience`.
    pub fn new(slots: usize, queue: usize, patience: Duration) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            waiting: Arc::default(),
            queue,
            patience,
        }
    }

    /// Does the work when its turn has come.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when too many wait already, or the turn did not come in time.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Done<T> {
        let slot = match self.slots.clone().try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                let waiting = Waiting::enter(&self.waiting, self.queue)?;
                let turn = timeout(self.patience, self.slots.clone().acquire_owned()).await;
                drop(waiting);
                let Ok(slot) = turn else {
                    return Err(busy(RETRY_SLOW));
                };
                slot.map_err(|error| Failure::Fault(error.into()))?
            }
        };
        // The slot goes along: a caller that hangs up does not free it while the work still runs.
        let work = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        });
        work.await.map_err(|error| Failure::Fault(error.into()))
    }
}

fn busy(retry_after: u32) -> Failure {
    ApiError::Busy { retry_after }.into()
}

/// A place in the queue, given back when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize, queue: usize) -> Done<Self> {
        if waiting.fetch_add(1, Ordering::Relaxed) >= queue {
            waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(busy(RETRY_FULL));
        }
        Ok(Self(waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::JoinSet;

    use super::*;

    fn wait(done: &Result<(), Failure>) -> Option<u32> {
        match done {
            Err(Failure::Refused(ApiError::Busy { retry_after })) => Some(*retry_after),
            _ => None,
        }
    }

    #[tokio::test]
    async fn d3_so_many_at_once_so_many_waiting_then_busy() {
        let turns = Turns::new(2, 3, Duration::from_secs(30));
        let (begun, mut running) = tokio::sync::mpsc::unbounded_channel();
        let (gate, opened) = mpsc::channel::<()>();
        let opened = Arc::new(std::sync::Mutex::new(opened));
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let (turns, begun, opened) = (turns.clone(), begun.clone(), opened.clone());
            tasks.spawn(async move {
                let work = move || {
                    let _ = begun.send(());
                    // Until the test lets everybody go.
                    let _ = opened.lock().map(|gate| gate.recv());
                };
                turns.run(work).await
            });
        }
        // All but those that run and those that wait are sent away at once, before any work has ended.
        for _ in 0..15 {
            let refused = tasks.join_next().await.unwrap().unwrap();
            assert_eq!(wait(&refused), Some(RETRY_FULL));
        }
        running.recv().await.unwrap();
        running.recv().await.unwrap();
        assert!(running.try_recv().is_err(), "only two run");
        drop(gate);
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(running.len(), 3, "those that waited have had their turn");
        turns.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn d3_nobody_waits_for_ever() {
        let turns = Turns::new(1, 3, Duration::from_millis(20));
        let (gate, opened) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let turns = turns.clone();
            async move { turns.run(move || opened.recv().is_err()).await }
        });
        let late = loop {
            let late = turns.run(|| ()).await;
            // The first may not have begun yet.
            if late.is_err() {
                break late;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(wait(&late), Some(RETRY_SLOW));
        drop(gate);
        assert!(first.await.unwrap().unwrap(), "it had its turn");
        turns.run(|| ()).await.unwrap();
        assert_eq!(turns.waiting.load(Ordering::SeqCst), 0);
    }
}
