//! What is to change of a row, and whether it would change anything: a change without effect neither
//! gives a record a new version nor is it told to anybody.

/// Declares such a change, of a row's columns under their own names.
macro_rules! patch {
    (
        $(#[$meta:meta])*
        $name:ident of $row:ident in $table:ident { $($column:ident: $ty:ty),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, diesel::AsChangeset)]
        #[diesel(table_name = $table)]
        pub struct $name { $(pub $column: Option<$ty>),* }

        impl $name {
            /// Whether the row would be another one afterwards.
            pub fn changes(&self, row: &$row) -> bool {
                false $(|| self.$column.as_ref().is_some_and(|new| *new != row.$column))*
            }
        }
    };
}

pub(crate) use patch;
