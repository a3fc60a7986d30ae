//! A replay as a person reads it: the figures of both versions with their intervals, and which questions changed. Pure: what is asked
//! of the API is the client's, what is printed the command's.

use domain::limits;
use serde::Serialize;
use serde_json::Value;

/// How a question's answer changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was right, or was answered, and is not any more.
    Worse,
    /// It is right, or is answered, and was not.
    Better,
    /// Neither, in other words or with other sources.
    Other,
    /// Nothing that anybody sees.
    Same,
}

/// How a question of a replay's results changed.
#[must_use]
pub fn change(result: &Value) -> Change {
    let (before, after) = (&result["before"], &result["after"]);
    let standing = |answer: &Value| match answer["correct"].as_bool() {
        Some(correct) => correct,
        None => answer["abstained"] == false && answer["broken"].is_null(),
    };
    let seen = |answer: &Value| {
        let sources = answer["citations"].as_array().into_iter().flatten();
        let sources: Vec<_> = sources.map(|one| (one["key"].clone(), one["quoted_span"].clone())).collect();
        (answer["answer"].clone(), answer["abstained"].clone(), answer["broken"].clone(), sources)
    };
    match (standing(before), standing(after)) {
        (true, false) => Change::Worse,
        (false, true) => Change::Better,
        _ if seen(before) != seen(after) => Change::Other,
        _ => Change::Same,
    }
}

/// Guarded figures that the change lowers too far; `None`: the replay has not come to an end.
#[must_use]
pub fn lowered(replay: &Value) -> Option<Vec<String>> {
    let lowered = replay["summary"]["lowered"].as_array().filter(|_| replay["status"] == "completed")?;
    Some(lowered.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect())
}

/// What its figures are called in the API, and how they are told.
const FIGURES: [(&str, &str, Unit); 6] = [
    ("answer_correctness", "answered right", Unit::Share),
    ("citation_precision", "citations right", Unit::Share),
    ("share_answered", "answered at all", Unit::Share),
    ("overlap", "words of the expected answer", Unit::Share),
    ("confidence", "confidence", Unit::Share),
    ("latency_ms", "time", Unit::Milliseconds),
];

#[derive(Clone, Copy)]
enum Unit {
    Share,
    Milliseconds,
}

/// The figures side by side, a line each: value and 95 % interval of the old version, of the new one, and of the difference. A guarded
/// figure that the change lowers too far is marked.
#[must_use]
pub fn table(replay: &Value) -> Vec<String> {
    let summary = &replay["summary"];
    let lowered = lowered(replay).unwrap_or_default();
    let mut lines = vec![format!(
        "  {:<29} {:>9}  {:<26} {:<26} {}",
        "95 % of it in brackets", "questions", "old", "new", "change"
    )];
    for (name, words, unit) in FIGURES {
        let figure = &summary[name];
        let mark = if lowered.iter().any(|one| one == name) { '!' } else { ' ' };
        let line = match figure["questions"].as_i64() {
            None => format!("{mark} {words:<29} {:>9}  nobody knows", 0),
            Some(questions) => format!(
                "{mark} {words:<29} {questions:>9}  {:<26} {:<26} {}",
                measured(&figure["before"], unit, false),
                measured(&figure["after"], unit, false),
                measured(&figure["change"], unit, true)
            ),
        };
        lines.push(line);
    }
    lines.push(match summary["cost"].as_array().map(Vec::as_slice) {
        Some([before, after]) => {
            let [before, after] = [before, after].map(|cost| cost.as_f64().unwrap_or_default());
            let change =
                format!("{}{}", if after < before { "-" } else { "+" }, dollars((after - before).abs()));
            let total = replay["total"].as_i64().unwrap_or_default();
            let (before, after) = (dollars(before), dollars(after));
            format!("  {:<29} {total:>9}  {before:<26} {after:<26} {change}", "cost of these answers")
        }
        _ => format!("  {:<29} {:>9}  a model's price is not known", "cost of these answers", 0),
    });
    lines
}

fn measured(measured: &Value, unit: Unit, is_signed: bool) -> String {
    let [value, low, high] = ["value", "low", "high"].map(|name| measured[name].as_f64().unwrap_or_default());
    let one = |number: f64| match (unit, is_signed) {
        (Unit::Share, true) => format!("{:+.1}", number * 100.0),
        (Unit::Share, false) => format!("{:.1}", number * 100.0),
        (Unit::Milliseconds, true) => format!("{number:+.0}"),
        (Unit::Milliseconds, false) => format!("{number:.0}"),
    };
    let unit = match (unit, is_signed) {
        (Unit::Share, false) => " %",
        // A difference of percentages is points.
        (Unit::Share, true) => " points",
        (Unit::Milliseconds, _) => " ms",
    };
    format!("{}{unit} ({} … {})", one(value), one(low), one(high))
}

fn dollars(amount: f64) -> String {
    format!("${amount:.6}")
}

/// What the guard says, in a sentence.
#[must_use]
pub fn verdict(lowered: &[String]) -> String {
    let points = limits::GUARD_POINTS;
    if lowered.is_empty() {
        return format!("The guard holds: no guarded figure falls by more than {points} points.");
    }
    let names = FIGURES.iter().filter(|(name, ..)| lowered.iter().any(|one| one == name));
    let names: Vec<&str> = names.map(|(_, words, _)| *words).collect();
    format!("The guard does not hold: by more than {points} points fall: {}.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(text: &str, abstained: bool, correct: Option<bool>) -> Value {
        json!({ "answer": text, "abstained": abstained, "broken": null, "correct": correct,
                "citations": [{ "key": "a.md", "quoted_span": text }] })
    }

    #[test]
    fn what_changed_is_told_apart() {
        let of = |before: Value, after: Value| change(&json!({ "before": before, "after": after }));
        let (right, wrong) = (answer("46", false, Some(true)), answer("32", false, Some(false)));
        assert_eq!(of(right.clone(), wrong.clone()), Change::Worse);
        assert_eq!(of(wrong.clone(), right.clone()), Change::Better);
        assert_eq!(of(wrong.clone(), answer("16", false, Some(false))), Change::Other);
        assert_eq!(of(right.clone(), right.clone()), Change::Same);
        // Of a recent question nobody knows what is right, but whether it is answered.
        let (said, silent) = (answer("46", false, None), answer("I do not know.", true, None));
        assert_eq!(
            (of(said.clone(), silent.clone()), of(silent, said.clone())),
            (Change::Worse, Change::Better)
        );
        let broken = json!({ "answer": "", "abstained": false, "broken": "internal", "correct": null, "citations": [] });
        assert_eq!(of(said.clone(), broken), Change::Worse);
        let mut moved = said.clone();
        moved["citations"][0]["key"] = json!("b.md");
        assert_eq!(of(said, moved), Change::Other, "the same words of another source");
    }

    #[test]
    fn figures_stand_side_by_side_and_what_falls_is_marked() {
        let figure = |before: f64, after: f64| {
            let of = |value: f64| json!({ "value": value, "low": value - 0.125, "high": value + 0.125 });
            json!({ "questions": 12, "before": of(before), "after": of(after), "change": of(after - before) })
        };
        let summary = json!({ "answer_correctness": figure(0.75, 0.5), "share_answered": figure(0.5, 0.5),
                              "citation_precision": null, "cost": [0.001, 0.0005], "lowered": ["answer_correctness"] });
        let replay = json!({ "status": "completed", "total": 12, "summary": summary });
        let lines = table(&replay);
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>().join(" "),
            "! answered right 12 75.0 % (62.5 … 87.5) 50.0 % (37.5 … 62.5) -25.0 points (-37.5 … -12.5)"
        );
        assert!(lines[2].ends_with("nobody knows") && lines[3].starts_with("  answered at all"), "{lines:?}");
        assert!(lines[7].ends_with("-$0.000500"), "{}", lines[7]);
        let fallen = lowered(&replay).expect("it has ended");
        assert_eq!(verdict(&fallen), "The guard does not hold: by more than 2 points fall: answered right.");
        assert!(verdict(&[]).starts_with("The guard holds"));
        assert_eq!(lowered(&json!({ "status": "paused", "summary": {} })), None);
    }
}
