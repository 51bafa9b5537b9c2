//! The pages in the browser, GraphiQL and the console. They are built into the program, compressed beforehand, and load
//! nothing from outside; their policy allows nothing else. What they do, they do over the API.

mod packed;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use self::packed::Packing;
use super::cached;

/// What a page may load, and where from: this server, and nothing inline.
const POLICY: &str = include_str!("../../../web/policy.txt").trim_ascii_end();
const GUARDS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// A page. Each can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    GraphiQl,
    Console,
}

/// A file that some pages need. Its name changes with its contents, unless it is a page itself.
struct File {
    path: &'static str,
    kind: &'static str,
    /// Stands for the contents.
    tag: &'static str,
    pages: &'static [Page],
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web/pages.rs"));

/// The routes of these pages, and of what they load.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(wanted: &[Page]) -> Router<S> {
    let needed = |file: &&File| file.pages.iter().any(|page| wanted.contains(page));
    let mut routes = Router::new();
    for file in FILES.iter().filter(needed) {
        let path = format!("/{}", file.path.trim_end_matches(".html"));
        routes = routes.route(
            &path,
            get(async move |headers: HeaderMap| answer(file, &headers)),
        );
    }
    routes
}

fn answer(file: &'static File, asked: &HeaderMap) -> Response {
    let keep = if file.path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        // The page names the newest of everything else, so it is always asked for.
        "no-cache"
    };
    let (packing, bytes) = file.packed(Packing::all(asked));
    let tag = format!("\"{}{}\"", file.tag, packing.map_or("", Packing::mark));
    let known = cached::known(asked, &tag);
    let Ok(tag) = HeaderValue::from_str(known.unwrap_or(&tag)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let told = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if known.is_some() {
        return (StatusCode::NOT_MODIFIED, GUARDS, told).into_response();
    }
    let mut response = (GUARDS, told, Bytes::from_static(bytes)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    if let Some(packing) = packing {
        headers.insert(
            header::CONTENT_ENCODING,
            HeaderValue::from_static(packing.name()),
        );
    }
    response
}

impl File {
    /// The contents in the first of these forms that there is.
    fn packed(&self, mut liked: impl Iterator<Item = Packing>) -> (Option<Packing>, &'static [u8]) {
        let found = |packing| {
            let bytes = match packing {
                Packing::Brotli => self.brotli,
                Packing::Gzip => self.gzip,
            };
            bytes.map(|bytes| (Some(packing), bytes))
        };
        liked.find_map(found).unwrap_or((None, self.plain))
    }
}
