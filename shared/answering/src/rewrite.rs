//! A follow-up becomes a question that stands alone, for search: "And of the P-60?" means little without what was
//! asked before it. By rules no model is called: the words that say something are carried over from the questions it leans on.
//! A bot may have its own model do it; where that fails or writes no question, the rules do.

mod by_model;

use crate::{Answering, Turn, content::is_content};
use domain::{chatbot::Rewrite, conversation::Question, limits};
use language::{estimate_tokens, words};
use models::Usage;

/// Who looked at a question that comes after others, and what it cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rewriting {
    /// `None`: nothing was asked before.
    pub(crate) by: Option<Rewrite>,
    /// Whether the model was called, whatever came of it.
    pub(crate) called: bool,
    /// What that took.
    pub(crate) usage: Usage,
}

impl Answering {
    /// What is searched for in place of a question, and who says so. A conversation's first question calls nothing.
    pub(crate) async fn rewrite(&self, turn: &Turn, question: &Question) -> (Option<String>, Rewriting) {
        if !turn.history.iter().any(|(role, _)| role == "user") {
            return (None, Rewriting::default());
        }
        let by_rules = || standalone(&turn.history, question.as_str());
        if turn.config.model_config.rewrite == Rewrite::Rules {
            return (by_rules(), Rewriting { by: Some(Rewrite::Rules), ..Rewriting::default() });
        }
        let (written, usage) = self.rewrite_by_model(turn, question).await;
        let rewriting = |by| Rewriting { by: Some(by), called: true, usage };
        match written {
            Some(written) => {
                let is_the_same = words(&written) == words(question.as_str());
                ((!is_the_same).then_some(written), rewriting(Rewrite::Model))
            }
            None => (by_rules(), rewriting(Rewrite::Rules)),
        }
    }
}

/// A question that begins like this goes on with another.
const LINKS: &[&str] = &[
    "and",
    "or",
    "but",
    "also",
    "y",
    "e",
    "o",
    "pero",
    "et",
    "ou",
    "mais",
    "und",
    "oder",
    "aber",
    "แล้ว",
    "และ",
    "では",
    "じゃあ",
    "那",
    "那么",
];

/// A word like this stands for something said before.
const PRONOUNS: &[&str] = &[
    "it",
    "its",
    "they",
    "them",
    "their",
    "he",
    "him",
    "she",
    "her",
    "that",
    "those",
    "these",
    "this",
    "same",
    "else",
    "ello",
    "eso",
    "esto",
    "ellos",
    "ellas",
    "su",
    "sus",
    "il",
    "elle",
    "ils",
    "elles",
    "son",
    "ses",
    "leur",
    "leurs",
    "cela",
    "er",
    "sie",
    "es",
    "ihr",
    "ihre",
    "ihren",
    "sein",
    "seine",
    "dessen",
    "deren",
    "davon",
    "dazu",
    "มัน",
    "นั้น",
    "それ",
    "その",
    "它",
    "它们",
    "这个",
    "那个",
];

/// Words that say something, of a question that says too little to be searched for alone.
const TOO_FEW: usize = 1;

/// What is searched for in place of a question that leans on the ones before it; `None`: it stands alone, or nothing
/// was asked before. `history` is `(role, content)`, oldest first.
pub(crate) fn standalone(history: &[(String, String)], question: &str) -> Option<String> {
    if !leans(question) {
        return None;
    }
    let mut known = words(question);
    let mut names_a_thing = has_name(&known);
    let mut carried: Vec<&str> = Vec::new();
    let asked = history.iter().rev().filter(|(role, _)| role == "user");
    for (_, before) in asked {
        let (mut added, mut new_name) = (Vec::new(), false);
        for piece in before.split_whitespace() {
            let piece = piece.trim_matches(|c: char| !c.is_alphanumeric());
            let of_piece = words(piece);
            // Who asks of the P-60 now asks of the P-40 no more.
            if has_name(&of_piece) {
                if names_a_thing {
                    continue;
                }
                new_name = true;
            }
            if of_piece.iter().any(|word| is_content(word) && !known.contains(word)) {
                known.extend(of_piece);
                added.push(piece);
            }
        }
        names_a_thing |= new_name;
        // The older question's words stand before the newer one's.
        added.append(&mut carried);
        carried = added;
        if !leans(before) {
            break;
        }
    }
    if carried.is_empty() {
        return None;
    }
    let rewritten = format!("{} {question}", carried.join(" "));
    (estimate_tokens(&rewritten) <= limits::REWRITTEN_TOKENS).then_some(rewritten)
}

/// Whether a question needs what was said before it. The rule is cheap and knows few words of a language; one it
/// wrongly lets stand is searched for as it is.
fn leans(question: &str) -> bool {
    let words = words(question);
    let says = words.iter().filter(|word| is_content(word)).count();
    let first = words.first().map_or("", String::as_str);
    says <= TOO_FEW || LINKS.contains(&first) || words.iter().any(|word| PRONOUNS.contains(&word.as_str()))
}

/// A number or a type's name, like `p` and `40` of "P-40".
fn has_name(words: &[String]) -> bool {
    words.iter().any(|word| word.chars().any(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEAL: &str = "How often must the shaft seal of the P-40 be replaced?";

    fn asked(questions: &[&str]) -> Vec<(String, String)> {
        questions
            .iter()
            .flat_map(|text| [("user", *text), ("assistant", "It is so. [1]")])
            .map(|(role, text)| (role.to_owned(), text.to_owned()))
            .collect()
    }

    #[test]
    fn a_follow_up_carries_what_it_leans_on() {
        let history = asked(&[SEAL]);
        assert_eq!(
            standalone(&history, "And of the P-60?").as_deref(),
            Some("often shaft seal replaced And of the P-60?")
        );
        assert_eq!(
            standalone(&history, "What about its oil?").as_deref(),
            Some("often shaft seal P-40 replaced What about its oil?")
        );
        let history = asked(&["¿Cuántos cartuchos usados se recibieron en 2025?"]);
        assert_eq!(
            standalone(&history, "¿Y en 2024?").as_deref(),
            Some("Cuántos cartuchos usados recibieron ¿Y en 2024?")
        );
        let history = asked(&["ควรเปลี่ยนไส้กรองบ่อยแค่ไหน"]);
        assert_eq!(
            standalone(&history, "และมันราคาเท่าไร").as_deref(),
            Some("ควรเปลี่ยนไส้กรองบ่อยแค่ไหน และมันราคาเท่าไร")
        );
    }

    #[test]
    fn a_chain_of_follow_ups_reaches_its_beginning_and_no_further() {
        let history = asked(&["Who sells filters?", SEAL, "And of the P-60?"]);
        let rewritten = standalone(&history, "Why?").expect("it leans");
        assert_eq!(rewritten, "often shaft seal replaced P-60 Why?");
    }

    #[test]
    fn a_question_that_stands_alone_or_comes_first_stays_as_it_is() {
        assert_eq!(standalone(&[], "What about its oil?"), None);
        let history = asked(&[SEAL]);
        for question in ["When does the fault code E06 appear?", "What is the capital of France?"] {
            assert_eq!(standalone(&history, question), None, "{question}");
        }
        let answers_only = [("assistant".to_owned(), "Welcome.".to_owned())];
        assert_eq!(standalone(&answers_only, "And its oil?"), None);
    }

    #[test]
    fn what_grew_too_long_is_searched_for_as_it_was_asked() {
        let fits = "a1 ".repeat(10);
        let long = (0..limits::REWRITTEN_TOKENS).map(|n| format!("word{n} ")).collect::<String>();
        assert!(standalone(&asked(&[&fits]), "And why?").is_some());
        assert_eq!(standalone(&asked(&[&long]), "And why?"), None);
    }
}
