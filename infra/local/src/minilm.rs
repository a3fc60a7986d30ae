//! Text to vectors without a network: all-MiniLM-L6-v2 run by candle, and an instant embedder for
//! load work. It reproduces what sentence-transformers computes with the same model, and knows
//! nothing of HTTP or of who asks.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use tokenizers::Tokenizer;

/// The length of the model's vectors.
pub const DIMENSION: usize = 384;

/// The model reads this many tokens of a text, its two marks included, and no further.
pub const MAX_TOKENS: usize = 256;

/// The loaded model. Cloning is cheap and shares the weights.
#[derive(Clone)]
pub struct MiniLm(Arc<Inner>);

struct Inner {
    model: BertModel,
    tokenizer: Tokenizer,
}

/// A vector and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// The vector, of length 1.
    pub vector: Vec<f32>,
    /// How many tokens the text has; the model reads the first [`MAX_TOKENS`] of them.
    pub tokens: usize,
}

impl MiniLm {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` from a folder (0.1 s, 184 MB).
    pub fn load(folder: &Path) -> anyhow::Result<MiniLm> {
        let config = std::fs::read(folder.join("config.json"))
            .with_context(|| format!("read the model's config.json in {}", folder.display()))?;
        let config: Config = serde_json::from_slice(&config).context("parse the model's config.json")?;
        let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))
            .map_err(|error| anyhow::anyhow!("read the model's tokenizer.json: {error}"))?;
        // Cut below instead, so that the whole text's tokens can be counted.
        tokenizer
            .with_truncation(None)
            .map_err(|error| anyhow::anyhow!("switch the tokenizer's truncation off: {error}"))?
            .with_padding(None);
        let weights = std::fs::read(folder.join("model.safetensors")).context("read the model's weights")?;
        // Not mapped: mapping a file is unsafe, and reading 90 MB takes 30 ms.
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)
            .context("parse the model's weights")?;
        let model = BertModel::load(weights, &config).context("build the model")?;
        Ok(MiniLm(Arc::new(Inner { model, tokenizer })))
    }

    /// Embeds one text on a blocking thread. Batches would be slower: their texts pad each other.
    pub async fn embed(&self, text: &str) -> anyhow::Result<Embedding> {
        let (model, text) = (self.clone(), text.to_owned());
        tokio::task::spawn_blocking(move || model.embed_now(&text)).await.context("run the local model")?
    }

    /// Embeds one text on this thread: 10 ms for a question, 100 ms for a full passage.
    pub fn embed_now(&self, text: &str) -> anyhow::Result<Embedding> {
        let Inner { model, tokenizer } = &*self.0;
        let encoding =
            tokenizer.encode(text, true).map_err(|error| anyhow::anyhow!("tokenize a text: {error}"))?;
        let ids = Tensor::new(cut(encoding.get_ids()), &Device::Cpu)?.unsqueeze(0)?;
        let types = ids.zeros_like()?;
        // One text, no padding: the mean over all positions is the masked mean.
        let mut vector: Vec<f32> = model.forward(&ids, &types, None)?.squeeze(0)?.mean(0)?.to_vec1()?;
        normalize(&mut vector);
        Ok(Embedding { vector, tokens: encoding.len() })
    }
}

/// Which embedder answers on this machine.
pub enum Embedder {
    /// The real model.
    MiniLm(MiniLm),
    /// A bag of hashed words: no meaning, no waiting. For load work.
    Instant,
}

impl Embedder {
    /// Embeds one text, padded with zeros or cut to `dimension` and of length 1 again.
    pub async fn embed(&self, text: &str, dimension: usize) -> anyhow::Result<Embedding> {
        let mut embedding = match self {
            Embedder::MiniLm(model) => model.embed(text).await?,
            Embedder::Instant => hashed(text, dimension),
        };
        embedding.vector.resize(dimension, 0.0);
        normalize(&mut embedding.vector);
        Ok(embedding)
    }
}

/// The tokens that the model reads: the first ones, and the mark that ends every text.
fn cut(ids: &[u32]) -> Vec<u32> {
    match ids.last() {
        Some(end) if ids.len() > MAX_TOKENS => ids[..MAX_TOKENS - 1].iter().chain([end]).copied().collect(),
        _ => ids.to_vec(),
    }
}

/// Each lower-cased word adds 1 at a place its hash gives; the same text gives the same vector on
/// every machine and in every version.
fn hashed(text: &str, dimension: usize) -> Embedding {
    let mut vector = vec![0.0; dimension.max(1)];
    let mut tokens = 0;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let place = fnv(word.to_lowercase().as_bytes()) % vector.len() as u64;
        vector[usize::try_from(place).unwrap_or_default()] += 1.0;
        tokens += 1;
    }
    if tokens == 0 {
        // A vector of zeros has no direction, and a cosine index refuses it.
        vector[0] = 1.0;
    }
    Embedding { vector, tokens }
}

/// FNV-1a: short, stable across versions, and good enough to spread words.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
}

/// The cosine of two vectors of length 1.
pub fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn instant_is_deterministic_and_of_length_one() {
        let first = Embedder::Instant.embed("The pump, the oil", 384).await.unwrap();
        let second = Embedder::Instant.embed("the PUMP the oil!", 384).await.unwrap();
        assert_eq!(first, second);
        assert_eq!((first.vector.len(), first.tokens), (384, 4));
        assert!((cosine(&first.vector, &first.vector) - 1.0).abs() < 1e-5);
        let other = Embedder::Instant.embed("something else entirely", 384).await.unwrap();
        assert!(cosine(&first.vector, &other.vector) < 0.5);
    }

    #[tokio::test]
    async fn instant_gives_a_direction_to_no_words() {
        let none = Embedder::Instant.embed("?!", 8).await.unwrap();
        assert_eq!(none.vector.iter().sum::<f32>(), 1.0);
    }

    #[test]
    fn a_long_text_is_cut_and_keeps_its_end_mark() {
        let ids: Vec<u32> = (0..300).collect();
        let read = cut(&ids);
        assert_eq!((read.len(), read[254], read[255]), (MAX_TOKENS, 254, 299));
        assert_eq!(cut(&ids[..256]), &ids[..256]);
    }

    #[test]
    fn a_missing_model_is_named() {
        let error = MiniLm::load(Path::new("/nowhere")).err().unwrap();
        assert!(error.to_string().contains("/nowhere"), "{error}");
    }
}
