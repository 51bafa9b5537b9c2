//! Log lines: readable in development, JSON in production, on standard error in both.

use std::io::IsTerminal;

use tracing_subscriber::{
    Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::config::{Config, LogFormat};

/// Starts logging for this process. A second call changes nothing.
pub fn start(config: &Config) {
    let layer = match config.log_format() {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Pretty => fmt::layer()
            .compact()
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .boxed(),
    };
    // The driver's debug lines quote the values of statements, which may be anybody's secrets.
    let levels = config
        .log
        .0
        .clone()
        .with_target("tokio_postgres::query", LevelFilter::INFO);
    let filtered = layer.with_filter(levels);
    let _ = tracing_subscriber::registry().with(filtered).try_init();
}
