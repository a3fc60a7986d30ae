//! Chunks to rows: vectors, words and counts.

use crate::{Chunk, Ingestion};
use anyhow::Context as _;
use domain::embedding::Space;
use models::Purpose;
use store::chunks::NewChunk;

impl Ingestion {
    /// Embeds a batch of chunks with their context and makes rows of them.
    pub(crate) async fn embed(
        &self,
        space: &Space,
        title: &str,
        language: &str,
        batch: &[Chunk],
    ) -> anyhow::Result<Vec<NewChunk>> {
        let texts: Vec<String> = batch.iter().map(|chunk| chunk.in_context(title)).collect();
        let embedded = self.embedder.embed(space, Purpose::Document, &texts).await.context("embed chunks")?;
        let rows = batch.iter().zip(texts).zip(embedded).map(|((chunk, text), embedded)| NewChunk {
            index: i32::try_from(chunk.index).unwrap_or(i32::MAX),
            content: chunk.content.clone(),
            headings: chunk.headings.clone(),
            page: chunk.page.and_then(|page| i32::try_from(page).ok()),
            bytes: as_i64(chunk.bytes.start)..as_i64(chunk.bytes.end),
            tokens: i32::try_from(chunk.tokens.max(1)).unwrap_or(i32::MAX),
            language: chunk.language(language).to_owned(),
            words: language::words(&text),
            vector: embedded.vector,
        });
        Ok(rows.collect())
    }
}

fn as_i64(offset: usize) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
