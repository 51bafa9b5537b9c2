//! All that one user owns as one JSON value, put together by the database in one statement.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Json, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use crate::{error::camel_case, viewer::UserId};

/// What people wrote themselves: its keys are theirs.
const FREE: [&str; 2] = ["preferences", "summary"];

const EXPORT: &str = "\
SELECT json_build_object(
  'format', 'regimen', 'format_version', 1, 'exported_at', now(),
  'user', to_jsonb(u) - '{password_hash,deleted_at}'::text[],
  'identities', (SELECT coalesce(json_agg(to_jsonb(i) - 'user_id' ORDER BY i.created_at), '[]')
    FROM identities i WHERE i.user_id = $1),
  'sessions', (SELECT coalesce(json_agg(to_jsonb(s) - '{user_id,token_hash}'::text[] ORDER BY s.id), '[]')
    FROM sessions s WHERE s.user_id = $1 AND s.used_at IS NULL),
  'settings', (SELECT to_jsonb(s) - 'user_id' FROM user_settings s WHERE s.user_id = $1),
  'exercises', (SELECT coalesce(
      json_agg(to_jsonb(e) - '{owner_id,search_text}'::text[] ORDER BY e.created_at, e.id), '[]')
    FROM exercises e WHERE e.owner_id = $1),
  'workouts', (SELECT coalesce(json_agg(to_jsonb(w) - 'user_id'
      || jsonb_build_object('exercises', coalesce(places.list, '[]')) ORDER BY w.created_at, w.id), '[]')
    FROM workouts w LEFT JOIN (
      SELECT p.workout_id, jsonb_agg(to_jsonb(p) - '{user_id,workout_id}'::text[]
        || jsonb_build_object('exercise_name', e.name, 'sets', coalesce(done.list, '[]'))
        ORDER BY p.order_index, p.id) AS list
      FROM workout_exercises p JOIN exercises e ON e.id = p.exercise_id LEFT JOIN (
        SELECT s.workout_exercise_id, jsonb_agg(
          to_jsonb(s) - '{user_id,workout_id,workout_exercise_id}'::text[]
          ORDER BY s.order_index, s.id) AS list
        FROM sets s WHERE s.user_id = $1 GROUP BY 1) done ON done.workout_exercise_id = p.id
      WHERE p.user_id = $1 GROUP BY 1) places ON places.workout_id = w.id
    WHERE w.user_id = $1),
  'history', (SELECT coalesce(json_agg(to_jsonb(h) - 'user_id' ORDER BY h.performed_at, h.id), '[]')
    FROM history h WHERE h.user_id = $1),
  'tasks', (SELECT coalesce(json_agg(to_jsonb(t) - 'user_id' ORDER BY t.created_at, t.id), '[]')
    FROM tasks t WHERE t.user_id = $1)
) AS data FROM users u WHERE u.id = $1 AND u.deleted_at IS NULL";

#[derive(QueryableByName)]
struct Export {
    #[diesel(sql_type = Json)]
    data: Value,
}

/// All that the user owns; none where there is no such user.
pub(super) async fn of(conn: &mut AsyncPgConnection, owner: UserId) -> QueryResult<Option<Value>> {
    let found: Option<Export> = sql_query(EXPORT)
        .bind::<SqlUuid, _>(owner)
        .get_result(conn)
        .await
        .optional()?;
    Ok(found.map(|export| as_in_the_api(export.data)))
}

/// The same with keys as the API spells them.
fn as_in_the_api(value: Value) -> Value {
    match value {
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| {
                let free = FREE.contains(&key.as_str());
                let value = if free { value } else { as_in_the_api(value) };
                (camel_case(&key), value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(as_in_the_api).collect(),
        other => other,
    }
}
