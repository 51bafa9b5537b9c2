//! Disks that fail, and other people who write.

use std::{
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use regimen::legacy::{ApplyError, Edit, Faults, Step, record::Record};

use super::{Data, session};

fn workouts() -> (Data, Vec<Edit>) {
    let data = Data::with(
        "workouts.json",
        format!("[{}]\n", session("one", r#""repetitions":5"#)),
    );
    let mut workout = data.read().workouts()[0].clone();
    workout.exercises[0].sets[0].reps = Some(6);
    (data, vec![Edit::Put(Record::Workout(workout))])
}

fn fails(at: Step, step: Step, path: &Path, code: i32) -> io::Result<()> {
    // The folder's place on the disk is confirmed for all of its files.
    let told =
        path.ends_with("workouts.json") || at == Step::SyncFolder && !path.ends_with(".regimen");
    let hit = at == step && told;
    if hit {
        Err(io::Error::from_raw_os_error(code))
    } else {
        Ok(())
    }
}

#[test]
fn a_disk_that_fails_at_any_step_is_no_success_and_loses_nothing() {
    const FULL: i32 = 28;
    const BROKEN: i32 = 5;
    let steps: [(Step, Faults); 5] = [
        (Step::Create, |step, path| {
            fails(Step::Create, step, path, FULL)
        }),
        (Step::Write, |step, path| {
            fails(Step::Write, step, path, FULL)
        }),
        (Step::Sync, |step, path| {
            fails(Step::Sync, step, path, BROKEN)
        }),
        (Step::Rename, |step, path| {
            fails(Step::Rename, step, path, BROKEN)
        }),
        (Step::SyncFolder, |step, path| {
            fails(Step::SyncFolder, step, path, BROKEN)
        }),
    ];
    for (at, faults) in steps {
        let (data, edits) = workouts();
        let before = data.text("workouts.json");
        let mut folder = data.open().with_faults(faults);
        let error = folder.apply(&edits).unwrap_err();
        let ApplyError::Disk { step, file, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!((*step, file.as_str()), (at, "workouts.json"));
        // Before it is in place nothing has changed; afterwards all of it has, but is not sure to last.
        assert_eq!(
            data.text("workouts.json") == before,
            at != Step::SyncFolder,
            "{at}"
        );
        let left = data
            .files()
            .keys()
            .filter(|path| path.contains(".tmp"))
            .count();
        assert_eq!(left, 0, "{at}");
        assert!(
            folder.apply(&edits).is_err(),
            "the folder has to be opened again"
        );
        data.open().apply(&edits).unwrap();
        assert!(data.text("workouts.json").contains("\"repetitions\":6"));
    }
}

#[test]
fn a_file_that_somebody_else_wrote_is_left_to_them() {
    let (data, edits) = workouts();
    let mut folder = data.open();
    let theirs = format!("[{}]\n", session("two", r#""repetitions":9"#));
    data.file("workouts.json", &theirs);
    assert!(!folder.is_current().unwrap());
    let error = folder.apply(&edits).unwrap_err();
    assert!(
        matches!(&error, ApplyError::ForeignEdit(file) if file == "workouts.json"),
        "{error}"
    );
    assert_eq!(data.text("workouts.json"), theirs);
}

#[test]
fn a_file_that_was_only_touched_is_still_ours_to_write() {
    let (data, edits) = workouts();
    let mut folder = data.open();
    data.file("workouts.json", data.text("workouts.json"));
    assert!(folder.is_current().unwrap());
    folder.apply(&edits).unwrap();
}

#[test]
fn a_broken_file_is_not_written() {
    let (data, edits) = workouts();
    let text = data.text("workouts.json");
    data.file("workouts.json", text.trim_end().trim_end_matches(']'));
    let error = data.open().apply(&edits).unwrap_err();
    assert!(matches!(&error, ApplyError::Broken { .. }), "{error}");
}

#[test]
fn mode_and_owner_stay() {
    let (data, edits) = workouts();
    let path = data.path().join("workouts.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    // Only who may give files away can see whether they stay somebody's.
    let given = std::os::unix::fs::chown(&path, Some(12_345), Some(12_345)).is_ok();
    data.open().apply(&edits).unwrap();
    let facts = path.metadata().unwrap();
    assert_eq!(facts.mode() & 0o777, 0o640);
    assert!(!given || (facts.uid(), facts.gid()) == (12_345, 12_345));
}
