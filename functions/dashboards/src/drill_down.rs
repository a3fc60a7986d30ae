//! The executive dashboard's sessions by one thing that is known of who asks, within the others.

use crate::{figures::PeriodView, problems::OrProblem as _};
use access::Bearer;
use axum::extract::State;
use domain::limits;
use jiff::civil::Date;
use metrics::{Metrics, executive::Parted, period::Asked};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::metric_parts::{Audience, Dimension, Part};
use utoipa::{IntoParams, ToSchema};
use web::{Problem, Query};

/// By what sessions are told apart.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Whom they ask: its id.
    Chatbot,
    /// The channel: `web`, `widget`, `line` and so on.
    Platform,
    Device,
    #[default]
    Country,
    /// Within a country: say which, for two may have one of the same name.
    Region,
    Category,
}

impl From<By> for Dimension {
    fn from(by: By) -> Self {
        match by {
            By::Chatbot => Self::Chatbot,
            By::Platform => Self::Platform,
            By::Device => Self::Device,
            By::Country => Self::Country,
            By::Region => Self::Region,
            By::Category => Self::Category,
        }
    }
}

/// Which days, whose sessions, and by what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DrillDownQuery {
    /// The first day, by the organization's clock; 29 days before the last when not said.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today when not said. At most 731 days together.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// By what they are told apart; by country when not said.
    #[param(inline)]
    by: Option<By>,
    /// Those of one platform alone.
    platform: Option<String>,
    /// Those on one device alone; `unknown`: on one that is not known, and so on.
    device: Option<String>,
    country: Option<String>,
    region: Option<String>,
    category: Option<String>,
}

/// Sessions by one thing that is known of who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct DrillDownView {
    period: PeriodView,
    by: By,
    /// Of all values together, the rare ones too.
    sessions: i64,
    /// The 50 most frequent.
    values: Vec<PartView>,
}

/// Sessions that have one value in common.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartView {
    /// `unknown`: nobody said.
    #[schema(example = "UG")]
    value: String,
    count: i64,
    /// Mean quality of experience, 0 to 1.
    avg_qoe: Option<f64>,
    /// Net promoter score, -100 to 100.
    nps: Option<f64>,
}

impl DrillDownView {
    fn of(by: By, of: Parted) -> Self {
        let part = |part: Part| PartView {
            value: part.value,
            count: part.sessions,
            avg_qoe: part.qoe,
            nps: part.nps,
        };
        Self {
            period: of.period.into(),
            by,
            sessions: of.sessions,
            values: of.parts.into_iter().map(part).collect(),
        }
    }
}

/// A value that sessions are to have, as it may be asked for.
fn named<'a>(pointer: &'static str, value: Option<&'a str>) -> Result<Option<&'a str>, Problem> {
    let most = limits::LIST_QUERY_CHARACTERS;
    if value.is_some_and(|value| value.contains('\0') || value.chars().count() > most) {
        let detail = format!("A text has at most {most} characters, none of them NUL.");
        return Err(Problem::invalid("invalid-query", pointer, detail));
    }
    Ok(value)
}

/// Sessions of a period by chatbot, platform, device, country, region or category, within any other of these. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/executive/drill-down", tag = "dashboards", params(DrillDownQuery),
    responses((status = 200, body = DrillDownView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn executive_drill_down(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<DrillDownQuery>,
) -> Result<axum::Json<DrillDownView>, Problem> {
    let within = Audience {
        platform: named("?platform", query.platform.as_deref())?,
        device: named("?device", query.device.as_deref())?,
        country: named("?country", query.country.as_deref())?,
        region: named("?region", query.region.as_deref())?,
        category: named("?category", query.category.as_deref())?,
    };
    let asked = Asked { from: query.from, to: query.to };
    let by = query.by.unwrap_or_default();
    let parted = metrics.drill_down(&caller, asked, by.into(), &within).await.or_problem()?;
    Ok(axum::Json(DrillDownView::of(by, parted)))
}
