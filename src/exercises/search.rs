//! Words to search exercises for. Each must be the beginning of a word in the name or in another name;
//! longer ones may be off by one letter, and what nothing in the library is spelled like may be similar as
//! trigrams go.

use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Array, Bool, Text},
};

use super::store::Query;
use crate::db::schema::exercises;

/// So many words are looked for; more would not find less.
const MOST_WORDS: usize = 12;
/// Shorter words are too easily another word that was meant.
const FORGIVEN_FROM: usize = 4;
/// Longer words are rare, and their patterns would grow with the square.
const FORGIVEN_TO: usize = 24;

/// Only exercises in whose names each word of the search is found.
pub(super) fn having_all_words<'a>(query: Query<'a>, search: &str) -> Query<'a> {
    let search = search.to_lowercase();
    let words = words_of(&search);
    if words.is_empty() {
        let literal = sql::<Bool>("strpos(search_text, ").bind::<Text, _>(search.clone());
        return query.filter(literal.sql(") > 0"));
    }
    words.into_iter().fold(query, |query, word| {
        // Neither is in the planner's sight, which would study them anew at every search. `CASE` has the cheap
        // look come first, and both after the other conditions, which are cheaper still.
        let (traces, pattern) = (traces(word), pattern(word));
        let spelled = sql::<Bool>("(CASE WHEN search_text LIKE ANY ((SELECT ")
            .bind::<Array<Text>, _>(traces.clone())
            .sql(")::text[]) THEN search_text ~ (SELECT ")
            .bind::<Text, _>(pattern.clone())
            .sql(") ELSE false END");
        if word.chars().count() <= FORGIVEN_FROM {
            return query.filter(spelled.sql(")"));
        }
        let similar = spelled
            .sql(
                " OR (NOT EXISTS (SELECT FROM exercises e WHERE e.owner_id IS NULL \
                AND CASE WHEN e.search_text LIKE ANY ((SELECT ",
            )
            .bind::<Array<Text>, _>(traces)
            .sql(")::text[]) THEN e.search_text ~ (SELECT ")
            .bind::<Text, _>(pattern)
            .sql(") ELSE false END) AND ")
            .bind::<Text, _>(word.to_owned());
        query.filter(similar.sql(" <% search_text))"))
    })
}

/// How well an exercise meets the search, as a text to order by: called just so, a name that begins so, all
/// words spelled right in the name, or in it and its other names, or found in spite of a mistake; those
/// that are as good as each other by name.
pub(super) fn relevance(
    search: &str,
) -> Box<dyn BoxableExpression<exercises::table, Pg, SqlType = Text>> {
    let search = search.to_lowercase();
    let words = words_of(&search).into_iter();
    let beginnings: Vec<String> = words.map(|word| format!("\\m{word}")).collect();
    let key = sql::<Text>("(CASE WHEN lower(name) = ")
        .bind::<Text, _>(search.clone())
        .sql(" THEN '0' WHEN starts_with(lower(name), ")
        .bind::<Text, _>(search)
        .sql(") THEN '1' WHEN lower(name) ~ ALL (")
        .bind::<Array<Text>, _>(beginnings.clone())
        .sql(") THEN '2' WHEN search_text ~ ALL (")
        .bind::<Array<Text>, _>(beginnings)
        .sql(") THEN '3' ELSE '4' END || lower(name))");
    Box::new(key)
}

fn words_of(search: &str) -> Vec<&str> {
    search
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MOST_WORDS)
        .collect()
}

/// What a text must have somewhere, one or the other, for the pattern to find something in it. A mistake spoils
/// one half of a word at the most, or swaps the letters where they meet. A regular expression takes ten times as
/// long to look at a text, and there is nothing in most.
fn traces(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let within = |letters: &[char]| format!("%{}%", letters.iter().collect::<String>());
    if !(FORGIVEN_FROM..=FORGIVEN_TO).contains(&letters.len()) {
        return vec![within(&letters)];
    }
    let middle = letters.len() / 2;
    let mut swapped = letters.clone();
    swapped.swap(middle - 1, middle);
    let (start, end) = letters.split_at(middle);
    vec![within(start), within(end), within(&swapped)]
}

/// A regular expression for words that begin like this one, or almost: with two neighbours swapped, or
/// one letter wrong, missing or too many. The first letter counts unless it was swapped.
fn pattern(word: &str) -> String {
    format!("\\m({})", ways(word).join("|"))
}

/// The ways to write a word, with `\w` for any letter.
fn ways(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut ways = vec![word.to_owned()];
    if !(FORGIVEN_FROM..=FORGIVEN_TO).contains(&letters.len()) {
        return ways;
    }
    for at in 1..letters.len() {
        let (before, after): (String, String) = (
            letters[..at].iter().collect(),
            letters[at..].iter().collect(),
        );
        let rest: String = letters[at + 1..].iter().collect();
        let mut swapped = letters.clone();
        swapped.swap(at - 1, at);
        ways.push(swapped.into_iter().collect());
        ways.push(format!("{before}\\w{rest}"));
        ways.push(format!("{before}\\w{after}"));
        ways.push(format!("{before}{rest}"));
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::{traces, ways};

    #[test]
    fn every_way_to_write_a_word_has_a_trace_of_it() {
        for word in [
            "sq",
            "row",
            "curl",
            "press",
            "lunges",
            "deadlift",
            "überzüge",
            "abcdefghijklmnopqrstuvwxyz",
        ] {
            let traces = traces(word);
            for way in ways(word) {
                let written = way.replace("\\w", "?");
                let has = |trace: &String| written.contains(trace.trim_matches('%'));
                assert!(
                    traces.iter().any(has),
                    "`{word}` written `{written}`: {traces:?}"
                );
            }
        }
    }
}
