//! The phases explored: a small world of two clients, two records, the mirror, somebody else who edits the
//! files, and an admin, in every state that any order of their steps can lead to, with a crash possible in
//! each. Which steps there are and what holds them back is asked of the program itself.

mod explore;
mod moves;
mod world;

use explore::explore;
use world::Broken;

#[test]
fn in_no_order_of_steps_and_crashes_is_anything_lost_or_the_way_back_cut_off() {
    let found = explore(None).unwrap_or_else(|violation| panic!("{violation}"));
    println!(
        "{} states, {} steps between them",
        found.states, found.steps
    );
    assert!(found.states > 100_000, "{}", found.states);
    assert_eq!(found.phases, 7, "every phase but `none` was reached");
    assert_eq!(found.without_way_back, None);
}

/// A model in which nothing can go wrong proves nothing: with any rule left out, something does.
#[test]
fn with_any_rule_broken_something_goes_wrong() {
    for (broken, invariant) in [
        (Broken::AcknowledgesBeforeCommit, 8),
        (Broken::PlaceBeforeFile, 1),
        (Broken::TwoMirrorsAtOnce, 4),
        (Broken::OverwritesEditsOfOthers, 7),
        (Broken::WritersAreNotWaitedFor, 6),
        (Broken::KeepsOldRowsWhenTakingOver, 1),
        (Broken::SwitchesWithoutDraining, 8),
        (Broken::CutsOverUnproved, 8),
        (Broken::TrustsOldArchives, 1),
        (Broken::RemovesUnverifiedFiles, 7),
    ] {
        match explore(Some(broken)) {
            Ok(_) => panic!("{broken:?} goes unnoticed"),
            Err(violation) => assert_eq!(violation.invariant, invariant, "{broken:?}: {violation}"),
        }
    }
}
