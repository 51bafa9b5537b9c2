//! Which media type an answer has, and which a request may have.

use axum::http::{HeaderMap, HeaderValue, header};

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
        HeaderValue::from_static(match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }

    /// What the client likes best of what we have; none where it takes neither.
    pub(super) fn preferred(headers: &HeaderMap) -> Option<Self> {
        let accepts: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|range| !range.is_empty())
            .collect();
        if accepts.is_empty() {
            return Some(Self::Json);
        }
        let quality = |media: &str| quality_of(&accepts, media);
        let json = quality("application/json");
        let graphql = quality("application/graphql-response+json");
        match (json, graphql) {
            (json, graphql) if json <= 0.0 && graphql <= 0.0 => None,
            // Equal wishes: who names the newer type knows it; who takes anything may not.
            (json, graphql) if graphql > json => Some(Self::GraphQl),
            (json, graphql) if (graphql - json).abs() < f32::EPSILON && names_graphql(&accepts) => {
                Some(Self::GraphQl)
            }
            _ => Some(Self::Json),
        }
    }
}

fn names_graphql(accepts: &[&str]) -> bool {
    accepts
        .iter()
        .any(|range| media_of(range).eq_ignore_ascii_case("application/graphql-response+json"))
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
            .filter_map(|parameter| parameter.strip_prefix("q="))
            .find_map(|quality| quality.parse::<f32>().ok())
            .unwrap_or(1.0);
        if specific > best.0 {
            best = (specific, quality);
        }
    }
    best.1
}

/// Whether a POST's body is JSON. Types that a web page can send without asking first are not.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
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
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(Media::preferred(&headers), expected, "{accept:?}");
        }
    }
}
