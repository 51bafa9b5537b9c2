//! Trusted documents: the manifest that a client's build writes, read whole or not at all. Every
//! document in it is prepared beforehand, so a request that names one pays for nothing but its own
//! execution.

use std::{collections::HashMap, path::Path, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Hash, Named, Prepared, Refusal};

/// What a client's build wrote: documents, each with the id by which requests name it.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    documents: Vec<Listed>,
}

#[derive(Clone, Debug, Deserialize)]
struct Listed {
    id: String,
    /// Of the operation; the formats of Relay and of graphql-codegen have none.
    name: Option<String>,
    #[serde(rename = "body")]
    text: String,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadManifest {
    #[error("the manifest `{path}` cannot be read: {error}")]
    Unreadable { path: String, error: std::io::Error },
    #[error(
        "the manifest is no JSON object of documents by their id, nor one of the format \
         `apollo-persisted-query-manifest` in version 1: {0}"
    )]
    Format(String),
    #[error("the manifest has two different documents with the id `{0}`")]
    Ambiguous(String),
    #[error("the trusted document {document} is not valid: {why}")]
    Invalid { document: String, why: String },
}

impl Manifest {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, BadManifest> {
        let text = std::fs::read_to_string(path).map_err(|error| BadManifest::Unreadable {
            path: path.display().to_string(),
            error,
        })?;
        Self::parse(&text)
    }

    /// Understands `{id: text}`, as the Relay compiler and graphql-codegen write it, and Apollo's format.
    pub fn parse(text: &str) -> Result<Self, BadManifest> {
        let wrong = |error: serde_json::Error| BadManifest::Format(error.to_string());
        let mut object: Map<String, Value> = serde_json::from_str(text).map_err(wrong)?;
        if !object.contains_key("format") {
            let documents: HashMap<String, String> =
                serde_json::from_value(Value::Object(object)).map_err(wrong)?;
            let listed = |(id, text)| Listed {
                id,
                name: None,
                text,
            };
            let documents = documents.into_iter().map(listed).collect();
            return Ok(Self { documents });
        }
        let known = object["format"] == "apollo-persisted-query-manifest"
            && object.get("version") == Some(&Value::from(1));
        if !known {
            let found = "its `format` or its `version` is another".to_owned();
            return Err(BadManifest::Format(found));
        }
        let operations = object.remove("operations").unwrap_or_default();
        let documents = serde_json::from_value(operations).map_err(wrong)?;
        Ok(Self { documents })
    }

    /// How many documents it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }
}

/// The documents of a manifest, prepared.
#[derive(Default)]
pub(super) struct Trusted {
    by_id: HashMap<String, Arc<Prepared>>,
    by_hash: HashMap<Hash, Arc<Prepared>>,
}

impl Trusted {
    /// All of a manifest, or the first document in it that is not right.
    pub(super) fn prepare(
        manifest: &Manifest,
        prepare: impl Fn(&str) -> Result<Prepared, Refusal>,
    ) -> Result<Self, BadManifest> {
        let mut trusted = Self::default();
        for listed in &manifest.documents {
            let prepared = prepare(&listed.text).map_err(|refusal| BadManifest::Invalid {
                document: listed.shown(),
                why: refusal.first_line(),
            })?;
            let hash = prepared.hash;
            let prepared = trusted.by_hash.entry(hash).or_insert(Arc::new(prepared));
            let known = trusted
                .by_id
                .insert(listed.id.clone(), Arc::clone(prepared));
            if known.is_some_and(|known| known.hash != hash) {
                return Err(BadManifest::Ambiguous(listed.id.clone()));
            }
        }
        Ok(trusted)
    }

    pub(super) fn by_name(&self, named: Named<'_>) -> Option<&Arc<Prepared>> {
        let by_hash = || self.by_hash.get(&named.hash?);
        self.by_id.get(named.id).or_else(by_hash)
    }

    /// Whether a document with this hash may have this name: an id is what the manifest says it is,
    /// any other has to be the hash.
    pub(super) fn agrees(&self, named: Named<'_>, hash: &Hash) -> bool {
        match self.by_id.get(named.id) {
            Some(document) => document.hash == *hash,
            None if named.is_hash => named.hash == Some(*hash),
            None => true,
        }
    }

    pub(super) fn by_hash(&self, hash: &Hash) -> Option<&Arc<Prepared>> {
        self.by_hash.get(hash)
    }
}

impl Listed {
    /// As a message names it: by its id, and by what it begins with where it has no name.
    fn shown(&self) -> String {
        const ENOUGH: usize = 60;

        let name = self.name.clone().unwrap_or_else(|| {
            let words: Vec<&str> = self.text.split_whitespace().collect();
            let start: String = words.join(" ").chars().take(ENOUGH).collect();
            format!("{start}…")
        });
        format!("`{}` (`{name}`)", self.id)
    }
}
