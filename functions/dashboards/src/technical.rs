//! The technical dashboard.

use crate::{
    costs::CostsView,
    figures::{FiguresView, LatencyView, PeriodQuery, PeriodView},
    problems::OrProblem as _,
};
use access::Bearer;
use axum::extract::State;
use domain::ChatbotId;
use metrics::{Metrics, technical::Technical};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use store::{metric_lists::Health, metric_parts::Retrieval, metrics::Percentiles};
use utoipa::ToSchema;
use web::{Problem, Query};

/// Times, errors, tokens, money, what searches find, and documents on their way.
#[derive(Debug, Serialize, ToSchema)]
pub struct TechnicalView {
    period: PeriodView,
    figures: FiguresView,
    /// Of answers.
    latency_ms: LatencyView,
    /// Most used first.
    models: Vec<ModelView>,
    /// Dearest first, a hundred at most.
    chatbots: Vec<ChatbotCostView>,
    retrieval: RetrievalView,
    ingestion: IngestionView,
    costs: CostsView,
}

/// What a model did and cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelView {
    provider: Option<String>,
    model: String,
    answers: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    /// US dollars.
    cost: String,
    /// Answers whose price is not known: their cost is missing.
    unpriced_answers: i64,
}

/// What a chatbot did and cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatbotCostView {
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    name: String,
    sessions: i64,
    answers: i64,
    tokens: i64,
    /// US dollars.
    cost: String,
}

/// How well searches find what answers need. Means and rates of nothing are null.
#[derive(Debug, Serialize, ToSchema)]
pub struct RetrievalView {
    /// One an answer.
    searches: i64,
    /// With no passage at or above the chatbot's threshold.
    empty_searches: i64,
    /// By searches, 0 to 1.
    empty_rate: Option<f64>,
    /// Mean of the best scores, 0 to 1.
    avg_top_score: Option<f64>,
    /// Mean number of passages at or above the threshold.
    avg_passages: Option<f64>,
    /// Whose answer cites something.
    cited_searches: i64,
    /// By searches, 0 to 1.
    cited_rate: Option<f64>,
    /// Of follow-up questions, which were made to stand alone.
    rewritten_searches: i64,
    /// Whose passages a reranker ordered.
    reranked_searches: i64,
    /// From the question to its passages.
    latency_ms: LatencyView,
}

impl RetrievalView {
    fn of(retrieval: &Retrieval, latency: Percentiles) -> Self {
        Self {
            searches: retrieval.searches,
            empty_searches: retrieval.empty,
            empty_rate: retrieval.empty_rate,
            avg_top_score: retrieval.top_score,
            avg_passages: retrieval.passages,
            cited_searches: retrieval.cited,
            cited_rate: retrieval.cited_rate,
            rewritten_searches: retrieval.rewritten,
            reranked_searches: retrieval.reranked,
            latency_ms: latency.into(),
        }
    }
}

/// Counts by state.
#[derive(Debug, Serialize, ToSchema)]
pub struct IngestionView {
    /// Documents as they are now.
    documents: BTreeMap<String, i64>,
    /// Jobs that were asked for in the period.
    jobs: BTreeMap<String, i64>,
}

impl From<Technical> for TechnicalView {
    fn from(of: Technical) -> Self {
        let by_status = |kind: &str| {
            let counted = of.ingestion.iter().filter(|health| health.kind == kind);
            counted.map(|Health { status, rows, .. }| (status.clone(), *rows)).collect()
        };
        let ingestion = IngestionView { documents: by_status("document"), jobs: by_status("job") };
        let model = |used: store::metrics::ModelUse| ModelView {
            provider: used.provider,
            model: used.model,
            answers: used.answers,
            prompt_tokens: used.prompt_tokens,
            completion_tokens: used.completion_tokens,
            cost: used.cost,
            unpriced_answers: used.unpriced,
        };
        let chatbot = |cost: store::metric_lists::ChatbotCost| ChatbotCostView {
            chatbot_id: cost.id,
            name: cost.name,
            sessions: cost.sessions,
            answers: cost.answers,
            tokens: cost.tokens,
            cost: cost.cost,
        };
        Self {
            period: of.period.into(),
            figures: (&of.totals).into(),
            latency_ms: of.latency.into(),
            models: of.models.into_iter().map(model).collect(),
            chatbots: of.chatbots.into_iter().map(chatbot).collect(),
            retrieval: RetrievalView::of(&of.retrieval, of.retrieval_latency),
            ingestion,
            costs: of.costs.into(),
        }
    }
}

/// The technical dashboard of a period. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/technical", tag = "dashboards", params(PeriodQuery),
    responses((status = 200, body = TechnicalView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn technical_dashboard(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<TechnicalView>, Problem> {
    Ok(axum::Json(metrics.technical(&caller, query.into()).await.or_problem()?.into()))
}
