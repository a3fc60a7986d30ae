//! Figures: every one of them equals what sessions and messages say, whatever happens while they are counted.

mod behind;
mod counting;
mod figures;
mod retaining;
mod serving;
mod year;

use serde_json::Value;
use tokio_postgres::{Client, types::ToSql};

/// Makes conversations.
const CONVERSATIONS: &str = include_str!("metrics/conversations.sql");
/// Figures once more, from sessions and messages alone.
const RECOMPUTED: &str = include_str!("metrics/recomputed.sql");

/// The first field of the first row, as JSON.
async fn json(client: &Client, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Value {
    let row = client.query_one(sql, params).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    row.get::<_, Option<Value>>(0).unwrap_or_default()
}

/// Numbers as numbers: 34 and 34.0 are the same.
fn numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64()),
        Value::Array(items) => items.into_iter().map(numbers).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, numbers(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

#[track_caller]
fn assert_same(what: &str, served: &Value, expected: &Value) {
    assert_eq!(numbers(served.clone()), numbers(expected.clone()), "{what}");
}
