//! `regimen legacy inspect`, as people run it.

use serde_json::Value;

use super::{Data, session};
use crate::support::{Finished, regimen};

async fn inspect(data: &Data, more: &[&str]) -> Finished {
    let mut command = regimen(data.path());
    command.args(["legacy", "inspect", "."]).args(more);
    Finished::of(&mut command).await
}

#[tokio::test]
async fn a_clean_folder_is_shown_and_left_as_it_was() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":5,"intensity":3"#)),
    );
    let before = data.files();
    let shown = inspect(&data, &[]).await;
    assert!(shown.success, "{}{}", shown.stdout, shown.stderr);
    for words in [
        "workouts.json: a list of sessions",
        "workout: 1",
        "sets: 1",
        "history: 1",
        "`intensity` stays",
        "3 (1 times)",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    assert_eq!(data.files(), before);
}

#[tokio::test]
async fn what_cannot_be_taken_is_shown_with_its_place_and_fails() {
    let data = Data::with(
        "workouts.json",
        format!("[\n{}]", session("one", r#""repetitions":"8-10""#)),
    );
    let shown = inspect(&data, &[]).await;
    assert!(
        shown.failure().contains("what cannot be taken: 1"),
        "{}",
        shown.stderr
    );
    assert!(
        shown.stdout.contains("workouts.json:2:"),
        "{}",
        shown.stdout
    );
    assert!(
        shown
            .stdout
            .contains("`repetitions` is the text `8-10`, not a number"),
        "{}",
        shown.stdout
    );
}

#[tokio::test]
async fn programs_get_one_document() {
    let data = Data::with(
        "workouts.json",
        format!("[{}]", session("one", r#""repetitions":-1"#)),
    );
    let shown = inspect(&data, &["--json"]).await;
    assert!(!shown.success);
    let told: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(told["records"]["workout"], 1);
    assert_eq!(told["quarantine"][0]["part"], "exercises[0].sets[0]");
    assert_eq!(told["quarantine"][0]["line"], 1);
}

#[tokio::test]
async fn passwords_in_bad_records_are_not_shown() {
    let data = Data::with(
        "users.json",
        r#"[{"id":"ada","password":"hunter2","preferences":7}]"#,
    );
    let shown = inspect(&data, &[]).await;
    assert!(
        shown.stdout.contains("`preferences` is a number"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stdout.contains("hunter2"));
    assert!(!inspect(&data, &["--json"]).await.stdout.contains("hunter2"));
}

#[tokio::test]
async fn a_folder_that_is_none_is_said_to_be_none() {
    let data = Data::with("workouts.json", "[]");
    let mut command = regimen(data.path());
    command.args(["legacy", "inspect", "nowhere"]);
    assert!(
        Finished::of(&mut command)
            .await
            .failure()
            .contains("`nowhere` cannot be read")
    );
}

/// Reads a large file with the real program, and looks at the most memory that it ever had.
#[tokio::test]
async fn a_larger_file_takes_no_more_memory() {
    let megabytes = if std::env::var_os("REGIMEN_TEST_LARGE").is_some() {
        220
    } else {
        24
    };
    let (small, large) = (Data::new(), Data::new());
    for (data, size) in [(&small, 1), (&large, megabytes)] {
        let mut text = String::from("[");
        for number in 0.. {
            let sets = r#""repetitions":5,"weight":82.5,"padding":"0123456789012345678901234567890123456789""#;
            text.push_str(&session(&format!("session-{number}"), sets));
            if text.len() > size << 20 {
                break;
            }
            text.push_str(",\n");
        }
        text.push(']');
        data.file("workouts.json", text);
    }
    let (few, many) = (peak(&small).await, peak(&large).await);
    let grown = many.saturating_sub(few);
    println!("{megabytes} MB: {many} kB at most, {grown} kB more than for 1 MB");
    // Where the records are lies in a file: what is in memory of it has an end.
    assert!(grown < 16 * 1024, "{grown} kB more for {megabytes} MB");
}

async fn peak(data: &Data) -> u64 {
    let mut command = tokio::process::Command::new("/bin/sh");
    let program = env!("CARGO_BIN_EXE_regimen");
    // The shell waits for the program, and its own children are what it then has the figures of.
    command
        .current_dir(data.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args(["-c", "\"$0\" legacy inspect . --json > out.txt & pid=$!; most=0; while grep -q ^VmHWM /proc/$pid/status 2>/dev/null; do \
            now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null); \
            [ \"${now:-0}\" -gt $most ] && most=$now; sleep 0.02; done; wait $pid; echo $most", program]);
    let output = command.output().await.unwrap();
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .unwrap()
}
