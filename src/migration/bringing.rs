//! Taking over into the database what the files say, where an admin has said that they are right: as changes like any
//! others, with new versions and in the feed.

use std::collections::HashMap;

use diesel::{
    QueryableByName,
    sql_types::{Bool, Integer, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{
    copies::{self, Direction},
    mirror::{Changed, keyed},
};
use crate::{
    changes::{self, Change, Entity},
    db::statement,
    error::{Error, Result},
    viewer::UserId,
};

/// Versions of records that the database has, and whether they are in the trash.
type Versions = HashMap<(Entity, UserId, Uuid), (i32, bool)>;

/// Makes the database say of these records what the files' tables do, and says how many are gone by that.
pub(super) async fn bring(conn: &mut AsyncPgConnection, records: &Changed) -> Result<usize> {
    let before = versions(conn, records).await?;
    copy(conn, records).await.map_err(refused)?;
    let after = versions(conn, records).await?;
    let mut feeds: HashMap<UserId, Vec<Change>> = HashMap::new();
    let gone = before.keys().filter(|key| !after.contains_key(key)).count();
    for (entity, keys) in records {
        for (owner, id) in keys {
            let key = (*entity, *owner, *id);
            let change = match (before.get(&key), after.get(&key)) {
                (_, Some((version, in_trash))) => Change::moved(*entity, *id, *version, *in_trash),
                (Some((version, _)), None) => Change::deleted(*entity, *id, version + 1),
                (None, None) => continue,
            };
            feeds.entry(*owner).or_default().push(change);
        }
    }
    for (owner, changes) in feeds {
        changes::append(conn, owner, &changes).await?;
    }
    Ok(gone)
}

/// What refers to others goes before them, and comes after them.
async fn copy(conn: &mut AsyncPgConnection, records: &Changed) -> diesel::QueryResult<()> {
    let empty = Vec::new();
    let of = |entity: Entity| records.get(&entity).unwrap_or(&empty);
    let direction = Direction::ToDatabase;
    for entity in [Entity::History, Entity::Workout] {
        keyed(conn, copies::gone(direction, entity), of(entity)).await?;
    }
    for entity in super::ENTITIES {
        keyed(conn, copies::newer(entity), of(entity)).await?;
        for text in copies::of(direction, entity) {
            keyed(conn, text, of(entity)).await?;
        }
    }
    for entity in [Entity::Exercise, Entity::Settings] {
        keyed(conn, copies::gone(direction, entity), of(entity)).await?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = SqlUuid)]
    owner: UserId,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bool)]
    in_trash: bool,
}

async fn versions(
    conn: &mut AsyncPgConnection,
    records: &Changed,
) -> diesel::QueryResult<Versions> {
    let mut found = Versions::new();
    for (entity, keys) in records {
        let rows: Vec<Version> = statement(copies::versions(*entity))
            .column::<SqlUuid, _, _>(keys, |(owner, _)| *owner)
            .column::<SqlUuid, _, _>(keys, |(_, id)| *id)
            .load(conn)
            .await?;
        found.extend(
            rows.into_iter()
                .map(|row| ((*entity, row.owner, row.id), (row.version, row.in_trash))),
        );
    }
    Ok(found)
}

/// The files may say what the database's rules do not allow.
fn refused(error: diesel::result::Error) -> Error {
    match Error::broken_constraint(&error) {
        Some(constraint) => Error::conflict(format!(
            "the database cannot take over what the files say, because of its rule `{constraint}`: mend the files, or keep the database's side"
        )),
        None => error.into(),
    }
}
