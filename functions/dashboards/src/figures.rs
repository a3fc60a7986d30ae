//! What several dashboards share on the wire: a period, sums and means, days, answers.

use domain::{ChatbotId, MessageId, SessionId};
use jiff::{Timestamp, civil::Date};
use metrics::period::Asked;
use serde::{Deserialize, Serialize};
use store::{
    metric_lists::Answer,
    metrics::{Percentiles, Period, Totals},
};
use utoipa::{IntoParams, ToSchema};

/// Which days.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// The first day, by the organization's clock; 29 days before the last when not said.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today when not said. At most 731 days together.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

impl From<PeriodQuery> for Asked {
    fn from(query: PeriodQuery) -> Self {
        Self { from: query.from, to: query.to }
    }
}

/// Days, both inclusive, by the organization's clock.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodView {
    #[schema(value_type = String, format = Date)]
    from: Date,
    #[schema(value_type = String, format = Date)]
    to: Date,
}

impl From<Period> for PeriodView {
    fn from(period: Period) -> Self {
        Self { from: period.from, to: period.to }
    }
}

/// Sums and means of a period. Means and rates of nothing are null.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// Sessions that began and have a message.
    pub sessions: i64,
    /// Of all roles.
    pub messages: i64,
    /// Of users.
    pub questions: i64,
    /// Of chatbots.
    pub answers: i64,
    /// Answers that say that there is none.
    pub abstained_answers: i64,
    /// By answers, 0 to 1.
    pub abstained_rate: Option<f64>,
    /// Answered, with a confidence below 0.5.
    pub low_confidence_answers: i64,
    /// Answers that ended in an error.
    pub failed_answers: i64,
    /// By answers, 0 to 1.
    pub error_rate: Option<f64>,
    /// Mean time from question to answer.
    pub avg_response_time_ms: Option<f64>,
    /// Of sessions that are over.
    pub avg_session_duration_seconds: Option<f64>,
    pub avg_messages_per_session: Option<f64>,
    /// Mean of ratings 1 to 5.
    pub avg_user_satisfaction: Option<f64>,
    /// Mean quality of experience of the sessions, 0 to 1.
    pub avg_qoe: Option<f64>,
    /// Net promoter score, -100 to 100.
    pub nps: Option<f64>,
    /// In and out.
    pub tokens: i64,
    /// US dollars, of the answers alone: what was paid beside them stands in the technical dashboard's `costs`.
    #[schema(example = "12.345678")]
    pub cost: String,
    /// Answers of a model whose price is not known: their cost is missing.
    pub unpriced_answers: i64,
}

impl From<&Totals> for FiguresView {
    fn from(totals: &Totals) -> Self {
        Self {
            sessions: totals.sessions,
            messages: totals.messages,
            questions: totals.questions,
            answers: totals.answers,
            abstained_answers: totals.abstained,
            abstained_rate: totals.abstained_rate,
            low_confidence_answers: totals.unsure,
            failed_answers: totals.failed,
            error_rate: totals.error_rate,
            avg_response_time_ms: totals.response_time_ms,
            avg_session_duration_seconds: totals.duration_seconds,
            avg_messages_per_session: totals.messages_per_session,
            avg_user_satisfaction: totals.satisfaction,
            avg_qoe: totals.qoe,
            nps: totals.nps,
            tokens: totals.tokens,
            cost: totals.cost.clone(),
            unpriced_answers: totals.unpriced,
        }
    }
}

/// Milliseconds that so many of a hundred answers did not exceed, to two significant digits, rounded up.
#[derive(Debug, Serialize, ToSchema)]
pub struct LatencyView {
    p50: Option<i32>,
    p90: Option<i32>,
    p95: Option<i32>,
    p99: Option<i32>,
}

impl From<Percentiles> for LatencyView {
    fn from(of: Percentiles) -> Self {
        Self { p50: of.p50, p90: of.p90, p95: of.p95, p99: of.p99 }
    }
}

/// An answer that somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    /// The answer's message.
    #[schema(value_type = uuid::Uuid)]
    pub message_id: MessageId,
    #[schema(value_type = uuid::Uuid)]
    session_id: SessionId,
    #[schema(value_type = uuid::Uuid)]
    chatbot_id: ChatbotId,
    /// What the session is about.
    category: Option<String>,
    /// 0 to 1.
    confidence: Option<f32>,
    /// Null when that message is gone.
    question: Option<String>,
    answer: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Answer> for AnswerView {
    fn from(answer: Answer) -> Self {
        Self {
            message_id: answer.id,
            session_id: answer.session,
            chatbot_id: answer.chatbot,
            category: answer.category,
            confidence: answer.confidence,
            question: answer.question,
            answer: answer.answer,
            created_at: answer.created_at,
        }
    }
}
