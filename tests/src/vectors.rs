//! Vectors without a model: each word has a direction of its own, a text is the sum of its words. Equal texts
//! have equal vectors, texts that share words lie near each other, and every run has the same.

use pgvector::Vector;
use sha2::{Digest as _, Sha256};

/// The vector of a text, of length 1.
#[must_use]
pub fn of_text(text: &str, dimension: usize) -> Vector {
    let mut sum = vec![0.0_f32; dimension];
    for word in language::words(text) {
        let digest = Sha256::digest(word.as_bytes());
        // Eight places of each word are touched: directions of different words hardly meet.
        for pair in digest.chunks_exact(4) {
            let place = usize::from(u16::from_le_bytes([pair[0], pair[1]])) % dimension;
            sum[place] += if pair[2] % 2 == 0 { 1.0 } else { -1.0 };
        }
    }
    let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        sum.iter_mut().for_each(|number| *number /= length);
    } else if let Some(first) = sum.first_mut() {
        *first = 1.0;
    }
    Vector::from(sum)
}
