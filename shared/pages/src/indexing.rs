//! Whether a page asks not to be found: `X-Robots-Tag` and `<meta name="robots">`.

use crate::PRODUCT_TOKEN;
use domain::limits;
use encoding_rs::UTF_8;
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use http::HeaderMap;

/// Rules that have a value after a colon, so that what stands before it is no robot's name.
const WITH_VALUE: [&str; 4] = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// Whether an answer's header fields say `noindex`, to all or to us.
pub fn is_refused_by_header(headers: &HeaderMap) -> bool {
    let values = headers.get_all("x-robots-tag").into_iter().filter_map(|value| value.to_str().ok());
    values.into_iter().any(|value| {
        // `robot: rule, rule`: a name counts up to the field's end or the next name.
        let mut is_ours = true;
        value.split(',').any(|part| {
            let rule = match part.split_once(':') {
                Some((name, rule)) if !is_one_of(name, &WITH_VALUE) => {
                    is_ours = is_one_of(name, &[PRODUCT_TOKEN, "*"]);
                    rule
                }
                _ => part,
            };
            is_ours && refuses(rule)
        })
    })
}

/// Whether an HTML page's head says so, to all or to us.
pub fn is_refused_by_page(html: &[u8]) -> bool {
    let head = &html[..html.len().min(limits::WEB_HEAD_BYTES)];
    // What is looked for is ASCII: any encoding does that shares it, and UTF-16 has its mark.
    let (text, _, _) = UTF_8.decode(head);
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(&*text, emitter).any(|token| match token {
        Ok(Token::StartTag(tag)) => *tag.name == b"meta" && is_refused_by_meta(&tag),
        _ => false,
    })
}

fn is_refused_by_meta(meta: &StartTag<()>) -> bool {
    let attribute = |name: &[u8]| {
        meta.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
    };
    is_one_of(&attribute(b"name"), &["robots", PRODUCT_TOKEN])
        && attribute(b"content").split(',').any(refuses)
}

fn refuses(rule: &str) -> bool {
    is_one_of(rule, &["noindex", "none"])
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_refuses_all_robots_or_us() {
        let refused = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-robots-tag", value.parse().expect("a value"));
            }
            is_refused_by_header(&headers)
        };
        for values in [
            &["noindex"][..],
            &["nofollow, NoIndex"],
            &["none"],
            &["nofollow", "noindex"],
            &["docentbot: noindex"],
            &["otherbot: nofollow, DocentBot: nosnippet, noindex"],
            &["unavailable_after: 25 Jun 2031 15:00:00 GMT, noindex"],
            &["max-snippet: 20, noindex"],
        ] {
            assert!(refused(values), "{values:?}");
        }
        for values in [
            &[][..],
            &["nofollow"],
            &["all"],
            &["otherbot: noindex, nofollow"],
            &["noindexes"],
            &["max-image-preview:none"],
        ] {
            assert!(!refused(values), "{values:?}");
        }
    }

    #[test]
    fn a_page_refuses_in_its_head() {
        for html in [
            "<meta name=robots content=noindex>",
            "<!doctype html><html><head><META NAME='ROBOTS' CONTENT='nofollow, NOINDEX'/></head>",
            "<meta content=\"none\" name=\"robots\">",
            "<meta name=\"docentbot\" content=\"noindex\">",
            "<script>if (a < b) '<!--'</script><meta name=robots content=noindex>",
            "<title><meta name=x></title><meta name=robots content=noindex>",
        ] {
            assert!(is_refused_by_page(html.as_bytes()), "{html}");
        }
        let wide: Vec<u8> =
            "\u{feff}<meta name=robots content=noindex>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(is_refused_by_page(&wide));
    }

    #[test]
    fn what_only_looks_like_it_does_not_refuse() {
        for html in [
            "<meta name=robots content='index, follow'>",
            "<meta name=googlebot content=noindex>",
            "<!-- <meta name=robots content=noindex> -->",
            "<script>'<meta name=robots content=noindex>'</script>",
            "<title><meta name=robots content=noindex></title>",
            "<p title='<meta name=robots content=noindex>'>",
            "&lt;meta name=robots content=noindex&gt;",
            "<meta name=robots>",
        ] {
            assert!(!is_refused_by_page(html.as_bytes()), "{html}");
        }
    }

    #[test]
    fn the_head_has_an_edge_at_its_limit() {
        let meta = "<meta name=robots content=noindex>";
        let at = |end: usize| format!("{}{meta}<p>", " ".repeat(end - meta.len()));
        assert!(is_refused_by_page(at(limits::WEB_HEAD_BYTES).as_bytes()));
        assert!(!is_refused_by_page(at(limits::WEB_HEAD_BYTES + 1).as_bytes()));
    }

    #[test]
    fn a_tag_of_a_hundred_thousand_attributes_is_read_in_no_time() {
        let names: Vec<String> = (0..120_000).map(|number| format!("{number:x}")).collect();
        let started = std::time::Instant::now();
        assert!(is_refused_by_page(
            format!("<p {}><meta name=robots content=noindex>", names.join(" ")).as_bytes()
        ));
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }
}
