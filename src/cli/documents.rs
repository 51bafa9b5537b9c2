//! `regimen documents`: what clients are going to send, checked before a server meets it.

use std::{
    error::Error,
    future::pending,
    path::{Path, PathBuf},
};

use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;
use crate::{
    config::{Config, TrustedMode},
    graphql::document::{BadManifest, Documents, Limits, Manifest, Rules},
    schema::{self, engine::Engine},
};

#[derive(clap::Subcommand)]
pub(super) enum Verb {
    /// Check a manifest of trusted documents against this version's schema
    Check {
        /// The manifest, as for `REGIMEN_TRUSTED_DOCUMENTS`
        file: PathBuf,
    },
}

pub(super) fn run(verb: &Verb) -> Outcome {
    let Verb::Check { file } = verb;
    let manifest = checked(file, &Config::defaults()?)?;
    println!("trusted documents: {}, all valid", manifest.len());
    Ok(())
}

/// The manifest that the settings name, before anything else is touched: a server that cannot have its
/// documents leaves the database as it was.
pub(super) fn named_by(config: &Config) -> Result<Option<Manifest>, Box<dyn Error>> {
    match (&config.trusted_documents, config.trusted_mode) {
        (Some(path), _) => Ok(Some(checked(path, config)?)),
        (None, TrustedMode::Off) => Ok(None),
        (None, mode) => Err(format!(
            "`REGIMEN_TRUSTED_MODE` is `{mode}`, which needs a manifest: name it in `REGIMEN_TRUSTED_DOCUMENTS`"
        )
        .into()),
    }
}

/// Reads the manifest again at every SIGHUP; one that is not right leaves the one before in force. Never
/// ends.
pub(super) async fn trust_again(config: &Config, engine: &Engine) {
    let Some(path) = &config.trusted_documents else {
        return pending().await;
    };
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return pending().await;
    };
    while hangups.recv().await.is_some() {
        let trusted = Manifest::read(path).and_then(|manifest| {
            engine.documents.trust(&manifest)?;
            Ok(manifest.len())
        });
        match trusted {
            Ok(count) => tracing::info!("documents trusted from now on: {count}"),
            Err(error) => {
                tracing::error!("{error}; the documents trusted before go on being trusted");
            }
        }
    }
    pending::<()>().await;
}

fn checked(path: &Path, config: &Config) -> Result<Manifest, BadManifest> {
    let manifest = Manifest::read(path)?;
    let documents = Documents::new(&schema::sdl(), Limits::from(config), Rules::default());
    documents.trust(&manifest)?;
    Ok(manifest)
}
