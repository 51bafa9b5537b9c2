//! Statements written by hand. Unlike `diesel::sql_query` they are prepared once per connection, so
//! each later use costs one round trip instead of two; and many rows go in as one array per column,
//! so their text does not depend on how many there are.

use std::{
    collections::HashMap,
    fmt::Write,
    marker::PhantomData,
    sync::{PoisonError, RwLock},
};

use diesel::{
    pg::{Pg, PgMetadataLookup, PgQueryBuilder},
    prelude::*,
    query_builder::{
        AstPass, Query, QueryBuilder, QueryFragment, QueryId, bind_collector::RawBytesBindCollector,
    },
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

    fn to_sql(&self, out: &mut PgQueryBuilder, _: &Pg) -> QueryResult<()> {
        out.push_sql(numbered(self.sql));
        Ok(())
    }

    /// Without the text, which the way above passes through for each of them.
    fn collect_binds<'b>(
        &'b self,
        out: &mut RawBytesBindCollector<Pg>,
        lookup: &mut (dyn PgMetadataLookup + 'static),
        backend: &'b Pg,
    ) -> QueryResult<()> {
        let mut binds = self.binds.iter();
        binds.try_for_each(|bind| bind.collect_binds(out, lookup, backend))
    }
}

/// The text as PostgreSQL takes it, with a number for each value. It is made once: statements are constants.
fn numbered(sql: &'static str) -> &'static str {
    static TEXTS: RwLock<Option<HashMap<(usize, usize), &'static str>>> = RwLock::new(None);

    let place = (sql.as_ptr() as usize, sql.len());
    let texts = TEXTS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = texts.as_ref().and_then(|texts| texts.get(&place)) {
        return text;
    }
    drop(texts);
    let mut parts = sql.split('?');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (number, part) in (1..).zip(parts) {
        // Memory takes whatever it is given.
        let _: Result<(), _> = write!(text, "${number}{part}");
    }
    let mut texts = TEXTS.write().unwrap_or_else(PoisonError::into_inner);
    texts
        .get_or_insert_default()
        .entry(place)
        .or_insert_with(|| text.leak())
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

// The text is the key under which it is kept: two statements are the same if they read the same.
impl QueryId for Statement<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}
