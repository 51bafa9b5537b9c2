//! Reading of rows no more than was asked for. Most columns are asked for by few requests, and each one costs
//! on both sides: it is written, sent and read for every row.

use std::{
    marker::PhantomData,
    sync::{OnceLock, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql},
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    row::{Field, NamedRow, Row},
    sql_types::Untyped,
};

use super::Decimal;

/// So many selections of one type are told apart. Each has statements of its own, and those of a
/// connection are never let go of: whoever makes up selections must not fill the memory with them.
pub const MOST: usize = 16;

/// A row that can be read in part; what was not read is blank. Declared by `columns!`.
pub trait InPart: Sized + Send + 'static {
    const TABLE: &'static str;
    /// What is read in any case, because rows are found and put together by it.
    const KEYS: &'static [&'static str];
    const OTHERS: &'static [&'static str];

    /// The selections that came so far.
    fn selections() -> &'static Selections;
}

/// Selections by their number: the bits of columns, and how they are spelled.
pub struct Selections(RwLock<Vec<(u64, &'static str)>>);

impl Selections {
    pub const fn new() -> Self {
        Self(RwLock::new(Vec::new()))
    }

    /// The number of the selection, and its text. The first is that of all columns, which also stands in for
    /// those that come when there is no more room.
    fn find<R: InPart>(&self, bits: u64) -> (usize, &'static str) {
        let known = |list: &[(u64, &'static str)]| {
            let place = list.iter().position(|it| it.0 == bits)?;
            Some((place, list[place].1))
        };
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known(&list) {
            return found;
        }
        drop(list);
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if list.is_empty() {
            list.push((u64::MAX, text::<R>(u64::MAX).leak()));
        }
        if let Some(found) = known(&list) {
            return found;
        }
        if list.len() > MOST {
            return (0, list[0].1);
        }
        let text: &'static str = text::<R>(bits).leak();
        list.push((bits, text));
        (list.len() - 1, text)
    }
}

fn text<R: InPart>(bits: u64) -> String {
    let others = R::OTHERS.iter().enumerate();
    let others = others.filter(|(place, _)| bits & (1 << place) != 0);
    let names = R::KEYS.iter().chain(others.map(|(_, name)| name));
    let names: Vec<String> = names.map(|name| format!("{}.{name}", R::TABLE)).collect();
    names.join(", ")
}

/// Which columns of a row are read.
pub struct Columns<R> {
    bits: u64,
    row: PhantomData<fn() -> R>,
}

impl<R> Clone for Columns<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Columns<R> {}

impl<R> Columns<R> {
    pub const ALL: Self = Self {
        bits: u64::MAX,
        row: PhantomData,
    };
}

impl<R: InPart> Columns<R> {
    /// The keys, and those that are wanted.
    pub fn only(wanted: impl Fn(&str) -> bool) -> Self {
        let others = R::OTHERS.iter().enumerate();
        let unwanted = others.filter(|(_, name)| !wanted(name));
        Self {
            bits: unwanted.fold(u64::MAX, |bits, (place, _)| bits & !(1 << place)),
            row: PhantomData,
        }
    }

    /// What to select, and which of a statement's texts that makes.
    pub fn select(self) -> (Selected<R>, usize) {
        let (number, text) = R::selections().find::<R>(self.bits);
        let row = PhantomData;
        (Selected { text, row }, number)
    }
}

/// The texts that a query has with each selection.
pub type Texts = [OnceLock<String>; MOST + 1];

/// The columns as a select clause.
pub struct Selected<R> {
    text: &'static str,
    row: PhantomData<fn() -> R>,
}

impl<R> Expression for Selected<R> {
    type SqlType = Untyped;
}

impl<R, From> SelectableExpression<From> for Selected<R> {}
impl<R, From> AppearsOnTable<From> for Selected<R> {}

impl<R> ValidGrouping<()> for Selected<R> {
    type IsAggregate = is_aggregate::No;
}

impl<R> QueryId for Selected<R> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R> QueryFragment<Pg> for Selected<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.text);
        Ok(())
    }
}

/// Reads a row's columns in their order.
pub struct Reader<'r, 'a, R> {
    row: &'r R,
    next: usize,
    lives: PhantomData<&'a ()>,
}

impl<'r, 'a, R: NamedRow<'a, Pg>> Reader<'r, 'a, R> {
    pub const fn new(row: &'r R) -> Self {
        Self {
            row,
            next: 0,
            lives: PhantomData,
        }
    }

    /// A column that must be there.
    pub fn key<ST, T: FromSql<ST, Pg>>(&mut self, name: &str) -> deserialize::Result<T> {
        let value = self.read(name);
        value.unwrap_or_else(|| Err(format!("the column `{name}` was not selected").into()))
    }

    /// A column, or what stands for it where it was not selected.
    pub fn column<ST, T: FromSql<ST, Pg> + Blank>(&mut self, name: &str) -> deserialize::Result<T> {
        self.read(name).unwrap_or_else(|| Ok(T::blank()))
    }

    fn read<ST, T: FromSql<ST, Pg>>(&mut self, name: &str) -> Option<deserialize::Result<T>> {
        let field = Row::get(self.row, self.next)?;
        if field.field_name() != Some(name) {
            return None;
        }
        self.next += 1;
        Some(T::from_nullable_sql(field.value()))
    }
}

/// What stands for a value that was not read.
pub trait Blank {
    fn blank() -> Self;
}

impl<T> Blank for Option<T> {
    fn blank() -> Self {
        None
    }
}

macro_rules! blank_as_default {
    ($($ty:ty),*) => {
        $(impl Blank for $ty {
            fn blank() -> Self {
                Self::default()
            }
        })*
    };
}

blank_as_default!(bool, i16, i32, i64, String, DateTime<Utc>, Vec<String>);

impl Blank for Decimal {
    fn blank() -> Self {
        Self::ONE
    }
}

/// Declares that a row can be read in part: its keys, the other columns in the order of the table, and the
/// fields that are no columns.
macro_rules! columns {
    (
        $row:ty, $table:ident, keys { $($key:ident),* $(,)? } { $($other:ident),* $(,)? }
        $(ahead { $($ahead:ident),* $(,)? })?
    ) => {
        impl $crate::db::columns::InPart for $row {
            const TABLE: &'static str = stringify!($table);
            const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];
            const OTHERS: &'static [&'static str] = &[$(stringify!($other)),*];

            fn selections() -> &'static $crate::db::columns::Selections {
                static SEEN: $crate::db::columns::Selections =
                    $crate::db::columns::Selections::new();
                &SEEN
            }
        }

        impl diesel::deserialize::QueryableByName<diesel::pg::Pg> for $row {
            fn build<'a>(
                row: &impl diesel::row::NamedRow<'a, diesel::pg::Pg>,
            ) -> diesel::deserialize::Result<Self> {
                use diesel::dsl::SqlTypeOf;

                let mut row = $crate::db::columns::Reader::new(row);
                Ok(Self {
                    $($key: row.key::<SqlTypeOf<$table::$key>, _>(stringify!($key))?,)*
                    $($other: row.column::<SqlTypeOf<$table::$other>, _>(stringify!($other))?,)*
                    $($($ahead: $crate::db::columns::Blank::blank(),)*)?
                })
            }
        }
    };
}

pub(crate) use columns;
