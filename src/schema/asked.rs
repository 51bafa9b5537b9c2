//! What a client asks for, and how it says which document it means.

use serde::Deserialize;
use serde_json::Value;

use crate::graphql::document::{JsonMap, JsonValue, Named, Refusal};

/// What a client asks for, however it was sent. Keys that nobody knows are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object with a `query`")]
pub struct Asked {
    pub query: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Option<JsonMap>,
    pub extensions: Option<JsonMap>,
    /// The name of the document, instead of its text or beside it.
    pub document_id: Option<String>,
    /// The same as Relay's examples have it. Taken only where there is nothing else, because other
    /// clients send something else by these names.
    pub id: Option<Value>,
    #[serde(rename = "doc_id")]
    pub doc_id: Option<Value>,
    /// How long it was when it was sent.
    #[serde(skip)]
    pub bytes: usize,
    /// How many values its JSON has at most.
    #[serde(skip)]
    pub values: usize,
}

impl Asked {
    /// Whether it says which document is meant, by its text or by a name.
    #[must_use]
    pub fn has_document(&self) -> bool {
        self.text().is_some() || self.extension().is_some() || self.id().is_some()
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.query.as_deref().filter(|text| !text.is_empty())
    }

    fn extension(&self) -> Option<&JsonValue> {
        let extension = self.extensions.as_ref()?.get("persistedQuery");
        extension.filter(|extension| !extension.is_null())
    }

    fn id(&self) -> Option<&str> {
        let other = || {
            let other = [&self.doc_id, &self.id].into_iter().flatten();
            let mut texts = other.filter_map(Value::as_str);
            self.text().is_none().then(|| texts.next()).flatten()
        };
        let id = self.document_id.as_deref().or_else(other);
        id.filter(|id| !id.is_empty())
    }

    pub(super) fn named(&self) -> Result<Option<Named<'_>>, Refusal> {
        match (self.id(), self.extension()) {
            (Some(id), _) => Named::by_id(id).map(Some),
            (None, Some(extension)) => Named::by_extension(extension).map(Some),
            (None, None) => Ok(None),
        }
    }
}
