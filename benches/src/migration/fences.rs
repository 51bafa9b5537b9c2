//! Cutting over and rolling back, many times in a row, while others write without pause.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use super::{
    Migration, Stage,
    mutations::{self, Place},
    results::{Results, Wanted},
};
use crate::{Failure, database::connect, load::Connection};

/// How many sessions the files have.
const SESSIONS: u32 = 100;

/// Waits of each write, in milliseconds.
type Waits = Rc<RefCell<Vec<f64>>>;

pub async fn measure(
    stage: &Stage<'_>,
    migration: &Migration,
    results: &mut Results,
) -> Result<(), Failure> {
    let (files, _) = stage.files("fences", SESSIONS)?;
    let program = stage.program("fences", Some(files)).await?;
    let server = program.serve().await?;
    for (step, phase) in [("dual-write on", "dual_write"), ("backfill", "backfilled")] {
        program.run(&step.split(' ').collect::<Vec<_>>()).await?;
        server.sees(phase).await?;
    }
    let places = mutations::places(&program.url).await?;
    let (stop, waits) = (Rc::new(Cell::new(false)), Waits::default());
    let writers: Vec<_> = (0..migration.writers)
        .map(|number| {
            let place = places[number * 7 % places.len()];
            let (stop, waits) = (Rc::clone(&stop), Rc::clone(&waits));
            tokio::task::spawn_local(write(server.address, place, stop, waits))
        })
        .collect();
    for _ in 0..migration.cutovers {
        program.run(&["parity", "--prove"]).await?;
        program.run(&["cutover"]).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        program.run(&["rollback"]).await?;
    }
    stop.set(true);
    for writer in writers {
        writer.await??;
    }
    let fences = fences(&program.url).await?;
    results.note(&format!(
        "{} fences, {} writes by {} clients",
        fences.len(),
        waits.borrow().len(),
        migration.writers
    ));
    results.add("fence, median s", at(&fences, 50), Wanted::Nothing);
    results.add("fence, p99 s", at(&fences, 99), Wanted::AtMost(1.0));
    results.add(
        "write across all that, p99 ms",
        at(&waits.borrow(), 99),
        Wanted::Nothing,
    );
    results.add(
        "write across all that, longest ms",
        at(&waits.borrow(), 100),
        Wanted::Nothing,
    );
    // Reading everything anew says whether anything was lost.
    program.run(&["parity", "--scrub"]).await?;
    drop(server);
    stage.strike("fences").await
}

/// One client: what is refused is sent again, and counts as one write.
async fn write(
    address: SocketAddr,
    place: Place,
    stop: Rc<Cell<bool>>,
    waits: Waits,
) -> Result<(), Failure> {
    let request = mutations::request_for(place)?;
    let mut connection = Connection::open(address).await?;
    while !stop.get() {
        let began = Instant::now();
        while let Err(error) = connection.ask(&request).await {
            if began.elapsed() > Duration::from_secs(30) {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            connection = Connection::open(address).await?;
        }
        waits
            .borrow_mut()
            .push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(())
}

/// How long each fence was up, in seconds, by the audit: from the row that raised it to the next.
async fn fences(url: &str) -> Result<Vec<f64>, Failure> {
    let client = connect(url).await?;
    let rows = client
        .query(
            "SELECT extract(epoch FROM next - at)::float8 FROM ( \
               SELECT to_phase, at, lead(at) OVER (ORDER BY seq) AS next FROM migration_audit) AS rows \
             WHERE to_phase = 'fence' AND next IS NOT NULL",
            &[],
        )
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The number that so many of a hundred stay below.
fn at(numbers: &[f64], percent: usize) -> f64 {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    let index = (numbers.len() * percent / 100).min(numbers.len().saturating_sub(1));
    numbers.get(index).copied().unwrap_or_default()
}
