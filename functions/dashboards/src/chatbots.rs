//! One chatbot's performance.

use crate::{
    executive::{DayCount, DayValue},
    figures::{FiguresView, LatencyView, PeriodQuery, PeriodView},
    problems::OrProblem as _,
};
use access::Bearer;
use axum::extract::State;
use domain::ChatbotId;
use metrics::{Metrics, chatbots::Performance};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;
use web::{PathId, Problem, Query};

/// A chatbot's performance in a period; zeros where nobody asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PerformanceView {
    #[schema(value_type = uuid::Uuid)]
    id: ChatbotId,
    name: String,
    /// `draft`, `active`, `inactive`, `testing` or `maintenance`.
    status: String,
    period: PeriodView,
    total_sessions: i64,
    total_messages: i64,
    /// Seconds, of sessions that are over.
    avg_session_duration: f64,
    /// Milliseconds, of answers.
    avg_response_time: f64,
    /// Mean of ratings 1 to 5; null when nobody said.
    avg_satisfaction: Option<f64>,
    figures: FiguresView,
    /// Of answers.
    latency_ms: LatencyView,
    /// Sessions by where they happened.
    platform_breakdown: BTreeMap<String, i64>,
    /// Every day of the period.
    sessions: Vec<DayCount>,
    /// Every day of the period.
    qoe: Vec<DayValue>,
}

impl PerformanceView {
    fn of(id: ChatbotId, of: Performance) -> Self {
        Self {
            id,
            name: of.name,
            status: of.status,
            period: of.period.into(),
            total_sessions: of.totals.sessions,
            total_messages: of.totals.messages,
            avg_session_duration: of.totals.duration_seconds.unwrap_or_default(),
            avg_response_time: of.totals.response_time_ms.unwrap_or_default(),
            avg_satisfaction: of.totals.satisfaction,
            figures: (&of.totals).into(),
            latency_ms: of.latency.into(),
            platform_breakdown: of.platforms.into_iter().map(|share| (share.name, share.sessions)).collect(),
            sessions: of.days.iter().map(|day| DayCount { date: day.day, count: day.sessions }).collect(),
            qoe: of.days.iter().map(|day| DayValue { date: day.day, value: day.qoe }).collect(),
        }
    }
}

/// One chatbot's performance in a period. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/chatbots/{id}", tag = "dashboards",
    params(("id" = uuid::Uuid, Path, description = "The chatbot's id"), PeriodQuery),
    responses((status = 200, body = PerformanceView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn chatbot_performance(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    PathId(id): PathId<ChatbotId>,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<PerformanceView>, Problem> {
    let performance = metrics.chatbot(&caller, id, query.into()).await.or_problem()?;
    Ok(axum::Json(PerformanceView::of(id, performance)))
}
