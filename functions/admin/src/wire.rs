//! What several routes share on the wire: paging, texts of a query, fields that may be null.

use domain::limits;
use jiff::Timestamp;
use objects::signed::Link;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::Problem;
pub use web::present;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// From the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    pub limit: Option<u32>,
}

/// A link that downloads a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// `GET` it without any header of ours.
    url: String,
    /// When it ceases to be good.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<Link> for LinkView {
    fn from(link: Link) -> Self {
        Self { url: link.url, expires_at: link.expires_at }
    }
}

/// A text of a query string; blank is as good as not given.
pub fn words(name: &str, given: Option<String>) -> Result<Option<String>, Problem> {
    let pointer = format!("?{name}");
    match given.map(|given| given.trim().to_owned()).filter(|given| !given.is_empty()) {
        Some(given) if given.contains('\0') => {
            Err(Problem::invalid("invalid-query", pointer, "A text must not hold NUL characters."))
        }
        Some(given) if given.chars().count() > limits::LIST_QUERY_CHARACTERS => {
            let detail = format!("It has at most {} characters.", limits::LIST_QUERY_CHARACTERS);
            Err(Problem::invalid("invalid-query", pointer, detail))
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Body {
        #[serde(default, deserialize_with = "present")]
        content: Option<Option<String>>,
    }

    #[test]
    fn null_is_not_missing() {
        let read = |text: &str| serde_json::from_str::<Body>(text).expect("a body").content;
        assert_eq!((read("{}"), read("{\"content\":null}")), (None, Some(None)));
        assert_eq!(read("{\"content\":\"a\"}"), Some(Some("a".into())));
    }

    #[test]
    fn a_text_of_a_query_has_an_edge() {
        let long = "ก".repeat(limits::LIST_QUERY_CHARACTERS);
        assert_eq!(words("q", Some(long.clone())).expect("at the edge"), Some(long.clone()));
        assert!(words("q", Some(long + "ก")).is_err() && words("q", Some("a\0".into())).is_err());
        assert_eq!(words("q", Some(" ".into())).expect("blank"), None);
    }
}
