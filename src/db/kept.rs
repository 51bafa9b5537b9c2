//! Queries whose text is kept. Diesel writes the SQL of a query anew at each use, quoting every column;
//! for the statements that run most, that is a good part of what they cost here.

use std::sync::OnceLock;

use diesel::{
    pg::{Pg, PgQueryBuilder},
    prelude::*,
    query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId},
};

/// A query of diesel's with its text, written at the first use.
pub struct Kept<Q> {
    query: Q,
    text: &'static OnceLock<String>,
}

impl<Q> Kept<Q> {
    pub const fn new(query: Q, text: &'static OnceLock<String>) -> Self {
        Self { query, text }
    }
}

/// Keeps the text of the query that stands here. It must always be the same: no part may come and go,
/// as in boxed queries. Lists are fine, being one value each.
macro_rules! kept {
    ($query:expr) => {{
        static TEXT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        $crate::db::Kept::new($query, &TEXT)
    }};
}

/// The same for a query that selects some columns: one text for each selection.
macro_rules! kept_with {
    ($columns:expr, |$selected:ident| $query:expr) => {{
        static TEXTS: $crate::db::columns::Texts =
            [const { std::sync::OnceLock::new() }; $crate::db::columns::MOST + 1];
        let ($selected, number) = $columns.select();
        $crate::db::Kept::new($query, &TEXTS[number])
    }};
}

pub(crate) use {kept, kept_with};

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn to_sql(&self, out: &mut PgQueryBuilder, backend: &Pg) -> QueryResult<()> {
        let fresh = || -> QueryResult<String> {
            let mut text = PgQueryBuilder::new();
            self.query.to_sql(&mut text, backend)?;
            Ok(text.finish())
        };
        let text = if let Some(text) = self.text.get() {
            text
        } else {
            let text = fresh()?;
            self.text.get_or_init(|| text)
        };
        debug_assert_eq!(fresh().as_ref(), Ok(text), "the text of this query changes");
        out.push_sql(text);
        Ok(())
    }

    /// It is kept, so it can be.
    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}

/// A query that is prepared once on each connection though it has parts in SQL, for which diesel prepares a
/// query anew at each use: a round trip more, and all the planning.
pub struct Prepared<Q>(pub Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

// Its text is its name.
impl<Q> QueryId for Kept<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}
