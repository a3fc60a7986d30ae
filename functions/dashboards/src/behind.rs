//! What stands behind the figures: questions that nobody answers, what persons cost, what a category is made of.

use crate::{
    figures::{PeriodQuery, PeriodView},
    problems::OrProblem as _,
};
use access::Bearer;
use axum::extract::State;
use domain::{ChatbotId, MessageId, SessionId, limits};
use jiff::{Timestamp, civil::Date};
use metrics::{
    Metrics,
    behind::{Clustered, OfCategory},
    period::Asked,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::metric_lists::{PersonCost, Unanswered};
use utoipa::{IntoParams, ToSchema};
use web::{Problem, Query};

/// Questions that were not answered, those that say the same together.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClustersView {
    period: PeriodView,
    /// How many were looked at: the newest 1,000.
    questions: usize,
    /// The 20 largest, largest first.
    clusters: Vec<ClusterView>,
}

/// Questions that say the same.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterView {
    /// The most typical of them.
    question: String,
    count: usize,
    /// Who was asked.
    #[schema(value_type = Vec<uuid::Uuid>)]
    chatbot_ids: Vec<ChatbotId>,
    #[schema(value_type = String, format = DateTime)]
    last_asked_at: Timestamp,
    /// At most five, the most typical first.
    examples: Vec<UnansweredView>,
}

/// A question that was not answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnansweredView {
    #[schema(value_type = uuid::Uuid)]
    message_id: MessageId,
    #[schema(value_type = uuid::Uuid)]
    session_id: SessionId,
    question: String,
}

impl From<Clustered> for ClustersView {
    fn from(of: Clustered) -> Self {
        let clusters = of.clusters.into_iter().take(limits::DASHBOARD_CLUSTERS).filter_map(cluster);
        Self { period: of.period.into(), questions: of.questions, clusters: clusters.collect() }
    }
}

fn cluster(questions: Vec<Unanswered>) -> Option<ClusterView> {
    let example = |one: &Unanswered| UnansweredView {
        message_id: one.id,
        session_id: one.session,
        question: one.question.clone(),
    };
    Some(ClusterView {
        question: questions.first()?.question.clone(),
        count: questions.len(),
        chatbot_ids: questions.iter().map(|one| one.chatbot).collect::<BTreeSet<_>>().into_iter().collect(),
        last_asked_at: questions.iter().map(|one| one.created_at).max()?,
        examples: questions.iter().take(limits::CLUSTER_EXAMPLES).map(example).collect(),
    })
}

/// What is asked and never answered, put together by meaning. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/client-service/unanswered/clusters", tag = "dashboards", params(PeriodQuery),
    responses((status = 200, body = ClustersView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn unanswered_clusters(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<ClustersView>, Problem> {
    Ok(axum::Json(metrics.unanswered_clusters(&caller, query.into()).await.or_problem()?.into()))
}

/// What persons asked and cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonsView {
    period: PeriodView,
    /// The 100 dearest, dearest first. Who is nobody in particular is not among them.
    persons: Vec<PersonView>,
}

/// What one person asked and cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonView {
    /// The user's id, else the keyed hash of the identifier that sessions were opened with.
    person: String,
    /// Null: no user of the organization.
    user_id: Option<uuid::Uuid>,
    name: Option<String>,
    /// Each day that a session was used counts.
    sessions: i64,
    questions: i64,
    answers: i64,
    /// Of the answers, those that say that there is none.
    abstained_answers: i64,
    tokens: i64,
    /// US dollars.
    cost: String,
    /// Answers of models whose price is not known.
    unpriced_answers: i64,
}

impl From<PersonCost> for PersonView {
    fn from(of: PersonCost) -> Self {
        Self {
            person: of.person,
            user_id: of.user,
            name: of.name,
            sessions: of.sessions,
            questions: of.questions,
            answers: of.answers,
            abstained_answers: of.abstained,
            tokens: of.tokens,
            cost: of.cost,
            unpriced_answers: of.unpriced,
        }
    }
}

/// What each person asked and cost, dearest first. Scopes `dashboards:read` and `users:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/persons", tag = "dashboards", params(PeriodQuery),
    responses((status = 200, body = PersonsView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn persons(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<PersonsView>, Problem> {
    let (period, persons) = metrics.persons(&caller, query.into()).await.or_problem()?;
    let persons = persons.into_iter().map(PersonView::from).collect();
    Ok(axum::Json(PersonsView { period: period.into(), persons }))
}

/// Which days, and which category.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CategoryQuery {
    /// The first day, by the organization's clock; 29 days before the last when not said.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today when not said. At most 731 days together.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Its name; when not said, sessions whose category is not known.
    category: Option<String>,
}

/// What a category is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryFiguresView {
    period: PeriodView,
    /// Null: not known.
    category: Option<String>,
    sessions: i64,
    sessions_by_status: BTreeMap<String, i64>,
    /// Days on which there was one.
    days: Vec<CategoryDayView>,
    /// The 50 most frequent.
    intents: Vec<CategoryIntentView>,
}

/// Sessions of a category that began on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryDayView {
    #[schema(value_type = String, format = Date)]
    date: Date,
    count: i64,
}

/// Sessions with one intent.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryIntentView {
    /// Null: not known.
    intent: Option<String>,
    count: i64,
}

impl CategoryFiguresView {
    fn of(category: Option<String>, of: OfCategory) -> Self {
        let by_status = of.sessions.into_iter().map(|standing| (standing.status, standing.sessions));
        let sessions_by_status: BTreeMap<String, i64> = by_status.collect();
        Self {
            period: of.period.into(),
            category,
            sessions: sessions_by_status.values().sum(),
            sessions_by_status,
            days: of.days.into_iter().map(|(date, count)| CategoryDayView { date, count }).collect(),
            intents: of
                .intents
                .into_iter()
                .map(|(intent, count)| CategoryIntentView { intent, count })
                .collect(),
        }
    }
}

/// What a category is made of; its sessions are at `GET /api/v1/sessions?category=`. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/category", tag = "dashboards", params(CategoryQuery),
    responses((status = 200, body = CategoryFiguresView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn category(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<CategoryQuery>,
) -> Result<axum::Json<CategoryFiguresView>, Problem> {
    let named = query.category.as_deref();
    if named.is_some_and(|name| name.contains('\0') || name.chars().count() > limits::LIST_QUERY_CHARACTERS) {
        let detail =
            format!("A text has at most {} characters, none of them NUL.", limits::LIST_QUERY_CHARACTERS);
        return Err(Problem::invalid("invalid-query", "?category", detail));
    }
    let asked = Asked { from: query.from, to: query.to };
    let of = metrics.category(&caller, asked, named).await.or_problem()?;
    Ok(axum::Json(CategoryFiguresView::of(query.category, of)))
}
