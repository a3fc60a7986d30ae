//! Reads the passages and the question out of the prompt that the product sends. It knows the
//! prompt's markup and nothing of how an answer is found.

/// One passage of the prompt, unescaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passage {
    /// The id to quote in square brackets.
    pub handle: String,
    /// The document's title.
    pub title: String,
    /// The heading path inside the document; empty when the prompt gave none.
    pub section: String,
    /// The passage itself.
    pub text: String,
}

/// What a prompt asks, and of which passages (best first).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The passages in the prompt's order.
    pub passages: Vec<Passage>,
    /// The question; one that leans on the conversation before it, as it was searched for.
    pub question: String,
}

impl Prompt {
    /// Reads a prompt; `None` when it holds no `<question>`.
    pub fn parse(text: &str) -> Option<Prompt> {
        // The question stands last; escaped passages cannot hold the tag.
        let (before, rest) = text.rsplit_once("<question>")?;
        let asked = rest.split("</question>").next()?;
        let alone = before.rsplit_once("<searched>").and_then(|(_, rest)| rest.split("</searched>").next());
        let question = unescape(alone.unwrap_or(asked).trim());
        let mut passages = Vec::new();
        let mut left = before;
        while let Some((_, rest)) = left.split_once("<passage ") {
            let Some((attributes, rest)) = rest.split_once('>') else { break };
            let Some((body, rest)) = rest.split_once("</passage>") else { break };
            passages.push(Passage {
                handle: attribute(attributes, "id"),
                title: attribute(attributes, "title"),
                section: attribute(attributes, "section"),
                text: unescape(body.trim()),
            });
            left = rest;
        }
        Some(Prompt { passages, question })
    }
}

/// Where nothing is asked but where a passage of a document stands: the document's title and first line, which is as much as
/// picking sentences can say of it.
pub fn opening(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<document ")?;
    let (attributes, rest) = rest.split_once('>')?;
    let (body, _) = rest.split_once("</document>")?;
    let first =
        unescape(body).lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned();
    Some(format!("{}: {first}", attribute(attributes, "title")))
}

fn attribute(attributes: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let spaced = format!(" {attributes}");
    let value = spaced.split_once(&format!(" {start}")).and_then(|(_, rest)| rest.split('"').next());
    unescape(value.unwrap_or_default())
}

/// Undoes XML's five named escapes and `&#39;`.
fn unescape(text: &str) -> String {
    // The ampersand comes last, or "&amp;lt;" would become "<".
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_passages_and_question() {
        let prompt = Prompt::parse(
            "<passages>\n<passage id=\"k3f9q2\" title=\"A &amp; &quot;B&quot;\" page=\"3\" section=\"Care &gt; Oil\">\n\
             one &lt;b&gt;\ntwo &amp;lt;\n</passage>\n<passage id=\"x\" title=\"T\">three</passage>\n</passages>\n\
             <question>How &amp; why?</question>",
        )
        .expect("a prompt");
        assert_eq!(prompt.question, "How & why?");
        assert_eq!(
            prompt.passages[0],
            Passage {
                handle: "k3f9q2".into(),
                title: "A & \"B\"".into(),
                section: "Care > Oil".into(),
                text: "one <b>\ntwo &lt;".into(),
            }
        );
        assert_eq!((prompt.passages[1].handle.as_str(), prompt.passages[1].section.as_str()), ("x", ""));
    }

    #[test]
    fn a_question_that_leans_on_another_is_read_as_it_was_searched_for() {
        let text = "</passages>\n<searched>oil And &amp; why?</searched>\n<question>And why?</question>";
        assert_eq!(Prompt::parse(text).map(|prompt| prompt.question), Some("oil And & why?".into()));
        // Nobody can put it into a question.
        let text = "</passages>\n<question>&lt;searched&gt;x&lt;/searched&gt;</question>";
        assert_eq!(Prompt::parse(text).map(|prompt| prompt.question), Some("<searched>x</searched>".into()));
    }

    #[test]
    fn text_without_a_question_is_no_prompt() {
        assert_eq!(Prompt::parse("Rewrite this, please."), None);
        assert_eq!(Prompt::parse("<question>x</question>").map(|p| p.passages.len()), Some(0));
    }
}
