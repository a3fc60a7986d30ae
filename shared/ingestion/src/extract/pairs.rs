//! Lists of questions with their answers: JSON lines, or CSV whose columns say so.

use super::{BlockKind, Extracted, Pair};
use domain::{Failure, FailureCode, limits};
use serde::Deserialize;

/// Columns that a CSV of questions and answers may have; another one makes it a table like any other.
const COLUMNS: [&str; 3] = ["question", "answer", "source_url"];

/// A line. Fields beyond these are somebody's own.
#[derive(Deserialize)]
struct Line {
    question: String,
    answer: String,
    source_url: Option<String>,
}

/// Whether the first line with anything on it is a question with its answer.
pub(super) fn looks_like(source: &str) -> bool {
    let first = source.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.trim_start().starts_with('{') && serde_json::from_str::<Line>(first).is_ok()
}

/// JSON lines (jsonlines.org): each an object with `question`, `answer` and, if there is one, `source_url`.
pub(super) fn read(source: &str) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("jsonl");
    let mut pairs = Vec::new();
    for (number, line) in (1..).zip(source.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let at = format!("line {number}");
        let line: Line = serde_json::from_str(line).map_err(|_| {
            refused(&at, "is no JSON object with the texts \"question\" and \"answer\", like the first line")
        })?;
        let pair =
            checked(&at, &line.question, &line.answer, line.source_url.as_deref().unwrap_or_default())?;
        document.push(BlockKind::Heading(2), &pair.question, None);
        document.push(BlockKind::Paragraph, &pair.answer, None);
        pairs.push(pair);
    }
    document.pairs = counted(pairs)?;
    Ok(document)
}

/// Where a table has its questions and answers.
pub(super) struct Columns {
    question: usize,
    answer: usize,
    source_url: Option<usize>,
}

impl Columns {
    /// Reads a table's header; `None`: a table like any other.
    pub(super) fn of(header: &csv::StringRecord) -> Option<Self> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let all_known = names.iter().all(|name| COLUMNS.contains(&name.as_str()));
        all_known.then_some(())?;
        Some(Self { question: place("question")?, answer: place("answer")?, source_url: place("source_url") })
    }

    /// Reads a row.
    pub(super) fn pair(&self, row: &csv::StringRecord) -> Result<Pair, Failure> {
        let at = row.position().map_or_else(String::new, |position| format!("line {}", position.line()));
        let cell = |place: usize| row.get(place).unwrap_or_default();
        checked(&at, cell(self.question), cell(self.answer), self.source_url.map(cell).unwrap_or_default())
    }
}

/// No more than a file may bring.
pub(super) fn counted(pairs: Vec<Pair>) -> Result<Vec<Pair>, Failure> {
    if pairs.len() > limits::CURATED_FILE {
        let detail = format!(
            "The file has {} questions with answers; at most {} can be kept of one. Split it into parts.",
            pairs.len(),
            limits::CURATED_FILE
        );
        return Err(Failure::new(FailureCode::TooLarge, detail));
    }
    Ok(pairs)
}

fn checked(at: &str, question: &str, answer: &str, source_url: &str) -> Result<Pair, Failure> {
    let question = text(at, "question", question, limits::USER_MESSAGE_CHARACTERS)?;
    let answer = text(at, "answer", answer, limits::ASSISTANT_MESSAGE_CHARACTERS)?;
    let source_url = source_url.trim();
    if !source_url.is_empty() && !["https://", "http://"].iter().any(|scheme| source_url.starts_with(scheme))
    {
        return Err(refused(at, "has a \"source_url\" that is no http address"));
    }
    Ok(Pair { question, answer, source_url: Some(source_url.to_owned()).filter(|url| !url.is_empty()) })
}

fn text(at: &str, what: &str, given: &str, characters: usize) -> Result<String, Failure> {
    let given = given.trim().replace('\0', " ");
    let count = given.chars().count();
    if count == 0 {
        return Err(refused(at, &format!("has no {what}")));
    }
    if count > characters {
        return Err(refused(
            at,
            &format!("has a {what} of {count} characters; at most {characters} can be kept"),
        ));
    }
    Ok(given)
}

fn refused(at: &str, what: &str) -> Failure {
    let detail = format!(
        "The file is a list of questions and answers, and {at} {what}. Correct it and upload the file again."
    );
    Failure::new(FailureCode::Damaged, detail)
}

#[cfg(test)]
mod tests {
    use super::{super::csv as table, *};

    const LINES: &str = "\n{\"question\": \"How long?\", \"answer\": \"Two years.\", \"id\": 7}\n\n\
                         {\"question\":\"Where?\",\"answer\":\"At home.\",\"source_url\":\"https://example.com/a\"}\n";

    #[test]
    fn lines_become_pairs_and_text() {
        assert!(looks_like(LINES));
        let read = read(LINES).expect("readable");
        assert_eq!(read.text, "How long?\n\nTwo years.\n\nWhere?\n\nAt home.");
        assert_eq!(read.pairs.len(), 2);
        assert_eq!(read.pairs[1].source_url.as_deref(), Some("https://example.com/a"));
    }

    #[test]
    fn other_json_is_text() {
        for other in ["{\"a\": 1}\n", "[1]", "", "{\"question\": \"x\"}", "\"question\""] {
            assert!(!looks_like(other), "{other}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let detail = |source: &str| read(source).expect_err("refused").detail;
        let good = "{\"question\":\"a\",\"answer\":\"b\"}\n";
        assert!(detail(&format!("{good}\n{{\"question\":\"a\"}}")).contains("line 3 is no JSON object"));
        assert!(
            detail(&format!("{good}{{\"question\":\" \",\"answer\":\"b\"}}"))
                .contains("line 2 has no question")
        );
        let url = "{\"question\":\"a\",\"answer\":\"b\",\"source_url\":\"javascript:x\"}";
        assert!(detail(&format!("{good}{url}")).contains("no http address"));
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let of = |question: usize, answer: usize| {
            checked("line 1", &"q".repeat(question), &"ä".repeat(answer), "")
        };
        assert!(of(limits::USER_MESSAGE_CHARACTERS, limits::ASSISTANT_MESSAGE_CHARACTERS).is_ok());
        assert!(of(limits::USER_MESSAGE_CHARACTERS + 1, 1).is_err());
        assert!(of(1, limits::ASSISTANT_MESSAGE_CHARACTERS + 1).is_err());
        let pair = of(1, 1).expect("a pair");
        assert!(counted(vec![pair.clone(); limits::CURATED_FILE]).is_ok());
        assert!(counted(vec![pair; limits::CURATED_FILE + 1]).is_err());
    }

    #[test]
    fn a_table_of_questions_and_answers_brings_them_and_another_does_not() {
        let faq = table::read("Question;Answer\nHow long?;\"Two\nyears.\"\n").expect("readable");
        assert_eq!((faq.pairs.len(), faq.pairs[0].answer.as_str()), (1, "Two\nyears."));
        assert!(faq.text.contains("How long?"));
        assert!(table::read("Question,Answer,Points\na,b,3\n").expect("readable").pairs.is_empty());
        assert!(table::read("question,answer\na,\n").expect_err("no answer").detail.contains("line 2"));
    }
}
