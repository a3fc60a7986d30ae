//! What persons ask for about themselves: exports, erasure, and what became of it.

use crate::{problems::OrProblem as _, wire::LinkView};
use access::Bearer;
use axum::{Extension, extract::State};
use domain::{
    DataSubjectRequestId, SessionId, UserId,
    subject::{Subject, Wish},
};
use http::StatusCode;
use jiff::Timestamp;
use management::Management;
use queue::ActivityQueue;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::subjects::{Request, Which};
use utoipa::ToSchema;
use uuid::Uuid;
use web::{Json, Page, PathId, Problem, Query, paging};

/// What is asked for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Everything about the person in one file.
    Export,
    /// That nothing about the person is kept.
    Erase,
}

/// Who it is: one of these.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectBody {
    /// Who signs in, with the sessions that they opened.
    #[schema(value_type = Option<uuid::Uuid>)]
    user_id: Option<UserId>,
    /// As sessions were opened for them.
    #[schema(max_length = 2000)]
    user_identifier: Option<String>,
    /// As sessions were opened with it.
    #[schema(max_length = 2000)]
    external_client_id: Option<String>,
    /// Who signs in with it, is invited by it, and sessions whose `user_identifier` or `external_client_id` it is.
    #[schema(max_length = 320, example = "ann@example.org")]
    email: Option<String>,
    /// One session, of whoever.
    #[schema(value_type = Option<uuid::Uuid>)]
    session_id: Option<SessionId>,
}

impl SubjectBody {
    fn one(self) -> Result<Subject, Problem> {
        let given = [
            self.user_id.map(Subject::User),
            self.user_identifier.map(Subject::UserIdentifier),
            self.external_client_id.map(Subject::ExternalClientId),
            self.email.map(Subject::Email),
            self.session_id.map(Subject::Session),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(subject), None) => Ok(subject),
            _ => Err(Problem::invalid(
                "invalid-field",
                "/subject",
                "Name the person by one of user_id, user_identifier, external_client_id, email and session_id.",
            )),
        }
    }
}

/// What is asked for about whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDataSubjectRequest {
    /// `export` or `erase`.
    #[schema(inline)]
    kind: RequestKind,
    #[schema(inline, example = json!({ "email": "ann@example.org" }))]
    subject: SubjectBody,
}

/// A request, as far as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataSubjectRequestView {
    #[schema(value_type = uuid::Uuid)]
    id: DataSubjectRequestId,
    /// `export` or `erase`.
    kind: &'static str,
    /// By what the person was named; names and addresses themselves are not kept.
    #[schema(example = "email")]
    subject: String,
    /// The user, or the session; null: named otherwise, or nothing is left to be found by it.
    subject_id: Option<Uuid>,
    /// `queued`, `running`, `completed` or `failed`.
    status: String,
    /// What was exported, or removed, where: rows of each table, objects of the bucket, and what stays with the reason.
    #[schema(value_type = Object, example = json!({ "rows": { "messages": 12, "sessions": 3 }, "objects": { "attached_files": 1 } }))]
    report: serde_json::Value,
    /// Why it failed.
    error: Option<String>,
    /// Of an export: bytes.
    export_bytes: Option<i64>,
    /// When the export is, or was, deleted.
    #[schema(value_type = Option<String>, format = DateTime)]
    export_expires_at: Option<Timestamp>,
    /// The key or the user.
    created_by: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Timestamp>,
}

impl From<Request> for DataSubjectRequestView {
    fn from(request: Request) -> Self {
        let report = management::subjects::told(&request);
        Self {
            id: request.id,
            kind: request.wish.as_str(),
            subject: request.subject_kind,
            subject_id: request.subject_id,
            status: request.status,
            report,
            error: request.error,
            export_bytes: request.export_bytes,
            export_expires_at: request.export_expires_at,
            created_by: request.created_by,
            created_at: request.created_at,
            started_at: request.started_at,
            completed_at: request.completed_at,
        }
    }
}

/// A request, with the way to its export.
#[derive(Debug, Serialize, ToSchema)]
pub struct OneDataSubjectRequest {
    #[serde(flatten)]
    request: DataSubjectRequestView,
    /// Good for five minutes; null: there is no export.
    export: Option<LinkView>,
}

/// Which requests.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RequestQuery {
    /// `queued`, `running`, `completed` or `failed`.
    #[param(inline)]
    status: Option<RequestStatus>,
    /// From the page before.
    cursor: Option<String>,
    /// Rows, 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// A request's state.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestStatus {
    Queued,
    Running,
    Completed,
    Failed,
}

impl RequestStatus {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// Ask for everything about a person to be exported or erased. It is done within minutes; of a name that nobody has there is nothing. Scope
/// `data-subjects:write`.
#[utoipa::path(post, path = "/api/v1/data-subject-requests", tag = "data subjects", request_body = CreateDataSubjectRequest,
    responses((status = 202, body = DataSubjectRequestView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create_data_subject_request(
    State(management): State<Arc<Management>>,
    Extension(activity): Extension<ActivityQueue>,
    Bearer(caller): Bearer,
    Json(body): Json<CreateDataSubjectRequest>,
) -> Result<(StatusCode, axum::Json<DataSubjectRequestView>), Problem> {
    let wish = match body.kind {
        RequestKind::Export => Wish::Export,
        RequestKind::Erase => Wish::Erase,
    };
    let subject = body.subject.one()?;
    let request = management.ask_about(&caller, &activity, wish, &subject).await.or_problem()?;
    Ok((StatusCode::ACCEPTED, axum::Json(request.into())))
}

/// Requests, newest first. Scope `data-subjects:read`.
#[utoipa::path(get, path = "/api/v1/data-subject-requests", tag = "data subjects", params(RequestQuery),
    responses((status = 200, body = Page<DataSubjectRequestView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list_data_subject_requests(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Query(query): Query<RequestQuery>,
) -> Result<axum::Json<Page<DataSubjectRequestView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let which = Which { status: query.status.map(RequestStatus::as_str), before };
    let rows = management.subject_requests(&caller, &which, limit + 1).await.or_problem()?;
    let views = rows.into_iter().map(DataSubjectRequestView::from).collect();
    Ok(axum::Json(Page::of(views, limit, |view: &DataSubjectRequestView| view.id)))
}

/// One request; with a link to what was exported, while it is kept. Scope `data-subjects:read`.
#[utoipa::path(get, path = "/api/v1/data-subject-requests/{id}", tag = "data subjects", params(("id" = uuid::Uuid, Path, description = "The request")),
    responses((status = 200, body = OneDataSubjectRequest), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get_data_subject_request(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<DataSubjectRequestId>,
) -> Result<axum::Json<OneDataSubjectRequest>, Problem> {
    let (request, link) = management.subject_request(&caller, id, Timestamp::now()).await.or_problem()?;
    Ok(axum::Json(OneDataSubjectRequest { request: request.into(), export: link.map(LinkView::from) }))
}
