//! Following feeds: what was missed, then whatever comes. The follower reads when it is asked for
//! more, so a slow one costs a place in the feed and no memory.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use futures_util::{
    FutureExt, Stream,
    future::select_all,
    stream::{self, StreamExt},
};
use tokio::{sync::watch, time::sleep};

use super::{Batch, Hub, Place, Scope, heads, read};
use crate::error::{Error, Result};

/// The most changes that are read at once.
const AT_ONCE: usize = 200;
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

struct Follower {
    hub: Arc<Hub>,
    scope: Scope,
    places: Vec<Place>,
    bells: Vec<watch::Receiver<()>>,
    /// Whether to read without waiting for a bell.
    more: bool,
}

impl Hub {
    /// The changes after `from`, or from now on. Ends with an error when the reader has fallen
    /// behind what is kept; an error of the database is waited out.
    pub async fn follow(
        self: &Arc<Self>,
        scope: Scope,
        from: Option<Vec<Place>>,
    ) -> Result<impl Stream<Item = Result<Batch>> + Send + use<>> {
        let feeds = scope.feeds();
        // First the bells, then the first look: nothing falls between them.
        let bells = self.bells(&feeds);
        let mut follower = Follower {
            hub: Arc::clone(self),
            scope,
            places: Vec::new(),
            bells,
            more: false,
        };
        let missed = if let Some(places) = from {
            follower.places = places;
            Some(follower.read().await?)
        } else {
            follower.places = heads(&mut *self.db.conn().await?, &feeds).await?;
            None
        };
        let missed = missed.filter(|batch| !batch.changes.is_empty());
        let live = stream::unfold(Some(follower), async |follower| {
            let mut follower = follower?;
            match follower.next().await? {
                Ok(batch) => Some((Ok(batch), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(stream::iter(missed.map(Ok)).chain(live))
    }
}

impl Follower {
    /// The next changes, however long they take. None: the server is going away.
    async fn next(&mut self) -> Option<Result<Batch>> {
        let mut pause = Duration::from_secs(1);
        loop {
            let was_waiting = !self.more;
            if was_waiting {
                self.bell().await?;
            }
            match self.read().await {
                Ok(batch) if batch.changes.is_empty() => {}
                Ok(batch) => {
                    if was_waiting {
                        self.observe(&batch);
                    }
                    return Some(Ok(batch));
                }
                Err(Error::CursorExpired) => return Some(Err(Error::CursorExpired)),
                Err(error) => {
                    tracing::warn!(error = ?error, "a follower could not read; it tries again");
                    sleep(pause.mul_f64(rand::random_range(0.75..1.25))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    self.more = true;
                }
            }
        }
    }

    /// Reads on. A bell that rings from here on is heard afterwards.
    async fn read(&mut self) -> Result<Batch> {
        for bell in &mut self.bells {
            bell.mark_unchanged();
        }
        let _turn = self.hub.readers.acquire().await;
        let mut conn = self.hub.db.conn().await?;
        let batch = read(&mut conn, &self.scope, &self.places, AT_ONCE).await?;
        self.places.clone_from(&batch.places);
        self.more = batch.more;
        Ok(batch)
    }

    /// By the clocks of the database and of this machine, which may differ a little.
    fn observe(&self, batch: &Batch) {
        let oldest = batch.changes.iter().map(|change| change.at).min();
        if let Some(at) = oldest {
            self.hub
                .lag
                .observe((Utc::now() - at).to_std().unwrap_or_default());
        }
    }

    async fn bell(&mut self) -> Option<()> {
        let rings = self.bells.iter_mut().map(|bell| bell.changed().boxed());
        select_all(rings).await.0.ok()
    }
}
