//! `regimen parity`: whether files and database hold the same.

use diesel_async::AsyncConnection;

use super::{Outcome, migrate, print_json};
use crate::{
    changes::Entity,
    config::Config,
    db::{Database, Db},
    migration::{
        Actor, ENTITIES,
        files::{Files, lookups},
        parity::{self, Parity},
        prove,
    },
};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only these kinds of records: `settings`, `exercise`, `workout`, `history`
    #[arg(long, value_name = "KIND", value_parser = kind)]
    entity: Vec<Entity>,
    /// Believe nothing: read the files and both sides anew
    #[arg(long)]
    scrub: bool,
    /// The same, and if nothing differs, keep that as the proof that a cutover asks for
    #[arg(long)]
    prove: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn kind(text: &str) -> Result<Entity, String> {
    Entity::of_word(text)
        .filter(|entity| ENTITIES.contains(entity))
        .ok_or_else(|| "must be one of `settings`, `exercise`, `workout`, `history`".to_owned())
}

pub(super) async fn run(config: &Config, args: Args) -> Outcome {
    let database = Database::open(config).await?;
    let outcome = run_on(config, &database, args).await;
    database.close().await;
    outcome
}

async fn run_on(config: &Config, database: &Database, args: Args) -> Outcome {
    migrate::require_current(database).await?;
    let db = database.pool();
    let parity = compare(config, &db, &args).await?;
    if args.json {
        print_json(&parity)?;
    } else {
        show(&parity);
    }
    if parity.equal {
        Ok(())
    } else {
        Err("files and database differ".into())
    }
}

async fn compare(
    config: &Config,
    db: &Db,
    args: &Args,
) -> Result<Parity, Box<dyn std::error::Error>> {
    let entities = if args.entity.is_empty() {
        ENTITIES.to_vec()
    } else {
        args.entity.clone()
    };
    let mut conn = db.conn().await?;
    if !args.scrub && !args.prove {
        let parity = conn
            .transaction(async |conn| parity::compare(conn, &entities).await)
            .await?;
        return Ok(parity);
    }
    let files = config.legacy_dir.clone().map(Files::new);
    if let Some(files) = &files {
        files.look_up(lookups(&mut conn).await?);
    }
    drop(conn);
    if args.prove {
        return Ok(prove(db, Actor::CommandLine, files.as_ref()).await?.0);
    }
    Ok(parity::scrub(db, files.as_ref(), &entities).await?)
}

fn show(parity: &Parity) {
    println!(
        "{:10} {:>10} {:>12} {:>9} {:>7} {:>10}",
        "", "in files", "in database", "missing", "extra", "differing"
    );
    for it in &parity.entities {
        println!(
            "{:10} {:>10} {:>12} {:>9} {:>7} {:>10}",
            it.entity.word(),
            it.in_files,
            it.in_database,
            it.missing,
            it.extra,
            it.differing
        );
    }
    for sample in parity.entities.iter().flat_map(|it| &it.samples) {
        println!(
            "{} {} of {}: {}",
            sample.entity.word(),
            sample.id.as_str(),
            sample.owner,
            sample.kind.word()
        );
        for field in &sample.fields {
            println!("    {}", field.path);
        }
    }
    if let Some(read) = parity.read {
        println!(
            "read from the files: {read}, of which {} are not as they were known",
            parity.unfaithful
        );
    }
    println!("{}", if parity.equal { "equal" } else { "not equal" });
}
