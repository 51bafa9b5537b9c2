//! What stands between requests and their rows while an app is moved here from its files. Resolvers do
//! not see it: it decides which tables a request reads, and takes part in each mutation's transaction.

use std::sync::Arc;

use async_graphql::Context;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;

use crate::{db::Db, error::Result, viewer::Viewer};

/// What a mutation was let in with: how often the rules had changed by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub i64);

/// Whoever moves an app. Without one, requests read and write the tables as they are.
pub trait Seam: Send + Sync {
    /// The database as requests see it at the moment.
    fn reading(&self) -> Db;

    /// Whether requests read the database's own tables.
    fn reads_database(&self) -> bool;

    /// Whether the files are out of use, so that nothing has to follow what happens here.
    fn is_over(&self) -> bool;

    /// Begins the transaction of a mutation where that may write, or says why it may not.
    fn begin<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        viewer: Viewer,
    ) -> BoxFuture<'a, Result<Ticket>>;

    /// The last step in it, when all statements are done and nothing is committed.
    fn settle<'a>(
        &'a self,
        conn: &'a mut AsyncPgConnection,
        ticket: Ticket,
    ) -> BoxFuture<'a, Result<()>>;

    /// What is left to do after the commit, and before the answer. It fails where the answer could not show what
    /// was written.
    fn settled(&self, viewer: Viewer, ticket: Ticket) -> BoxFuture<'_, Result<()>>;
}

/// The seam of this request, where there is one.
pub(super) fn seam<'a>(ctx: &Context<'a>) -> Option<&'a Arc<dyn Seam>> {
    ctx.data_opt()
}
