//! Looks at every world that can be reached, nearest first.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use regimen::migration::Phase;

use super::{
    moves::next,
    world::{Broken, World},
};

/// All of it, and nothing wrong anywhere.
#[derive(Debug)]
pub struct Explored {
    pub states: usize,
    pub steps: usize,
    pub phases: usize,
    /// A world from which no steps lead back to the files.
    pub without_way_back: Option<World>,
}

/// What went wrong, in which world, and how it came to that.
pub struct Violation {
    pub invariant: u8,
    what: &'static str,
    way: Vec<World>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "invariant {}: {}", self.invariant, self.what)?;
        self.way
            .iter()
            .try_for_each(|world| writeln!(f, "{world:?}"))
    }
}

pub fn explore(broken: Option<Broken>) -> Result<Explored, Violation> {
    let mut seen = HashMap::from([(World::beginning(), 0_u32)]);
    let mut worlds = vec![World::beginning()];
    // Whence each world was reached first, and all ways back.
    let mut parents = vec![0_u32];
    let mut edges = Vec::new();
    let mut at = 0;
    while at < worlds.len() {
        let here = u32::try_from(at).expect("a small model");
        for outcome in next(&worlds[at], broken) {
            let world = match outcome {
                Ok(world) => world,
                Err((invariant, what)) => {
                    let way = way(&worlds, &parents, at);
                    return Err(Violation {
                        invariant,
                        what,
                        way,
                    });
                }
            };
            let new = u32::try_from(worlds.len()).expect("a small model");
            let there = *seen.entry(world).or_insert(new);
            edges.push((there, here));
            if there == new {
                worlds.push(world);
                parents.push(here);
                if let Some((invariant, what)) = world.violated() {
                    let way = way(&worlds, &parents, worlds.len() - 1);
                    return Err(Violation {
                        invariant,
                        what,
                        way,
                    });
                }
            }
        }
        at += 1;
    }
    let phases: HashSet<Phase> = worlds.iter().map(|world| world.standing.phase).collect();
    Ok(Explored {
        states: worlds.len(),
        steps: edges.len(),
        phases: phases.len(),
        without_way_back: without_way_back(&worlds, edges),
    })
}

fn way(worlds: &[World], parents: &[u32], mut at: usize) -> Vec<World> {
    let mut way = vec![worlds[at]];
    while at != 0 {
        at = parents[at] as usize;
        way.push(worlds[at]);
    }
    way.reverse();
    way
}

/// Follows all steps backwards from the worlds in which the files are all there is.
fn without_way_back(worlds: &[World], mut edges: Vec<(u32, u32)>) -> Option<World> {
    edges.sort_unstable();
    let mut reaches: Vec<bool> = worlds
        .iter()
        .map(|world| world.standing.phase == Phase::Legacy)
        .collect();
    let mut open: Vec<usize> = (0..worlds.len()).filter(|at| reaches[*at]).collect();
    while let Some(at) = open.pop() {
        let first = edges.partition_point(|(to, _)| (*to as usize) < at);
        let into = edges[first..]
            .iter()
            .take_while(|(to, _)| *to as usize == at);
        for (_, from) in into {
            let from = *from as usize;
            if !std::mem::replace(&mut reaches[from], true) {
                open.push(from);
            }
        }
    }
    reaches
        .iter()
        .position(|reaches| !reaches)
        .map(|at| worlds[at])
}
