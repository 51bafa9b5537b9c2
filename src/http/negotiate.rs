//! Which media type an answer has, and which a request may have.

use axum::http::{HeaderMap, HeaderValue, header};

/// A media type: its name, and as it stands over an answer.
pub(super) struct Type {
    pub(super) name: &'static str,
    header: &'static str,
}

macro_rules! media_types {
    ($($constant:ident = $name:literal;)*) => {
        $(pub(super) const $constant: Type = Type {
            name: $name,
            header: concat!($name, "; charset=utf-8"),
        };)*
    };
}

media_types! {
    GRAPHQL = "application/graphql-response+json";
    JSON = "application/json";
    EVENTS = "text/event-stream";
}

impl Type {
    pub(super) const fn header(&self) -> HeaderValue {
        HeaderValue::from_static(self.header)
    }
}

/// The two media types that GraphQL answers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// Errors of the request have their own status codes.
    GraphQl,
    /// Older clients: whatever is well-formed is answered with 200.
    Json,
}

impl Media {
    pub(super) const fn header(self) -> HeaderValue {
        match self {
            Self::GraphQl => GRAPHQL.header(),
            Self::Json => JSON.header(),
        }
    }
}

/// What a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// How it likes one answer best; none where it takes no such type.
    pub(super) media: Option<Media>,
    pub(super) events: Events,
}

/// Whether a client takes a stream of events. It must say so by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Events {
    No,
    /// For what has many answers.
    IfNeeded,
    /// For everything.
    Always,
}

impl Accepted {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accepts: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|range| !range.is_empty())
            .collect();
        let quality = |media: Type| quality_of(&accepts, media.name);
        let (json, graphql) = if accepts.is_empty() {
            (1.0, 0.0)
        } else {
            (quality(JSON), quality(GRAPHQL))
        };
        let events = if names(&accepts, &EVENTS) {
            quality(EVENTS)
        } else {
            0.0
        };
        Self {
            media: preferred(&accepts, json, graphql),
            events: if events <= 0.0 {
                Events::No
            } else if events > json.max(graphql) {
                Events::Always
            } else {
                Events::IfNeeded
            },
        }
    }

    /// In which type an error is told that nothing else was agreed on for.
    pub(super) fn media_for_errors(self) -> Media {
        self.media.unwrap_or(Media::Json)
    }
}

fn preferred(accepts: &[&str], json: f32, graphql: f32) -> Option<Media> {
    match (json, graphql) {
        (json, graphql) if json <= 0.0 && graphql <= 0.0 => None,
        // Equal wishes: who names the newer type knows it; who takes anything may not.
        (json, graphql) if graphql > json => Some(Media::GraphQl),
        (json, graphql) if (graphql - json).abs() < f32::EPSILON && names(accepts, &GRAPHQL) => {
            Some(Media::GraphQl)
        }
        _ => Some(Media::Json),
    }
}

fn names(accepts: &[&str], media: &Type) -> bool {
    accepts
        .iter()
        .any(|range| media_of(range).eq_ignore_ascii_case(media.name))
}

fn media_of(range: &str) -> &str {
    range.split(';').next().unwrap_or_default().trim()
}

/// The quality the client gives to a type: that of the most specific range that covers it.
fn quality_of(accepts: &[&str], media: &str) -> f32 {
    let mut best = (0, 0.0);
    for range in accepts {
        let name = media_of(range);
        let specific = if name.eq_ignore_ascii_case(media) {
            3
        } else if name.eq_ignore_ascii_case("application/*") {
            2
        } else if name == "*/*" {
            1
        } else {
            continue;
        };
        let parameters = range.split(';').skip(1).map(str::trim);
        let charset = parameters.clone().find_map(|parameter| {
            parameter
                .to_ascii_lowercase()
                .strip_prefix("charset=")
                .map(str::to_owned)
        });
        if charset.is_some_and(|charset| !charset.trim_matches('"').eq_ignore_ascii_case("utf-8")) {
            continue;
        }
        let quality = parameters
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("q"))
            .and_then(|(_, quality)| quality.parse::<f32>().ok())
            .filter(|quality| (0.0..=1.0).contains(quality))
            .unwrap_or(1.0);
        if specific > best.0 {
            best = (specific, quality);
        }
    }
    best.1
}

/// Whether a POST's body is JSON. Types that a web page can send without asking first are not.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    // Two of them contradict each other.
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case(JSON.name));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => charset
            .trim()
            .trim_matches('"')
            .eq_ignore_ascii_case("utf-8"),
        _ => true,
    });
    json && utf8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_gets_what_it_likes_best() {
        for (accept, expected) in [
            (None, Some(Media::Json)),
            (Some("*/*"), Some(Media::Json)),
            (Some("application/json"), Some(Media::Json)),
            (
                Some("application/graphql-response+json"),
                Some(Media::GraphQl),
            ),
            (
                Some("application/graphql-response+json, application/json"),
                Some(Media::GraphQl),
            ),
            (
                Some("application/json, application/graphql-response+json;q=0.5"),
                Some(Media::Json),
            ),
            (
                Some("application/graphql-response+json;q=0, */*"),
                Some(Media::Json),
            ),
            (Some("application/json; charset=latin1"), None),
            (Some("text/html"), None),
            (Some("text/html, */*;q=0.1"), Some(Media::Json)),
            (
                Some("application/json;Q=0.2, application/graphql-response+json;Q=0.1"),
                Some(Media::Json),
            ),
            (Some("application/json;q=NaN"), Some(Media::Json)),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(Accepted::of(&headers).media, expected, "{accept:?}");
        }
    }

    #[test]
    fn events_are_for_those_who_name_them() {
        for (accept, expected) in [
            ("*/*", Events::No),
            ("text/*", Events::No),
            ("text/event-stream;q=0", Events::No),
            ("text/event-stream", Events::Always),
            ("text/event-stream, application/json;q=0.5", Events::Always),
            ("text/event-stream, */*;q=0.1", Events::Always),
            ("application/json, text/event-stream", Events::IfNeeded),
            (
                "application/graphql-response+json, text/event-stream;q=0.9",
                Events::IfNeeded,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Accepted::of(&headers).events, expected, "{accept}");
        }
    }
}
