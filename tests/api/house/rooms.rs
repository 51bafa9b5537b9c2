//! Imports go one way: whoever reads a room needs to know only what lies below it.

use std::collections::BTreeSet;

use super::{none, read, sources, without_comments};

/// The floors of the house, from the top down. A room uses what lies below it, and its neighbours.
const FLOORS: &[&[&str]] = &[
    &["cli"],
    &["http"],
    &["schema"],
    &["migration"],
    &["seeds", "upkeep"],
    &["legacy"],
    &[
        "auth",
        "users",
        "settings",
        "exercises",
        "workouts",
        "history",
        "tasks",
        "sync",
    ],
    &["graphql"],
    &["traffic"],
    &["changes"],
    &["viewer"],
    &["error"],
    &["ids"],
    &["db"],
    &["logging"],
    &["metrics"],
    &["json"],
    &["config"],
];

#[test]
fn imports_go_downwards() {
    let mut steps_up = BTreeSet::new();
    for (path, text) in sources() {
        let Some(room) = room_of(&path) else { continue };
        for other in rooms_named(&text) {
            let up = floor(&other).is_some() && floor(&other) < floor(&room);
            if up {
                steps_up.insert(format!(
                    "{path}: `{room}` uses `{other}`, which is above it"
                ));
            }
        }
    }
    none(&steps_up, "imports that go upwards");
}

#[test]
fn every_room_has_its_floor() {
    let placed: BTreeSet<&str> = FLOORS.concat().into_iter().collect();
    let homeless = rooms_of_the_map()
        .into_iter()
        .filter(|room| !placed.contains(room.as_str()));
    none(
        &homeless.collect(),
        "rooms of `lib.rs` that `FLOORS` does not place",
    );
}

#[test]
fn the_map_lists_the_rooms_from_the_top_down() {
    let floors: Vec<_> = rooms_of_the_map().iter().map(|room| floor(room)).collect();
    assert!(floors.is_sorted(), "{:?}", rooms_of_the_map());
}

fn rooms_of_the_map() -> Vec<String> {
    let rooms = read("src/lib.rs");
    let rooms = rooms.lines().filter_map(|line| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    rooms.map(str::to_owned).collect()
}

/// The room that a file of `src` lies in; none for those that hold the house together.
fn room_of(path: &str) -> Option<String> {
    let room = path
        .strip_prefix("src/")?
        .split('/')
        .next()?
        .trim_end_matches(".rs");
    (!matches!(room, "lib" | "main")).then(|| room.to_owned())
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// What follows `crate::` anywhere in the code, one level deep: `crate::{db::Db, ids}` names two.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let code = without_comments(text);
    let mut rooms = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            rooms.extend(first_of_each(group));
        } else {
            rooms.insert(word(rest));
        }
    }
    rooms
}

/// The first word of each item, up to the brace that closes the group.
fn first_of_each(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(word(group[start..at].trim_start()));
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    items
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|it| it.is_alphanumeric() || *it == '_')
        .collect()
}
