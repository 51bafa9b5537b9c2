//! Entries of the history, in our own file.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{legacy::record::HistoryRecord, viewer::UserId};

/// An entry, and the session that it tells of instead of the session itself.
pub(in crate::legacy) fn entry(record: &HistoryRecord, session: Option<&str>) -> String {
    let mut entry = serde_json::to_value(record).unwrap_or_default();
    if let (Value::Object(members), Some(session)) = (&mut entry, session) {
        members.insert("session".to_owned(), session.into());
    }
    entry.to_string()
}

/// That there is no entry of a session.
pub(in crate::legacy) fn gone(owner: UserId, id: Uuid, session: &str) -> String {
    json!({"id": id, "user_id": owner, "purged": true, "session": session}).to_string()
}
