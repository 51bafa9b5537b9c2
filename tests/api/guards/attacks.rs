//! Requests that are meant to hurt. Each is refused with a code of its own, or answered, and neither takes
//! the server long nor much memory.
#![expect(clippy::too_many_lines, reason = "tables of attacks")]

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::support::{Server, TestDatabase, regimen, scratch_folder};

/// Processor time that one request may take: 100 ms, and what a debug build takes more.
const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2500 } else { 100 });
/// What is refused without being read takes next to nothing.
const AT_A_GLANCE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 60 } else { 20 });
/// What the process may ever have held in memory.
const MOST_MEGABYTES: u64 = 250;

/// A name to be found by, a body, and the code it is refused with; none where any answer will do.
type Attack = (&'static str, String, Option<&'static str>);

fn document(name: &'static str, query: &str, code: &'static str) -> Attack {
    (name, json!({"query": query}).to_string(), Some(code))
}

fn numbered(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// `open` so many times, then the inside, then `close` as often.
fn nested(depth: usize, open: &str, inside: &str, close: &str) -> String {
    [&open.repeat(depth), inside, &close.repeat(depth)].concat()
}

/// Fragments on the root, each of which spreads the next one twice.
fn doubling(type_name: &str, levels: usize, field: Option<&str>, last: &str) -> String {
    let fragment = |n: usize| {
        let next = format!("...F{}", n + 1);
        let inside = match field {
            Some(field) => format!("{field} {{ {next} }} {field} {{ {next} }}"),
            None => format!("{next} {next}"),
        };
        format!("fragment F{n} on {type_name} {{ {inside} }} ")
    };
    numbered(levels, fragment) + &format!("fragment F{levels} on {type_name} {{ {last} }}")
}

fn too_many() -> Vec<Attack> {
    let aliases = |count| numbered(count, |n| format!("a{n}: name "));
    let in_nodes = |inside: &str| format!("{{ exercises {{ nodes {{ {inside} }} }} }}");
    let spreads_of_all = numbered(50, |n| {
        format!(
            "fragment F{n} on Query {{ {} }} ",
            numbered(50, |m| format!("...F{m} "))
        )
    });
    let later = numbered(75, |n| {
        let rest = numbered(74 - n, |m| format!("...F{} ", n + m + 1));
        format!("fragment F{n} on Query {{ version {rest} }} ")
    });
    let variables = numbered(1500, |n| format!("$v{n}: Int "));
    let shared = format!(
        "{{ ...F ...F }} fragment F on Query {{ {} }}",
        numbered(40, |n| {
            format!("a{n}: exercises(first: 1) {{ totalCount }} ")
        })
    );
    let filter = |inside: &str| {
        format!("{{ exercises(filter: {{categories: [{inside}]}}) {{ totalCount }} }}")
    };
    vec![
        document("10,000 aliases", &format!("{{ {} }}", aliases(10_000)), "DOCUMENT_TOO_LONG"),
        document("1,900 aliases", &in_nodes(&aliases(1900)), "TOO_MANY_ALIASES"),
        document("aliases in a fragment", &shared, "TOO_MANY_ROOT_FIELDS"),
        document("roots in fragments", "{ ...F ...G } fragment F on Query { ...G ...G ...G ...G ...G ...G }
            fragment G on Query { version version version version version version version version }",
            "TOO_MANY_ROOT_FIELDS"),
        document("fields", &(in_nodes("...F ...F") + &format!("fragment F on Exercise {{ {} }}", "name ".repeat(2600))), "TOO_MANY_FIELDS"),
        document("a fragment bomb", &format!("{{ ...F0 }} {}", doubling("Query", 40, None, "version")),
            "TOO_MANY_ROOT_FIELDS"),
        document("a fragment bomb below the root", &format!(
            "{{ __schema {{ types {{ ...F0 }} }} }} {}", doubling("__Type", 14, Some("ofType"), "name")),
            "TOO_MANY_FIELDS"),
        document("fragments that spread all later ones", &format!("{{ ...F0 }} {later}"), "DOCUMENT_TOO_DEEP"),
        document("a circle of fragments", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
            "GRAPHQL_VALIDATION_FAILED"),
        document("a fragment in itself", "{ ...A } fragment A on Query { ...A version }",
            "GRAPHQL_VALIDATION_FAILED"),
        document("fragments that all spread all", &format!("{{ ...F0 }} {spreads_of_all}"),
            "GRAPHQL_VALIDATION_FAILED"),
        document("200 fragments", &numbered(200, |n| format!("fragment F{n} on Query {{ version }} ")),
            "TOO_MANY_FRAGMENTS"),
        document("500 operations", &numbered(500, |n| format!("query Q{n} {{ version }} ")), "TOO_MANY_OPERATIONS"),
        document("50,000 directives", &format!("{{ version {} }}", "@a ".repeat(50_000)), "DOCUMENT_TOO_LONG"),
        document("3,000 directives", &format!("{{ version {} }}", "@a ".repeat(3000)), "TOO_MANY_DIRECTIVES"),
        document("variables", &format!("query ({variables}) {{ version }}"), "TOO_MANY_VARIABLES"),
        document("a long list", &filter(&"\"a\" ".repeat(4000)), "LITERAL_TOO_LARGE"),
        document("a wide object", &format!("{{ exercises(filter: {{ {} }}) {{ totalCount }} }}",
            numbered(1500, |n| format!("a{n}: 1 "))), "LITERAL_TOO_LARGE"),
        document("500 fields of one name in an object", &format!(
            "{{ exercises(filter: {{ {} }}) {{ totalCount }} }}", "search: \"a\" ".repeat(500)),
            "GRAPHQL_VALIDATION_FAILED"),
    ]
}

fn too_deep() -> Vec<Attack> {
    let (many, deep) = (40_000, 2000);
    let types = "types { fields { type { ".repeat(3) + "name" + &"}".repeat(9);
    let circle = format!("{{ __schema {{ {types} }} }}");
    let of_types =
        "{ __type(name: \"Query\") { fields { type { fields { type { fields { type { fields {
        type { fields { name } } } } } } } } } } }";
    vec![
        document(
            "selections",
            &nested(deep, "{a", "", "}"),
            "DOCUMENT_TOO_NESTED",
        ),
        document(
            "40 levels of selections",
            &nested(40, "{ a ", "", "}").replacen(" }", " b }", 1),
            "DOCUMENT_TOO_DEEP",
        ),
        document(
            "lists",
            &format!("{{ version(a: {}) }}", nested(deep, "[", "", "]")),
            "DOCUMENT_TOO_NESTED",
        ),
        document(
            "objects",
            &format!("{{ version(a: {}) }}", nested(deep, "{a:", "1", "}")),
            "DOCUMENT_TOO_NESTED",
        ),
        document(
            "types of variables",
            &format!(
                "query ($a: {}) {{ version }}",
                nested(deep, "[", "Int", "]")
            ),
            "DOCUMENT_TOO_NESTED",
        ),
        document(
            "inline fragments",
            &nested(deep, "{...", "{version}", "}"),
            "DOCUMENT_TOO_NESTED",
        ),
        document(
            "a megabyte of {",
            &"{".repeat(1_000_000),
            "DOCUMENT_TOO_LONG",
        ),
        document(
            "a megabyte of [",
            &format!("{{a(b:{}", "[".repeat(1_000_000)),
            "DOCUMENT_TOO_LONG",
        ),
        document(
            "introspection in a circle",
            &circle,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        document(
            "types of fields of types",
            of_types,
            "INTROSPECTION_TOO_DEEP",
        ),
        (
            "a body of {",
            "{".repeat(1_000_000),
            Some("TOO_MANY_VALUES"),
        ),
        (
            "a body of [",
            "[".repeat(1_000_000),
            Some("BATCHING_NOT_SUPPORTED"),
        ),
        (
            "variables",
            format!(
                r#"{{"query":"{{version}}","variables":{{"a":{}}}}}"#,
                nested(many, "[", "", "]")
            ),
            Some("BAD_REQUEST"),
        ),
        (
            "objects in variables",
            format!(
                r#"{{"query":"{{version}}","variables":{}}}"#,
                nested(many, r#"{"a":"#, "1", "}")
            ),
            Some("BAD_REQUEST"),
        ),
        (
            "a key that nobody knows",
            format!(
                r#"{{"query":"{{version}}","a":{}}}"#,
                nested(many, "[", "", "]")
            ),
            None,
        ),
    ]
}

fn too_long() -> Vec<Attack> {
    let megabyte = 1_000_000;
    let search =
        |text: &str| format!("{{ exercises(filter: {{search: {text}}}) {{ totalCount }} }}");
    let quoted = |text: &str| search(&format!("\"{text}\""));
    let block = |text: &str| search(&format!("\"\"\"{text}\"\"\""));
    let strings = |count| vec!["a"; count];
    let categories = "query ($a: [String!]) { exercises(filter: {categories: $a}) { totalCount } }";
    vec![
        document("a string", &quoted(&"a".repeat(megabyte)), "VALIDATION"),
        document("a string of astral letters", &quoted(&"𝕏".repeat(megabyte / 4)), "VALIDATION"),
        document("a string of escapes", &quoted(&r"\u0041".repeat(megabyte / 14)), "VALIDATION"),
        (
            "a block of lines",
            json!({"query": block(&" \n".repeat(megabyte / 3))}).to_string(),
            None,
        ),
        document("an open string", &format!("{{ a(b: \"{}", "a".repeat(megabyte)), "GRAPHQL_PARSE_FAILED"),
        document("an open block", &format!("{{ a(b: \"\"\"{}", "\n".repeat(megabyte / 2)), "GRAPHQL_PARSE_FAILED"),
        document("a name", &format!("{{ {} }}", "a".repeat(megabyte)), "GRAPHQL_VALIDATION_FAILED"),
        document("letters that no name has", &format!("{{ {} }}", "é".repeat(megabyte / 2)), "DOCUMENT_TOO_LONG"),
        document("zero-width letters", &format!("{{ {} }}", "\u{200b}".repeat(megabyte / 3)), "DOCUMENT_TOO_LONG"),
        document("marks that turn the text around", &format!("{{ {} }}", "\u{202e}".repeat(megabyte / 3)),
            "DOCUMENT_TOO_LONG"),
        document("a number", &format!("{{ exercises(first: {}) {{ totalCount }} }}", "9".repeat(megabyte)),
            "GRAPHQL_VALIDATION_FAILED"),
        document("signs that mean nothing", &format!("{{ {} }}", "? ".repeat(megabyte / 2)), "DOCUMENT_TOO_LONG"),
        ("commas", json!({"query": format!("{{ version {} }}", ",".repeat(megabyte))}).to_string(), None),
        ("empty lines", json!({"query": format!("{} {{ nothing }}", "\n".repeat(megabyte / 2))}).to_string(), None),
        ("a comment", json!({"query": format!("# {}\n{{ version }}", "a".repeat(megabyte))}).to_string(), None),
        ("an operation's name", json!({"query": "{ version }", "operationName": "a".repeat(megabyte)}).to_string(),
            Some("OPERATION_NOT_FOUND")),
        ("a number in variables", format!(r#"{{"query":"{{version}}","variables":{{"a":{}}}}}"#, "9".repeat(megabyte)),
            Some("BAD_REQUEST")),
        ("a fraction in variables", format!(r#"{{"query":"{{version}}","variables":{{"a":0.{}}}}}"#, "9".repeat(megabyte)),
            None),
        ("a list in variables", json!({"query": categories, "variables": {"a": strings(200_000)}}).to_string(),
            Some("TOO_MANY_VALUES")),
        ("as long a list as may be", json!({"query": categories, "variables": {"a": strings(49_000)}}).to_string(),
            Some("VALIDATION")),
        ("keys of variables", format!(r#"{{"query":"{{version}}","variables":{{{}"a":1}}}}"#,
            numbered(70_000, |n| format!(r#""{n}":1,"#))), None),
        ("a list for a text", json!({"query": "query ($a: String) { exercises(filter: {search: $a}) { totalCount } }",
            "variables": {"a": strings(49_000)}}).to_string(), Some("BAD_VARIABLES")),
    ]
}

/// What takes a validator long that compares every field with every other.
fn overlapping() -> Vec<Attack> {
    let root = |inside: &str| format!("{{ exercises(first: 1) {{ nodes {{ {inside} }} }} }}");
    let ways = |count: usize, each: usize| {
        let spreads = numbered(count, |n| format!("...F{n} "));
        let fields = "id name category level ".repeat(each);
        root(&spreads)
            + &numbered(count, |n| {
                format!("fragment F{n} on Exercise {{ {fields} }} ")
            })
    };
    let arguments = numbered(49, |n| {
        format!("a: exercises(first: {n}) {{ totalCount }} ")
    });
    let same_arguments =
        r#"a: exercises(first: 1, filter: {search: "b"}) { totalCount } "#.repeat(49);
    let each_other = |fields: &str| {
        let fragment = |n: usize| {
            format!(
                "fragment F{n} on __Type {{ ofType {{ {fields} ...F{} }} {} }} ",
                n + 1,
                numbered(10, |m| format!("...G{m} "))
            )
        };
        let shared = numbered(10, |m| {
            format!("fragment G{m} on __Type {{ name kind description }} ")
        });
        format!(
            "{{ __schema {{ types {{ ...F0 }} }} }} {} fragment F9 on __Type {{ name }} {shared}",
            numbered(9, fragment)
        )
    };
    let halves = |depth: usize| {
        format!(
            "{{ __schema {{ types {{ ...F0 }} }} }} {}",
            doubling("__Type", depth, Some("ofType"), "name")
        )
    };
    let unknown = numbered(4000, |n| format!("u{n} "));
    let repeated_sets = root(&"primaryMuscles equipment ".repeat(1200));
    let any = |name, query: String| (name, json!({"query": query}).to_string(), None);
    vec![
        any("4,900 fields of one name", root(&"name ".repeat(4900))),
        any("fields of one name in 60 fragments", ways(60, 12)),
        any("fields of one name in ten fragments", ways(10, 120)),
        any("lists of one name", repeated_sets),
        document(
            "arguments that differ",
            &format!("{{ {arguments} }}"),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        any("arguments that do not", format!("{{ {same_arguments} }}")),
        any(
            "fragments within fields of fragments",
            each_other("name kind"),
        ),
        any("2,000 ways down", halves(10)),
        any(
            "sets within sets",
            format!(
                "{{ {} }}",
                "exercises(first: 1) { nodes { id name } } ".repeat(49)
            ),
        ),
        any(
            "cubes",
            format!(
                "{{ {} }}",
                format!(
                    "exercises(first: 1) {{ {} }} ",
                    "nodes { name } ".repeat(35)
                )
                .repeat(35)
            ),
        ),
        document(
            "4,000 unknown fields",
            &root(&unknown),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        document(
            "unknown fields of one name",
            &root(&"unknown ".repeat(4000)),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        document(
            "unknown arguments",
            &root(&format!(
                "name({})",
                numbered(1500, |n| format!("a{n}: 1 "))
            )),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        document(
            "arguments of one name",
            &root(&format!("name({})", "a: 1 ".repeat(1500))),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        document(
            "variables that nobody knows",
            &format!(
                "{{ exercises(filter: {{categories: [{}]}}) {{ totalCount }} }}",
                numbered(900, |n| format!("$v{n} "))
            ),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        document(
            "unused fragments",
            &format!(
                "{{ version }} {}",
                numbered(99, |n| format!(
                    "fragment F{n} on Exercise {{ {} }} ",
                    "name ".repeat(30)
                ))
            ),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ]
}

/// Processor time the process has used so far, in hundredths of a second.
fn used(pid: i32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = [11, 12]
        .map(|n| fields[n].parse::<u64>().unwrap())
        .iter()
        .sum();
    Duration::from_millis(10 * ticks)
}

/// The most megabytes that the process has ever held.
fn peak(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test]
async fn whatever_is_sent_takes_neither_long_nor_much_memory() {
    let (folder, database) = (scratch_folder("attacks"), TestDatabase::create().await);
    let mut command = regimen(&folder);
    command
        .env("DATABASE_URL", &database.url)
        .env("REGIMEN_RATE_ADDRESS", "0");
    let server = Server::spawn(&mut command).await;
    let (client, url) = (reqwest::Client::new(), format!("{}/graphql", server.url));
    server.graphql("{ version }").await;
    let mut wrong = Vec::new();
    for (name, body, code) in [too_many(), too_deep(), too_long(), overlapping()].concat() {
        assert!(body.len() <= 1 << 20, "{name} has {} bytes", body.len());
        let before = used(server.pid());
        let request = client.post(&url).header("content-type", "application/json");
        let answer = request
            .body(body)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let took = used(server.pid()).saturating_sub(before);
        let parsed: Value = serde_json::from_str(&answer).unwrap();
        let found = parsed["errors"][0]["extensions"]["code"].as_str();
        println!(
            "{:>5} ms  {:>3} MB  {:?}  {name}",
            took.as_millis(),
            peak(server.pid()),
            found
        );
        if code.is_some() && found != code {
            wrong.push(format!(
                "{name}: {found:?} instead of {code:?}: {answer:.300}"
            ));
        }
        let longest = match code {
            Some("TOO_MANY_VALUES") => AT_A_GLANCE,
            _ => LONGEST,
        };
        if took > longest {
            wrong.push(format!("{name}: it took {took:?}"));
        }
        if answer.len() > 100_000 {
            wrong.push(format!("{name}: an answer of {} bytes", answer.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        peak(server.pid()) < MOST_MEGABYTES,
        "it held {} MB",
        peak(server.pid())
    );
    assert!(server.stop().await);
}
