//! Log lines: readable in development, JSON in production, on standard error in both; and spans for those
//! who follow requests across servers.

mod line;
pub mod spans;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::IsTerminal,
    panic::PanicHookInfo,
};

use tracing_subscriber::{
    Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use self::line::{JsonLine, Members};
use crate::config::{Config, LogFormat};

/// Starts logging for this process. A second call changes nothing. What it returns sends the last spans on
/// their way when it is dropped.
pub fn start(config: &Config) -> Result<spans::Exporter, spans::NoExport> {
    let (exporter, spans) = spans::export(config)?;
    let layer = match config.log_format {
        LogFormat::Json => fmt::layer()
            .event_format(JsonLine)
            .fmt_fields(Members)
            .with_ansi(false)
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
    if tracing_subscriber::registry()
        .with(spans)
        .with(filtered)
        .try_init()
        .is_ok()
    {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(exporter)
}

/// A panic is a line like any other, with the id of the request that it happened in.
fn log_panic(panic: &PanicHookInfo<'_>) {
    if panic
        .payload_as_str()
        .is_some_and(|text| text.starts_with("failed printing to stdout"))
    {
        // Whoever read what is printed has seen enough: `regimen … | head`.
        std::process::exit(0);
    }
    let backtrace = Backtrace::capture();
    tracing::error!(
        panic = panic.payload_as_str().unwrap_or("no text"),
        at = panic.location().map(tracing::field::display),
        backtrace = (backtrace.status() == BacktraceStatus::Captured)
            .then(|| tracing::field::display(&backtrace)),
        "something failed with a panic",
    );
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::Value;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_one_line_like_any_other() {
        let written = Written::default();
        let writer = written.clone();
        let lines = fmt::layer().event_format(JsonLine).fmt_fields(Members);
        let lines = lines.with_ansi(false).with_writer(move || writer.clone());
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(log_panic));

        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let failed = std::panic::catch_unwind(|| panic!("two\nlines"));
            assert!(failed.is_err());
        });

        std::panic::set_hook(usual);
        let line: Value = serde_json::from_slice(&written.0.lock().unwrap()).unwrap();
        assert_eq!(line["panic"], "two\nlines");
        assert!(line["at"].as_str().unwrap().contains("logging"), "{line}");
    }
}
