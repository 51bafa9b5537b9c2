//! Pages of a list: the arguments every list takes, and the connection every list answers with.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, Lookahead, Object, OutputType, TypeName, connection::PageInfo};
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;

use super::{
    ContextExt, Cursor, asked,
    written::{Below, Part, Plan, Row, Tree, Written, is_spelled},
};
use crate::{
    db::{Columns, Db, InPart},
    error::{Error, Result},
    json::WriteJson,
};

const DEFAULT_SIZE: i32 = 20;
const LARGEST_SIZE: i32 = 100;
const FARTHEST_OFFSET: i32 = 100_000;

/// One page of a list.
pub struct Connection<N> {
    edges: Vec<Edge<N>>,
    has_previous_page: bool,
    has_next_page: bool,
    total: Total,
}

/// One record's place in a list.
pub struct Edge<N> {
    node: N,
    /// Finds a record's place, which few clients ask for and never of all records.
    place: Arc<Place<N>>,
}

type Place<N> = dyn Fn(&N) -> Cursor + Send + Sync;

/// Which part of a list is wanted. `K` is what the list is ordered by.
#[derive(Clone, Debug)]
pub struct Page<K> {
    list: Cow<'static, str>,
    size: i64,
    /// From the end towards the beginning.
    pub backward: bool,
    /// The place to continue from, itself left out.
    pub from: Option<K>,
    pub offset: i64,
}

impl<K: DeserializeOwned> Page<K> {
    /// Checks a list's four arguments. `list` names the list and its order, and what it is a list of
    /// where there is one of each record.
    pub fn new(
        list: impl Into<Cow<'static, str>>,
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> Result<Self> {
        let backward = last.is_some() || (first.is_none() && before.is_some());
        if first.is_some() && last.is_some() {
            return Err(Error::invalid("last", "give `first` or `last`, not both"));
        }
        if after.is_some() && before.is_some() {
            return Err(Error::invalid(
                "before",
                "give `after` or `before`, not both",
            ));
        }
        let (size_name, size) = if backward {
            ("last", last)
        } else {
            ("first", first)
        };
        let (cursor_name, cursor) = if backward {
            ("before", before)
        } else {
            ("after", after)
        };
        if let Some(wrong) = if backward { after } else { before } {
            let _ = wrong;
            let (wrong, right) = if backward {
                ("after", "first")
            } else {
                ("before", "last")
            };
            return Err(Error::invalid(
                wrong,
                format!("`{wrong}` goes with `{right}`"),
            ));
        }
        let size = size.unwrap_or(DEFAULT_SIZE);
        if !(0..=LARGEST_SIZE).contains(&size) {
            let message = format!("`{size_name}` must be from 0 to {LARGEST_SIZE}");
            return Err(Error::invalid(size_name, message));
        }
        let list = list.into();
        let from = cursor
            .map(|text| open(&list, cursor_name, text))
            .transpose()?;
        Ok(Self {
            list,
            size: i64::from(size),
            backward,
            from,
            offset: 0,
        })
    }

    /// Skips this many records, for lists that are shown with page numbers.
    pub fn skipping(mut self, offset: Option<i32>) -> Result<Self> {
        let offset = offset.unwrap_or(0);
        if !(0..=FARTHEST_OFFSET).contains(&offset) {
            let message = format!("`offset` must be from 0 to {FARTHEST_OFFSET}");
            return Err(Error::invalid("offset", message));
        }
        if offset > 0 && (self.backward || self.from.is_some()) {
            return Err(Error::invalid("offset", "`offset` goes with `first` alone"));
        }
        self.offset = i64::from(offset);
        Ok(self)
    }
}

fn open<K: DeserializeOwned>(list: &str, field: &str, text: &str) -> Result<K> {
    Cursor::open(text, list).ok_or_else(|| {
        let message =
            "this cursor is damaged or belongs to another list or order: start without one";
        Error::invalid(field, message)
    })
}

impl<K> Page<K> {
    /// What is asked for of the records of the connection being resolved; `also` what their places need.
    pub fn columns<N: InPart>(ctx: &Context<'_>, also: &[&str]) -> Columns<N> {
        let (nodes, edges) = (ctx.look_ahead(), ctx.look_ahead());
        let mut found = nodes.field("nodes").selection_fields();
        found.extend(edges.field("edges").field("node").selection_fields());
        Lookahead::try_from(found.as_slice())
            .ok()
            .and_then(|here| asked(&here, also))
            .unwrap_or_else(|| Columns::only(|column| also.contains(&column)))
    }

    /// Whether keys grow in the direction of reading, given whether they do so in the list's own.
    #[must_use]
    pub const fn upwards(&self, ascending: bool) -> bool {
        ascending != self.backward
    }
}

impl<K: serde::Serialize> Page<K> {
    /// How many rows to fetch: one more than is shown, to know whether there are more.
    #[must_use]
    pub const fn limit(&self) -> i64 {
        self.size + 1
    }

    /// The connection over the rows fetched, in the order in which they were fetched.
    pub fn connect<N: Row>(
        &self,
        mut rows: Vec<N>,
        total: Total,
        place_of: impl Fn(&N) -> K + Send + Sync + 'static,
    ) -> Connection<N> {
        let size = usize::try_from(self.size).unwrap_or(0);
        let more = rows.len() > size;
        rows.truncate(size);
        if self.backward {
            rows.reverse();
        }
        let came_from = self.from.is_some() || self.offset > 0;
        let (previous, next) = if self.backward {
            (more, came_from)
        } else {
            (came_from, more)
        };
        let list = self.list.clone();
        let place: Arc<Place<N>> = Arc::new(move |node| Cursor::new(&list, &place_of(node)));
        let edge = |node| Edge {
            node,
            place: Arc::clone(&place),
        };
        Connection {
            edges: rows.into_iter().map(edge).collect(),
            has_previous_page: previous,
            has_next_page: next,
            total,
        }
    }
}

impl<N: OutputType> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::type_name()).into()
    }
}

/// One page of a list.
#[Object(name_type)]
impl<N: Row> Connection<N> {
    /// Where the page lies in the list, and how to get at the next one.
    async fn page_info(&self) -> PageInfo {
        let cursor = |edge: &Edge<N>| (edge.place)(&edge.node).text();
        PageInfo {
            has_previous_page: self.has_previous_page,
            has_next_page: self.has_next_page,
            start_cursor: self.edges.first().map(cursor),
            end_cursor: self.edges.last().map(cursor),
        }
    }

    /// The records of the page, each with its place.
    async fn edges(&self) -> Written<&[Edge<N>]> {
        Written(&self.edges)
    }

    /// The records of the page.
    async fn nodes(&self) -> Written<Vec<&N>> {
        Written(self.edges.iter().map(|edge| &edge.node).collect())
    }

    /// How many records the whole list has. Costs a count; ask only when it is shown.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        (self.total.0)(ctx.db().clone()).await
    }
}

impl<N: OutputType> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::type_name()).into()
    }
}

/// One record's place in a list.
#[Object(name_type)]
impl<N: Row> Edge<N> {
    /// Send it as `after` or `before` to continue from here.
    async fn cursor(&self) -> String {
        (self.place)(&self.node).text()
    }

    /// The record itself.
    async fn node(&self) -> &N {
        &self.node
    }
}

impl<N: Row> Tree for Edge<N> {
    type Row = Self;

    fn write(&self, plan: &Plan<Self>, out: &mut Vec<u8>) -> Option<()> {
        plan.write_row(self, out)
    }
}

impl<N: Row> Row for Edge<N> {
    const WRITTEN: &[&str] = &["node", "cursor"];

    fn part(name: &str, below: &Below<'_>) -> Option<Part<Self>> {
        if is_spelled("node", name) {
            return Part::rows(below, |edge: &Self| &edge.node);
        }
        let write = |edge: &Self, out: &mut Vec<u8>| {
            (edge.place)(&edge.node).text().write_json(out);
        };
        is_spelled("cursor", name).then(|| Part::value(write))
    }
}

type Count = dyn Fn(Db) -> BoxFuture<'static, Result<i64>> + Send + Sync;

/// How many records a list has, counted only when asked.
pub struct Total(Box<Count>);

impl Total {
    pub fn counted_by(
        count: impl Fn(Db) -> BoxFuture<'static, Result<i64>> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(count))
    }
}
