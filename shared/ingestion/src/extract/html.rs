//! HTML: the main content as Markdown, by `htmd`.

use super::{Extracted, child::damaged, markdown};
use domain::Failure;
use htmd::HtmlToMarkdown;

/// What is never content.
const MACHINERY: [&str; 9] =
    ["script", "style", "noscript", "template", "svg", "iframe", "object", "canvas", "title"];
/// What stands around the content on every page.
const FRAME: [&str; 6] = ["nav", "header", "footer", "aside", "button", "dialog"];
/// Percent of a page's text below which what is left without its frame is not the content.
const CONTENT_PERCENT: usize = 30;

pub(super) fn read(source: &str) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("html");
    document.title = title(source);
    let without_frame: Vec<&str> = MACHINERY.iter().chain(&FRAME).copied().collect();
    let (content, whole) = (convert(source, without_frame)?, convert(source, MACHINERY.to_vec())?);
    // A page that is all header still says something.
    let chosen = if content.len() * 100 < whole.len() * CONTENT_PERCENT { whole } else { content };
    markdown::append(&mut document, &chosen, None);
    Ok(document)
}

fn convert(source: &str, skipped: Vec<&str>) -> Result<String, Failure> {
    HtmlToMarkdown::builder()
        .skip_tags(skipped)
        .build()
        .convert(source)
        .map_err(|_| damaged("its HTML cannot be read"))
}

/// The text of `<title>`, entities resolved by the converter.
fn title(source: &str) -> Option<String> {
    let lower = source.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let from = open + lower[open..].find('>')? + 1;
    let to = from + lower[from..].find("</title")?;
    let text = HtmlToMarkdown::new().convert(&format!("<p>{}</p>", &source[from..to])).ok()?;
    let mut plain = Extracted::new("title");
    markdown::append(&mut plain, &text, None);
    Some(plain.text.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_left_out() {
        let page = "<!doctype html><html><head><title>Returns &amp; refunds</title><style>p{}</style></head>\
            <body><nav>Home</nav><main><h1>Returns</h1><p>Within 30&nbsp;days.</p></main><footer>(c)</footer></body></html>";
        let document = read(page).expect("readable");
        assert_eq!(document.title.as_deref(), Some("Returns & refunds"));
        assert_eq!(document.text.replace('\u{a0}', " "), "Returns\n\nWithin 30 days.");
    }

    #[test]
    fn a_page_of_frame_only_is_still_read() {
        let document =
            read("<html><body><header><p>Closed today.</p></header></body></html>").expect("readable");
        assert_eq!(document.text, "Closed today.");
    }
}
