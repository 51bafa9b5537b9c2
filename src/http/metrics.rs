//! What Prometheus reads. It is served on a port of its own, or not at all: it tells much of what goes on
//! here, and whoever may see it is for the network to say.

use std::io;

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use tokio::net::TcpListener;

use super::App;
use crate::metrics::{Counter, Page, process};

const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How requests over HTTP have ended so far.
#[derive(Debug, Default)]
pub struct Responses {
    by_hundreds: [Counter; 5],
    abandoned: Counter,
}

impl Responses {
    /// Counts one; without a status its client has left.
    pub(super) fn count(&self, status: Option<u16>) {
        let class = status.map(|status| usize::from(status / 100).clamp(1, 5) - 1);
        let counter = class.map_or(&self.abandoned, |class| &self.by_hundreds[class]);
        counter.add(1);
    }

    fn write(&self, page: &mut Page) {
        let name = "regimen_http_responses_total";
        page.counter(
            name,
            "Answers over HTTP by the first digit of their status.",
        );
        for (class, counter) in ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .iter()
            .zip(&self.by_hundreds)
        {
            page.sample(name, &[("status", class)], counter.read());
        }
        page.sample(name, &[("status", "abandoned")], self.abandoned.read());
    }
}

/// Serves `/metrics` for as long as it is polled.
pub async fn serve(listener: TcpListener, app: App) -> io::Result<()> {
    let routes = Router::new().route("/metrics", get(page)).with_state(app);
    axum::serve(listener, routes).await
}

async fn page(State(app): State<App>) -> impl IntoResponse {
    let mut page = Page::default();
    let name = "regimen_build_info";
    page.gauge(name, "Which program this is.");
    page.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
    app.responses.write(&mut page);
    app.engine.write_metrics(&mut page);
    let name = "regimen_streams_open";
    page.gauge(name, "WebSockets and event streams that are open.");
    page.sample(name, &[], app.streams.open());
    app.db.write_metrics(&mut page);
    process::write(&mut page);
    ([(header::CONTENT_TYPE, FORMAT)], page.text())
}
