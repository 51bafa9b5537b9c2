//! Settings, in the entries of their people.

use regimen::legacy::record::Record;
use serde_json::json;
use uuid::Uuid;

use super::{Data, session, writing::put};

#[test]
fn settings_stay_where_the_app_looks_for_them_and_weights_keep_their_unit() {
    let data = Data::with(
        "users.json",
        r#"[{"id":"ada","name":"Ada","preferences":{"defaultWeightUnit":"lbs","theme":"dark"},"x":1}]"#,
    );
    data.file(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5,"weight":80"#)),
    );
    let before = data.read();
    let mut settings = before.settings()[0].clone();
    settings.units = regimen::settings::Units::Metric;
    settings.week_start = 7;
    settings.version = 2;
    settings.preferences = json!({"x-legacy": {"theme": "light"}, "weeklyGoal": 3});
    put(&data, Record::Settings(settings.clone()));
    let after = data.read();
    assert_eq!(after.settings(), [settings]);
    assert_eq!(after.workouts(), before.workouts());
    let text = data.text("users.json");
    assert!(
        text.contains(r#""defaultWeightUnit":"lbs","theme":"light""#) && text.contains(r#""x":1"#),
        "{text}"
    );
}

#[test]
fn somebody_without_an_entry_gets_one_of_ours() {
    let data = Data::with("workouts.json", "[]");
    let template = Data::with("users.json", r#"[{"id":"ada"}]"#)
        .read()
        .settings()[0]
        .clone();
    let mut settings = template;
    settings.user_id = regimen::viewer::UserId(Uuid::from_u128(9));
    settings.week_start = 3;
    put(&data, Record::Settings(settings.clone()));
    assert_eq!(data.read().settings(), [settings]);
    assert!(data.path().join(".regimen/users.json").exists());
}
