//! `regimen serve`: everything a server needs, in order, and all of it ended again.

use std::{net::SocketAddr, sync::Arc};

use chrono::TimeDelta;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{Outcome, documents, migrate, seed};
use crate::{
    auth::{BadIssuer, Gate, GateOptions, IssuerOptions, Keys},
    config::{Config, Secret},
    db::Database,
    graphql::document::{BadManifest, Manifest},
    http::{self, App, Options},
    metrics::process,
    migration::Moving,
    seeds, upkeep,
};

pub(super) async fn run(config: &Config) -> Outcome {
    process::started();
    let manifest = documents::named_by(config)?;
    let gate = Gate::new(keys(config)?, gate_options(config)?)?;
    // Taken first: a second server on the same port ends before it touches anything.
    let listeners = Listeners {
        listener: listen(config).await?,
        metrics: listen_for_metrics(config).await?,
    };
    let ended = stop_signal()?;
    warn_of_private_production(config);
    let Some(mut database) = open_and_prepare(config, &ended).await? else {
        tracing::info!("stopped before it was ready");
        return Ok(());
    };
    let serving = serve(
        config,
        gate,
        manifest.as_ref(),
        &mut database,
        listeners,
        ended,
    );
    let outcome = Box::pin(serving).await;
    database.close().await;
    outcome
}

async fn serve(
    config: &Config,
    gate: Gate,
    manifest: Option<&Manifest>,
    database: &mut Database,
    listeners: Listeners,
    ended: StopSignal,
) -> Outcome {
    let app = app(config, gate, database, manifest)?;
    let folder = config.legacy_dir.as_deref();
    let at_once = config.mirror_at_once.0 as u64;
    let moving = Moving::start(&app.db, folder, at_once).await?;
    if let Some(moving) = &moving {
        moving.shadows().set_share(config.shadow_reads.0);
        app.engine.move_in(Arc::clone(moving));
    }
    let moved = async {
        match &moving {
            Some(moving) => moving.keep_going().await,
            None => std::future::pending().await,
        }
    };
    let outcome = tokio::select! {
        outcome = run_on(config, app, database, listeners, ended) => outcome,
        () = moved => Ok(()),
    };
    if let Some(moving) = &moving {
        moving.finish().await;
    }
    outcome
}

/// A database that is ready for requests; none when the process is told to end before.
async fn open_and_prepare(
    config: &Config,
    ended: &StopSignal,
) -> Result<Option<Database>, Box<dyn std::error::Error>> {
    const ATTEMPTS: u32 = 3;

    let mut attempt = 1;
    loop {
        let mut database = tokio::select! {
            database = Database::open(config) => database?,
            () = ended.wait() => return Ok(None),
        };
        let prepared = tokio::select! {
            prepared = prepare(config, &database) => Some(prepared),
            () = ended.wait() => None,
        };
        let error = match prepared {
            Some(Ok(())) => return Ok(Some(database)),
            Some(Err(error)) => Some(error),
            None => None,
        };
        // What was joined may have ended with whoever started it.
        let lost = error.is_some() && database.is_lost().await;
        database.close().await;
        match error {
            None => return Ok(None),
            Some(error) if lost && attempt < ATTEMPTS => {
                tracing::warn!("PostgreSQL ended meanwhile ({error}); beginning again");
                attempt += 1;
            }
            Some(error) => return Err(error),
        }
    }
}

fn warn_of_private_production(config: &Config) {
    if config.is_production() && config.database_url.is_none() {
        tracing::warn!(
            "`DATABASE_URL` is not set: this production server keeps its data in a private PostgreSQL, in `{}`",
            config.data_dir.display()
        );
    }
}

fn app(
    config: &Config,
    gate: Gate,
    database: &Database,
    manifest: Option<&Manifest>,
) -> Result<App, BadManifest> {
    let app = App::new(database.pool(), gate, Options::from(config));
    if let Some(manifest) = manifest {
        app.engine.documents.trust(manifest)?;
        tracing::info!("documents trusted: {}", manifest.len());
    }
    Ok(app)
}

async fn run_on(
    config: &Config,
    app: App,
    database: &mut Database,
    Listeners { listener, metrics }: Listeners,
    ended: StopSignal,
) -> Outcome {
    let pool = database.pool();
    banner(config, database, listener.local_addr()?);
    let engine = app.engine.clone();
    let watching = watch(metrics, app.clone());
    let changes_kept = TimeDelta::days(config.changes_kept_days.get().into());
    let signal = async move { ended.wait().await };
    let serving = http::serve(listener, app, signal, config.shutdown_deadline);
    let finished = tokio::select! {
        finished = serving => finished,
        () = database.keep_running() => true,
        () = upkeep::daily(pool, changes_kept) => true,
        () = documents::trust_again(config, &engine) => true,
        failed = watching => return Err(failed.into()),
    };
    if finished {
        tracing::info!("stopped");
    } else {
        tracing::warn!("stopped at the deadline: some requests were cut off");
    }
    Ok(())
}

/// Without a secret of its own a development server makes one up for as long as it runs.
fn keys(config: &Config) -> Result<Keys, String> {
    const SHORTEST: usize = 32;

    match &config.token_secret {
        Some(secret) if secret.expose().len() < SHORTEST => {
            Err(format!("`REGIMEN_TOKEN_SECRET` must have at least {SHORTEST} characters"))
        }
        Some(secret) => Ok(Keys::new(secret)),
        None if config.is_production() => Err(
            "`REGIMEN_TOKEN_SECRET` must be set in production: make one with `openssl rand -base64 48`"
                .to_owned(),
        ),
        None => Ok(Keys::new(&Secret::random())),
    }
}

fn gate_options(config: &Config) -> Result<GateOptions, BadIssuer> {
    Ok(GateOptions {
        access_lifetime: config.access_token_lifetime,
        session_lifetime: config.session_lifetime,
        sign_up: config.sign_up,
        trusted_proxies: usize::from(config.trusted_proxies),
        issuer: IssuerOptions::from_settings(
            config.oidc_issuer.as_ref(),
            config.oidc_audience.as_ref(),
            config.oidc_jwks.as_ref(),
        )?,
    })
}

async fn listen(config: &Config) -> Result<TcpListener, String> {
    let address = SocketAddr::new(config.host, config.port);
    TcpListener::bind(address)
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "port {} is taken: stop what listens there, or choose another with `REGIMEN_PORT`",
                config.port
            ),
            _ => format!(
                "cannot listen on {address}: {error}; see `REGIMEN_HOST` and `REGIMEN_PORT`"
            ),
        })
}

/// The sockets of a server.
struct Listeners {
    listener: TcpListener,
    metrics: Option<TcpListener>,
}

async fn listen_for_metrics(config: &Config) -> Result<Option<TcpListener>, String> {
    let Some(address) = config.metrics else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("cannot serve metrics on {address}: {error}; see `REGIMEN_METRICS`")
    })?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!("metrics are at http://{address}/metrics");
    }
    Ok(Some(listener))
}

/// Serves metrics where they are asked for; otherwise waits for ever.
async fn watch(listener: Option<TcpListener>, app: App) -> std::io::Error {
    match listener {
        Some(listener) => match http::serve_metrics(listener, app).await {
            Ok(()) => std::io::ErrorKind::BrokenPipe.into(),
            Err(error) => error,
        },
        None => std::future::pending().await,
    }
}

async fn prepare(config: &Config, database: &Database) -> Outcome {
    if config.migrate {
        migrate::up(database).await?;
    } else {
        migrate::require_current(database).await?;
    }
    if config.seed {
        let mut conn = database.connect().await?;
        for (kind, counts) in seeds::plant(&mut conn, seed::demo_belongs(config)).await?.0 {
            if counts.inserted > 0 {
                tracing::info!("seeded {} {kind}", counts.inserted);
            }
        }
    }
    Ok(())
}

fn banner(config: &Config, database: &Database, address: SocketAddr) {
    if config.is_production() {
        tracing::info!(%address, database = %database.address, "ready");
        return;
    }
    println!("\n  Regimen {} is ready\n", env!("CARGO_PKG_VERSION"));
    println!("  GraphQL    http://{address}/graphql");
    if config.graphiql {
        println!("  GraphiQL   http://{address}/graphiql");
    }
    if config.console {
        println!("  Console    http://{address}/console");
    }
    if seed::demo_belongs(config) && config.seed {
        println!(
            "  Sign in    {} with `{}`",
            seeds::DEMO_EMAIL,
            seeds::DEMO_PASSWORD
        );
    }
    match database.cluster() {
        Some(cluster) => println!("  Data       {}", cluster.data_dir().display()),
        None => println!("  Database   {}", database.address),
    }
    println!("\n  {}\n", what_ends(database));
}

fn what_ends(database: &Database) -> &'static str {
    match database.cluster() {
        Some(cluster) if cluster.ends_with_us() => "Ctrl-C stops everything",
        Some(_) => "Ctrl-C stops the server; its PostgreSQL was running before and goes on",
        None => "Ctrl-C stops the server",
    }
}

/// Becomes true when the process is told to end.
struct StopSignal(tokio::sync::watch::Receiver<bool>);

impl StopSignal {
    async fn wait(&self) {
        let _ = self.0.clone().wait_for(|told| *told).await;
    }
}

/// Ctrl-C or SIGTERM; a second one ends the process at once.
fn stop_signal() -> Result<StopSignal, std::io::Error> {
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let (tell, told) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        for second in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if second {
                std::process::exit(130);
            }
            let _ = tell.send(true);
        }
    });
    Ok(StopSignal(told))
}
