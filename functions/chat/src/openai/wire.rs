//! Messages as OpenAI's clients send them, and what of them is question, history and instruction.

use super::Failure;
use crate::problems;
use answering::Given;
use domain::{conversation::Question, document::clip, limits};
use serde::Deserialize;
use serde_json::Value;

/// One message of a request.
#[derive(Debug, Deserialize)]
pub struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

impl Message {
    /// Its text; parts are paragraphs.
    fn text(&self, place: usize) -> Result<String, Failure> {
        let param = format!("messages[{place}].content");
        let unreadable = |param: &str| {
            let detail =
                "Only text is read: a string, or an array of text parts; leave out images, audio and files.";
            Failure::invalid(detail, Some(param))
        };
        match &self.content {
            // An assistant that called a tool said nothing.
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.clone()),
            Value::Array(parts) => {
                let mut texts = Vec::with_capacity(parts.len());
                for (number, part) in parts.iter().enumerate() {
                    let text = match part["type"].as_str() {
                        Some("text" | "input_text") => part["text"].as_str(),
                        Some("refusal") => part["refusal"].as_str(),
                        _ => None,
                    };
                    texts.push(text.ok_or_else(|| unreadable(&format!("{param}[{number}]")))?);
                }
                Ok(texts.join("\n\n"))
            }
            _ => Err(unreadable(&param)),
        }
    }
}

/// What a conversation says: the last user message is the question, what stood before it is history.
///
/// # Errors
/// [`Failure`].
pub fn read(messages: Vec<Message>) -> Result<(Question, Given), Failure> {
    let last = messages.iter().rposition(|message| message.role == "user");
    let last =
        last.ok_or_else(|| Failure::invalid("There is no user message to answer.", Some("messages")))?;
    let mut given = Given::default();
    let mut instructions: Vec<String> = Vec::new();
    let mut asked = String::new();
    for (place, message) in messages.into_iter().enumerate() {
        let text = message.text(place)?.replace('\0', " ");
        let role = message.role;
        match role.as_str() {
            "system" | "developer" => instructions.push(text),
            "user" if place == last => asked = text,
            "user" | "assistant" if place < last && !text.trim().is_empty() => {
                let bound = match role.as_str() {
                    "user" => limits::USER_MESSAGE_CHARACTERS,
                    _ => limits::ASSISTANT_MESSAGE_CHARACTERS,
                };
                given.history.push((role, clip(&text, bound)));
            }
            "assistant" | "tool" | "function" if place > last => {
                let detail =
                    "The last message is the user's: nothing follows it but system and developer messages.";
                return Err(Failure::invalid(detail, Some(&format!("messages[{place}]"))));
            }
            // What said nothing, and tools' results.
            "user" | "assistant" | "tool" | "function" => {}
            _ => {
                let detail = "A role is system, developer, user, assistant, tool or function.";
                return Err(Failure::invalid(detail, Some(&format!("messages[{place}].role"))));
            }
        }
    }
    let instructions = clip(instructions.join("\n\n").trim(), limits::ADDED_INSTRUCTIONS_CHARACTERS);
    given.instructions = Some(instructions).filter(|text| !text.is_empty());
    let question = Question::new(&asked).map_err(|problem| {
        Failure::from(problems::not_a_question(problem, &format!("/messages/{last}/content")))
    })?;
    Ok((question, given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_json(messages: Value) -> Result<(Question, Given), Failure> {
        read(serde_json::from_value(messages).expect("messages"))
    }

    #[test]
    fn the_last_user_message_is_the_question() {
        let (question, given) = read_json(json!([
            { "role": "system", "content": "Be brief." },
            { "role": "developer", "content": [{ "type": "text", "text": "In Thai." }] },
            { "role": "user", "content": "Hello", "name": "x" },
            { "role": "assistant", "content": null, "tool_calls": [] },
            { "role": "assistant", "content": "Hi." },
            { "role": "tool", "content": "42", "tool_call_id": "1" },
            { "role": "user", "content": [{ "type": "text", "text": "How often" }, { "type": "text", "text": "the oil?" }] },
            { "role": "system", "content": "In short." },
        ]))
        .expect("well");
        assert_eq!(question.as_str(), "How often\n\nthe oil?");
        assert_eq!(given.instructions.as_deref(), Some("Be brief.\n\nIn Thai.\n\nIn short."));
        assert_eq!(given.history, [("user".into(), "Hello".into()), ("assistant".into(), "Hi.".into())]);
    }

    #[test]
    fn only_the_question_has_a_questions_limit() {
        let long = "a".repeat(limits::USER_MESSAGE_CHARACTERS + 1);
        let user = |text: &str| json!({ "role": "user", "content": text });
        assert!(read_json(json!([user(&long), user("b")])).is_ok());
        for wrong in [
            json!([user(&long)]),
            json!([user(" ")]),
            json!([]),
            json!([{ "role": "assistant", "content": "a" }]),
            json!([user("a"), { "role": "assistant", "content": "b" }]),
            json!([{ "role": "robot", "content": "a" }, user("b")]),
            json!([{ "role": "user", "content": 5 }]),
            json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "x" } }] }]),
        ] {
            assert!(read_json(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
