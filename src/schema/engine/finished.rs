//! Work that is finished even if nobody waits for it any more: a mutation whose client has left. While somebody
//! waits, it is a part of their task; one of its own would be two wake-ups more for each request.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use async_graphql::Response;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

/// An answer that is worked out to its end once that has begun.
pub(super) struct Finished {
    /// None once it has ended, or has panicked.
    rest: Option<BoxFuture<'static, Response>>,
    begun: bool,
}

impl Finished {
    pub(super) fn new(work: impl Future<Output = Response> + Send + 'static) -> Self {
        Self {
            rest: Some(Box::pin(work)),
            begun: false,
        }
    }
}

impl Future for Finished {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        self.begun = true;
        let mut rest = self.rest.take().expect("nobody waits for what has ended");
        let polled = rest.as_mut().poll(cx);
        if polled.is_pending() {
            self.rest = Some(rest);
        }
        polled
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        if !self.begun {
            return;
        }
        // There is no runtime where the whole process ends.
        if let (Some(rest), Ok(runtime)) = (self.rest.take(), Handle::try_current()) {
            runtime.spawn(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::poll;
    use tokio::{sync::oneshot, time::sleep};

    use super::*;

    fn slow() -> (Finished, oneshot::Receiver<()>) {
        let (done, is_done) = oneshot::channel();
        let work = async move {
            sleep(Duration::from_millis(5)).await;
            let _ = done.send(());
            Response::default()
        };
        (Finished::new(work), is_done)
    }

    #[tokio::test]
    async fn what_has_begun_is_finished_without_anybody_who_waits() {
        let (mut work, is_done) = slow();
        assert!(poll!(&mut work).is_pending());
        drop(work);
        assert_eq!(is_done.await, Ok(()));
    }

    #[tokio::test]
    async fn what_has_not_begun_is_never_begun() {
        let (work, is_done) = slow();
        drop(work);
        assert!(is_done.await.is_err(), "it was begun");
    }
}
