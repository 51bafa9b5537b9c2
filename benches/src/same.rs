//! Whether all sides answer the same: what is not the same work is not compared.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{Failure, classes::Class, database::Database, load::Connection, sides::Side};

/// Of each class, so many requests are compared.
const SAMPLE: usize = 20;

/// Fails unless these sides answer alike. What was just written has new ids, so those are not compared.
pub async fn check(
    sides: &[Side],
    class: Class,
    users: u64,
    database: &Database,
) -> Result<(), Failure> {
    let mut first: Option<(&Side, Vec<Essence>)> = None;
    for side in sides {
        let Some(requests) = side.requests(class, users, 0, SAMPLE).await? else {
            continue;
        };
        let mut connection = Connection::open(side.address).await?;
        let mut answers = Vec::new();
        for request in requests.iter().take(SAMPLE) {
            let answer: Answer = serde_json::from_slice(connection.ask(request).await?)?;
            if let Some(errors) = answer.errors {
                return Err(format!("{}: {}: {errors}", class.name(), side.peer.name()).into());
            }
            let mut essence = answer.data;
            if class.writes() {
                essence.ids.fill(Uuid::nil());
            }
            answers.push(essence);
        }
        if class.writes() {
            database.reset().await?;
        }
        let Some((other, expected)) = &first else {
            first = Some((side, answers));
            continue;
        };
        let differing = expected
            .iter()
            .zip(&answers)
            .find(|(left, right)| left != right);
        if let Some((left, right)) = differing {
            let (class, a, b) = (class.name(), other.peer.name(), side.peer.name());
            return Err(
                format!("{class}: {a} and {b} answer differently:\n{left:?}\n{right:?}").into(),
            );
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Answer {
    data: Essence,
    errors: Option<Value>,
}

/// What is left of an answer when names and the form of texts are taken away: ids and numbers in their
/// order, and how much there is of the rest.
#[derive(Debug, Default, PartialEq)]
struct Essence {
    ids: Vec<Uuid>,
    numbers: Vec<f64>,
    texts: usize,
    truths: Vec<bool>,
    nulls: usize,
}

impl Essence {
    fn take(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.numbers.extend(other.numbers);
        self.texts += other.texts;
        self.truths.extend(other.truths);
        self.nulls += other.nulls;
    }
}

impl<'de> Deserialize<'de> for Essence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads any JSON in the order in which it is written, which a map of values would not keep.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Essence;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Essence, E> {
        Ok(Essence {
            nulls: 1,
            ..Essence::default()
        })
    }

    fn visit_bool<E: Error>(self, it: bool) -> Result<Essence, E> {
        Ok(Essence {
            truths: vec![it],
            ..Essence::default()
        })
    }

    fn visit_f64<E: Error>(self, it: f64) -> Result<Essence, E> {
        Ok(Essence {
            numbers: vec![it],
            ..Essence::default()
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "none of these numbers is large")]
    fn visit_u64<E: Error>(self, it: u64) -> Result<Essence, E> {
        self.visit_f64(it as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "none of these numbers is large")]
    fn visit_i64<E: Error>(self, it: i64) -> Result<Essence, E> {
        self.visit_f64(it as f64)
    }

    /// Exact numbers are texts to some.
    fn visit_str<E: Error>(self, it: &str) -> Result<Essence, E> {
        if let Ok(id) = Uuid::parse_str(it) {
            return Ok(Essence {
                ids: vec![id],
                ..Essence::default()
            });
        }
        match it.parse() {
            Ok(number) => self.visit_f64(number),
            Err(_) => Ok(Essence {
                texts: 1,
                ..Essence::default()
            }),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Essence, A::Error> {
        let mut all = Essence::default();
        while let Some(item) = items.next_element()? {
            all.take(item);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Essence, A::Error> {
        let mut all = Essence::default();
        while let Some((_, value)) = fields.next_entry::<String, Essence>()? {
            all.take(value);
        }
        Ok(all)
    }
}
