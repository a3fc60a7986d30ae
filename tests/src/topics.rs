//! Passages and questions about topics, made at random: for benches whose search is to find something among much alike.

use rand::{RngExt as _, rngs::StdRng};

/// How many there are.
const TOPICS: usize = 400;

/// Sixty words about one topic.
#[must_use]
pub fn passage(random: &mut StdRng) -> String {
    let topic = random.random_range(0..TOPICS);
    let words: Vec<String> = (0..60).map(|_| word(topic, random)).collect();
    words.join(" ")
}

/// Six words about one topic, and three that are everywhere.
#[must_use]
pub fn question(random: &mut StdRng) -> String {
    let topic = random.random_range(0..TOPICS);
    let common = ["common0", "common1", "common2"].map(ToOwned::to_owned);
    let words: Vec<String> = (0..6).map(|_| word(topic, random)).chain(common).collect();
    words.join(" ")
}

/// Half the words are the topic's, half are anybody's: the n-th of these is n times as rare as the first.
fn word(topic: usize, random: &mut StdRng) -> String {
    if random.random_bool(0.5) {
        return format!("t{topic}w{}", random.random_range(0..60));
    }
    let rank = 5_000_f64.powf(random.random_range(0.0..1.0));
    format!("common{:.0}", rank - 1.0)
}
