//! Gold questions: what is known to be right, so that a change can be tried before anybody meets it.

use crate::{Insight, Refusal};
use domain::{Caller, ChatbotId, GoldQuestionId, Scope, conversation::Question, limits};
use management::{author, check, refusal::Means};
use serde::Deserialize;
use store::{
    TenantTx, chatbot_settings,
    demands::{self, Thing},
    gold_questions::{self, GoldQuestion, Known},
};

/// A gold question as it is given, and as a line of an import.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// As people ask.
    pub question: String,
    /// Stands in a right answer, or is nearly its words.
    pub expected_answer: Option<String>,
    /// What a right answer cites: a document's id, its key, or the last part of that.
    pub expected_source: Option<String>,
    /// Whether the documents say it; `None`: they do where something is expected.
    #[serde(rename = "answerable")]
    pub is_answerable: Option<bool>,
    /// Of any kind.
    pub tags: Vec<String>,
}

/// What is to be changed; `None`: as it is, `Some(None)`: taken away.
#[derive(Debug, Default)]
pub struct Change {
    /// As people ask.
    pub question: Option<String>,
    /// What stands in a right answer.
    pub expected_answer: Option<Option<String>>,
    /// What a right answer cites.
    pub expected_source: Option<Option<String>>,
    /// Whether the documents say it.
    pub is_answerable: Option<bool>,
    /// Of any kind.
    pub tags: Option<Vec<String>>,
}

/// In which form an import comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    JsonLines,
    /// A first line with the columns' names.
    Csv,
}

/// What came of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Questions that are new.
    pub created: usize,
    /// Known ones, of which it is said anew what is known.
    pub changed: usize,
}

impl Insight {
    /// A chatbot's gold questions, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn gold_questions(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        tag: Option<&str>,
        before: Option<GoldQuestionId>,
        limit: u32,
    ) -> Result<Vec<GoldQuestion>, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(
                chatbot_settings::get(tx, chatbot),
                gold_questions::list(tx, chatbot, tag, before, limit)
            )
        };
        let (known, questions) = self.admitted(caller, Scope::FeedbackRead, read).await?;
        known.map(|_| questions).ok_or(Refusal::NotFound("chatbot"))
    }

    /// One gold question.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn gold_question(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: GoldQuestionId,
    ) -> Result<GoldQuestion, Refusal> {
        let read = async |tx: &TenantTx| gold_questions::get(tx, chatbot, id).await;
        self.admitted(caller, Scope::FeedbackRead, read).await?.ok_or(MISSING)
    }

    /// Writes a gold question down.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the question is known.
    pub async fn create_gold_question(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        given: Given,
    ) -> Result<GoldQuestion, Refusal> {
        let tx = self.enter_once(caller, Scope::ImprovementWrite).await?;
        let known = checked("", given)?;
        room(&tx, chatbot, 1).await?;
        let by = author(&tx, caller).await?;
        let created = gold_questions::create(&tx, chatbot, &known, &by).await;
        let id = created.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        finish_with(tx, chatbot, id).await
    }

    /// Writes many down, all of them or none. Of a question that is known it is said anew what is known.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn import_gold_questions(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        form: Form,
        text: &str,
    ) -> Result<Imported, Refusal> {
        let tx = self.enter_once(caller, Scope::ImprovementWrite).await?;
        let given = lines(form, text)?;
        if given.is_empty() || given.len() > limits::GOLD_IMPORT {
            let most = limits::GOLD_IMPORT;
            let detail =
                format!("An import has 1 to {most} questions, not {}; send more in several.", given.len());
            return Err(Refusal::invalid("", detail));
        }
        let known: Result<Vec<Known>, Refusal> =
            given.into_iter().map(|(line, given)| checked(&format!("/{line}"), given)).collect();
        let known = known?;
        room(&tx, chatbot, 0).await?;
        let by = author(&tx, caller).await?;
        let mut imported = Imported::default();
        for known in &known {
            let (_, is_new) = gold_questions::put(&tx, chatbot, known, &by).await?;
            *(if is_new { &mut imported.created } else { &mut imported.changed }) += 1;
        }
        room(&tx, chatbot, 0).await?;
        tx.finish().await?;
        Ok(imported)
    }

    /// Changes a gold question.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when another one asks the same.
    pub async fn change_gold_question(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: GoldQuestionId,
        change: Change,
    ) -> Result<GoldQuestion, Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        demands::unchanged(&tx, Thing::GoldQuestion(id.0)).await?;
        let known = gold_questions::get(&tx, chatbot, id).await?.ok_or(MISSING)?.known;
        let expected_answer = change.expected_answer.unwrap_or(known.expected_answer);
        let expected_source = change.expected_source.unwrap_or(known.expected_source);
        let still_none = !known.is_answerable && expected_answer.is_none() && expected_source.is_none();
        let given = Given {
            question: change.question.unwrap_or(known.question),
            expected_answer,
            expected_source,
            is_answerable: change.is_answerable.or_else(|| still_none.then_some(false)),
            tags: change.tags.unwrap_or(known.tags),
        };
        let known = checked("", given)?;
        let changed = gold_questions::change(&tx, chatbot, id, &known).await;
        if !changed.map_err(|error| Refusal::of_row(error, &TAKEN))? {
            return Err(MISSING);
        }
        finish_with(tx, chatbot, id).await
    }

    /// Deletes a gold question. Replays that asked it keep what they found.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_gold_question(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: GoldQuestionId,
    ) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::ImprovementWrite).await?;
        demands::unchanged(&tx, Thing::GoldQuestion(id.0)).await?;
        if !gold_questions::delete(&tx, chatbot, id).await? {
            return Err(MISSING);
        }
        Ok(tx.finish().await?)
    }
}

const MISSING: Refusal = Refusal::NotFound("gold question");

/// What a known question means.
const TAKEN: [Means; 1] = [("gold_questions_organization_id_chatbot_id_question_key", || {
    Refusal::conflict("question-known", "This chatbot has a gold question with these words; change that one.")
})];

/// Holds a chatbot and looks whether it may have so many more.
async fn room(tx: &TenantTx, chatbot: ChatbotId, more: i64) -> Result<(), Refusal> {
    chatbot_settings::lock(tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
    let known = gold_questions::count(tx, chatbot).await?;
    if known + more > limits::GOLD_QUESTIONS {
        let detail =
            format!("A chatbot has at most {} gold questions; delete some first.", limits::GOLD_QUESTIONS);
        return Err(Refusal::conflict("too-many-gold-questions", detail));
    }
    Ok(())
}

async fn finish_with(tx: TenantTx, chatbot: ChatbotId, id: GoldQuestionId) -> Result<GoldQuestion, Refusal> {
    let known = gold_questions::get(&tx, chatbot, id).await?;
    tx.finish().await?;
    known.ok_or(MISSING)
}

fn checked(pointer: &str, given: Given) -> Result<Known, Refusal> {
    let at = |field: &str| format!("{pointer}/{field}");
    let question = check::text(&at("question"), &given.question, limits::USER_MESSAGE_CHARACTERS)?;
    if Question::new(&question).is_err() {
        return Err(Refusal::invalid(at("question"), "Nobody could ask this."));
    }
    let expected_answer = check::optional(
        &at("expected_answer"),
        given.expected_answer.as_deref(),
        limits::ASSISTANT_MESSAGE_CHARACTERS,
    )?;
    let expected_source = check::optional(
        &at("expected_source"),
        given.expected_source.as_deref(),
        limits::GOLD_SOURCE_CHARACTERS,
    )?;
    let is_expected = expected_answer.is_some() || expected_source.is_some();
    let is_answerable = match given.is_answerable {
        None if !is_expected => {
            let detail =
                "Say what is expected, an answer or a source; or that there is none: \"answerable\": false.";
            return Err(Refusal::invalid(at("expected_answer"), detail));
        }
        Some(answerable) if answerable != is_expected => {
            let detail =
                "What can be answered has an expected answer or source, and what cannot has neither.";
            return Err(Refusal::invalid(at("answerable"), detail));
        }
        _ => is_expected,
    };
    if given.tags.len() > limits::GOLD_TAGS {
        return Err(Refusal::invalid(at("tags"), format!("At most {} tags.", limits::GOLD_TAGS)));
    }
    let mut tags = Vec::new();
    for (place, tag) in given.tags.iter().enumerate() {
        let tag = check::text(&at(&format!("tags/{place}")), tag, limits::GOLD_TAG_CHARACTERS)?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(Known { question, expected_answer, expected_source, is_answerable, tags })
}

/// The questions of an import, each with the number of its line or row, from 1.
fn lines(form: Form, text: &str) -> Result<Vec<(usize, Given)>, Refusal> {
    let text = text.trim_start_matches('\u{feff}');
    let wrong = |line: usize, why: String| Refusal::invalid(format!("/{line}"), why);
    match form {
        Form::JsonLines => {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            let read = |(place, line): (usize, &str)| match serde_json::from_str(line) {
                Ok(given) => Ok((place + 1, given)),
                Err(error) => Err(wrong(place + 1, format!("This line is no gold question: {error}."))),
            };
            lines.map(read).collect()
        }
        Form::Csv => {
            let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
            let read = |(place, row): (usize, csv::Result<Row>)| match row {
                Ok(row) => Ok((place + 1, row.into())),
                Err(error) => Err(wrong(place + 1, format!("This row is no gold question: {error}."))),
            };
            reader.deserialize::<Row>().enumerate().map(read).collect()
        }
    }
}

/// A row of a table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    question: String,
    expected_answer: Option<String>,
    expected_source: Option<String>,
    answerable: Option<bool>,
    /// With `;` between them.
    tags: Option<String>,
}

impl From<Row> for Given {
    fn from(row: Row) -> Self {
        let tags = row.tags.unwrap_or_default();
        let tags = tags.split(';').map(str::trim).filter(|tag| !tag.is_empty());
        Self {
            question: row.question,
            expected_answer: row.expected_answer,
            expected_source: row.expected_source,
            is_answerable: row.answerable,
            tags: tags.map(ToOwned::to_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_lines_of_json_or_a_table() {
        let json = "{\"question\": \"How long?\", \"expected_answer\": \"five days\", \"tags\": [\"spain\"]}\n\n\
                    {\"question\": \"Who won?\", \"answerable\": false}\n";
        let of_lines = lines(Form::JsonLines, json).expect("lines");
        let table =
            "question,expected_answer,answerable,tags\nHow long?,five days,,spain\nWho won?,,false,\n";
        let of_table = lines(Form::Csv, table).expect("a table");
        assert_eq!(of_lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3]);
        let (of_lines, of_table): (Vec<Given>, Vec<Given>) = (
            of_lines.into_iter().map(|one| one.1).collect(),
            of_table.into_iter().map(|one| one.1).collect(),
        );
        assert_eq!(of_lines, of_table);
        let known: Vec<Known> =
            of_lines.into_iter().map(|given| checked("", given).expect("known")).collect();
        assert_eq!((known[0].is_answerable, known[1].is_answerable), (true, false));
        let refused =
            lines(Form::JsonLines, "{\"question\": \"a\"}\n{\"frage\": \"a\"}").expect_err("unknown");
        assert!(matches!(refused, Refusal::Invalid { pointer, .. } if pointer == "/2"));
        assert!(lines(Form::Csv, "frage\na\n").is_err());
    }

    #[test]
    fn a_gold_question_has_edges() {
        let given = || Given {
            question: "ก".repeat(limits::USER_MESSAGE_CHARACTERS),
            expected_answer: Some("ก".repeat(limits::ASSISTANT_MESSAGE_CHARACTERS)),
            expected_source: Some("a".repeat(limits::GOLD_SOURCE_CHARACTERS)),
            is_answerable: Some(true),
            tags: (0..limits::GOLD_TAGS).map(|tag| format!("{tag:0>50}")).collect(),
        };
        assert!(checked("", given()).is_ok());
        let longer = |text: &Option<String>| text.as_ref().map(|text| format!("{text}a"));
        let wrong = [
            (Given { question: given().question + "ก", ..given() }, "/question"),
            (Given { question: " ".into(), ..given() }, "/question"),
            (Given { expected_answer: longer(&given().expected_answer), ..given() }, "/expected_answer"),
            (Given { expected_source: longer(&given().expected_source), ..given() }, "/expected_source"),
            (Given { is_answerable: Some(false), ..given() }, "/answerable"),
            (Given { question: "a".into(), ..Given::default() }, "/expected_answer"),
            (Given { tags: vec!["a".into(); limits::GOLD_TAGS + 1], ..given() }, "/tags"),
            (Given { tags: vec!["a".repeat(limits::GOLD_TAG_CHARACTERS + 1)], ..given() }, "/tags/0"),
        ];
        for (given, at) in wrong {
            let refused = checked("", given).expect_err("over an edge");
            assert!(matches!(&refused, Refusal::Invalid { pointer, .. } if pointer == at), "{refused:?}");
        }
    }
}
