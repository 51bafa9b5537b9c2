//! How users are found and kept.

use diesel::{prelude::*, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{NewUser, User};
use crate::{config::Secret, db::schema::users};

diesel::define_sql_function! {
    fn lower(text: Text) -> Text;
}

impl User {
    /// The user who signs in with this address, in whatever case it is typed.
    pub async fn find_by_email(
        conn: &mut AsyncPgConnection,
        email: &str,
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(lower(users::email).eq(email.to_lowercase()))
            .filter(users::deleted_at.is_null())
            .first(conn)
            .await
            .optional()
    }
}

impl NewUser {
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> QueryResult<User> {
        diesel::insert_into(users::table)
            .values((
                users::id.eq(self.id),
                users::email.eq(&self.email),
                users::display_name.eq(&self.display_name),
                users::password_hash.eq(self.password_hash.as_ref().map(Secret::expose)),
            ))
            .returning(User::as_returning())
            .get_result(conn)
            .await
    }
}
