//! Keeping sessions: found again, named, ended, stopped.

use crate::{Context, problems::OrProblem as _, sessions::SessionView};
use access::Bearer;
use axum::extract::State;
use domain::{ChatbotId, SessionId, conversation::Platform, limits};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use std::sync::Arc;
use store::sessions::{Changes, Ending, Which};
use utoipa::{IntoParams, ToSchema};
use web::{Json, JsonOrNothing, Page, PathId, Problem, Query, paging};

/// The states of a session.
const STATUSES: [&str; 6] = ["active", "complete", "incomplete", "escalated", "expired", "terminated"];

/// Which sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSessions {
    /// `active`, `complete`, `incomplete`, `escalated`, `expired` or `terminated`.
    status: Option<String>,
    category: Option<String>,
    /// `web`, `widget`, `playground`, `line`, `slack`, `teams` or `api`.
    #[param(value_type = Option<String>)]
    platform: Option<Platform>,
    /// With this chatbot.
    #[param(value_type = Option<uuid::Uuid>)]
    chatbot: Option<ChatbotId>,
    archived: Option<bool>,
    /// One of its tags.
    tag: Option<String>,
    /// Begun then or later.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Begun before.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Words that one of its messages has, all of them, at most 200 characters.
    q: Option<String>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// Sessions, newest first. Scope `sessions:read`; a person who may ask is told those that they opened.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "chat", params(ListSessions),
    responses((status = 200, body = Page<SessionView>), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    Query(query): Query<ListSessions>,
) -> Result<axum::Json<Page<SessionView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let which = which(query)?;
    let rows = context.answering.sessions(&caller, which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(SessionView::from).collect();
    Ok(axum::Json(Page::of(views, limit, SessionView::id)))
}

fn which(query: ListSessions) -> Result<Which, Problem> {
    let invalid = |name: &str, detail: String| Problem::invalid("invalid-query", format!("?{name}"), detail);
    let texts =
        [("status", &query.status), ("category", &query.category), ("tag", &query.tag), ("q", &query.q)];
    for (name, text) in texts {
        let text = text.as_deref().unwrap_or_default();
        if text.contains('\0') || text.chars().count() > limits::LIST_QUERY_CHARACTERS {
            let most = limits::LIST_QUERY_CHARACTERS;
            return Err(invalid(name, format!("A text has at most {most} characters, none of them NUL.")));
        }
    }
    if query.status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(invalid("status", format!("A session is {}.", STATUSES.join(", "))));
    }
    for (name, moment) in [("from", query.from), ("to", query.to)] {
        if moment.is_some_and(|moment| moment.as_second() < YEAR_ONE) {
            return Err(invalid(name, "A moment lies in the years 1 to 9999.".to_owned()));
        }
    }
    let words = query.q.as_deref().map(language::words);
    if words.as_ref().is_some_and(Vec::is_empty) {
        return Err(invalid("q", "There is no word in it to look for.".to_owned()));
    }
    Ok(Which {
        before: paging::cursor(query.cursor.as_deref())?,
        status: query.status,
        category: query.category,
        platform: query.platform,
        chatbot: query.chatbot,
        archived: query.archived,
        tag: query.tag,
        from: query.from,
        to: query.to,
        words,
        owner: None,
    })
}

/// Seconds of 0001-01-01T00:00:00Z: what the database can hold begins not long before.
const YEAR_ONE: i64 = -62_135_596_800;

/// What is to be changed; what is not named stays, null takes away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeSession {
    /// At most 255 characters; the first question when nobody says.
    #[serde(deserialize_with = "named")]
    #[schema(value_type = Option<String>, max_length = 255)]
    title: Option<Option<String>>,
    #[serde(deserialize_with = "named")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Option<String>>,
    /// What it is about.
    #[serde(deserialize_with = "named")]
    #[schema(value_type = Option<String>, max_length = 100)]
    category: Option<Option<String>>,
    /// All of them, at most 20 of 50 characters.
    tags: Option<Vec<String>>,
    /// Whether it is put away.
    archived: Option<bool>,
    /// Whether all people of the organization who may ask may read it.
    is_shared: Option<bool>,
}

/// Tells null from what is not there.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Change what is said of a session. Scope `sessions:write`; the person who opened it may as well.
#[utoipa::path(patch, path = "/api/v1/sessions/{id}", tag = "chat", params(("id" = uuid::Uuid, Path, description = "The session")),
    request_body = ChangeSession,
    responses((status = 200, body = SessionView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<SessionId>,
    Json(body): Json<ChangeSession>,
) -> Result<axum::Json<SessionView>, Problem> {
    let changes = changes(body)?;
    Ok(axum::Json(context.answering.change_session(&caller, id, &changes).await.or_problem()?.into()))
}

fn changes(body: ChangeSession) -> Result<Changes, Problem> {
    let text = |pointer: &str, given: Option<Option<String>>, most: usize| match given {
        None => Ok(None),
        Some(text) => bounded(pointer, text.unwrap_or_default(), most)
            .map(|text| Some(Some(text).filter(|t| !t.is_empty()))),
    };
    let tags = match body.tags {
        Some(tags) if tags.len() > limits::SESSION_TAGS => {
            let detail = format!("A session has at most {} tags.", limits::SESSION_TAGS);
            return Err(Problem::invalid("invalid-field", "/tags", detail));
        }
        Some(tags) => {
            let bounded = tags
                .into_iter()
                .enumerate()
                .map(|(place, tag)| bounded(&format!("/tags/{place}"), tag, limits::SESSION_TAG_CHARACTERS));
            let mut tags = bounded.collect::<Result<Vec<_>, _>>()?;
            tags.retain(|tag| !tag.is_empty());
            tags.dedup();
            Some(tags)
        }
        None => None,
    };
    Ok(Changes {
        title: text("/title", body.title, limits::SESSION_TITLE_CHARACTERS)?,
        description: text("/description", body.description, limits::SESSION_DESCRIPTION_CHARACTERS)?,
        category: text("/category", body.category, limits::SESSION_CATEGORY_CHARACTERS)?,
        tags,
        archived: body.archived,
        is_shared: body.is_shared,
    })
}

fn bounded(pointer: &str, text: String, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.contains('\0') || text.chars().count() > most {
        let detail = format!("It has at most {most} characters, none of them NUL.");
        return Err(Problem::invalid("invalid-field", pointer, detail));
    }
    Ok(text.to_owned())
}

/// How a session ends.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EndSession {
    /// `complete` (when not said) or `incomplete`.
    status: Outcome,
    /// Whether its user would recommend, 0 to 10.
    #[schema(minimum = 0, maximum = 10)]
    nps: Option<i32>,
}

/// Whether what was asked was answered.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Complete,
    Incomplete,
}

/// End a session: no message is taken from then on. Scope `chat`, or the session's token.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/end", tag = "chat", params(("id" = uuid::Uuid, Path, description = "The session")),
    request_body = EndSession,
    responses((status = 200, body = SessionView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn end(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<SessionId>,
    JsonOrNothing(body): JsonOrNothing<EndSession>,
) -> Result<axum::Json<SessionView>, Problem> {
    if body.nps.is_some_and(|nps| !(0..=10).contains(&nps)) {
        return Err(Problem::invalid("invalid-field", "/nps", "It is 0 to 10."));
    }
    let ending = match body.status {
        Outcome::Complete => Ending::Complete,
        Outcome::Incomplete => Ending::Incomplete,
    };
    Ok(axum::Json(context.answering.end_session(&caller, id, ending, body.nps).await.or_problem()?.into()))
}

/// Stop the answer that is being written; its stream ends with an `error` event, what was written is kept. Scope `chat`, or the session's token.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/cancel", tag = "chat", params(("id" = uuid::Uuid, Path, description = "The session")),
    responses((status = 202, description = "Asked for; it stops within about a second"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn cancel(
    State(context): State<Arc<Context>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, Problem> {
    context.answering.cancel(&caller, id).await.or_problem()?;
    Ok(StatusCode::ACCEPTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn changed(body: Value) -> Result<Changes, String> {
        let body = serde_json::from_value(body).expect("a body");
        changes(body).map_err(|problem| problem.errors[0].pointer.clone())
    }

    #[test]
    fn null_takes_away_and_what_is_not_named_stays() {
        let changes = changed(json!({ "title": null, "description": " a " })).expect("well");
        assert_eq!((changes.title, changes.description), (Some(None), Some(Some("a".into()))));
        assert_eq!((changes.category, changes.tags), (None, None));
    }

    #[test]
    fn what_is_said_of_a_session_has_edges() {
        let letters = |count: usize| "ก".repeat(count);
        assert!(
            changed(
                json!({ "title": letters(255), "category": letters(100), "tags": vec![letters(50); 20] })
            )
            .is_ok()
        );
        for (body, pointer) in [
            (json!({ "title": letters(256) }), "/title"),
            (json!({ "description": letters(2_001) }), "/description"),
            (json!({ "category": letters(101) }), "/category"),
            (json!({ "tags": vec!["a"; 21] }), "/tags"),
            (json!({ "tags": ["a", letters(51)] }), "/tags/1"),
            (json!({ "title": "a\u{0}b" }), "/title"),
        ] {
            assert_eq!(changed(body).expect_err("a problem"), pointer);
        }
    }
}
