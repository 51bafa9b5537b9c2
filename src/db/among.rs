//! Conditions on a list of values whose plan PostgreSQL makes once and keeps. It plans a statement with a
//! list anew for each list that is short, which for the small ones costs more than running them.

/// Whether a column's id is among these, which the planner does not see. Columns are named as in SQL.
macro_rules! among {
    ($column:literal, $ids:expr) => {
        diesel::dsl::sql::<diesel::sql_types::Bool>(concat!($column, " = ANY ((SELECT "))
            .bind::<diesel::sql_types::Array<diesel::sql_types::Uuid>, _>($ids)
            .sql(")::uuid[])")
    };
}

/// Keeps the rows whose column has one of these values. One alone is compared for itself: that is cheap
/// in the planner's eyes too, and comes before conditions that are not.
macro_rules! one_of {
    ($query:expr, $column:expr, $values:expr) => {
        match $values.as_slice() {
            [value] => $query.filter($column.eq(value)),
            values => $query.filter($column.eq_any(values)),
        }
    };
}

pub(crate) use {among, one_of};
