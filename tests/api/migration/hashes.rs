//! Both sides hash alike: whatever a row holds, the hash of the record that the files give is the one that the
//! database computes. Random rows with odd values go into the tables and from there, by the mirror, to the files.

use diesel::{sql_query, sql_types::Jsonb};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use regimen::{
    changes::{self, Change, Entity},
    migration::tables::{EXERCISES, HISTORY, PLACES, SETS, SETTINGS, Table, WORKOUTS},
    viewer::UserId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{crashes::rounds, moved::Moved};

struct Odd {
    state: u64,
}

impl Odd {
    fn below(&mut self, end: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.state >> 33).unwrap() % end
    }

    fn one_of(&mut self, values: &[Value]) -> Value {
        values[self.below(values.len())].clone()
    }

    fn id(&mut self) -> String {
        let bits = (u128::try_from(self.below(1 << 30)).unwrap() << 64)
            | u128::try_from(self.below(1 << 30)).unwrap();
        Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | bits).to_string()
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 16] = [
            "squat",
            "caf\u{e9}",
            "cafe\u{301}",
            "\"quoted\"",
            "back\\slash",
            "line\nbreak",
            "tab\t",
            "\u{1F3CB}\u{FE0F}",
            "\u{2028}",
            "\u{1}",
            "\u{7f}",
            "שלום",
            "</script>",
            "\u{feff}",
            "ﬁ",
            "'apostrophe'",
        ];
        let pieces: Vec<&str> = (0..=self.below(3))
            .map(|_| PIECES[self.below(PIECES.len())])
            .collect();
        pieces.join(" ")
    }

    fn maybe(&mut self, value: Value) -> Value {
        if self.below(3) == 0 {
            Value::Null
        } else {
            value
        }
    }

    fn note(&mut self) -> Value {
        let text = match self.below(8) {
            0 => String::new(),
            1 => " blanks around ".to_owned(),
            2 => "long ".repeat(190),
            _ => self.text(),
        };
        self.maybe(json!(text))
    }

    fn time(&mut self) -> Value {
        self.one_of(&[
            json!("1969-12-31T23:59:59.999999Z"),
            json!("2000-01-01T00:00:00Z"),
            json!("1999-12-31T23:59:59.000001Z"),
            json!("2026-03-29T01:30:00.123456+00:00"),
            json!("2199-12-31T23:59:59.999999Z"),
            json!("1900-01-01T00:00:00Z"),
            json!("2026-10-25T02:30:00.5+02:00"),
        ])
    }

    fn number(&mut self, most: &str) -> Value {
        let value = self.one_of(&[
            json!("0"),
            json!("0.000"),
            json!("0.5"),
            json!("0.50"),
            json!("1"),
            json!("1.00"),
            json!("0.001"),
            json!("7.3"),
            json!(most),
        ]);
        self.maybe(value)
    }

    fn integer(&mut self, most: i64) -> Value {
        let value = self.one_of(&[json!(0), json!(1), json!(7), json!(most)]);
        self.maybe(value)
    }

    fn object(&mut self) -> Value {
        json!({
            "": self.below(3), "a": {}, "é": [], "bb": [null, true, {"z": 1, "aa": 2}],
            "number": self.one_of(&[json!(1.10), json!(-0.0), json!(1e20), json!(1e-7), json!(9_007_199_254_740_993_i64),
                json!(u64::MAX), json!(0.1), json!(123_456.789e3)]),
            "text": self.text(),
        })
    }

    fn stamps(&mut self, row: &mut Value) {
        row["version"] = json!(1 + self.below(1_000_000));
        row["created_at"] = self.time();
        row["updated_at"] = self.time();
    }

    fn source(&mut self, row: &mut Value) {
        row["source"] = self.one_of(&[json!("app"), json!("strong"), json!("legacy"), json!("é")]);
        let key = self.text();
        let number = self.below(1 << 30);
        row["source_key"] = self.maybe(json!(format!("{key} {number}")));
    }

    fn exercise(&mut self) -> Value {
        let name = format!("{} {}", self.text().trim(), self.below(1 << 30));
        let mut row = json!({
            "id": self.id(), "owner_id": Uuid::from_u128(1), "name": name, "category": self.text(),
            "measurement": self.one_of(&[json!("weight_reps"), json!("duration"), json!("assisted_reps")]),
            "primary_muscles": [self.text()], "secondary_muscles": [], "equipment": [self.text(), "b"],
            "level": self.one_of(&[Value::Null, json!("beginner"), json!("expert")]), "unilateral": self.below(2) == 0,
            "bodyweight_factor": self.one_of(&[json!("1"), json!("0.65"), json!("0.650"), json!("0")]),
            "aliases": [format!("alias {}", self.below(1 << 30))], "description": self.note(), "instructions": [self.text()],
            "archived_at": Value::Null,
        });
        self.source(&mut row);
        self.stamps(&mut row);
        let archived = self.time();
        row["archived_at"] = self.maybe(archived);
        row
    }

    fn workout(&mut self) -> Value {
        let (template, ended) = (self.below(5) == 0, self.below(2) == 0);
        let mut row = json!({
            "user_id": Uuid::from_u128(1), "id": self.id(), "name": self.text(), "notes": self.note(),
            "is_template": template, "template_id": Value::Null,
            "status": if template { "planned" } else if ended { "completed" } else { "archived" },
            "started_at": if ended { json!("2026-01-01T10:00:00.000001Z") } else { Value::Null },
            "ended_at": if ended { json!("2026-01-01T11:00:00.999999Z") } else { Value::Null },
            "deleted_at": Value::Null,
        });
        let template_id = json!(self.id());
        row["template_id"] = self.maybe(template_id);
        self.source(&mut row);
        self.stamps(&mut row);
        if self.below(4) == 0 {
            row["deleted_at"] = self.time();
        }
        row
    }

    fn place(&mut self, workout: &Value, exercise: &Value, at: i64) -> Value {
        let mut row = json!({
            "user_id": Uuid::from_u128(1), "id": self.id(), "workout_id": workout["id"], "exercise_id": exercise["id"],
            "order_index": at, "superset_group": self.integer(3), "target_sets": self.integer(100),
            "target_reps": Value::Null, "target_reps_max": self.integer(32_767), "target_weight": self.number("99999.999"),
            "target_weight_unit": self.one_of(&[json!("kg"), json!("lb")]), "target_rpe": self.number("10"),
            "rest_seconds": self.integer(7200), "notes": self.note(),
        });
        self.stamps(&mut row);
        row
    }

    fn set(&mut self, place: &Value, at: i64) -> Value {
        let mut row = json!({
            "user_id": Uuid::from_u128(1), "id": self.id(), "workout_id": place["workout_id"],
            "workout_exercise_id": place["id"], "order_index": at,
            "set_type": self.one_of(&[json!("working"), json!("warmup"), json!("drop"), json!("failure")]),
            "side": self.one_of(&[json!("both"), json!("left")]), "reps": self.below(100),
            "weight": self.number("99999.999"), "weight_unit": self.one_of(&[json!("kg"), json!("lb")]),
            "rpe": self.number("10"), "duration_seconds": self.integer(86_400), "distance_m": self.number("999.99"),
            "rest_seconds": self.integer(7200), "is_completed": self.below(2) == 0, "notes": self.note(),
            "performed_at": self.time(),
        });
        self.stamps(&mut row);
        row
    }

    fn entry(&mut self, workout: &Value) -> Value {
        let mut row = json!({
            "user_id": Uuid::from_u128(1), "id": self.id(), "workout_id": self.maybe(workout["id"].clone()),
            "workout_name": self.note(), "performed_at": "2026-03-29T01:30:00.123456Z", "timezone": "Pacific/Apia",
            "local_date": "2026-03-29", "duration_seconds": self.integer(86_400), "bodyweight_kg": self.number("80.55"),
            "rating": self.one_of(&[Value::Null, json!(1), json!(5)]), "notes": self.note(),
            "summary": Value::Null, "deleted_at": Value::Null,
        });
        let summary = self.object();
        row["summary"] = self.maybe(summary);
        self.source(&mut row);
        self.stamps(&mut row);
        row
    }

    fn settings(&mut self) -> Value {
        let mut row = json!({
            "user_id": Uuid::from_u128(1), "units": "imperial", "timezone": "Pacific/Apia", "week_start": 7,
            "preferences": self.object(),
        });
        self.stamps(&mut row);
        row
    }
}

/// Whether the table takes the row: what its checks refuse is nothing that could have to be hashed.
async fn insert(conn: &mut AsyncPgConnection, table: Table, row: &Value) -> bool {
    let Table { name, columns, .. } = table;
    let text = format!(
        "INSERT INTO {name} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{name}, $1)"
    );
    let inserted =
        conn.transaction(async |conn| sql_query(text).bind::<Jsonb, _>(row).execute(conn).await);
    inserted.await.is_ok()
}

async fn told(conn: &mut AsyncPgConnection, entity: Entity, row: &Value) {
    let id = row
        .get("id")
        .unwrap_or(&row["user_id"])
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let version = i32::try_from(row["version"].as_i64().unwrap()).unwrap();
    let change = Change::updated(entity, id, version);
    changes::append(conn, UserId(Uuid::from_u128(1)), &[change])
        .await
        .unwrap();
}

/// One record of each kind, as far as the tables take them; counts the rows.
async fn fill(conn: &mut AsyncPgConnection, odd: &mut Odd, taken: &mut [i32; 6]) {
    let exercise = odd.exercise();
    if !insert(conn, EXERCISES, &exercise).await {
        return;
    }
    taken[0] += 1;
    told(conn, Entity::Exercise, &exercise).await;
    let workout = odd.workout();
    if insert(conn, WORKOUTS, &workout).await {
        taken[1] += 1;
        for at in 0..3 {
            let place = odd.place(&workout, &exercise, at);
            if insert(conn, PLACES, &place).await {
                taken[2] += 1;
                for at in 0..3 {
                    taken[3] += i32::from(insert(conn, SETS, &odd.set(&place, at)).await);
                }
            }
        }
        told(conn, Entity::Workout, &workout).await;
        let entry = odd.entry(&workout);
        if insert(conn, HISTORY, &entry).await {
            taken[4] += 1;
            told(conn, Entity::History, &entry).await;
        }
    }
    sql_query("DELETE FROM user_settings WHERE user_id = '00000000-0000-0000-0000-000000000001'")
        .execute(conn)
        .await
        .unwrap();
    let settings = odd.settings();
    if insert(conn, SETTINGS, &settings).await {
        taken[5] += 1;
        told(conn, Entity::Settings, &settings).await;
    }
}

#[tokio::test]
async fn whatever_a_record_holds_files_and_database_hash_it_alike() {
    let moved = Moved::reach("soak").await;
    moved.step("rollback").await;
    moved.sees("backfilled").await;
    // Another number makes up other records.
    let mut odd = Odd { state: 1 };
    println!("begun with {}", odd.state);
    let conn = &mut moved.database.connect().await;
    let mut taken = [0; 6];
    for _ in 0..rounds(60, 2000) {
        fill(conn, &mut odd, &mut taken).await;
    }
    println!("taken: {taken:?}");
    assert!(taken.iter().all(|count| *count > 20), "{taken:?}");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let mirror = moved.mirror().await;
    assert_eq!(mirror["queued"], 0, "{mirror:#}");
    moved.caught_up().await;
    let parity = moved.scrub().await;
    assert_eq!(
        (&parity["equal"], &parity["unfaithful"]),
        (&json!(true), &json!(0)),
        "{parity:#} {:#?}",
        moved.unfaithful().await
    );
    assert!(parity["read"].as_i64().unwrap() > 60);
    moved.step("parity --prove").await;
}
