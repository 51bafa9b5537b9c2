//! Exercises, as entries of the app's library.

use serde_json::Value;

use super::{Page, mark, put, text, texts, time};
use crate::{
    exercises::Level,
    legacy::{
        meaning::{self, Parts, REGIMEN, differences, fold},
        record::ExerciseRecord,
        text::{Node, Object},
    },
    viewer::UserId,
};

/// An exercise to write.
pub(in crate::legacy) struct Shelved<'a> {
    pub(in crate::legacy) wanted: &'a ExerciseRecord,
    /// Whose it is by the app's own keys.
    pub(in crate::legacy) owner: Option<UserId>,
    /// Whether its name may mean it in workouts: not if it already means another one.
    pub(in crate::legacy) links: bool,
}

impl Shelved<'_> {
    /// An entry that says only which exercise it is.
    pub(in crate::legacy) fn blank(&self) -> Object<'static> {
        let mut object = Object::default();
        object.set("id", Node::text(&self.wanted.id.to_string()));
        object.set("name", Node::text(&self.wanted.name));
        object.set("isCustom", Node::Flag(true));
        object
    }

    pub(in crate::legacy) fn write(&self, page: &mut Page, new: bool) -> Result<(), String> {
        let wanted = self.wanted;
        let object = &mut page.object;
        let base = meaning::exercise(
            object,
            wanted.id.0,
            self.owner,
            false,
            &mut Parts::default(),
        )?;
        let is = Some(&base);
        let former = former(object, &base.name, &wanted.name);
        put(
            object,
            "name",
            is.map(|it| &it.name),
            &wanted.name,
            text(Some(&wanted.name)),
        );
        put(
            object,
            "category",
            is.map(|it| &it.category),
            &wanted.category,
            text(Some(&wanted.category)),
        );
        let lists = [
            (
                "muscleGroups",
                &base.primary_muscles,
                &wanted.primary_muscles,
            ),
            ("equipment", &base.equipment, &wanted.equipment),
            ("aliases", &base.aliases, &wanted.aliases),
            ("instructions", &base.instructions, &wanted.instructions),
        ];
        for (key, was, is) in lists {
            put(
                object,
                key,
                Some(was),
                is,
                Some(texts(is)).filter(|_| !is.is_empty()),
            );
        }
        put(
            object,
            "description",
            is.map(|it| &it.description),
            &wanted.description,
            text(wanted.description.as_ref()),
        );
        put(
            object,
            "difficulty",
            is.map(|it| &it.level),
            &wanted.level,
            wanted.level.map(difficulty),
        );
        put(
            object,
            "createdAt",
            is.map(|it| &it.created_at),
            &wanted.created_at,
            time(Some(wanted.created_at)),
        );
        put(
            object,
            "updatedAt",
            is.map(|it| &it.updated_at),
            &wanted.updated_at,
            time(Some(wanted.updated_at)),
        );
        let base = meaning::exercise(
            object,
            wanted.id.0,
            self.owner,
            false,
            &mut Parts::default(),
        )?;
        let mut ours = differences(&base, wanted, &["name"]);
        // Its id is said in any case: no name that it is given can make it another exercise.
        ours.insert("id".to_owned(), wanted.id.to_string().into());
        if !former.is_empty() {
            ours.insert("names".to_owned(), former.into());
        }
        if new {
            ours.insert("made".to_owned(), true.into());
        } else if let Some(made) = kept(object, "made") {
            ours.insert("made".to_owned(), made);
        }
        if !self.links {
            ours.insert("links".to_owned(), false.into());
        }
        mark(object, ours);
        Ok(())
    }
}

fn kept(object: &Object, key: &str) -> Option<Value> {
    Some(object.get(REGIMEN)?.as_object()?.get(key)?.value())
}

/// The names under which workouts know it.
fn former(object: &Object, was: &str, is: &str) -> Vec<String> {
    let mut names: Vec<String> = match kept(object, "names") {
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    let linked = kept(object, "links").is_none();
    if fold(was) != fold(is) && linked && !names.iter().any(|name| fold(name) == fold(was)) {
        names.push(was.to_owned());
    }
    names
}

fn difficulty(level: Level) -> Node<'static> {
    Node::text(match level {
        Level::Expert => "advanced",
        other => other.word(),
    })
}
