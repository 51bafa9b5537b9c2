//! In which form a client takes what is compressed beforehand.

use axum::http::{HeaderMap, header};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Brotli,
    Gzip,
}

impl Packing {
    /// Those that a client takes, the one it likes best first; the smaller one where it likes both alike.
    pub(super) fn all(asked: &HeaderMap) -> impl Iterator<Item = Self> + use<> {
        let mut liked: Vec<(f32, Self)> = [Self::Brotli, Self::Gzip]
            .into_iter()
            .map(|packing| (quality_of(asked, packing.name()), packing))
            .filter(|(quality, _)| *quality > 0.0)
            .collect();
        liked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        liked.into_iter().map(|(_, packing)| packing)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What tells the tags of one file's forms apart.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Gzip => "-gz",
        }
    }
}

/// How well the client likes this coding: as it says by name, else as it says of all others.
fn quality_of(asked: &HeaderMap, name: &str) -> f32 {
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter();
    let mut others = 0.0;
    for item in lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
    {
        let (coding, quality) = item.split_once(';').unwrap_or((item, ""));
        let quality = quality.trim().strip_prefix("q=");
        let quality = quality.and_then(|it| it.trim().parse().ok()).unwrap_or(1.0);
        match coding.trim() {
            coding if coding.eq_ignore_ascii_case(name) => return quality,
            "*" => others = quality,
            _ => {}
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_the_form_that_it_likes_best() {
        use Packing::{Brotli, Gzip};

        for (accept, expected) in [
            ("", &[][..]),
            ("identity", &[]),
            ("gzip", &[Gzip]),
            ("gzip, deflate, br", &[Brotli, Gzip]),
            ("br;q=0.1, GZIP;q=0.9", &[Gzip, Brotli]),
            ("*", &[Brotli, Gzip]),
            ("br;q=0, *;q=0.5", &[Gzip]),
            ("gzip;q=0, br;q=0", &[]),
            ("brotli, xgzip", &[]),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
            let liked: Vec<_> = Packing::all(&headers).collect();
            assert_eq!(liked, expected, "{accept}");
        }
    }
}
