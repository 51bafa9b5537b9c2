//! Log lines as JSON, one object each: when, how grave, what happened, its fields, where it was said, and the
//! request that it belongs to. Written by hand, because every request has one, and a writer for any subscriber
//! reads the fields of its span back from JSON for each line.

use std::fmt;

use chrono::Utc;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

use crate::json::{WriteJson, write_stamp};

/// How an event is written.
pub(super) struct JsonLine;

/// How the fields of a span are kept: as they will stand in the object of each line, a comma behind each.
pub(super) struct Members;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut object = Object::with_capacity(400);
        object.out.push(b'{');
        object.key("timestamp");
        write_stamp(Utc::now(), &mut object.out);
        object.out.push(b',');
        object.member("level", metadata.level().as_str());
        event.record(&mut object);
        let target = object.log_target.take();
        object.member("target", target.as_deref().unwrap_or(metadata.target()));
        if let Some(span) = ctx.lookup_current() {
            object.out.extend_from_slice(br#""span":{"#);
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                object.out.extend_from_slice(fields.fields.as_bytes());
            }
            object.member("name", span.name());
            object.close();
            object.out.push(b',');
        }
        object.close();
        object.out.push(b'\n');
        writer.write_str(object.text()?)
    }
}

impl<'writer> FormatFields<'writer> for Members {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut members = Object::with_capacity(64);
        fields.record(&mut members);
        writer.write_str(members.text()?)
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

/// Members of an object, each with a comma behind it.
struct Object {
    out: Vec<u8>,
    /// Where a line was said that came by the `log` package.
    log_target: Option<String>,
}

impl Object {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            out: Vec::with_capacity(bytes),
            log_target: None,
        }
    }

    fn key(&mut self, name: &str) {
        name.write_json(&mut self.out);
        self.out.push(b':');
    }

    fn member(&mut self, name: &str, value: impl WriteJson) {
        self.key(name);
        value.write_json(&mut self.out);
        self.out.push(b',');
    }

    /// Puts the bracket in the place of the last comma.
    fn close(&mut self) {
        if let Some(last) = self.out.last_mut() {
            *last = b'}';
        }
    }

    fn text(&self) -> Result<&str, fmt::Error> {
        str::from_utf8(&self.out).map_err(|_| fmt::Error)
    }
}

impl Visit for Object {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "log.target" => self.log_target = Some(value.to_owned()),
            name if name.starts_with("log.") => {}
            name => self.member(name, value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if !field.name().starts_with("log.") {
            self.member(field.name(), format!("{value:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};
    use tracing_subscriber::{fmt as lines, layer::SubscriberExt};

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

    fn written(say: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let layer = lines::layer()
            .event_format(JsonLine)
            .fmt_fields(Members)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_is_an_object_with_everything_that_was_said() {
        let line = written(|| {
            let span = tracing::info_span!("request", id = "a\"b", late = tracing::field::Empty);
            span.record("late", 7);
            let _inside = span.entered();
            tracing::warn!(count = 3, share = 0.5, told = true, who = ?Some("x"), "two\nlines");
        });

        let mut line: Value = serde_json::from_str(&line).unwrap();
        let timestamp = line["timestamp"].take();
        let timestamp = timestamp.as_str().unwrap();
        assert_eq!(timestamp.len(), "2026-01-02T03:04:05.678901Z".len());
        assert!(
            timestamp.parse::<chrono::DateTime<Utc>>().is_ok(),
            "{timestamp}"
        );
        let expected = json!({
            "timestamp": null, "level": "WARN", "message": "two\nlines", "count": 3, "share": 0.5, "told": true,
            "who": "Some(\"x\")", "target": module_path!(), "span": {"id": "a\"b", "late": 7, "name": "request"},
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn lines_without_a_span_end_as_those_with_one() {
        let line = written(|| tracing::info!("alone"));
        assert!(line.ends_with("}\n"), "{line}");
        assert!(
            serde_json::from_str::<Value>(&line)
                .unwrap()
                .get("span")
                .is_none()
        );
    }
}
