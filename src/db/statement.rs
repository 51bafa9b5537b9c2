//! Statements written by hand. Unlike `diesel::sql_query` they are prepared once per connection, so
//! each later use costs one round trip instead of two; and many rows go in as one array per column,
//! so their text does not depend on how many there are.

use std::marker::PhantomData;

use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{Array, HasSqlType, Untyped},
};

type Bound<'a> = Box<dyn QueryFragment<Pg> + Send + 'a>;

/// A statement with a `?` for each value, in the order in which they are bound.
pub struct Statement<'a> {
    sql: &'static str,
    binds: Vec<Bound<'a>>,
}

/// A statement without values yet.
#[must_use]
pub const fn statement<'a>(sql: &'static str) -> Statement<'a> {
    Statement {
        sql,
        binds: Vec::new(),
    }
}

impl<'a> Statement<'a> {
    /// The value of the next `?`.
    #[must_use]
    pub fn bind<ST, V>(mut self, value: V) -> Self
    where
        ST: 'a,
        Pg: HasSqlType<ST>,
        V: ToSql<ST, Pg> + Send + 'a,
    {
        let kind = PhantomData;
        self.binds.push(Box::new(Bind { value, kind }));
        self
    }

    /// One value of each row as an array, for `unnest`.
    #[must_use]
    pub fn column<ST, R, V>(self, rows: &'a [R], of: impl Fn(&'a R) -> V) -> Self
    where
        ST: 'static,
        Pg: HasSqlType<Array<ST>>,
        Vec<V>: ToSql<Array<ST>, Pg>,
        V: Send + 'a,
    {
        self.bind::<Array<ST>, _>(rows.iter().map(of).collect::<Vec<V>>())
    }
}

struct Bind<ST, V> {
    value: V,
    kind: PhantomData<fn() -> ST>,
}

impl<ST, V> QueryFragment<Pg> for Bind<ST, V>
where
    Pg: HasSqlType<ST>,
    V: ToSql<ST, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<ST, V>(&self.value)
    }
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (bind, part) in self.binds.iter().zip(parts) {
            bind.walk_ast(out.reborrow())?;
            out.push_sql(part);
        }
        Ok(())
    }
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

// The text is the key under which it is kept: two statements are the same if they read the same.
impl QueryId for Statement<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}
