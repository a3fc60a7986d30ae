//! What a question was understood as, as it is kept.

use domain::{Risk, escalation::Signs};
use serde_json::{Map, Value, json};
use store::{categories::Near, messages::Reading};
use understanding::{
    Understood,
    category::{Nearness, nearest},
};

/// As the message keeps it: of risks that are known, each, found or not.
pub(crate) fn reading(understood: &Understood) -> Reading {
    let flags = |found: &Vec<Risk>| {
        let flag = |risk: Risk| (risk.as_str().to_owned(), Value::Bool(found.contains(&risk)));
        Value::Object(Risk::ALL.into_iter().map(flag).collect::<Map<_, _>>())
    };
    Reading {
        language: understood.language,
        sentiment: understood
            .sentiment
            .map(|sentiment| json!({ "score": sentiment.score, "label": sentiment.mood.as_str() })),
        risk_flags: understood.risks.as_ref().map(flags),
    }
}

/// The category that a question belongs to, of those near it, with what is wanted within it; `None`: none, or not known.
#[must_use]
pub fn categorised(near: Vec<Near>) -> Option<(String, Option<String>)> {
    let measured: Vec<Nearness> = near
        .iter()
        .map(|one| Nearness { centroid: one.centroid, examples: one.examples, threshold: one.threshold })
        .collect();
    let place = nearest(&measured)?;
    near.into_iter().nth(place).map(|one| (one.name, one.intent))
}

/// What of it may hand the conversation to people.
pub(crate) fn signs(understood: &Understood, has_abstained: bool) -> Signs {
    Signs {
        has_abstained,
        wants_people: understood.wants_people,
        risks: understood.risks.clone().unwrap_or_default(),
        sentiment: understood.sentiment.map(|sentiment| sentiment.score),
    }
}
