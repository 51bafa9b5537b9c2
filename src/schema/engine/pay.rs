//! Who pays for a request, and what for beside its execution. Reading costs everybody, since nothing is known of
//! a request before it is read; what a document costs that is new is taken before it is prepared.

use std::{any::TypeId, cell::Cell, sync::Arc, time::Duration};

use apollo_compiler::executable::Operation;
use async_graphql::Response;
use futures_util::stream::{self, BoxStream, StreamExt};

use super::{
    Engine,
    outcome::{Outcome, limited},
};
use crate::{
    graphql::document::Prepared,
    schema::{asked::Asked, permissions},
    traffic::{Payer, Standing},
    viewer::{Caller, Client},
};

/// What it costs to look at a request that does not run.
const LOOK: u64 = 10;
/// So many bytes of JSON are read for a point.
const BYTES_READ: u64 = 200;
/// So many values among them are.
const VALUES_READ: u64 = 4;
/// So many bytes of a new document are prepared for a point: reading one takes longer than answering as
/// many fields.
const BYTES_PREPARED: u64 = 10;
/// No longer document is looked at for an address that has nothing left but its reserve.
const LONGEST_OF_SIGN_IN: usize = 4 << 10;

/// What one request is paid from.
pub(super) struct Purse {
    pub payer: Payer,
    /// What it has taken so far.
    taken: Cell<u64>,
}

/// Whose bucket a request is paid from.
pub(super) fn payer(caller: Caller, about: &async_graphql::Data) -> Payer {
    let client = about.get(&TypeId::of::<Client>());
    Payer::of(caller, client.and_then(|it| it.downcast_ref()))
}

fn price_of_reading(bytes: usize, values: usize) -> u64 {
    bytes as u64 / BYTES_READ + values as u64 / VALUES_READ
}

fn price_of_preparing(length: usize) -> u64 {
    LOOK + length as u64 / BYTES_PREPARED
}

/// Whether all that an operation does is to sign in.
fn signs_in(document: &Prepared, operation: &Operation) -> bool {
    let mut fields = operation.root_fields(&document.checked);
    fields.all(|field| permissions::signs_in(&field.name))
}

impl Engine {
    /// Has the reading of a request paid, and says from which bucket the rest is. Whoever has nothing left
    /// is refused before anything is looked at, but for the way to sign in: others of the same address
    /// may have emptied its bucket.
    pub(super) fn have_reading_paid(
        &self,
        payer: Payer,
        asked: &Asked,
    ) -> Result<Purse, Box<Outcome>> {
        let purse = match self.rates.check(payer) {
            Ok(()) => Purse {
                payer,
                taken: Cell::default(),
            },
            Err(wait) => self
                .reserve_for(payer, asked)
                .ok_or_else(|| self.limited(payer, wait))?,
        };
        self.take(&purse, price_of_reading(asked.bytes, asked.values));
        Ok(purse)
    }

    fn reserve_for(&self, payer: Payer, asked: &Asked) -> Option<Purse> {
        let reserve = payer.reserve()?;
        let text = asked.text();
        let may_be = |text: &str| {
            text.len() <= LONGEST_OF_SIGN_IN && permissions::speaks_of_signing_in(text)
        };
        if !text.is_none_or(may_be) || self.rates.check(reserve).is_err() {
            return None;
        }
        let named = asked.named().ok()?;
        let purse = Purse {
            payer: reserve,
            taken: Cell::default(),
        };
        let prepares = |length| self.have_preparing_paid(&purse, length);
        let document = self.documents.find(named, text, prepares).ok()?;
        let operations = &document.checked.operations;
        let operation = operations.get(asked.operation_name.as_deref()).ok()?;
        signs_in(&document, operation).then_some(purse)
    }

    /// Takes what a document costs that is new.
    pub(super) fn have_preparing_paid(&self, purse: &Purse, length: usize) {
        self.take(purse, price_of_preparing(length));
    }

    /// Takes what it costs to look at a request that is then refused.
    pub(super) fn have_look_paid(&self, purse: &Purse) {
        self.take(purse, LOOK);
    }

    fn take(&self, purse: &Purse, price: u64) {
        self.rates.owe(purse.payer, price);
        purse.taken.set(purse.taken.get().saturating_add(price));
    }

    /// Has the execution paid, before anything of it is done.
    pub(super) fn have_execution_paid(
        &self,
        purse: &Purse,
        document: &Prepared,
        operation: &Operation,
        price: u64,
    ) -> Result<(), Box<Outcome>> {
        let payer = purse.payer;
        let paid = self.rates.spend(payer, price, LOOK, purse.taken.get());
        let paid = paid.or_else(|wait| match payer.reserve() {
            Some(reserve) if signs_in(document, operation) => {
                self.rates.spend(reserve, price, LOOK, 0)
            }
            _ => Err(wait),
        });
        paid.map_err(|wait| self.limited(payer, wait))
    }

    /// Has something paid that is no request, though it was sent as one: a body that cannot be read, or a
    /// token that proves nothing. The answer is another one where its sender has spent too much already.
    pub fn have_mistake_paid(&self, payer: Payer) -> Result<(), Box<Outcome>> {
        let checked = self.rates.check(payer);
        self.rates.owe(payer, LOOK);
        checked.map_err(|wait| self.limited(payer, wait))
    }

    /// Has a message paid that asks for nothing, such as a ping of a client.
    pub fn have_message_paid(
        &self,
        payer: Payer,
        bytes: usize,
        values: usize,
    ) -> Result<(), Box<Outcome>> {
        let checked = self.rates.check(payer);
        self.rates.owe(payer, 1 + price_of_reading(bytes, values));
        checked.map_err(|wait| self.limited(payer, wait))
    }

    /// What somebody may still spend; none where there is no bound.
    #[must_use]
    pub fn standing(&self, payer: Payer) -> Option<Standing> {
        self.rates.standing(payer)
    }

    /// The events of a subscription, each of which costs as much as its beginning did. Whoever cannot pay
    /// is told so, and it ends.
    pub(super) fn paid_by_event(
        &self,
        payer: Payer,
        price: u64,
        events: BoxStream<'static, Response>,
    ) -> BoxStream<'static, Response> {
        let (rates, tally) = (Arc::clone(&self.rates), Arc::clone(&self.tally));
        let next = move |events: Option<BoxStream<'static, Response>>| {
            let (rates, tally) = (Arc::clone(&rates), Arc::clone(&tally));
            async move {
                let mut events = events?;
                let event = events.next().await?;
                match rates.check(payer) {
                    Ok(()) => {
                        rates.owe(payer, price);
                        Some((event, Some(events)))
                    }
                    Err(wait) => {
                        let refused = limited(rates.refuse(payer, wait));
                        tally.count_errors(&refused);
                        Some((refused, None))
                    }
                }
            }
        };
        stream::unfold(Some(events), next).boxed()
    }

    fn limited(&self, payer: Payer, wait: Duration) -> Box<Outcome> {
        let wait = self.rates.refuse(payer, wait);
        Box::new(Outcome::Limited(limited(wait), wait))
    }
}
