//! Which document a request means: a trusted one, one that was seen before, or one that has to be
//! prepared; and whether it may have it.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use super::{
    BadManifest, Documents, Hash, Manifest, Named, Prepared, Refusal, hash_of, named,
    trusted::Trusted, wording::Wording,
};
use crate::config::TrustedMode;

/// A longer document is prepared each time that it comes: it would push many others out.
const LONGEST_KEPT: usize = 64 << 10;

impl Documents {
    /// Takes the documents of a manifest in place of those of the one before; all of them or none.
    pub fn trust(&self, manifest: &Manifest) -> Result<(), BadManifest> {
        let prepare = |text: &str| {
            let prepared = self.check(text, hash_of(text), Wording::Plain)?;
            Ok(Prepared {
                is_trusted: true,
                ..prepared
            })
        };
        let trusted = Arc::new(Trusted::prepare(manifest, prepare)?);
        *self.trusted.write().unwrap_or_else(PoisonError::into_inner) = trusted;
        Ok(())
    }

    /// The document that a request names or sends, or both. `prepares` is told the length of one that is
    /// new, before anything is done with it.
    pub fn find(
        &self,
        named: Option<Named<'_>>,
        text: Option<&str>,
        prepares: impl FnOnce(usize),
    ) -> Result<Arc<Prepared>, Refusal> {
        let trusted = self.trusted();
        match (named, text) {
            (None, None) => Err(Refusal::request(
                "BAD_REQUEST",
                "there is neither a `query` nor the `documentId` of one in the request",
            )),
            (Some(named), None) => self.by_name(&trusted, named),
            (named, Some(text)) => {
                let hash = hash_of(text);
                if named.is_some_and(|named| !trusted.agrees(named, &hash)) {
                    return Err(Refusal::request(
                        "PERSISTED_QUERY_HASH_MISMATCH",
                        "`query` is not the document of this hash or id: hash the text as it is sent",
                    ));
                }
                self.by_text(&trusted, text, hash, prepares)
            }
        }
    }

    /// Those in force now; nobody who brings new ones waits for this request.
    fn trusted(&self) -> Arc<Trusted> {
        Arc::clone(&self.trusted.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn by_name(&self, trusted: &Trusted, named: Named<'_>) -> Result<Arc<Prepared>, Refusal> {
        if let Some(known) = trusted.by_name(named) {
            self.hits.add(1);
            return Ok(Arc::clone(known));
        }
        if self.rules.trusted_mode == TrustedMode::Enforce {
            return Err(Refusal::untrusted());
        }
        match named.hash {
            // Clients look for these very words.
            Some(_) if !self.rules.persisted_queries => Err(Refusal::request(
                "PERSISTED_QUERY_NOT_SUPPORTED",
                "PersistedQueryNotSupported",
            )),
            hash => {
                if let Some(known) = hash.and_then(|hash| self.cache.get(&hash)) {
                    self.hits.add(1);
                    return Ok(self.seen(known));
                }
                self.misses.add(1);
                Err(Refusal::request(
                    "PERSISTED_QUERY_NOT_FOUND",
                    "PersistedQueryNotFound",
                ))
            }
        }
    }

    fn by_text(
        &self,
        trusted: &Trusted,
        text: &str,
        hash: Hash,
        prepares: impl FnOnce(usize),
    ) -> Result<Arc<Prepared>, Refusal> {
        if let Some(known) = trusted.by_hash(&hash) {
            self.hits.add(1);
            return Ok(Arc::clone(known));
        }
        if self.rules.trusted_mode == TrustedMode::Enforce {
            return Err(Refusal::untrusted());
        }
        if let Some(known) = self.cache.get(&hash) {
            self.hits.add(1);
            return Ok(self.seen(known));
        }
        self.misses.add(1);
        prepares(text.len());
        let prepared = Arc::new(self.check(text, hash, self.rules.wording())?);
        if text.len() <= LONGEST_KEPT {
            self.cache.insert(hash, Arc::clone(&prepared));
        }
        Ok(self.seen(prepared))
    }

    /// Says once of a document that it would be refused. Its text stays out of the log, because values
    /// may be written in it.
    fn seen(&self, document: Arc<Prepared>) -> Arc<Prepared> {
        if self.rules.trusted_mode == TrustedMode::Report {
            let total = self.untrusted.fetch_add(1, Ordering::Relaxed) + 1;
            if !document.reported.swap(true, Ordering::Relaxed) {
                let operations = document.checked.operations.iter();
                let names: Vec<&str> = operations
                    .filter_map(|operation| operation.name.as_deref())
                    .collect();
                tracing::warn!(
                    sha256 = named::to_hex(&document.hash),
                    operations = names.join(", "),
                    untrusted_so_far = total,
                    "a document is not in the manifest, and would be refused with `REGIMEN_TRUSTED_MODE=enforce`"
                );
            }
        }
        document
    }

    /// How many requests were answered although nobody vouched for their documents, where that is
    /// reported.
    #[must_use]
    pub fn untrusted(&self) -> u64 {
        self.untrusted.load(Ordering::Relaxed)
    }
}
