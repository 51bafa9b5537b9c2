//! What is aimed at, and how far it is reached: ratios of processor time to others in the same run, and what the
//! server takes by itself.

use crate::{classes::Class, report::Cell, sides::Peer};

/// How many times the time of a plain server on the same executor ours may take, without PostgreSQL's.
const OF_THE_PLAIN_SERVER: f64 = 1.2;
/// What the whole edge may cost, in milliseconds of the server's processor time.
const EDGE: f64 = 0.03;

/// Of one class: how many times the hand-written server's time ours may take at the most, and how many times ours
/// that of others is at least.
struct Aim {
    class: Class,
    by_hand: f64,
    postgraphile: f64,
    yoga_drizzle: f64,
}

const fn aim(class: Class, by_hand: f64, postgraphile: f64, yoga_drizzle: f64) -> Aim {
    Aim {
        class,
        by_hand,
        postgraphile,
        yoga_drizzle,
    }
}

const AIMS: &[Aim] = &[
    aim(Class::Q1, 1.5, 3.5, 6.0),
    aim(Class::Q2, 1.1, 4.5, 7.0),
    aim(Class::Q3, 1.5, 4.0, 5.0),
    aim(Class::Q4, 1.25, 4.0, 5.0),
    aim(Class::Q5, 1.5, 4.0, 5.0),
    aim(Class::M1, 1.6, 2.0, 2.5),
    aim(Class::M2, 1.4, 1.8, 4.0),
];

/// What was measured of one class, in words; none where there is nothing to compare.
pub fn reached(class: Class, sides: &[(Peer, Cell)]) -> Option<String> {
    let of = |peer| sides.iter().find(|it| it.0 == peer).map(|it| it.1);
    let ours = of(Peer::Regimen)?;
    if class == Class::Edge {
        return Some(told("server", 3, at_most(ours.server, EDGE)));
    }
    let aim = AIMS.iter().find(|aim| aim.class == class)?;
    let times_ours = |peer, aim| Some(at_least(of(peer)?.total() / ours.total(), aim));
    let by_hand = of(Peer::Floor).map(|it| at_most(ours.total() / it.total(), aim.by_hand));
    let plain = of(Peer::Plain).map(|it| at_most(ours.server / it.server, OF_THE_PLAIN_SERVER));
    let all = [
        ("of the hand-written", by_hand),
        ("of async-graphql's server", plain),
        (
            "PostGraphile of ours",
            times_ours(Peer::Postgraphile, aim.postgraphile),
        ),
        (
            "Yoga of ours",
            times_ours(Peer::YogaDrizzle, aim.yoga_drizzle),
        ),
    ];
    let words: Vec<String> = all
        .into_iter()
        .filter_map(|(what, reached)| Some(told(what, 2, reached?)))
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn told(what: &str, digits: usize, (number, aim, met): (f64, String, bool)) -> String {
    let missed = if met { "" } else { " MISSED" };
    format!("{what} {number:.digits$} ({aim}){missed}")
}

fn at_most(ratio: f64, aim: f64) -> (f64, String, bool) {
    (ratio, format!("at most {aim}"), ratio <= aim)
}

fn at_least(ratio: f64, aim: f64) -> (f64, String, bool) {
    (ratio, format!("at least {aim}"), ratio >= aim)
}
