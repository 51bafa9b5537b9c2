//! How a request names a document instead of sending it: by the SHA-256 of its text, or by the id that
//! it has in the manifest of trusted documents.

use super::{Hash, JsonValue, Refusal};

/// The name of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// As a manifest would spell it.
    pub(super) id: &'a str,
    /// What the document's text must hash to, where the name says so.
    pub(super) hash: Option<Hash>,
    /// Whether it was sent as a hash, well-formed or not.
    pub(super) is_hash: bool,
}

impl<'a> Named<'a> {
    /// A `documentId` of GraphQL over HTTP: `sha256:` with the hash, or an id of any other kind.
    pub fn by_id(id: &'a str) -> Result<Self, Refusal> {
        let Some(hex) = id.strip_prefix("sha256:") else {
            return Ok(Self {
                id,
                hash: None,
                is_hash: false,
            });
        };
        let hash = Some(from_hex(hex).ok_or_else(|| {
            let message = "`documentId` must have 64 hexadecimal digits after `sha256:`";
            Refusal::request("BAD_REQUEST", message)
        })?);
        Ok(Self {
            id: hex,
            hash,
            is_hash: true,
        })
    }

    /// The `persistedQuery` among a request's extensions, as Apollo's clients and urql send it.
    pub fn by_extension(extension: &'a JsonValue) -> Result<Self, Refusal> {
        let id = extension.get("sha256Hash").and_then(JsonValue::as_str);
        let version = extension.get("version").and_then(JsonValue::as_i64);
        let (Some(id), Some(1)) = (id, version) else {
            let message = "`extensions.persistedQuery` must have `version` 1 and a `sha256Hash`";
            return Err(Refusal::request("BAD_REQUEST", message));
        };
        let hash = from_hex(id);
        Ok(Self {
            id,
            hash,
            is_hash: true,
        })
    }
}

fn from_hex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    let digits = text.as_bytes();
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(hash)
}

/// As clients write it.
pub(super) fn to_hex(hash: &Hash) -> String {
    use std::fmt::Write;

    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_digits_in_either_case() {
        let hex = "00ff".repeat(16);
        let hash = from_hex(&hex).unwrap();
        assert_eq!(hash[..2], [0, 255]);
        assert_eq!(to_hex(&hash), hex);
        assert_eq!(from_hex(&hex.to_uppercase()), Some(hash));
        for odd in ["", "00", &"0".repeat(63), &"0g".repeat(32), &"ü".repeat(32)] {
            assert_eq!(from_hex(odd), None, "{odd}");
        }
    }
}
