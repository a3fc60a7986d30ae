//! Chunks to rows: vectors, words and counts.

use crate::{Chunk, Ingestion, build::Described, extract::Extracted, locate::Work};
use anyhow::Context as _;
use domain::embedding::Space;
use models::{Embedded, Purpose};
use store::{
    chunks::{NewChunk, Override},
    versions::{Spent, Tokens},
};

impl Ingestion {
    /// Embeds a batch of chunks with their context in each of the collection's spaces and makes rows of them. A passage
    /// that a person corrected is embedded as it reads now. Also what models were paid for.
    pub(crate) async fn embed(
        &self,
        work: &Work,
        described: &Described,
        extracted: &Extracted,
        batch: &[Chunk],
        overrides: &[Override],
    ) -> anyhow::Result<(Vec<NewChunk>, Spent)> {
        let mut spent = Spent::default();
        let headers = if work.collection.contextual_headers {
            self.headers(&described.title, &extracted.text, batch, &mut spent).await?
        } else {
            vec![None; batch.len()]
        };
        let mut rows: Vec<NewChunk> = Vec::with_capacity(batch.len());
        let mut texts: Vec<String> = Vec::with_capacity(batch.len());
        for (chunk, header) in batch.iter().zip(headers) {
            let word = overrides.iter().find(|word| word.source_hash == chunk.source_hash);
            let mut chunk = chunk.clone();
            if let Some(content) = word.and_then(|word| word.content.clone()) {
                chunk.content = content;
            }
            chunk.carried = under(header, chunk.carried);
            let text = chunk.in_context(&described.title);
            rows.push(row(&chunk, described, &text, word.is_none_or(|word| word.is_active)));
            texts.push(text);
        }
        for space in &work.collection.spaces {
            let embedded =
                self.embedder.embed(space, Purpose::Document, &texts).await.context("embed chunks")?;
            for (row, (one, text)) in rows.iter_mut().zip(embedded.into_iter().zip(&texts)) {
                count(&mut spent, space, &one, text);
                row.vectors.push(one.vector);
            }
        }
        Ok((rows, spent))
    }
}

/// Adds a text's tokens to those of its space's model: as the provider counted, else by estimate. How many they are.
pub(crate) fn count(spent: &mut Spent, space: &Space, embedded: &Embedded, text: &str) -> i64 {
    let estimate = || i64::try_from(language::estimate_tokens(text)).unwrap_or(i64::MAX);
    let tokens = embedded.tokens.map_or_else(estimate, i64::from);
    spent.is_estimated |= embedded.tokens.is_none();
    match spent.embedded.iter_mut().find(|one| one.model == space.model) {
        Some(one) => one.prompt += tokens,
        None => spent.embedded.push(Tokens { model: space.model.clone(), prompt: tokens, completion: 0 }),
    }
    tokens
}

/// A header and, under it, what else is carried.
fn under(header: Option<String>, carried: Option<String>) -> Option<String> {
    match (header, carried) {
        (Some(header), Some(carried)) => Some(format!("{header}\n{carried}")),
        (header, carried) => header.or(carried),
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
        context: chunk.carried.clone(),
        vectors: Vec::new(),
    }
}

fn as_i64(offset: usize) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
