//! Days of the calendar: `date` in the database, `Date` in the API.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, Output, ToSql},
    sql_types,
};
use serde::{Deserialize, Serialize};

use crate::{db::columns::Blank, json::WriteJson};

/// A day, without a time and without a time zone.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsExpression,
    FromSqlRow,
    Serialize,
    Deserialize,
)]
#[diesel(sql_type = sql_types::Date)]
#[serde(transparent)]
pub struct Date(pub NaiveDate);

impl Blank for Date {
    fn blank() -> Self {
        Self(NaiveDate::default())
    }
}

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

impl WriteJson for Date {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.0.write_json(out);
    }
}

impl FromSql<sql_types::Date, Pg> for Date {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<sql_types::Date, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<sql_types::Date, Pg> for Date {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Date, Pg>::to_sql(&self.0, out)
    }
}

/// A day of the calendar without a time zone, written `YYYY-MM-DD`, such as `2026-05-31`.
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // chrono alone would also take `2026-5-1` and years of any length.
        let day = (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
        day.flatten().map(Self).ok_or_else(|| {
            InputValueError::custom("a date is a day that exists, written such as `2026-05-31`")
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
