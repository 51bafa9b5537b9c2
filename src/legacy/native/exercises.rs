//! Exercises, as entries of the app's library.

use serde_json::{Map, Value};

use super::{Page, keys, mark, text, texts, time};
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
        let list = |names: &[String]| Some(texts(names)).filter(|_| !names.is_empty());
        keys! { object, is => wanted;
            name: "name", text(Some(&wanted.name));
            category: "category", text(Some(&wanted.category));
            primary_muscles: "muscleGroups", list(&wanted.primary_muscles);
            equipment: "equipment", list(&wanted.equipment);
            aliases: "aliases", list(&wanted.aliases);
            instructions: "instructions", list(&wanted.instructions);
            description: "description", text(wanted.description.as_ref());
            level: "difficulty", wanted.level.map(difficulty);
            created_at: "createdAt", time(Some(wanted.created_at));
            updated_at: "updatedAt", time(Some(wanted.updated_at));
        }
        let base = meaning::exercise(
            object,
            wanted.id.0,
            self.owner,
            false,
            &mut Parts::default(),
        )?;
        let ours = self.ours(object, differences(&base, wanted, &["name"]), former, new);
        mark(object, ours);
        Ok(())
    }

    /// What else has to be said of it.
    fn ours(
        &self,
        object: &Object,
        mut ours: Map<String, Value>,
        former: Vec<String>,
        new: bool,
    ) -> Map<String, Value> {
        // Its id is said in any case: no name that it is given can make it another exercise.
        ours.insert("id".to_owned(), self.wanted.id.to_string().into());
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
        ours
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
