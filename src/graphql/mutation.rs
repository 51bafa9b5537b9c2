//! What every mutation has in common: one transaction, and an answer that is the same when a client
//! asks twice with the same key.

use std::sync::Arc;

use async_graphql::{Context, Name, Value};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, TransactionManager};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{ContextExt, Seam, Ticket, seam::seam};
use crate::{
    config::failpoints,
    db::schema::idempotency_keys,
    error::{Error, Result},
    viewer::{UserId, Viewer},
};

/// The argument that makes a mutation safe to repeat.
const KEY_ARGUMENT: &str = "idempotencyKey";
const LONGEST_KEY: usize = 200;

/// Runs `work` in one transaction, on behalf of the signed-in user. What it returns (usually the ids of
/// what was changed) is kept with the idempotency key, if there is one, and returned again for it.
pub async fn mutate<T>(
    ctx: &Context<'_>,
    idempotency_key: Option<String>,
    work: impl AsyncFnOnce(&mut AsyncPgConnection, UserId) -> Result<T> + Send,
) -> Result<T>
where
    T: Serialize + DeserializeOwned + Send + Sync,
{
    let viewer = ctx.viewer()?;
    let request = idempotency_key.map(|key| Keyed::of(ctx, key)).transpose()?;
    mutate_as(ctx, viewer, async |conn, owner| match request {
        None => work(conn, owner).await,
        Some(request) => once(conn, owner, request, work).await,
    })
    .await
}

/// The same on behalf of somebody who is not signed in yet, because their account is made by it.
pub async fn mutate_as<T: Send>(
    ctx: &Context<'_>,
    viewer: Viewer,
    work: impl AsyncFnOnce(&mut AsyncPgConnection, UserId) -> Result<T> + Send,
) -> Result<T> {
    let seam = seam(ctx);
    let mut conn = ctx.db().conn().await?;
    // Not `transaction()`: it demands of the closure's future what only the caller can promise.
    let moved = if let Some(seam) = seam {
        Some((seam, seam.begin(&mut conn, viewer).await?))
    } else {
        Transactions::begin_transaction(&mut *conn).await?;
        None
    };
    let outcome = between(&mut conn, viewer, moved, work).await;
    if outcome.is_ok() {
        failpoints::reach("mutation.before_commit");
        Transactions::commit_transaction(&mut *conn).await?;
        failpoints::reach("mutation.committed");
    } else if let Err(broken) = Transactions::rollback_transaction(&mut *conn).await {
        // The connection is broken and goes; what went wrong first is what counts.
        tracing::debug!(error = %broken, "a transaction could not be rolled back");
    }
    // Whoever else needs one to finish this must not have to wait for us.
    drop(conn);
    let answer = outcome?;
    ctx.announce_for(viewer);
    if let Some((seam, ticket)) = moved {
        seam.settled(viewer, ticket).await?;
    }
    Ok(answer)
}

/// Does what one statement can do by itself, without a transaction around it. Does nothing, so that `mutate` has to,
/// where more belongs to the change: an answer to keep, or files that follow.
pub async fn mutate_at_once<T>(
    ctx: &Context<'_>,
    idempotency_key: Option<&str>,
    work: impl AsyncFnOnce(&mut AsyncPgConnection, UserId) -> Result<Option<T>> + Send,
) -> Result<Option<T>> {
    let owner = ctx.owner()?;
    if idempotency_key.is_some() || seam(ctx).is_some() {
        return Ok(None);
    }
    let done = work(&mut *ctx.db().conn().await?, owner).await?;
    if done.is_some() {
        ctx.announce()?;
    }
    Ok(done)
}

/// What happens between the beginning of the transaction and its end.
async fn between<T: Send>(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    moved: Option<(&Arc<dyn Seam>, Ticket)>,
    work: impl AsyncFnOnce(&mut AsyncPgConnection, UserId) -> Result<T> + Send,
) -> Result<T> {
    let answer = work(conn, viewer.user).await?;
    if let Some((seam, ticket)) = moved {
        seam.settle(conn, ticket).await?;
    }
    Ok(answer)
}

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// Does the work unless it was done before under the same key.
async fn once<T: Serialize + DeserializeOwned + Send + Sync>(
    conn: &mut AsyncPgConnection,
    owner: UserId,
    request: Keyed,
    work: impl AsyncFnOnce(&mut AsyncPgConnection, UserId) -> Result<T> + Send,
) -> Result<T> {
    if let Some(answer) = request.claim(conn, owner).await? {
        return serde_json::from_value(answer).map_err(Error::internal);
    }
    let answer = work(conn, owner).await?;
    request.keep(conn, owner, &answer).await?;
    Ok(answer)
}

/// A mutation that carries an idempotency key.
struct Keyed {
    key: String,
    payload_hash: Vec<u8>,
}

impl Keyed {
    fn of(ctx: &Context<'_>, key: String) -> Result<Self> {
        let blank = key.trim().is_empty() || key.chars().any(char::is_control);
        if blank || key.chars().count() > LONGEST_KEY {
            let message = format!(
                "`{KEY_ARGUMENT}` must have from 1 to {LONGEST_KEY} characters that can be seen"
            );
            return Err(Error::invalid(KEY_ARGUMENT, message));
        }
        let mut arguments = ctx
            .field()
            .arguments()
            .map_err(|error| Error::invalid("", error.message))?;
        arguments.retain(|(name, _)| name != KEY_ARGUMENT);
        let payload_hash = hash(ctx.field().name(), arguments)?;
        Ok(Self { key, payload_hash })
    }

    /// Takes the key for this request, or finds what was answered to it before. A request with the
    /// same key that is still under way is waited for.
    async fn claim(
        &self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
    ) -> Result<Option<serde_json::Value>> {
        use idempotency_keys as keys;

        let taken = diesel::insert_into(keys::table)
            .values((
                keys::user_id.eq(owner),
                keys::key.eq(&self.key),
                keys::payload_hash.eq(&self.payload_hash),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if taken > 0 {
            return Ok(None);
        }
        let (hash, response): (Vec<u8>, Option<serde_json::Value>) = keys::table
            .find((owner, &self.key))
            .select((keys::payload_hash, keys::response))
            .first(conn)
            .await?;
        if hash != self.payload_hash {
            return Err(Error::conflict(format!(
                "`{KEY_ARGUMENT}` was used before with other arguments: make a new key for a new request"
            ))
            .at(KEY_ARGUMENT));
        }
        Ok(Some(response.unwrap_or_default()))
    }

    async fn keep(
        &self,
        conn: &mut AsyncPgConnection,
        owner: UserId,
        answer: &(impl Serialize + Sync),
    ) -> Result<()> {
        let answer = serde_json::to_value(answer).map_err(Error::internal)?;
        diesel::update(idempotency_keys::table.find((owner, &self.key)))
            .set(idempotency_keys::response.eq(answer))
            .execute(conn)
            .await?;
        Ok(())
    }
}

/// Neither the order of arguments nor that of keys makes another request.
fn hash(field: &str, arguments: Vec<(Name, Value)>) -> Result<Vec<u8>> {
    let arguments = sorted(Value::Object(arguments.into_iter().collect()));
    let text = serde_json::to_vec(&arguments).map_err(Error::internal)?;
    Ok(Sha256::new()
        .chain_update(field)
        .chain_update([0])
        .chain_update(text)
        .finalize()
        .to_vec())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(Name, Value)> = fields.into_iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, sorted(value)));
            Value::Object(fields.collect())
        }
        Value::List(items) => Value::List(items.into_iter().map(sorted).collect()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_makes_no_other_request_and_that_of_items_does() {
        let of = |json: serde_json::Value| {
            let value = Value::from_json(json).unwrap();
            hash("addSet", vec![(Name::new("input"), value)]).unwrap()
        };
        let parse = |text: &str| Value::from_json(serde_json::from_str(text).unwrap()).unwrap();
        let one = sorted(parse(r#"{"a": 1, "b": [{"c": 2, "d": 3}]}"#));
        let other = sorted(parse(r#"{"b": [{"d": 3, "c": 2}], "a": 1}"#));
        assert_eq!(one.to_string(), other.to_string());
        assert_ne!(
            of(serde_json::json!({"a": [1, 2]})),
            of(serde_json::json!({"a": [2, 1]}))
        );
    }
}
