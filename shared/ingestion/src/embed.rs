//! Chunks to rows: vectors, words and counts.

use crate::{Chunk, Ingestion, build::Described};
use anyhow::Context as _;
use domain::embedding::Space;
use models::Purpose;
use store::chunks::{NewChunk, Override};

impl Ingestion {
    /// Embeds a batch of chunks with their context in each of the spaces and makes rows of them. A passage that a
    /// person corrected is embedded as it reads now. Also the tokens that were embedded, as far as they are known.
    pub(crate) async fn embed(
        &self,
        spaces: &[Space],
        described: &Described,
        batch: &[Chunk],
        overrides: &[Override],
    ) -> anyhow::Result<(Vec<NewChunk>, i64)> {
        let mut tokens = 0;
        let mut rows: Vec<NewChunk> = Vec::with_capacity(batch.len());
        let mut texts: Vec<String> = Vec::with_capacity(batch.len());
        for chunk in batch {
            let word = overrides.iter().find(|word| word.source_hash == chunk.source_hash);
            let mut chunk = chunk.clone();
            if let Some(content) = word.and_then(|word| word.content.clone()) {
                chunk.content = content;
            }
            let text = chunk.in_context(&described.title);
            rows.push(row(&chunk, described, &text, word.is_none_or(|word| word.is_active)));
            texts.push(text);
        }
        for space in spaces {
            let embedded =
                self.embedder.embed(space, Purpose::Document, &texts).await.context("embed chunks")?;
            for (row, (one, text)) in rows.iter_mut().zip(embedded.into_iter().zip(&texts)) {
                let estimate = || language::estimate_tokens(text).try_into().unwrap_or(u32::MAX);
                tokens += i64::from(one.tokens.unwrap_or_else(estimate));
                row.vectors.push(one.vector);
            }
        }
        Ok((rows, tokens))
    }
}

fn row(chunk: &Chunk, described: &Described, text: &str, is_active: bool) -> NewChunk {
    NewChunk {
        index: i32::try_from(chunk.index).unwrap_or(i32::MAX),
        content: chunk.content.clone(),
        chunk_type: chunk.chunk_type(&described.rules, described.document_type).as_str(),
        headings: chunk.headings.clone(),
        page: chunk.page.and_then(|page| i32::try_from(page).ok()),
        bytes: as_i64(chunk.bytes.start)..as_i64(chunk.bytes.end),
        tokens: i32::try_from(chunk.tokens.max(1)).unwrap_or(i32::MAX),
        language: chunk.language(&described.language).to_owned(),
        words: language::words(text),
        confidence: chunk.confidence,
        is_active,
        source_hash: chunk.source_hash,
        context: chunk.table_header.clone(),
        vectors: Vec::new(),
    }
}

fn as_i64(offset: usize) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
