//! What a request is for and where it comes from, told around every handler of a service: [`store::audit`] keeps it with who
//! makes it.

use axum::{
    extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request},
    middleware::Next,
    response::Response,
};
use serde_json::{Map, Value, json};
use store::audit::Visit;
use uuid::Uuid;
use web::service::Visitor;

/// What stands before the kinds of things in a path.
const PREFIX: [&str; 2] = ["api", "v1"];
/// Characters of a name in a path that is kept: a slug, a number.
const NAME_CHARACTERS: usize = 64;

/// Middleware: the request as audit tells of it.
pub async fn visit(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Visitor { operation, address, user_agent } =
        parts.extensions.get::<Visitor>().cloned().unwrap_or_default();
    let route = parts.extensions.get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let given = RawPathParams::from_request_parts(&mut parts, &()).await;
    let given: Vec<(&str, &str)> = given.as_ref().map(|given| given.iter().collect()).unwrap_or_default();
    let Subject { about, makes, named } = Subject::of(route.as_deref().unwrap_or_default(), &given);
    let visit = Visit { operation, address, user_agent, about, makes, named };
    visit.within(next.run(Request::from_parts(parts, body))).await
}

/// What a path is about.
#[derive(Debug, Default, PartialEq)]
struct Subject {
    about: (String, Option<Uuid>),
    makes: Option<String>,
    named: Map<String, Value>,
}

impl Subject {
    /// The last thing that is named by an id; where none is, the kind that the path begins with.
    fn of(route: &str, given: &[(&str, &str)]) -> Self {
        let mut subject = Self::default();
        let mut kind = "";
        for segment in route.split('/').filter(|segment| !segment.is_empty()) {
            let parameter = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
            let Some(parameter) = parameter else {
                kind = segment;
                if subject.about.0.is_empty() && !PREFIX.contains(&segment) {
                    subject.about.0 = singular(segment);
                }
                subject.makes = Some(singular(segment));
                continue;
            };
            subject.makes = None;
            let value = given.iter().find(|(name, _)| *name == parameter).map_or("", |(_, value)| *value);
            match Uuid::try_parse(value) {
                Ok(id) => subject.about = (singular(kind), Some(id)),
                Err(_) if is_name(value) => {
                    subject.named.insert(singular(kind), json!(value));
                }
                Err(_) => {}
            }
        }
        subject
    }
}

fn is_name(value: &str) -> bool {
    value.len() <= NAME_CHARACTERS
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// One of those that a path's segment names: `curated-answers` are of the kind `curated_answer`.
fn singular(segment: &str) -> String {
    let one = match segment.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => segment.strip_suffix('s').unwrap_or(segment).to_owned(),
    };
    one.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0195f0c4-6d1e-7a52-b2aa-3a4c8f3f1f00";

    fn of(route: &str, given: &[(&str, &str)]) -> (String, bool, Option<String>, Value) {
        let Subject { about, makes, named } = Subject::of(route, given);
        (about.0, about.1.is_some(), makes, Value::Object(named))
    }

    #[test]
    fn a_path_says_what_it_is_about_and_what_comes_of_it() {
        let id = [("id", ID), ("category_id", ID)];
        let made = |kind: &str| Some(kind.to_owned());
        assert_eq!(of("/api/v1/api-keys", &[]), ("api_key".into(), false, made("api_key"), json!({})));
        assert_eq!(of("/api/v1/users/{id}", &id), ("user".into(), true, None, json!({})));
        let within = of("/api/v1/chatbots/{id}/categories/{category_id}", &id);
        assert_eq!(within, ("category".into(), true, None, json!({})));
        let nested = of("/api/v1/chatbots/{id}/config-versions", &id);
        assert_eq!(nested, ("chatbot".into(), true, made("config_version"), json!({})));
        let upload = of("/api/v1/documents/uploads", &[]);
        assert_eq!(upload, ("document".into(), false, made("upload"), json!({})));
    }

    #[test]
    fn what_a_path_names_is_kept_where_it_is_a_name() {
        let named = |value: &str| of("/api/v1/collections/{id}", &[("id", value)]);
        assert_eq!(
            named("hand-book_2.0"),
            ("collection".into(), false, None, json!({ "collection": "hand-book_2.0" }))
        );
        let long = "a".repeat(NAME_CHARACTERS);
        assert_eq!(named(&long).3, json!({ "collection": long }));
        for other in [&format!("{long}a"), "ann@example.org", "a b", "ก"] {
            assert_eq!(named(other).3, json!({}), "{other}");
        }
    }
}
