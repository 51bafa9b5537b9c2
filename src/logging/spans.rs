//! What a request did and how long each part took, sent to a collector of OpenTelemetry. Only a program built
//! with the feature `otel` can do that; in any other, nothing of this costs anything.

/// The target of spans that are no context of log lines.
pub const TARGET: &str = "regimen::trace";

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum NoExport {
    #[error(
        "`REGIMEN_TRACES` is set, but this program cannot send traces: build it with `--features otel`"
    )]
    NotBuilt,
    #[error("`REGIMEN_TRACES` cannot be used: {0}")]
    NotUsable(String),
}

#[cfg(feature = "otel")]
pub use sending::{Exporter, continue_trace, export};
#[cfg(not(feature = "otel"))]
pub use silence::{Exporter, continue_trace, export};

#[cfg(not(feature = "otel"))]
mod silence {
    use tracing::{Subscriber, level_filters::LevelFilter};
    use tracing_subscriber::{Layer, layer::Identity, registry::LookupSpan};

    use super::NoExport;
    use crate::config::Config;

    /// Sends nothing.
    #[derive(Debug)]
    pub struct Exporter;

    /// What is written of spans: nothing. That has to be said: for a layer without a filter each span and event of
    /// any level is made, statements are written out for it, and nobody sees them.
    pub fn export<S>(config: &Config) -> Result<(Exporter, impl Layer<S> + use<S>), NoExport>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        match config.traces {
            Some(_) => Err(NoExport::NotBuilt),
            None => Ok((Exporter, Identity::new().with_filter(LevelFilter::OFF))),
        }
    }

    /// Makes the span part of the trace that its request came with.
    pub const fn continue_trace(_: &tracing::Span, _: Option<&str>, _: Option<&str>) {}
}

#[cfg(feature = "otel")]
mod sending {
    use std::collections::HashMap;

    use opentelemetry::{Key, propagation::TextMapPropagator, trace::TracerProvider};
    use opentelemetry_otlp::{SpanExporter, WithExportConfig};
    use opentelemetry_sdk::{
        Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider,
    };
    use tracing::{Span, Subscriber, level_filters::LevelFilter};
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

    use super::{NoExport, TARGET};
    use crate::config::Config;

    /// Sends spans in batches, from a thread of its own.
    #[derive(Debug)]
    pub struct Exporter(Option<SdkTracerProvider>);

    impl Drop for Exporter {
        fn drop(&mut self) {
            if let Some(Err(error)) = self.0.take().map(|provider| provider.shutdown()) {
                tracing::warn!("the last spans could not be sent: {error}");
            }
        }
    }

    /// What sends spans, and what writes them for it. How they are sampled, labelled and batched is said by
    /// the variables that OpenTelemetry has for that, such as `OTEL_TRACES_SAMPLER`.
    pub fn export<S>(
        config: &Config,
    ) -> Result<(Exporter, Option<impl Layer<S> + use<S>>), NoExport>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let Some(collector) = &config.traces else {
            return Ok((Exporter(None), None));
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .build()
            .map_err(|error| NoExport::NotUsable(error.to_string()))?;
        let provider = SdkTracerProvider::builder()
            .with_resource(resource())
            .with_batch_exporter(exporter)
            .build();
        let ours = Targets::new()
            .with_target("regimen", LevelFilter::INFO)
            .with_target(TARGET, LevelFilter::TRACE);
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("regimen"))
            .with_filter(ours);
        Ok((Exporter(Some(provider)), Some(layer)))
    }

    /// As the environment describes this server; otherwise by the program's name.
    fn resource() -> Resource {
        let described = Resource::builder().build();
        let name = described.get(&Key::from_static_str("service.name"));
        if name.is_none_or(|name| name.as_str().starts_with("unknown_service")) {
            Resource::builder().with_service_name("regimen").build()
        } else {
            described
        }
    }

    /// Makes the span part of the trace that its request came with.
    pub fn continue_trace(span: &Span, parent: Option<&str>, state: Option<&str>) {
        let Some(parent) = parent else { return };
        let mut headers = HashMap::from([("traceparent".to_owned(), parent.to_owned())]);
        if let Some(state) = state {
            headers.insert("tracestate".to_owned(), state.to_owned());
        }
        let context = TraceContextPropagator::new().extract(&headers);
        // It fails where nobody listens to spans, and then there is nothing to continue.
        let _ = span.set_parent(context);
    }
}
