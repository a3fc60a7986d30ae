//! Figures of the stack's own in CloudWatch, by lines of the log: the embedded metric format, which costs no call and
//! no waiting. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! A figure has one dimension, the function, so that a stack pays for as many metrics as it has names. What is told apart
//! further (an organization, a model, an outcome) stands beside the figures as a property: Logs Insights finds it, and
//! nobody pays for it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::{io::Write as _, sync::OnceLock};

/// The one dimension.
const DIMENSION: &str = "Function";

/// Where figures go to; none before [`begin`] and where no namespace is configured.
static PLACE: OnceLock<Place> = OnceLock::new();

struct Place {
    namespace: String,
    function: String,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Time.
    Milliseconds,
    /// Anything else: dollars, shares.
    None,
}

impl Unit {
    /// As CloudWatch names it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::None => "None",
        }
    }
}

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    name: &'static str,
    unit: Unit,
    value: f64,
}

impl Measure {
    /// A figure; its name is one of the template's dashboard.
    #[must_use]
    pub const fn new(name: &'static str, unit: Unit, value: f64) -> Self {
        Self { name, unit, value }
    }
}

/// Figures of this function are written from now on, unless the namespace is empty.
pub(crate) fn begin(namespace: String, function: String) {
    if !namespace.is_empty() {
        // Set before by a test of the same process: it stays.
        let _ = PLACE.set(Place { namespace, function });
    }
}

/// Writes figures of one moment, with what they are told apart by. Never anybody's words: the log is no place for them.
pub fn write(measures: &[Measure], properties: &[(&'static str, &str)]) {
    if let Some(place) = PLACE.get() {
        let mut line = line(place, Timestamp::now(), measures, properties).to_string();
        line.push('\n');
        // One write a line, so that lines of others do not stand in it. A log that nobody takes is nobody's error.
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}

fn line(place: &Place, now: Timestamp, measures: &[Measure], properties: &[(&'static str, &str)]) -> Value {
    let names: Vec<Value> =
        measures.iter().map(|one| json!({ "Name": one.name, "Unit": one.unit.as_str() })).collect();
    let mut line = Map::new();
    line.insert("timestamp".into(), json!(now.to_string()));
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [
                { "Namespace": place.namespace, "Dimensions": [[DIMENSION]], "Metrics": names },
            ],
        }),
    );
    line.insert(DIMENSION.into(), json!(place.function));
    line.extend(measures.iter().map(|one| (one.name.to_owned(), json!(one.value))));
    line.extend(properties.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_takes() {
        let place = Place { namespace: "Docent/acme".into(), function: "chat".into() };
        let measures = [
            Measure::new("Turns", Unit::Count, 1.0),
            Measure::new("TurnDuration", Unit::Milliseconds, 812.0),
            Measure::new("TurnCost", Unit::None, 0.0125),
        ];
        let line = line(&place, Timestamp::UNIX_EPOCH, &measures, &[("outcome", "answered")]);
        assert_eq!(
            line,
            json!({
                "timestamp": "1970-01-01T00:00:00Z",
                "_aws": {
                    "Timestamp": 0,
                    "CloudWatchMetrics": [{
                        "Namespace": "Docent/acme",
                        "Dimensions": [["Function"]],
                        "Metrics": [
                            { "Name": "Turns", "Unit": "Count" },
                            { "Name": "TurnDuration", "Unit": "Milliseconds" },
                            { "Name": "TurnCost", "Unit": "None" },
                        ],
                    }],
                },
                "Function": "chat",
                "Turns": 1.0,
                "TurnDuration": 812.0,
                "TurnCost": 0.0125,
                "outcome": "answered",
            })
        );
    }
}
