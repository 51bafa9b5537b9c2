//! What cannot be taken: it is told with its place and its bytes, and the rest goes on.

use super::{Data, Found, session};

/// Three sessions, the second one as given.
fn around(second: &[u8]) -> (Data, Found) {
    let (first, third) = (
        session("one", r#""repetitions":5"#),
        session("three", r#""repetitions":7"#),
    );
    let text = [
        b"[\n".as_slice(),
        first.as_bytes(),
        b",\n  ",
        second,
        b",\n",
        third.as_bytes(),
        b"\n]\n",
    ]
    .concat();
    let data = Data::with("workouts.json", text);
    let found = data.read();
    (data, found)
}

#[test]
fn a_bad_record_does_not_hide_those_after_it() {
    let start = session("one", r#""repetitions":5"#).len() as u64 + 6;
    let cases: [(&[u8], u32, &str); 12] = [
        (br#"{"id":"a","id":"b"}"#, 13, "`id` is here twice"),
        (br#"{"id":"a","startTime":1e999}"#, 25, "`1e999`"),
        (b"{\"id\":\"\xff\"}", 10, "UTF-8"),
        (br#"{"id":"\ud800"}"#, 10, "surrogate"),
        (br#"{"id":"\u0000"}"#, 10, "U+0000"),
        (br#"{"id":"a","x":[1,2}"#, 21, "`]`"),
        (br#"{"id":"a","x":}"#, 17, "value"),
        (b"\"text\"", 3, "a text, not an object"),
        (b"17", 3, "a number, not an object"),
        (
            br#"{"name":"x","exercises":[]}"#,
            3,
            "neither an `id` nor a time",
        ),
        (br#"{"id":"a","startTime":"yesterday"}"#, 3, "`yesterday`"),
        (
            br#"{"id":"a","startTime":"2025-01-02T00:00:00Z","endTime":"2025-01-01T00:00:00Z"}"#,
            3,
            "before",
        ),
    ];
    for (second, column, reason) in cases {
        let (_data, found) = around(second);
        let shown = String::from_utf8_lossy(second);
        assert_eq!(found.workouts().len(), 2, "{shown}: {:?}", found.bad);
        let [bad] = found.bad.as_slice() else {
            panic!("{shown}: {:?}", found.bad);
        };
        assert!(bad.reason.contains(reason), "{shown}: {}", bad.reason);
        assert_eq!(bad.bytes, second, "{shown}");
        assert_eq!((bad.index, bad.line, bad.column), (1, 3, column), "{shown}");
        assert_eq!(bad.place, start..start + second.len() as u64, "{shown}");
    }
}

#[test]
fn a_text_without_an_end_swallows_nothing_in_silence() {
    let (_data, found) = around(b"{\"id\":\"a\n\"}");
    assert_eq!((found.workouts().len(), found.bad.len()), (1, 1));
    let bytes = String::from_utf8_lossy(&found.bad[0].bytes).into_owned();
    assert!(bytes.contains("\"three\""), "{bytes}");
}

#[test]
fn a_file_that_ends_too_soon_is_told() {
    let whole = format!(
        "[{},{}]",
        session("one", r#""repetitions":5"#),
        session("two", r#""repetitions":5"#)
    );
    for cut in (1..whole.len()).step_by(7) {
        let data = Data::with("workouts.json", &whole[..cut]);
        let found = data.read();
        let told = &found.report.notes;
        assert!(
            told.iter().any(|note| note.contains("makes no sense")),
            "{cut}: {told:?}"
        );
        let error = data.open().apply(&[]).map(|_| ());
        assert!(error.is_ok(), "nothing is to be written");
    }
}

#[test]
fn a_set_that_measures_nothing_stays_behind_and_its_workout_comes() {
    let sets = [
        r#""weight":80"#,
        r#""repetitions":"66""#,
        r#""repetitions":"8-10""#,
        r#""repetitions":5,"weight":"20/22 кг""#,
        r#""repetitions":5,"weight":-1"#,
        r#""repetitions":5,"weight":100000"#,
        r#""repetitions":2.5"#,
        r#""repetitions":5,"distanceMeters":"far""#,
    ];
    for set in sets {
        let data = Data::with("workouts.json", format!("[{}]", session("one", set)));
        let found = data.read();
        assert_eq!(found.workouts()[0].exercises[0].sets.len(), 0, "{set}");
        assert_eq!(
            found.bad[0].part.as_deref(),
            Some("exercises[0].sets[0]"),
            "{set}"
        );
        let bytes = String::from_utf8_lossy(&found.bad[0].bytes).into_owned();
        assert!(
            bytes.starts_with("{\"id\":\"s\"") && bytes.contains(set),
            "{bytes}"
        );
    }
}

#[test]
fn of_two_records_with_one_id_the_first_counts() {
    let text = format!(
        "[{},{}]",
        session("one", r#""repetitions":5"#),
        session("one", r#""repetitions":6"#)
    );
    let found = Data::with("workouts.json", text).read();
    assert_eq!(found.workouts()[0].exercises[0].sets[0].reps, Some(5));
    assert!(
        found.bad[0].reason.contains("another record"),
        "{:?}",
        found.bad
    );
}

#[test]
fn a_record_of_many_megabytes_is_left_behind() {
    let long = session("two", &format!(r#""notes":"{}""#, "x".repeat(9_000_000)));
    let (_data, found) = around(long.as_bytes());
    assert_eq!(found.workouts().len(), 2);
    assert!(
        found.bad[0].reason.contains("a record has at most"),
        "{:?}",
        found.bad
    );
}

#[test]
fn preferences_that_are_too_large_stay_behind_whole() {
    let text = format!(
        r#"[{{"id":"ada","preferences":{{"theme":"{}"}}}}]"#,
        "x".repeat(20_000)
    );
    let found = Data::with("users.json", text).read();
    assert!(found.settings().is_empty());
    assert!(found.bad[0].reason.contains("at most"), "{:?}", found.bad);
}
