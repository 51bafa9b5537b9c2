//! Opaque, checked places in a list. A cursor knows which list it belongs to, so one of another list,
//! or one that was changed on the way, is refused instead of misunderstood.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// How many bytes of the digest a cursor carries.
const SEAL: usize = 6;

/// The place of one record in one list: the values that the list is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// The place of the record with these values in `list`. The list's name says its order, too.
    pub fn new(list: &str, values: &impl Serialize) -> Self {
        let mut bytes = serde_json::to_vec(values).unwrap_or_default();
        bytes.extend(seal(list, &bytes));
        Self(BASE64.encode(bytes))
    }

    /// The cursor as clients see it.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.clone()
    }

    /// The values that a cursor of `list` holds; none where it is not one.
    pub fn open<T: DeserializeOwned>(text: &str, list: &str) -> Option<T> {
        let bytes = BASE64.decode(text).ok()?;
        let (values, found) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        if found != seal(list, values) {
            return None;
        }
        serde_json::from_slice(values).ok()
    }
}

fn seal(list: &str, values: &[u8]) -> [u8; SEAL] {
    let digest = Sha256::new()
        .chain_update(list)
        .chain_update([0])
        .chain_update(values)
        .finalize();
    std::array::from_fn(|i| digest[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_in_its_own_list_and_unharmed() {
        let values = (1_700_000_000_123_456_i64, uuid::Uuid::nil());
        let Cursor(text) = Cursor::new("history", &values);
        assert_eq!(Cursor::open(&text, "history"), Some(values));
        assert_eq!(Cursor::open::<(i64, uuid::Uuid)>(&text, "workouts"), None);
        for place in 0..text.len() {
            let mut broken = text.clone().into_bytes();
            broken[place] = if broken[place] == b'A' { b'B' } else { b'A' };
            let broken = String::from_utf8(broken).unwrap();
            assert_ne!(Cursor::open(&broken, "history"), Some(values), "{broken}");
        }
    }
}
