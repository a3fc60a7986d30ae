//! The organization itself.

use crate::{problems::OrProblem as _, wire};
use access::Bearer;
use axum::extract::State;
use domain::{
    OrganizationId,
    organization::{Budgets, PiiPolicy, QoeWeights, RetentionDays},
};
use jiff::Timestamp;
use management::{Management, organization::Given};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::organizations::Organization;
use utoipa::ToSchema;
use web::{Json, Problem};

/// The organization that the caller belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationView {
    #[schema(value_type = uuid::Uuid)]
    id: OrganizationId,
    name: String,
    /// The first part of its documents' keys; it stays.
    slug: String,
    subscription_tier: String,
    /// A day of budgets and metrics begins there.
    time_zone: String,
    locale: String,
    fiscal_year_start_month: u8,
    /// Milliseconds that an answer should take at most.
    sla_ms: u32,
    qoe_weights: QoeWeightsBody,
    pii_policy: PiiPolicyBody,
    budgets: BudgetsBody,
    /// What answers have cost today, as the budgets count it: from the moment on that there is one.
    spent_today: SpentView,
    retention_days: RetentionDaysBody,
    transcript_sample_rate: f64,
    /// Hours for which the token of a session is good.
    session_expiry_hours: u32,
    /// Answers in a row that abstain, after which a conversation is handed to people; 0: never.
    escalate_after_abstentions: u32,
    /// The language model that reads each message again after it was answered: its mood, risks and category as it sees them.
    /// Null: none.
    understanding_model: Option<String>,
    /// Whether a conversation is handed to people when its user asks for them.
    escalate_on_wish: bool,
    /// The risks that hand a conversation to people: of `legal`, `tax`, `personal_data`, `self_harm`, `violence`, `fraud`.
    escalate_on_risk: Vec<String>,
    /// The mood of a message, -1..0, at or below which its conversation is handed to people; null: never.
    escalate_on_sentiment: Option<f64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// How the parts of the quality of experience count: shares that add up to 1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QoeWeightsBody {
    technical: f64,
    interaction: f64,
}

/// Personal data that is taken out of messages before they are kept: `email`, `phone`, `card`, `iban`, `national_id`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PiiPolicyBody {
    #[schema(example = json!(["email", "phone"]))]
    messages: Vec<String>,
    /// The language model that says which names of persons stand in a question, before that is kept: they are taken out as well,
    /// and so they are of its answer. Null: names stay. When it fails, only what is listed above is taken out, and the message's
    /// `redaction` says so.
    #[serde(default)]
    #[schema(max_length = 256, example = "openai/gpt-4.1-mini")]
    names_model: Option<String>,
}

/// What may be spent on answers in a day; null: no limit. What is over it gets 429 until the day ends.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetsBody {
    /// Tokens, read and written.
    #[schema(example = 1_000_000)]
    daily_tokens: Option<i64>,
    /// US dollars, as decimal text.
    #[schema(example = "12.50")]
    daily_cost: Option<String>,
}

/// What was spent.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpentView {
    tokens: i64,
    /// US dollars, as decimal text.
    cost: String,
}

/// Days after which things are removed; null: never.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionDaysBody {
    /// With citations and feedback.
    messages: Option<u32>,
    events: Option<u32>,
    retrieval_logs: Option<u32>,
    /// Documents' files, from their upload on: found and read as before, downloaded no more.
    originals: Option<u32>,
    /// What was read from documents: found no more.
    extracted_text: Option<u32>,
    /// Vectors of documents: found by their words alone.
    embeddings: Option<u32>,
}

impl From<Budgets> for BudgetsBody {
    fn from(Budgets { daily_tokens, daily_cost }: Budgets) -> Self {
        Self { daily_tokens, daily_cost }
    }
}

impl From<BudgetsBody> for Budgets {
    fn from(BudgetsBody { daily_tokens, daily_cost }: BudgetsBody) -> Self {
        Self { daily_tokens, daily_cost }
    }
}

impl From<Organization> for OrganizationView {
    fn from(organization: Organization) -> Self {
        let settings = organization.settings;
        let (qoe, days) = (settings.qoe_weights, settings.retention_days);
        Self {
            id: organization.id,
            name: organization.name,
            slug: organization.slug,
            subscription_tier: organization.subscription_tier,
            time_zone: settings.time_zone,
            locale: settings.locale,
            fiscal_year_start_month: settings.fiscal_year_start_month,
            sla_ms: settings.sla_ms,
            qoe_weights: QoeWeightsBody { technical: qoe.technical, interaction: qoe.interaction },
            pii_policy: PiiPolicyBody {
                messages: settings.pii_policy.messages,
                names_model: settings.pii_policy.names_model,
            },
            budgets: settings.budgets.into(),
            spent_today: SpentView { tokens: organization.spent_tokens, cost: organization.spent_cost },
            retention_days: RetentionDaysBody {
                messages: days.messages,
                events: days.events,
                retrieval_logs: days.retrieval_logs,
                originals: days.originals,
                extracted_text: days.extracted_text,
                embeddings: days.embeddings,
            },
            transcript_sample_rate: settings.transcript_sample_rate,
            session_expiry_hours: settings.session_expiry_hours,
            escalate_after_abstentions: settings.escalate_after_abstentions,
            understanding_model: settings.understanding_model,
            escalate_on_wish: settings.escalate_on_wish,
            escalate_on_risk: settings.escalate_on_risk,
            escalate_on_sentiment: settings.escalate_on_sentiment,
            created_at: organization.created_at,
            updated_at: organization.updated_at,
        }
    }
}

/// The caller's organization and its settings. Scope `organization:read`.
#[utoipa::path(get, path = "/api/v1/organization", tag = "organization",
    responses((status = 200, body = OrganizationView), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn get_organization(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
) -> Result<axum::Json<OrganizationView>, Problem> {
    Ok(axum::Json(management.organization(&caller).await.or_problem()?.into()))
}

/// What is to be changed; what is not named stays, a part that is named is replaced as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeOrganization {
    #[schema(max_length = 255)]
    name: Option<String>,
    /// By its name in the IANA database.
    #[schema(example = "Asia/Bangkok")]
    time_zone: Option<String>,
    /// A language tag (BCP 47).
    locale: Option<String>,
    /// 1 to 12.
    fiscal_year_start_month: Option<i64>,
    /// 1 to 600,000.
    sla_ms: Option<i64>,
    qoe_weights: Option<QoeWeightsBody>,
    pii_policy: Option<PiiPolicyBody>,
    budgets: Option<BudgetsBody>,
    retention_days: Option<RetentionDaysBody>,
    /// 0 to 1.
    transcript_sample_rate: Option<f64>,
    /// 1 to 720.
    session_expiry_hours: Option<i64>,
    /// 0 to 100.
    escalate_after_abstentions: Option<u32>,
    /// A model's id, as a chatbot's `llm_model`; null: none.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<String>, max_length = 256, example = "openai/gpt-4.1-mini")]
    understanding_model: Option<Option<String>>,
    escalate_on_wish: Option<bool>,
    /// Of `legal`, `tax`, `personal_data`, `self_harm`, `violence`, `fraud`.
    #[schema(example = json!(["legal", "self_harm", "violence"]))]
    escalate_on_risk: Option<Vec<String>>,
    /// -1 to 0; null: never.
    #[serde(default, deserialize_with = "wire::present")]
    #[schema(value_type = Option<f64>)]
    escalate_on_sentiment: Option<Option<f64>>,
}

/// Change the caller's organization. Scope `organization:write`.
#[utoipa::path(patch, path = "/api/v1/organization", tag = "organization", request_body = ChangeOrganization,
    responses((status = 200, body = OrganizationView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn change_organization(
    State(management): State<Arc<Management>>,
    Bearer(caller): Bearer,
    Json(body): Json<ChangeOrganization>,
) -> Result<axum::Json<OrganizationView>, Problem> {
    let given = Given {
        name: body.name,
        time_zone: body.time_zone,
        locale: body.locale,
        fiscal_year_start_month: body.fiscal_year_start_month,
        sla_ms: body.sla_ms,
        qoe_weights: body
            .qoe_weights
            .map(|body| QoeWeights { technical: body.technical, interaction: body.interaction }),
        pii_policy: body
            .pii_policy
            .map(|body| PiiPolicy { messages: body.messages, names_model: body.names_model }),
        budgets: body.budgets.map(Budgets::from),
        retention_days: body.retention_days.map(|body| RetentionDays {
            messages: body.messages,
            events: body.events,
            retrieval_logs: body.retrieval_logs,
            originals: body.originals,
            extracted_text: body.extracted_text,
            embeddings: body.embeddings,
        }),
        transcript_sample_rate: body.transcript_sample_rate,
        session_expiry_hours: body.session_expiry_hours,
        escalate_after_abstentions: body.escalate_after_abstentions,
        understanding_model: body.understanding_model,
        escalate_on_wish: body.escalate_on_wish,
        escalate_on_risk: body.escalate_on_risk,
        escalate_on_sentiment: body.escalate_on_sentiment,
    };
    Ok(axum::Json(management.change_organization(&caller, given).await.or_problem()?.into()))
}
