//! The client service dashboard, and its two lists by pages.

use crate::{
    figures::{AnswerView, FiguresView, PeriodQuery, PeriodView},
    problems::OrProblem as _,
};
use access::Bearer;
use axum::extract::State;
use domain::limits;
use jiff::civil::Date;
use metrics::{Metrics, client_service::ClientService, period::Asked};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use store::{
    metric_lists::Answer,
    metric_parts::{EscalationGroup, Escalations},
    metrics::Standing,
};
use utoipa::{IntoParams, ToSchema};
use web::{Page, Problem, Query, paging};

/// How conversations end, what becomes of tickets, what was not answered, what may be wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientServiceView {
    period: PeriodView,
    figures: FiguresView,
    /// Sessions by state.
    sessions_by_status: BTreeMap<String, i64>,
    /// Sessions by category and state, most frequent first.
    sessions: Vec<StandingView>,
    escalations: EscalationsView,
    nps: NpsView,
    /// Newest first; goes on at `…/client-service/unanswered`.
    unanswered: Page<AnswerView>,
    /// Newest first; goes on at `…/client-service/low-confidence`.
    low_confidence: Page<AnswerView>,
}

/// Sessions of one category in one state.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingView {
    /// Null: not known.
    category: Option<String>,
    status: String,
    count: i64,
    /// Mean of the sessions' mean times of their model.
    avg_llm_latency_ms: Option<f64>,
    avg_qoe: Option<f64>,
}

/// Tickets that were opened in the period, as they stand. Means of nothing are null.
#[derive(Debug, Serialize, ToSchema)]
pub struct EscalationsView {
    opened: i64,
    by_status: BTreeMap<String, i64>,
    by_priority: BTreeMap<String, i64>,
    /// From its opening to the first word of a person.
    avg_first_reply_seconds: Option<f64>,
    /// From its opening to its end, of those that are resolved or closed.
    avg_resolution_seconds: Option<f64>,
    /// By state and priority, most frequent first.
    groups: Vec<EscalationGroupView>,
}

/// Tickets of one priority in one state.
#[derive(Debug, Serialize, ToSchema)]
pub struct EscalationGroupView {
    status: String,
    priority: String,
    count: i64,
    avg_first_reply_seconds: Option<f64>,
    avg_resolution_seconds: Option<f64>,
}

impl From<Escalations> for EscalationsView {
    fn from(of: Escalations) -> Self {
        let (mut by_status, mut by_priority) =
            (BTreeMap::<String, i64>::new(), BTreeMap::<String, i64>::new());
        for group in &of.groups {
            *by_status.entry(group.status.clone()).or_default() += group.tickets;
            *by_priority.entry(group.priority.clone()).or_default() += group.tickets;
        }
        let group = |group: EscalationGroup| EscalationGroupView {
            status: group.status,
            priority: group.priority,
            count: group.tickets,
            avg_first_reply_seconds: group.first_reply_seconds,
            avg_resolution_seconds: group.resolution_seconds,
        };
        Self {
            opened: of.opened,
            by_status,
            by_priority,
            avg_first_reply_seconds: of.first_reply_seconds,
            avg_resolution_seconds: of.resolution_seconds,
            groups: of.groups.into_iter().map(group).collect(),
        }
    }
}

/// How likely people would recommend.
#[derive(Debug, Serialize, ToSchema)]
pub struct NpsView {
    /// Promoters less detractors by all, in percent; null when nobody said.
    score: Option<f64>,
    /// 9 and 10.
    promoters: i64,
    /// 7 and 8.
    passives: i64,
    /// 0 to 6.
    detractors: i64,
}

impl From<ClientService> for ClientServiceView {
    fn from(of: ClientService) -> Self {
        let mut sessions_by_status = BTreeMap::new();
        for standing in &of.sessions {
            *sessions_by_status.entry(standing.status.clone()).or_default() += standing.sessions;
        }
        let standing = |standing: Standing| StandingView {
            category: standing.category,
            status: standing.status,
            count: standing.sessions,
            avg_llm_latency_ms: standing.llm_latency_ms,
            avg_qoe: standing.qoe,
        };
        Self {
            period: of.period.into(),
            figures: (&of.totals).into(),
            sessions_by_status,
            sessions: of.sessions.into_iter().map(standing).collect(),
            escalations: of.escalations.into(),
            nps: NpsView {
                score: of.totals.nps,
                promoters: of.totals.promoters,
                passives: of.totals.passives,
                detractors: of.totals.detractors,
            },
            unanswered: page(of.unanswered, limits::PAGE_ROWS_DEFAULT),
            low_confidence: page(of.low_confidence, limits::PAGE_ROWS_DEFAULT),
        }
    }
}

fn page(answers: Vec<Answer>, limit: u32) -> Page<AnswerView> {
    Page::of(answers.into_iter().map(AnswerView::from).collect(), limit, |view: &AnswerView| view.message_id)
}

/// Which days, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AnswersQuery {
    /// The first day, by the organization's clock; 29 days before the last when not said.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today when not said.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// Of the page before.
    cursor: Option<String>,
    /// 1 to 100; 20 when not said.
    limit: Option<u32>,
}

/// The client service dashboard of a period. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/client-service", tag = "dashboards", params(PeriodQuery),
    responses((status = 200, body = ClientServiceView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn client_service_dashboard(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<ClientServiceView>, Problem> {
    let rows = limits::PAGE_ROWS_DEFAULT + 1;
    Ok(axum::Json(metrics.client_service(&caller, query.into(), rows).await.or_problem()?.into()))
}

/// Questions that were not answered, newest first. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/client-service/unanswered", tag = "dashboards", params(AnswersQuery),
    responses((status = 200, body = Page<AnswerView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn unanswered_questions(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<AnswersQuery>,
) -> Result<axum::Json<Page<AnswerView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let asked = Asked { from: query.from, to: query.to };
    let answers = metrics.unanswered(&caller, asked, before, limit + 1).await.or_problem()?;
    Ok(axum::Json(page(answers, limit)))
}

/// Answers with a confidence below 0.5, newest first. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/client-service/low-confidence", tag = "dashboards", params(AnswersQuery),
    responses((status = 200, body = Page<AnswerView>), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn low_confidence_answers(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<AnswersQuery>,
) -> Result<axum::Json<Page<AnswerView>>, Problem> {
    let limit = paging::limit(query.limit)?;
    let before = paging::cursor(query.cursor.as_deref())?;
    let asked = Asked { from: query.from, to: query.to };
    let answers = metrics.low_confidence(&caller, asked, before, limit + 1).await.or_problem()?;
    Ok(axum::Json(page(answers, limit)))
}
