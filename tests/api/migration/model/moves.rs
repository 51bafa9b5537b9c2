//! Everything that can happen next in a world.

use regimen::migration::{
    Phase, Standing,
    phase::Writes,
    step::{Kind, Obstacle, STEPS, Step},
};

use super::world::{Broken, Client, FOREIGN, Mirror, Proof, Record, WRITES, World};

/// What came of a step: another world, or a rule that was broken on the way.
pub type Outcome = Result<World, (u8, &'static str)>;

/// Every world that one step leads to.
pub fn next(world: &World, broken: Option<Broken>) -> Vec<Outcome> {
    let mut found = Vec::new();
    clients(world, broken, &mut found);
    mirrors(world, broken, &mut found);
    others(world, &mut found);
    jobs(world, broken, &mut found);
    if world.has_no_writer() || broken == Some(Broken::WritersAreNotWaitedFor) {
        steps(world, broken, &mut found);
    }
    found.push(Ok(crashed(world)));
    found
}

fn clients(world: &World, broken: Option<Broken>, found: &mut Vec<Outcome>) {
    for (who, (client, done)) in world.clients.into_iter().enumerate() {
        let Some(&bit) = WRITES[who].get(usize::from(done)) else {
            continue;
        };
        let mut after = *world;
        let record = &mut after.records[0];
        match client {
            Client::Idle if world.standing.is_fenced() => continue,
            Client::Idle => {
                let writes = world.standing.writes();
                let current = true;
                after.clients[who].0 = Client::Admitted { writes, current };
            }
            Client::Admitted { current: false, .. } => {
                found.push(Err((6, "a write was committed in another epoch")));
                continue;
            }
            Client::Admitted { .. } if broken == Some(Broken::AcknowledgesBeforeCommit) => {
                record.acknowledged |= bit;
                after.clients[who] = (Client::Idle, done + 1);
            }
            Client::Admitted { writes, .. } => {
                write(record, writes, bit, broken);
                after.clients[who].0 = Client::Committed;
            }
            // The mirror is waited for, but not for ever.
            Client::Committed => {
                record.acknowledged |= bit;
                after.clients[who] = (Client::Idle, done + 1);
            }
        }
        found.push(Ok(after));
    }
}

fn write(record: &mut Record, writes: Writes, bit: u8, broken: Option<Broken>) {
    match writes {
        Writes::Files => record.file |= bit,
        Writes::Database => record.database |= bit,
        Writes::Mirrored => {
            adopt(record, broken);
            record.database |= bit;
            record.queued = true;
        }
        Writes::Nobody => {}
    }
}

/// The database takes a record over from its file, once.
fn adopt(record: &mut Record, broken: Option<Broken>) {
    if record.adopted {
        return;
    }
    let keeps = broken == Some(Broken::KeepsOldRowsWhenTakingOver) && record.database != 0;
    if !keeps {
        record.database = record.file;
    }
    record.adopted = true;
    record.edited = false;
}

fn mirrors(world: &World, broken: Option<Broken>, found: &mut Vec<Outcome>) {
    let two = broken == Some(Broken::TwoMirrorsAtOnce);
    for who in 0..if two { 2 } else { 1 } {
        match world.mirrors[who] {
            Mirror::Idle if !world.standing.use_db_dual_write() => {}
            Mirror::Idle => {
                for record in 0..world.records.len() {
                    if world.records[record].queued {
                        let mut after = *world;
                        let image = world.records[record].database;
                        after.mirrors[who] = Mirror::Read { record, image };
                        if broken == Some(Broken::PlaceBeforeFile) {
                            after.records[record].queued = false;
                        }
                        found.push(Ok(after));
                    }
                }
            }
            Mirror::Read { record, image } => {
                let mut after = *world;
                let it = &mut after.records[record];
                let overwrites = broken == Some(Broken::OverwritesEditsOfOthers);
                if it.edited && !overwrites {
                    after.mirrors[who] = Mirror::Idle;
                } else if it.file & !image & !FOREIGN != 0 {
                    found.push(Err((4, "an older state was written over a newer one")));
                    continue;
                } else {
                    (it.file, it.edited) = (image, false);
                    after.mirrors[who] = Mirror::Written { record, image };
                }
                found.push(Ok(after));
            }
            Mirror::Written { record, image } => {
                let mut after = *world;
                let it = &mut after.records[record];
                it.queued = it.queued && it.database != image;
                after.mirrors[who] = Mirror::Idle;
                found.push(Ok(after));
            }
        }
    }
}

/// Somebody else edits a file; an admin looks after an edit that is held; feeds are read again.
fn others(world: &World, found: &mut Vec<Outcome>) {
    if !world.foreign && !world.retired {
        let mut after = *world;
        let it = &mut after.records[0];
        it.file |= FOREIGN;
        if it.adopted {
            it.edited = true;
        } else {
            it.acknowledged |= FOREIGN;
        }
        after.foreign = true;
        found.push(Ok(after));
    }
    let mirrored = world.standing.use_db_dual_write();
    if mirrored && world.records[0].edited && world.records[0].queued {
        let mut after = *world;
        let it = &mut after.records[0];
        (it.file, it.edited) = (it.file & !FOREIGN, false);
        after.settled = true;
        found.push(Ok(after));
    }
    if mirrored && world.records[0].adopted {
        let mut after = *world;
        after.records[0].queued = true;
        found.push(Ok(after));
    }
}

/// Backfill, archive and restore, which go on beside everything else.
fn jobs(world: &World, broken: Option<Broken>, found: &mut Vec<Outcome>) {
    let mut add = |change: &dyn Fn(&mut World)| {
        let mut after = *world;
        change(&mut after);
        found.push(Ok(after));
    };
    let phase = world.standing.phase;
    if phase == Phase::DualWrite {
        for record in 0..world.records.len() {
            add(&|it| adopt(&mut it.records[record], broken));
        }
        let all = world.records.iter().all(|record| record.adopted);
        if all || broken == Some(Broken::CutsOverUnproved) {
            add(&|it| it.backfilled = true);
        }
    }
    let has_files = !world.retired;
    if has_files && matches!(phase, Phase::Soak | Phase::Complete) {
        add(&|it| {
            it.archived = true;
            for record in &mut it.records {
                record.archived = Some(record.file);
            }
        });
    }
    let verified = world
        .records
        .iter()
        .all(|record| record.archived == Some(record.file));
    let verified = verified || broken == Some(Broken::RemovesUnverifiedFiles);
    if phase == Phase::Complete && has_files && verified {
        add(&|it| {
            it.retired = true;
            for record in &mut it.records {
                record.file = 0;
            }
        });
    }
    if phase == Phase::Complete && !world.restored {
        add(&|it| {
            it.restored = true;
            for record in &mut it.records {
                if it.retired {
                    record.file = record.archived.unwrap_or(0);
                }
            }
            it.retired = false;
        });
    }
}

/// What an admin can do about the phase, as the program's rules allow it.
fn steps(world: &World, broken: Option<Broken>, found: &mut Vec<Outcome>) {
    let (standing, evidence) = (world.standing, world.evidence());
    for &step in STEPS {
        let clear = step.held_back_by(standing, &evidence).is_empty();
        let certifies = step.to == Phase::Verified;
        if clear && step.fenced {
            let mut after = changed(world, Standing::fenced(step.from));
            after.towards = Some(step.to);
            found.push(Ok(after));
        } else if clear && (!certifies || (world.is_drained() && world.is_equal())) {
            found.push(Ok(entered(world, step, broken)));
        }
        if world.towards == Some(step.to) && may_switch(world, step, broken) {
            found.push(Ok(entered(world, step, broken)));
        }
    }
    if standing.phase == Phase::Verified && world.is_drained() && world.is_equal() {
        let mut renewed = changed(world, standing);
        renewed.proof = Proof::Current;
        found.push(Ok(renewed));
    }
    if let Some(from) = standing.fence_from {
        found.push(Ok(changed(world, Standing::at(from))));
        if world.is_drained() && world.equal.is_none() {
            let mut compared = *world;
            compared.equal = Some(world.is_equal());
            found.push(Ok(compared));
        }
    }
}

fn may_switch(world: &World, step: Step, broken: Option<Broken>) -> bool {
    let mut stopped = step.stopped_by(world.standing, &world.evidence());
    stopped.retain(|obstacle| match broken {
        Some(Broken::SwitchesWithoutDraining) => !matches!(obstacle, Obstacle::Behind(_)),
        Some(Broken::CutsOverUnproved) => {
            !matches!(obstacle, Obstacle::NotCompared | Obstacle::Different)
        }
        _ => true,
    });
    stopped.is_empty()
}

/// Another epoch: what was proved or begun before does not count any more.
fn changed(world: &World, standing: Standing) -> World {
    let mut after = *world;
    (after.standing, after.towards, after.equal) = (standing, None, None);
    // What was proved for another phase is as good as nothing.
    after.proof = match after.proof {
        Proof::Current if standing.ground() == Phase::Verified => Proof::Stale,
        proof if standing.ground() == Phase::Verified => proof,
        _ => Proof::None,
    };
    for (client, _) in &mut after.clients {
        if let Client::Admitted { current, .. } = client {
            *current = false;
        }
    }
    after
}

/// The step was taken, with what the program forgets on the way.
fn entered(world: &World, step: Step, broken: Option<Broken>) -> World {
    let mut after = changed(world, Standing::at(step.to));
    match (step.to, step.kind) {
        (Phase::Verified, _) => after.proof = Proof::Current,
        (Phase::Legacy, _) => {
            (after.backfilled, after.archived) = (false, false);
            for record in &mut after.records {
                (record.adopted, record.queued, record.edited) = (false, false, false);
                record.archived = None;
                // Whatever is in the files now counts, whoever wrote it.
                record.acknowledged |= record.file & FOREIGN;
            }
        }
        (Phase::Complete, _) => after.restored = false,
        (Phase::Soak, Kind::Back) => {
            after.archived = false;
            for record in &mut after.records {
                record.queued |= broken != Some(Broken::TrustsOldArchives);
            }
        }
        _ => {}
    }
    after
}

/// The process is killed: what was not committed is gone, and nobody gets an answer.
fn crashed(world: &World) -> World {
    let mut after = *world;
    for (client, done) in &mut after.clients {
        if *client != Client::Idle {
            (*client, *done) = (Client::Idle, *done + 1);
        }
    }
    after.mirrors = [Mirror::Idle; 2];
    after
}
