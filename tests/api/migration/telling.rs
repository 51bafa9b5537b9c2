//! Parity tells: whatever differs, on whichever side, is found, counted once, and named.

use serde_json::{Value, json};

use super::{fixture::OLD_SESSION, moved::Moved};

/// Which records of a kind differ, by how.
fn told(parity: &Value, entity: &str) -> [i64; 3] {
    let entities = parity["entities"].as_array().unwrap();
    let found = entities
        .iter()
        .find(|it| it["entity"].as_str().unwrap().eq_ignore_ascii_case(entity))
        .unwrap();
    ["missing", "extra", "differing"].map(|kind| found[kind].as_i64().unwrap())
}

/// What is done to the database, to which kind of record, what is found by that, and in which field.
type Change = (
    &'static str,
    &'static str,
    &'static str,
    [i64; 3],
    &'static str,
);

const CHANGES: [Change; 7] = [
    (
        "two swapped values",
        "UPDATE sets s SET reps = o.reps FROM sets o, workouts w WHERE w.name = 'Heavy day' AND s.workout_id = w.id \
           AND o.workout_id = w.id AND s.id <> o.id AND s.reps IN (10, 8) AND o.reps IN (10, 8)",
        "workout",
        [0, 0, 1],
        "exercises.0.sets.0.reps",
    ),
    (
        "a duplicate",
        "INSERT INTO history SELECT (jsonb_populate_record(h, \
           jsonb_build_object('id', gen_random_uuid(), 'source_key', 'again'))).* \
         FROM history h WHERE id = (SELECT id FROM history ORDER BY id LIMIT 1)",
        "history",
        [0, 1, 0],
        "",
    ),
    (
        "one flipped bit",
        "UPDATE workouts SET notes = 'y' WHERE notes = 'x'",
        "workout",
        [0, 0, 1],
        "notes",
    ),
    (
        "NFD for NFC",
        "UPDATE workouts SET name = normalize(name, NFD) WHERE name LIKE 'Caf%'",
        "workout",
        [0, 0, 1],
        "name",
    ),
    (
        "something empty for nothing",
        "UPDATE workouts SET notes = '' WHERE name = 'Heavy day'",
        "workout",
        [0, 0, 1],
        "notes",
    ),
    (
        "a key that is null for one that is missing",
        "UPDATE user_settings SET preferences = preferences || '{\"x-legacy\": null}' \
         WHERE user_id = (SELECT id FROM users WHERE email = 'bob@example.com')",
        "settings",
        [0, 0, 1],
        "preferences.x-legacy",
    ),
    (
        "one record less",
        "DELETE FROM history WHERE workout_name = 'Heavy day'",
        "history",
        [1, 0, 0],
        "",
    ),
];

#[tokio::test]
async fn what_is_changed_in_the_database_behind_everybodys_back_is_found_and_nothing_is_certified()
{
    let moved = Moved::reach("backfilled").await;
    let input = json!({"input": {"name": "Caf\u{e9}", "notes": "x"}});
    let make =
        "mutation ($input: WorkoutInput!) { createWorkout(input: $input) { workout { id } } }";
    moved.done(make, input).await;
    moved.caught_up().await;
    for (what, change, entity, expected, path) in CHANGES {
        moved.sql(&keep()).await;
        moved.sql(change).await;
        let refused = moved.command("parity --prove --json").await;
        assert!(!refused.success, "{what}: {}", refused.stdout);
        let parity: Value = serde_json::from_str(&refused.stdout).unwrap();
        assert_eq!(told(&parity, entity), expected, "{what}: {parity:#}");
        assert_eq!(parity["unfaithful"], 0, "{what}");
        let text = parity.to_string();
        assert!(text.contains(path), "{what}: no `{path}` in {parity:#}");
        assert_eq!(moved.phase().await, "backfilled", "{what}");
        // What was found is kept, whatever becomes of it.
        let kept = "DO $$ BEGIN ASSERT (SELECT count(*) FROM parity_findings WHERE found_by = 'scrub') > 0; \
                    DELETE FROM parity_findings; END $$";
        moved.sql(kept).await;
        moved.sql(&give_back()).await;
        assert_eq!(moved.scrub().await["equal"], true, "after {what}");
    }
    // The same number, spelled otherwise, is the same number.
    let spelled = "UPDATE sets SET weight = (weight::text || '0')::numeric";
    moved.sql(spelled).await;
    moved.step("parity --prove").await;
    moved.sees("verified").await;
}

const TABLES: [&str; 5] = [
    "history",
    "sets",
    "workout_exercises",
    "workouts",
    "user_settings",
];

fn keep() -> String {
    let copies = TABLES.map(|table| format!("CREATE TABLE kept_{table} AS SELECT * FROM {table};"));
    copies.concat()
}

fn give_back() -> String {
    let emptied = TABLES.map(|table| format!("DELETE FROM {table};"));
    let filled = TABLES.map(|table| {
        let columns = format!(
            "(SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '')"
        );
        format!(
            "DO $$ BEGIN EXECUTE format('INSERT INTO {table} (%1$s) SELECT %1$s FROM kept_{table}', {columns}); \
             END $$; DROP TABLE kept_{table};"
        )
    });
    // References are not looked at meanwhile.
    let quietly = "SET session_replication_role = replica;";
    [quietly, &emptied.concat(), &filled.concat()].concat()
}

#[tokio::test]
async fn what_is_changed_in_the_files_behind_everybodys_back_is_found_and_nothing_is_certified() {
    let moved = Moved::reach("backfilled").await;
    let before = moved.text("workouts.json");
    let swapped = OLD_SESSION
        .replace("\"repetitions\": 10", "\"repetitions\": 0")
        .replace("\"repetitions\": 8", "\"repetitions\": 10")
        .replace("\"repetitions\": 0", "\"repetitions\": 8");
    let twice = OLD_SESSION.replace("9945da32", "9945da33");
    for (what, session, unfaithful) in [
        ("two swapped values", swapped, true),
        ("a duplicate", format!("{OLD_SESSION},\n{twice}"), true),
        ("one flipped bit", OLD_SESSION.replace("82.5", "83.5"), true),
        (
            "NFD for ASCII",
            OLD_SESSION.replace("Heavy", "H\u{65}\u{301}avy"),
            true,
        ),
        (
            "missing for null",
            OLD_SESSION.replace(", \"repetitions\": 3", ""),
            true,
        ),
        (
            "a number in another spelling",
            OLD_SESSION.replace("82.5", "82.50"),
            false,
        ),
        (
            "a key of the app's own",
            OLD_SESSION.replace("tired", "fresh"),
            false,
        ),
    ] {
        moved.edit("workouts.json", |text| text.replace(OLD_SESSION, &session));
        let found = moved.command("parity --prove --json").await;
        let parity: Value = serde_json::from_str(&found.stdout).unwrap();
        assert_eq!(
            parity["unfaithful"].as_i64().unwrap() > 0,
            unfaithful,
            "{what}: {parity:#}"
        );
        assert_eq!(found.success, !unfaithful, "{what}: {}", found.stderr);
        let phase = if unfaithful { "backfilled" } else { "verified" };
        assert_eq!(moved.phase().await, phase, "{what}");
        moved.edit("workouts.json", |_| before.clone());
    }
}

#[tokio::test]
async fn who_does_not_read_the_files_proves_nothing() {
    let moved = Moved::reach("backfilled").await;
    let folder = crate::support::scratch_folder("elsewhere");
    let mut elsewhere = crate::support::regimen(&folder);
    elsewhere
        .env("DATABASE_URL", &moved.database.url)
        .args(["parity", "--prove"]);
    let refused = crate::support::Finished::of(&mut elsewhere).await;
    assert!(
        refused.failure().contains("REGIMEN_LEGACY_DIR"),
        "{}",
        refused.stderr
    );
    assert_eq!(moved.phase().await, "backfilled");
}
