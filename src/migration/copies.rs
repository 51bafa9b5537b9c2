//! Statements that copy records between the database's own tables and those of the files.

use std::{collections::HashMap, sync::LazyLock};

use super::tables::{ENTITIES, EXERCISES, HISTORY, PLACES, SETS, SETTINGS, Table, WORKOUTS};
use crate::changes::Entity;

/// Which side is copied to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    ToFiles,
    ToDatabase,
}

impl Direction {
    const ALL: [Self; 2] = [Self::ToFiles, Self::ToDatabase];

    /// The schema that is copied from, and the one that is copied to.
    const fn schemas(self) -> (&'static str, &'static str) {
        match self {
            Self::ToFiles => ("public", "regimen_files"),
            Self::ToDatabase => ("regimen_files", "public"),
        }
    }
}

/// In order, each with the owners and the ids of the records.
pub fn of(direction: Direction, entity: Entity) -> &'static [&'static str] {
    let texts = TEXTS.get(&(direction, entity));
    texts.map_or(&[], |texts| &texts.copies)
}

/// Removes those that the other side has no longer.
pub fn gone(direction: Direction, entity: Entity) -> &'static str {
    let texts = TEXTS.get(&(direction, entity));
    texts.map_or("SELECT", |texts| texts.gone)
}

/// Makes what the files' tables have newer than what the database has.
pub fn newer(entity: Entity) -> &'static str {
    MORE.get(&entity).map_or("SELECT", |(newer, _)| newer)
}

/// Which versions the database has.
pub fn versions(entity: Entity) -> &'static str {
    MORE.get(&entity).map_or("SELECT", |(_, versions)| versions)
}

struct Texts {
    copies: Vec<&'static str>,
    gone: &'static str,
}

static TEXTS: LazyLock<HashMap<(Direction, Entity), Texts>> = LazyLock::new(|| {
    let both = Direction::ALL.into_iter();
    let all = both.flat_map(|direction| ENTITIES.map(|entity| (direction, entity)));
    all.map(|key| (key, texts(key.0, key.1))).collect()
});

fn texts(direction: Direction, entity: Entity) -> Texts {
    let (table, key) = whole(entity);
    let mut copies = vec![];
    if entity == Entity::Workout {
        copies.push(forgotten(direction, &PLACES));
    }
    copies.push(renewed(direction, &table, key));
    if entity == Entity::Workout {
        let parts = [PLACES, SETS];
        copies.extend(parts.map(|table| added(direction, &table, "r.workout_id")));
    }
    Texts {
        copies,
        gone: missing(direction, &table, key),
    }
}

static MORE: LazyLock<HashMap<Entity, (&'static str, &'static str)>> = LazyLock::new(|| {
    let texts = ENTITIES.into_iter().map(|entity| {
        let (table, key) = whole(entity);
        let Table { name, owner, .. } = table;
        let wanted = wanted(&table, &format!("r.{key}"));
        let newer: &'static str = format!(
            "UPDATE regimen_files.{name} f SET updated_at = now(), \
               version = greatest(f.version, coalesce(p.version, 0)) + 1 \
             FROM (SELECT r.{key} AS key, r.{owner} AS owner FROM regimen_files.{name} r {wanted}) AS r \
             LEFT JOIN public.{name} p ON p.{key} = r.key AND p.{owner} IS NOT DISTINCT FROM r.owner \
             WHERE f.{key} = r.key AND f.{owner} IS NOT DISTINCT FROM r.owner"
        )
        .leak();
        let versions: &'static str = format!(
            "SELECT w.owner, w.id, r.version, to_jsonb(r) ->> 'deleted_at' IS NOT NULL AS in_trash \
             FROM public.{name} r {wanted}"
        )
        .leak();
        (entity, (newer, versions))
    });
    texts.collect()
});

/// The table of the record itself, and what its id is called there.
const fn whole(entity: Entity) -> (Table, &'static str) {
    match entity {
        Entity::Settings | Entity::Task => (SETTINGS, "user_id"),
        Entity::Exercise => (EXERCISES, "id"),
        Entity::Workout => (WORKOUTS, "id"),
        Entity::History => (HISTORY, "id"),
    }
}

/// The rows `r` of the records that are asked for, whose ids are in `key`.
fn wanted(table: &Table, key: &str) -> String {
    let owner = table.owner;
    format!(
        "JOIN (SELECT DISTINCT * FROM unnest(?, ?) AS w (owner, id)) AS w \
         ON w.id = {key} AND w.owner = coalesce(r.{owner}, '00000000-0000-0000-0000-000000000000')"
    )
}

fn added(direction: Direction, table: &Table, key: &str) -> &'static str {
    let (from, to) = direction.schemas();
    let Table { name, columns, .. } = table;
    let selected = prefixed(columns, "r");
    let wanted = wanted(table, key);
    format!("INSERT INTO {to}.{name} ({columns}) SELECT {selected} FROM {from}.{name} r {wanted}")
        .leak()
}

fn renewed(direction: Direction, table: &Table, key: &str) -> &'static str {
    let columns = table.columns;
    let conflict = if key == "user_id" || table.owner == "owner_id" {
        key.to_owned()
    } else {
        format!("{}, {key}", table.owner)
    };
    let excluded = prefixed(columns, "excluded");
    let added = added(direction, table, &format!("r.{key}"));
    format!("{added} ON CONFLICT ({conflict}) DO UPDATE SET ({columns}) = ROW ({excluded})").leak()
}

/// Parts go before they are written again; what is below them goes along.
fn forgotten(direction: Direction, table: &Table) -> &'static str {
    let ((_, to), name) = (direction.schemas(), table.name);
    format!(
        "DELETE FROM {to}.{name} r USING unnest(?, ?) AS w (owner, id) \
         WHERE r.user_id = w.owner AND r.workout_id = w.id"
    )
    .leak()
}

fn missing(direction: Direction, table: &Table, key: &str) -> &'static str {
    let (from, to) = direction.schemas();
    let Table { name, owner, .. } = table;
    format!(
        "DELETE FROM {to}.{name} r USING unnest(?, ?) AS w (owner, id) \
         WHERE w.id = r.{key} AND w.owner = coalesce(r.{owner}, '00000000-0000-0000-0000-000000000000') \
           AND NOT EXISTS (SELECT FROM {from}.{name} p WHERE p.{key} = r.{key} \
             AND p.{owner} IS NOT DISTINCT FROM r.{owner})"
    )
    .leak()
}

fn prefixed(columns: &str, prefix: &str) -> String {
    let columns: Vec<String> = columns
        .split(", ")
        .map(|column| format!("{prefix}.{column}"))
        .collect();
    columns.join(", ")
}
