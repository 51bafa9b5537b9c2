//! Statements that copy records from the database's own tables to those of the files.

use std::{collections::HashMap, sync::LazyLock};

use super::tables::{ENTITIES, EXERCISES, HISTORY, PLACES, SETS, SETTINGS, Table, WORKOUTS};
use crate::changes::Entity;

/// In order, each with the owners and the ids of the records.
pub fn of(entity: Entity) -> &'static [&'static str] {
    TEXTS.get(&entity).map_or(&[], |texts| &texts.copies)
}

/// Removes those that the database has no longer.
pub fn gone(entity: Entity) -> &'static str {
    TEXTS.get(&entity).map_or("SELECT", |texts| texts.gone)
}

struct Texts {
    copies: Vec<&'static str>,
    gone: &'static str,
}

static TEXTS: LazyLock<HashMap<Entity, Texts>> = LazyLock::new(|| {
    let texts = ENTITIES.into_iter().map(|entity| {
        let (table, key) = whole(entity);
        let mut copies = vec![];
        if entity == Entity::Workout {
            copies.push(forgotten(&PLACES));
        }
        copies.push(renewed(&table, key));
        if entity == Entity::Workout {
            copies.extend(
                [PLACES, SETS]
                    .iter()
                    .map(|table| added(table, "r.workout_id")),
            );
        }
        (
            entity,
            Texts {
                copies,
                gone: missing(&table, key),
            },
        )
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

fn added(table: &Table, key: &str) -> &'static str {
    let Table { name, columns, .. } = table;
    let selected = prefixed(columns, "r");
    let wanted = wanted(table, key);
    format!(
        "INSERT INTO regimen_files.{name} ({columns}) SELECT {selected} FROM public.{name} r {wanted}"
    )
    .leak()
}

fn renewed(table: &Table, key: &str) -> &'static str {
    let columns = table.columns;
    let conflict = if key == "user_id" || table.owner == "owner_id" {
        key.to_owned()
    } else {
        format!("{}, {key}", table.owner)
    };
    let excluded = prefixed(columns, "excluded");
    let added = added(table, &format!("r.{key}"));
    format!("{added} ON CONFLICT ({conflict}) DO UPDATE SET ({columns}) = ROW ({excluded})").leak()
}

/// Parts go before they are written again; what is below them goes along.
fn forgotten(table: &Table) -> &'static str {
    let name = table.name;
    format!(
        "DELETE FROM regimen_files.{name} r USING unnest(?, ?) AS w (owner, id) \
         WHERE r.user_id = w.owner AND r.workout_id = w.id"
    )
    .leak()
}

fn missing(table: &Table, key: &str) -> &'static str {
    let Table { name, owner, .. } = table;
    format!(
        "DELETE FROM regimen_files.{name} r USING unnest(?, ?) AS w (owner, id) \
         WHERE w.id = r.{key} AND w.owner = coalesce(r.{owner}, '00000000-0000-0000-0000-000000000000') \
           AND NOT EXISTS (SELECT FROM public.{name} p WHERE p.{key} = r.{key} \
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
