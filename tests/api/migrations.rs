//! The schema on its way up and down, by hand and by servers that start.

use diesel::{sql_query, sql_types::Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use regimen::db::migrations::{self, MigrationError, Schema, Step, newest_known};
use serde_json::Value;

use crate::support::{Finished, Server, TestApp, TestDatabase, regimen, scratch_folder};

/// Every object that is ours, with all that makes it what it is.
const CATALOG: &str = "
SELECT 'column ' || table_name || '.' || column_name AS name,
       concat_ws(' ', data_type, udt_name, character_maximum_length, numeric_precision,
                 numeric_scale, is_nullable, column_default, is_generated, generation_expression,
                 collation_name) AS definition
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function ' || oid::regprocedure, prosrc FROM pg_proc p
 WHERE pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
UNION ALL
SELECT 'type ' || typname, typtype::text FROM pg_type t
 WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
   AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype = 'e')
UNION ALL
SELECT 'extension ' || extname, extversion FROM pg_extension
ORDER BY 1";

#[derive(diesel::QueryableByName, Debug, PartialEq)]
struct Object {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
    definition: Option<String>,
}

async fn catalog(database: &TestDatabase) -> Vec<Object> {
    sql_query(CATALOG)
        .load(&mut database.connect().await)
        .await
        .unwrap()
}

/// What `pg_dump` makes of it, where there is one.
async fn dump(database: &TestDatabase) -> Option<String> {
    let mut pg_dump = tokio::process::Command::new("pg_dump");
    pg_dump.args(["--schema-only", "--no-owner", &database.url]);
    let output = pg_dump.output().await.ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    // These hold a new random word each time.
    let lines = text.lines().filter(|line| !line.contains("restrict "));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

async fn lock(database: &TestDatabase) -> Schema {
    Schema::lock(&database.address, TestDatabase::limits())
        .await
        .unwrap()
}

/// Runs a command of the program on a database.
async fn run(database: &TestDatabase, args: &[&str]) -> Finished {
    let folder = scratch_folder("migrate");
    let mut command = regimen(&folder);
    command.args(args).env("DATABASE_URL", &database.url);
    Finished::of(&mut command).await
}

async fn make_newer(database: &TestDatabase) {
    database
        .connect()
        .await
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn down_to_nothing_and_up_again_is_the_same_schema() {
    let database = TestDatabase::create_bare().await;
    let mut schema = lock(&database).await;
    let steps = schema.up().unwrap();
    let (before, dumped) = (catalog(&database).await, dump(&database).await);
    assert!(
        before
            .iter()
            .any(|it| it.name == "column exercises.search_text")
    );
    assert!(before.iter().any(|it| it.name == "index users_email_key"));
    assert!(
        before
            .iter()
            .any(|it| it.name == "constraint sets.sets_pkey")
    );

    let mut undone: Vec<Step> = steps.iter().map(|_| schema.down().unwrap()).collect();
    undone.reverse();
    let names =
        |steps: &[Step]| -> Vec<String> { steps.iter().map(|step| step.name.clone()).collect() };
    assert_eq!(names(&undone), names(&steps));
    let left: Vec<Object> = catalog(&database)
        .await
        .into_iter()
        .filter(|it| !it.name.contains("__diesel_schema_migrations"))
        .filter(|it| !it.name.starts_with("extension "))
        .collect();
    assert_eq!(left, [], "something was left behind");

    assert_eq!(schema.up().unwrap().len(), steps.len());
    schema.unlock().await.unwrap();
    assert_eq!(catalog(&database).await, before);
    assert_eq!(dump(&database).await, dumped);
}

#[tokio::test]
async fn the_command_line_goes_up_and_down_and_says_how_far() {
    let database = TestDatabase::create_bare().await;
    let migrate = async |args: &[&str]| {
        let run = run(&database, &[&["migrate"], args].concat()).await;
        assert!(run.success, "{args:?}: {}", run.stderr);
        run.stdout
    };
    let count = |text: &str, word: &str| text.lines().filter(|it| it.starts_with(word)).count();

    let bare = migrate(&["status"]).await;
    let all = bare.lines().count();
    assert!(all >= 7, "{bare}");
    assert_eq!(count(&bare, "missing  2026-"), all, "{bare}");

    assert_eq!(count(&migrate(&["up"]).await, "applied  "), all);
    assert_eq!(migrate(&["up"]).await, "the schema is up to date\n");
    assert_eq!(count(&migrate(&["status"]).await, "applied  "), all);

    let newest = bare.lines().last().unwrap().trim_start_matches("missing  ");
    assert_eq!(
        migrate(&["redo", "--yes"]).await,
        format!("undone   {newest}\napplied  {newest}\n")
    );
    assert_eq!(
        migrate(&["down", "--yes"]).await,
        format!("undone   {newest}\n")
    );
    let status = migrate(&["status"]).await;
    assert!(
        status.ends_with(&format!("missing  {newest}\n")),
        "{status}"
    );
    assert_eq!(count(&status, "applied  "), all - 1);

    let rest = (all - 1).to_string();
    assert_eq!(
        count(
            &migrate(&["down", "--yes", "--steps", &rest]).await,
            "undone"
        ),
        all - 1
    );
    assert_eq!(migrate(&["status"]).await, bare);
}

#[tokio::test]
async fn nothing_is_undone_by_a_script_that_does_not_say_yes() {
    let database = TestDatabase::create().await;
    let before = catalog(&database).await;
    for verb in ["down", "redo"] {
        let run = run(&database, &["migrate", verb]).await;

        assert!(run.failure().contains("`--yes`"), "{}", run.stderr);
    }
    assert_eq!(catalog(&database).await, before);
}

#[tokio::test]
async fn the_status_waits_for_nobody() {
    let database = TestDatabase::create().await;
    let schema = lock(&database).await;

    let run = run(&database, &["migrate", "status"]).await;

    assert!(run.stdout.contains("applied  "), "{}", run.stderr);
    schema.unlock().await.unwrap();
}

#[tokio::test]
async fn there_is_nothing_below_an_empty_schema() {
    let database = TestDatabase::create_bare().await;
    for verb in ["down", "redo"] {
        let run = run(&database, &["migrate", verb, "--yes"]).await;
        assert!(
            run.failure().contains("no migration to undo"),
            "{}",
            run.stderr
        );
    }
}

#[tokio::test]
async fn a_schema_from_a_newer_version_is_refused_by_name() {
    let database = TestDatabase::create().await;
    make_newer(&database).await;
    let before = catalog(&database).await;

    for args in [
        &["migrate", "up"] as &[&str],
        &["migrate", "down", "--yes"],
        &["migrate", "redo", "--yes"],
        &["migrate", "status"],
        &["seed"],
        &["serve", "--port", "0"],
        &["serve", "--port", "0", "--migrate", "false"],
    ] {
        let run = run(&database, args).await;

        let failure = run.failure();
        for part in [
            "`99990101000000`",
            "newer regimen",
            "`migrate down` undoes it",
        ] {
            assert!(
                failure.contains(part),
                "{args:?}: no `{part}` in: {failure}"
            );
        }
    }
    assert_eq!(catalog(&database).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_that_migrate_at_once_apply_each_migration_once() {
    let database = TestDatabase::create_bare().await;
    let four = (0..4).map(|_| {
        let address = database.address.clone();
        tokio::spawn(async move {
            let mut schema = Schema::lock(&address, TestDatabase::limits()).await?;
            let applied = schema.up()?.len();
            schema.unlock().await?;
            Ok::<usize, MigrationError>(applied)
        })
    });

    let four: Vec<_> = four.collect();
    let mut applied = Vec::new();
    for one in four {
        applied.push(one.await.unwrap().unwrap());
    }

    applied.sort_unstable();
    let all = migrations::status(&mut database.connect().await)
        .await
        .unwrap();
    assert!(all.iter().all(|step| step.applied));
    assert_eq!(applied, [0, 0, 0, all.len()]);
}

#[tokio::test]
async fn a_server_that_may_not_migrate_says_who_can() {
    let database = TestDatabase::create_bare().await;

    let run = run(&database, &["serve", "--port", "0", "--migrate", "false"]).await;

    assert!(
        run.failure().contains("run `regimen migrate up`"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    let tables = catalog(&database).await;
    let tables: Vec<_> = tables
        .iter()
        .filter(|it| it.name.starts_with("column "))
        .collect();
    assert!(
        tables.is_empty(),
        "it changed the schema after all: {tables:?}"
    );
}

#[tokio::test]
async fn a_role_that_may_only_use_the_tables_can_serve() {
    let database = TestDatabase::create().await;
    let role = format!("user_of_{}", database.name);
    database
        .connect()
        .await
        .batch_execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await
        .unwrap();
    let url = database
        .url
        .replace("user=regimen", &format!("user={role}"));
    assert_ne!(url, database.url);
    let folder = scratch_folder("role");
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", url)
        .env("REGIMEN_MIGRATE", "false")
        .env("REGIMEN_SEED", "false");

    let server = Server::spawn(&mut command).await;

    let (status, report) = server.ready().await;
    assert_eq!(status, 200, "{report}");
    assert!(server.stop().await);
    let forget = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    database
        .connect()
        .await
        .batch_execute(&forget)
        .await
        .unwrap();
}

async fn readiness(app: &TestApp) -> (u16, Value) {
    let response = reqwest::get(format!("{}/health/ready", app.url))
        .await
        .unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_server_over_no_schema_is_not_ready() {
    let app = TestApp::over(TestDatabase::create_bare().await, |_| {});

    let (status, report) = readiness(&app.await).await;

    assert_eq!(status, 503);
    assert_eq!(report["status"], "not ready");
    assert_eq!(report["database"]["status"], "up", "{report}");
    assert_eq!(report["migration"]["applied"], Value::Null);
    assert_eq!(report["migration"]["known"], newest_known());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_over_an_older_schema_is_not_ready_until_it_is_brought_up() {
    let app = TestApp::start().await;
    let mut schema = lock(&app.database).await;
    schema.down().unwrap();
    let older = migrations::status(&mut app.database.connect().await)
        .await
        .unwrap()
        .into_iter()
        .rfind(|step| step.applied);

    let (status, report) = readiness(&app).await;

    assert_eq!(status, 503);
    assert_eq!(report["migration"]["applied"], older.unwrap().version);
    assert_eq!(report["migration"]["known"], newest_known());
    schema.up().unwrap();
    assert_eq!(readiness(&app).await.0, 200);
}

#[tokio::test]
async fn a_server_over_a_newer_schema_stays_ready() {
    let app = TestApp::start().await;

    make_newer(&app.database).await;

    let (status, report) = readiness(&app).await;
    assert_eq!(status, 200, "{report}");
    assert_eq!(report["migration"]["applied"], "99990101000000");
}
