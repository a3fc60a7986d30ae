//! The executive dashboard, and a period beside the one before.

use crate::{
    figures::{FiguresView, PeriodQuery, PeriodView},
    problems::OrProblem as _,
};
use access::Bearer;
use axum::extract::State;
use jiff::civil::Date;
use metrics::{
    Metrics,
    executive::{Compared, Executive},
};
use serde::Serialize;
use std::sync::Arc;
use store::metrics::Totals;
use utoipa::ToSchema;
use web::{Problem, Query};

/// The executive dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutiveView {
    kpis: KpisView,
    timeseries: TimeseriesView,
    /// The ten most frequent; sessions whose category is not known are not among them.
    top_categories: Vec<CategoryCount>,
    /// The ten most frequent.
    top_locations: Vec<LocationCount>,
    /// The ten most frequent.
    device_breakdown: Vec<DeviceCount>,
}

/// Key figures. A query is a session with at least one message.
#[derive(Debug, Serialize, ToSchema)]
pub struct KpisView {
    /// Whatever the period.
    queries_today: i64,
    /// This month, to date.
    queries_mtd: i64,
    /// This fiscal year, to date.
    queries_fy: i64,
    /// Mean quality of experience of the period, 0 to 1.
    avg_qoe: Option<f64>,
    /// Net promoter score of the period, -100 to 100.
    nps: Option<f64>,
}

/// Every day of the period.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeseriesView {
    queries: Vec<DayCount>,
    qoe: Vec<DayValue>,
}

/// A day's count.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayCount {
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    pub count: i64,
}

/// A day's mean; null on a day without one.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayValue {
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    pub value: Option<f64>,
}

/// Sessions of a category.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryCount {
    category: String,
    count: i64,
}

/// Sessions from a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct LocationCount {
    country: String,
    region: Option<String>,
    count: i64,
}

/// Sessions on a kind of device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceCount {
    device: String,
    count: i64,
}

impl From<Executive> for ExecutiveView {
    fn from(of: Executive) -> Self {
        let queries = of.days.iter().map(|day| DayCount { date: day.day, count: day.sessions }).collect();
        let qoe = of.days.iter().map(|day| DayValue { date: day.day, value: day.qoe }).collect();
        let category =
            |share: store::metrics::Share| CategoryCount { category: share.name, count: share.sessions };
        let location = |place: store::metrics::Place| LocationCount {
            country: place.country,
            region: place.region,
            count: place.sessions,
        };
        let device = |share: store::metrics::Share| DeviceCount { device: share.name, count: share.sessions };
        Self {
            kpis: KpisView {
                queries_today: of.queries.today,
                queries_mtd: of.queries.month,
                queries_fy: of.queries.fiscal_year,
                avg_qoe: of.totals.qoe,
                nps: of.totals.nps,
            },
            timeseries: TimeseriesView { queries, qoe },
            top_categories: of.categories.into_iter().map(category).collect(),
            top_locations: of.locations.into_iter().map(location).collect(),
            device_breakdown: of.devices.into_iter().map(device).collect(),
        }
    }
}

/// The executive dashboard of a period. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/executive", tag = "dashboards", params(PeriodQuery),
    responses((status = 200, body = ExecutiveView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn executive_dashboard(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<ExecutiveView>, Problem> {
    Ok(axum::Json(metrics.executive(&caller, query.into()).await.or_problem()?.into()))
}

/// A period beside the one before.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompareView {
    period: PeriodView,
    /// As many days, right before.
    previous_period: PeriodView,
    current: FiguresView,
    previous: FiguresView,
    /// Current less previous; null where one of them is.
    difference: FiguresView,
}

impl From<Compared> for CompareView {
    fn from(of: Compared) -> Self {
        Self {
            period: of.period.into(),
            previous_period: of.previous_period.into(),
            current: (&of.current).into(),
            previous: (&of.previous).into(),
            difference: (&difference(&of.current, &of.previous)).into(),
        }
    }
}

fn difference(current: &Totals, previous: &Totals) -> Totals {
    let means = |current: Option<f64>, previous: Option<f64>| {
        // Both have four decimals at most.
        current.zip(previous).map(|(current, previous)| ((current - previous) * 1e4).round() / 1e4)
    };
    Totals {
        sessions: current.sessions - previous.sessions,
        messages: current.messages - previous.messages,
        questions: current.questions - previous.questions,
        answers: current.answers - previous.answers,
        failed: current.failed - previous.failed,
        abstained: current.abstained - previous.abstained,
        unsure: current.unsure - previous.unsure,
        unpriced: current.unpriced - previous.unpriced,
        tokens: current.tokens - previous.tokens,
        cost: dollars(millionths(&current.cost) - millionths(&previous.cost)),
        duration_seconds: means(current.duration_seconds, previous.duration_seconds),
        messages_per_session: means(current.messages_per_session, previous.messages_per_session),
        response_time_ms: means(current.response_time_ms, previous.response_time_ms),
        satisfaction: means(current.satisfaction, previous.satisfaction),
        error_rate: means(current.error_rate, previous.error_rate),
        abstained_rate: means(current.abstained_rate, previous.abstained_rate),
        promoters: current.promoters - previous.promoters,
        passives: current.passives - previous.passives,
        detractors: current.detractors - previous.detractors,
        nps: means(current.nps, previous.nps),
        qoe: means(current.qoe, previous.qoe),
    }
}

/// Money as the database tells it, with six decimals.
fn millionths(cost: &str) -> i128 {
    cost.replace('.', "").parse().unwrap_or_default()
}

fn dollars(millionths: i128) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let millionths = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

/// A period beside the one before, of as many days. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/executive/compare", tag = "dashboards", params(PeriodQuery),
    responses((status = 200, body = CompareView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn executive_compare(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<PeriodQuery>,
) -> Result<axum::Json<CompareView>, Problem> {
    Ok(axum::Json(metrics.compared(&caller, query.into()).await.or_problem()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_subtracted_to_the_last_digit() {
        let less = |a, b| dollars(millionths(a) - millionths(b));
        assert_eq!(less("12.345678", "0.000001"), "12.345677");
        assert_eq!(less("0.000000", "1.000002"), "-1.000002");
        assert_eq!(less("0.000000", "0.000000"), "0.000000");
    }
}
