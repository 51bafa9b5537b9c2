//! What was read is written as it was; what is refused is refused at its place.

use super::*;

fn printed(text: &str, change: impl FnOnce(&mut Object)) -> String {
    let mut node = parse(text.as_bytes()).unwrap();
    let Node::Object(object) = &mut node else {
        panic!("{text}");
    };
    let layout = Layout::of(object, "\n").unwrap_or_default();
    change(object);
    let mut out = String::new();
    layout.print(&node, "\n", &mut out);
    out
}

#[test]
fn what_nobody_changed_keeps_every_byte() {
    for text in [
        "{}",
        r#"{"a":80.0,"b":[1 , 2,3 ],"c":{"d":null}}"#,
        "{\r\n\t\"a\" : \"\\u00e9\\/\",\r\n\t\"b\": [ ],\r\n\t\"c\": [\r\n\t\t{\"x\": 1e2}\r\n\t]\r\n}",
    ] {
        assert_eq!(printed(text, |_| ()), text);
    }
}

#[test]
fn what_is_new_is_laid_out_as_its_neighbours() {
    let pretty = "{\n    \"a\": 80.0,\n    \"list\": []\n}";
    let after = printed(pretty, |object| {
        object.set("b", (&serde_json::json!({"c": [1, {"d": true}]})).into());
        let Some(Node::List(list)) = object.get_mut("list") else {
            panic!();
        };
        list.push(Node::text("é\n"));
    });
    let expected = "{\n    \"a\": 80.0,\n    \"list\": [\n        \"é\\n\"\n    ],\n    \"b\": {\n        \"c\": [\n            \
                    1,\n            {\n                \"d\": true\n            }\n        ]\n    }\n}";
    assert_eq!(after, expected);
    let compact = printed(r#"{"a":1}"#, |object| {
        object.set("b", (&serde_json::json!([{"c": 2}])).into());
    });
    assert_eq!(compact, r#"{"a":1,"b":[{"c":2}]}"#);
    let without = printed("{\n  \"a\": 1,\n  \"b\": 2\n}", |object| object.remove("b"));
    assert_eq!(without, "{\n  \"a\": 1\n}");
}

#[test]
fn what_cannot_be_kept_is_refused_at_its_place() {
    let cases: [(&[u8], usize, &str); 12] = [
        (br#"{"a":1,"a":2}"#, 7, "twice"),
        (br#"{"a":1e999}"#, 5, "1e999"),
        (b"{\"a\":\"\xff\"}", 6, "UTF-8"),
        (br#"{"a":"x\ud800y"}"#, 7, "surrogate"),
        (br#"{"a":"\udc00"}"#, 6, "surrogate"),
        (br#"{"a":"\u0000"}"#, 6, "U+0000"),
        (br#"{"a":01}"#, 5, "01"),
        (br#"{"a":1,}"#, 7, "key"),
        (b"{\"a\":\"x\ny\"}", 7, "control"),
        (br#"{"a":[1"#, 7, "ends"),
        (br#"{"a":NaN}"#, 5, "value"),
        (br"{} {}", 3, "more"),
    ];
    for (text, at, reason) in cases {
        let fault = parse(text).unwrap_err();
        assert_eq!(fault.at, at, "{}", String::from_utf8_lossy(text));
        assert!(fault.reason.contains(reason), "{}", fault.reason);
    }
    let deep = "[".repeat(100);
    assert!(
        parse(deep.as_bytes())
            .unwrap_err()
            .reason
            .contains("nested")
    );
}
