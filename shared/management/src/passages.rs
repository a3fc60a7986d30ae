//! Passages: looked at, disabled, corrected by hand. A person's word holds while the passage's text is what it was,
//! and is about every passage of the document that reads the same.

use crate::{Management, Refusal, as_i32, author, check};
use domain::{Caller, ChunkId, DocumentId, Scope, derived, embedding::Space, limits};
use futures_util::try_join;
use language::in_context;
use models::Purpose;
use pgvector::Vector;
use sha2::{Digest as _, Sha256};
use store::{
    TenantTx,
    audit::Read,
    caller::Need,
    demands::{self, Thing},
    library,
    passages::{self, Alike, Held, Passage, Rewritten, Word},
};

/// What is to be changed of a passage.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether it may be found; `None`: as it is.
    pub is_active: Option<bool>,
    /// Its text; `Some(None)`: as it was read, `None`: as it is.
    pub content: Option<Option<String>>,
}

impl Management {
    /// Passages of a document in their order, after a place; from −1, all.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn passages(
        &self,
        caller: &Caller,
        document: DocumentId,
        after: i32,
        limit: u32,
    ) -> Result<Vec<Passage>, Refusal> {
        let bucket = self.bucket.name();
        let read = async |tx: &TenantTx| {
            try_join!(library::get(tx, bucket, document), passages::list(tx, bucket, document, after, limit))
        };
        let (known, passages) =
            self.admitted(caller, Need::reading(Scope::DocumentsRead, Read::Chunks(document)), read).await?;
        known.ok_or(Refusal::NotFound("document"))?;
        Ok(passages)
    }

    /// One passage.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn passage(&self, caller: &Caller, id: ChunkId) -> Result<Passage, Refusal> {
        let bucket = self.bucket.name();
        let read = async |tx: &TenantTx| passages::get(tx, bucket, id).await;
        let need = Need::reading(Scope::DocumentsRead, Read::Chunk(id));
        self.admitted(caller, need, read).await?.ok_or(Refusal::NotFound("chunk"))
    }

    /// Disables, enables or corrects a passage, for readers from the answer on, and for every reading of the document
    /// to come that finds the same text.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict while the document is being processed.
    pub async fn change_passage(
        &self,
        caller: &Caller,
        id: ChunkId,
        change: Change,
    ) -> Result<Passage, Refusal> {
        let corrected = match change.content {
            Some(Some(text)) => Some(Some(check::text("/content", &text, limits::CORRECTION_CHARACTERS)?)),
            other => other,
        };
        let tx = self.enter(caller, Scope::DocumentsWrite).await?;
        demands::unchanged(&tx, Thing::Chunk(id.0)).await?;
        let most = limits::CORRECTED_AT_ONCE;
        let alike = passages::alike(&tx, self.bucket.name(), id, most + 1).await?;
        let first = alike.first().ok_or(Refusal::NotFound("chunk"))?;
        let word = (
            change.is_active.unwrap_or(first.is_active),
            corrected.clone().unwrap_or_else(|| first.corrected.clone()),
        );
        let is_rewritten = corrected.is_some() && word.1 != first.corrected;
        if is_rewritten && alike.len() > most {
            let detail = format!(
                "More than {most} passages of this document read the same; correct the document itself and upload it again."
            );
            return Err(Refusal::conflict("too-many-alike", detail));
        }
        let spaces = if is_rewritten { passages::spaces(&tx, id).await? } else { Vec::new() };
        // It only looked; what is done is told with the transaction that does it.
        drop(tx);
        let new = if is_rewritten {
            self.rewritten(caller, &alike, word.1.as_deref(), &spaces).await?
        } else {
            Vec::new()
        };
        self.keep_word(caller, first, &word, &spaces, &new).await?;
        // What the caller just changed, whether or not it may read the others.
        let tx = self.again(caller).await?;
        let changed = passages::get(&tx, self.bucket.name(), id).await?;
        tx.finish().await?;
        changed.ok_or(Refusal::NotFound("chunk"))
    }

    /// What the passages are to read, with its vectors; no transaction is open meanwhile.
    async fn rewritten(
        &self,
        caller: &Caller,
        alike: &[Alike],
        corrected: Option<&str>,
        spaces: &[Space],
    ) -> Result<Vec<New>, Refusal> {
        let content = match (corrected, alike.first()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(first)) => self.as_it_was_read(caller, first).await?,
            (None, None) => return Ok(Vec::new()),
        };
        let texts: Vec<String> = alike
            .iter()
            .map(|one| in_context(&one.title, &one.headings, one.context.as_deref(), &content))
            .collect();
        let mut new: Vec<New> = alike
            .iter()
            .zip(&texts)
            .map(|(passage, text)| New {
                id: passage.id,
                content: content.clone(),
                words: language::words(text),
                vectors: Vec::with_capacity(spaces.len()),
            })
            .collect();
        for space in spaces {
            let vectors = self.vectors(space, Purpose::Document, &texts).await?;
            new.iter_mut().zip(vectors).for_each(|(new, vector)| new.vectors.push(vector));
        }
        Ok(new)
    }

    /// The passage's bytes of the extracted text.
    async fn as_it_was_read(&self, caller: &Caller, passage: &Alike) -> Result<String, Refusal> {
        let path = derived::text(caller.organization(), passage.document, passage.version);
        let bytes = self.bucket.get_derived_range(&path, passage.bytes.clone()).await?;
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.filter(|text| Sha256::digest(text).as_slice() == passage.source_hash).ok_or_else(|| {
            Refusal::conflict(
                "text-gone",
                "The text that was read is no longer there; reprocess the document to have it read again.",
            )
        })
    }

    /// Writes a person's word and what it means to the passages that stand, in one transaction.
    async fn keep_word(
        &self,
        caller: &Caller,
        passage: &Alike,
        (is_active, content): &(bool, Option<String>),
        spaces: &[Space],
        new: &[New],
    ) -> Result<(), Refusal> {
        let tx = self.again(caller).await?;
        match passages::hold(&tx, passage.document).await? {
            None => return Err(Refusal::NotFound("chunk")),
            Some(Held::Building) => {
                let detail = "The document is being processed; change its passages when it is completed.";
                return Err(Refusal::conflict("document-processing", detail));
            }
            Some(Held::Still) => {}
        }
        demands::unchanged(&tx, Thing::Chunk(passage.id.0)).await?;
        // A reading that began and ended meanwhile made other passages.
        if passages::alike(&tx, self.bucket.name(), passage.id, 1).await?.is_empty() {
            return Err(Refusal::NotFound("chunk"));
        }
        let by = author(&tx, caller).await?;
        let word = Word {
            document: passage.document,
            version: passage.version,
            source_hash: &passage.source_hash,
            is_active: *is_active,
            content: content.as_deref(),
            changed_by: &by,
        };
        passages::keep(&tx, &word).await?;
        if !new.is_empty() {
            let ids: Vec<_> = spaces.iter().map(|space| space.id).collect();
            let rows: Vec<Rewritten<'_>> = new.iter().map(New::row).collect();
            passages::rewrite(&tx, passage.version, &ids, &rows).await?;
        }
        tx.finish().await?;
        Ok(())
    }
}

/// A passage as it is to read.
struct New {
    id: ChunkId,
    content: String,
    words: Vec<String>,
    vectors: Vec<Vector>,
}

impl New {
    fn row(&self) -> Rewritten<'_> {
        Rewritten {
            id: self.id,
            content: &self.content,
            tokens: as_i32(language::estimate_tokens(&self.content).max(1)),
            words: self.words.clone(),
            vectors: self.vectors.clone(),
        }
    }
}
