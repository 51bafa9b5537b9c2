//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write};

use super::Histogram;

/// What a scrape reads, as far as it is written.
#[derive(Debug, Default)]
pub struct Page(String);

/// A label's name and its value.
pub type Label<'a> = (&'static str, &'a str);

impl Page {
    /// Begins something that only grows.
    pub fn counter(&mut self, name: &str, help: &str) {
        self.family(name, "counter", help);
    }

    /// Begins something that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str) {
        self.family(name, "gauge", help);
    }

    /// Begins counts of durations.
    pub fn histogram(&mut self, name: &str, help: &str) {
        self.family(name, "histogram", help);
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let text = &mut self.0;
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One value of what was begun last.
    pub fn sample(&mut self, name: &str, labels: &[Label<'_>], value: impl Display) {
        self.0.push_str(name);
        self.labels(labels, None);
        let _ = writeln!(self.0, " {value}");
    }

    /// All values of one histogram.
    pub fn durations(&mut self, name: &str, labels: &[Label<'_>], histogram: &Histogram) {
        let reading = histogram.read();
        for (bound, count) in &reading.up_to {
            self.bucket(name, labels, &bound.to_string(), *count);
        }
        self.bucket(name, labels, "+Inf", reading.count);
        self.sample(&format!("{name}_sum"), labels, reading.seconds);
        self.sample(&format!("{name}_count"), labels, reading.count);
    }

    fn bucket(&mut self, name: &str, labels: &[Label<'_>], bound: &str, count: u64) {
        self.0.push_str(name);
        self.0.push_str("_bucket");
        self.labels(labels, Some(("le", bound)));
        let _ = writeln!(self.0, " {count}");
    }

    fn labels(&mut self, labels: &[Label<'_>], last: Option<Label<'_>>) {
        for (index, (name, value)) in labels.iter().chain(&last).enumerate() {
            self.0.push(if index == 0 { '{' } else { ',' });
            let value = value
                .replace('\\', r"\\")
                .replace('"', "\\\"")
                .replace('\n', r"\n");
            let _ = write!(self.0, "{name}=\"{value}\"");
        }
        if !labels.is_empty() || last.is_some() {
            self.0.push('}');
        }
    }

    /// The whole page.
    #[must_use]
    pub fn text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn values_of_labels_cannot_break_out_of_their_quotes() {
        let mut page = Page::default();
        page.counter("things_total", "Things.");
        page.sample("things_total", &[("a", "x\"} 9\n\\"), ("b", "")], 1);
        page.sample("things_total", &[], 2.5);
        assert_eq!(
            page.text(),
            "# HELP things_total Things.\n# TYPE things_total counter\n\
             things_total{a=\"x\\\"} 9\\n\\\\\",b=\"\"} 1\nthings_total 2.5\n"
        );
    }

    #[test]
    fn a_histogram_counts_up_to_each_bound_and_all_at_the_end() {
        let histogram = Histogram::default();
        for millis in [0, 1, 30, 60_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let mut page = Page::default();
        page.durations("took_seconds", &[("kind", "query")], &histogram);
        let text = page.text();
        for line in [
            "took_seconds_bucket{kind=\"query\",le=\"0.0005\"} 1",
            "took_seconds_bucket{kind=\"query\",le=\"0.001\"} 2",
            "took_seconds_bucket{kind=\"query\",le=\"0.025\"} 2",
            "took_seconds_bucket{kind=\"query\",le=\"0.05\"} 3",
            "took_seconds_bucket{kind=\"query\",le=\"5\"} 3",
            "took_seconds_bucket{kind=\"query\",le=\"+Inf\"} 4",
            "took_seconds_sum{kind=\"query\"} 60.031",
            "took_seconds_count{kind=\"query\"} 4",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in {text}");
        }
    }
}
