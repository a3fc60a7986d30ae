//! Which kinds of content are taken from the web. What the bytes really are, whoever reads them finds out.

use http::header::HeaderValue;
use url::Url;

/// What the request says that we read.
pub const ACCEPT: &str =
    "text/html,application/xhtml+xml,text/markdown,text/plain;q=0.9,application/pdf;q=0.9,*/*;q=0.5";
/// When the server says nothing.
const UNKNOWN: &str = "application/octet-stream";
const TYPES: [&str; 17] = [
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/markdown",
    "text/x-markdown",
    "text/csv",
    "text/tab-separated-values",
    "text/rtf",
    "application/rtf",
    "application/pdf",
    "application/epub+zip",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "message/rfc822",
    UNKNOWN,
];
/// Ends of names of documents, in lower case.
const EXTENSIONS: [&str; 18] = [
    "html", "htm", "xhtml", "txt", "text", "md", "markdown", "csv", "tsv", "rtf", "pdf", "epub", "odt",
    "docx", "pptx", "xlsx", "eml", "asciidoc",
];

/// Whether the end of a name, without its dot, is one of a document.
pub fn is_extension(text: &str) -> bool {
    EXTENSIONS.iter().any(|extension| text.eq_ignore_ascii_case(extension))
}

/// The content type that the server names, with its parameters.
pub fn named(value: Option<&HeaderValue>) -> String {
    let value = value.and_then(|value| value.to_str().ok()).map(str::trim).unwrap_or_default();
    if value.is_empty() { UNKNOWN.to_owned() } else { value.to_owned() }
}

/// A content type without its parameters, in lower case.
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether content of this type, found at this address, is taken. A type that says nothing is believed to be a
/// document if the address is called like one.
pub fn is_taken(essence: &str, url: &Url) -> bool {
    let name = url.path().rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    TYPES.contains(&essence) && (essence != UNKNOWN || extension.is_none_or(is_extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_taken_and_the_rest_is_not() {
        let taken = |content_type: &str, path: &str| {
            let url = Url::parse("https://example.com").and_then(|url| url.join(path)).expect("a URL");
            is_taken(&essence(content_type), &url)
        };
        assert!(taken("text/html; charset=utf-8", "/"));
        assert!(taken("Text/HTML", "/a.exe"));
        assert!(taken("application/pdf", "/a"));
        assert!(taken("application/octet-stream", "/manual.PDF"));
        assert!(taken("application/octet-stream", "/manual"));
        assert!(!taken("application/octet-stream", "/setup.exe"));
        for other in
            ["image/png", "video/mp4", "application/json", "application/zip", "text/css", "text/html2", ""]
        {
            assert!(!taken(other, "/a.html"), "{other}");
        }
    }
}
