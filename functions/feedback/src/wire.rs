//! What several routes share on the wire.

use domain::limits;
use serde::Deserialize;
use utoipa::IntoParams;
use web::Problem;
pub use web::{one_of, present};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// From the page before.
    pub cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    pub limit: Option<u32>,
}

/// A text of a query string.
pub fn words(name: &str, given: Option<&str>) -> Result<(), Problem> {
    let text = given.unwrap_or_default();
    if text.contains('\0') || text.chars().count() > limits::ESCALATION_AGENT_CHARACTERS {
        let most = limits::ESCALATION_AGENT_CHARACTERS;
        let detail = format!("A text has at most {most} characters, none of them NUL.");
        return Err(Problem::invalid("invalid-query", format!("?{name}"), detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_query_have_edges() {
        let long = "ก".repeat(limits::ESCALATION_AGENT_CHARACTERS);
        assert!(words("assignee", Some(&long)).is_ok() && words("assignee", None).is_ok());
        assert!(words("assignee", Some(&(long + "ก"))).is_err() && words("assignee", Some("a\0")).is_err());
        assert!(one_of("status", Some("open"), &["open"]).is_ok() && one_of("status", None, &[]).is_ok());
        assert_eq!(one_of("status", Some("shut"), &["open"]).expect_err("not one").status, 422);
    }
}
