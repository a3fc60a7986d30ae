//! The figures as a CSV file.

use crate::{figures::PeriodQuery, problems::OrProblem as _};
use access::Bearer;
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::header;
use metrics::Metrics;
use std::sync::Arc;
use web::{Problem, Query};

/// The days of a period as a CSV file, a row each day and chatbot; what was paid for documents has a row of its own, with no chatbot. Scope `dashboards:read`.
#[utoipa::path(get, path = "/api/v1/dashboards/export.csv", tag = "dashboards", params(PeriodQuery),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 401, body = Problem), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn export_csv(
    State(metrics): State<Arc<Metrics>>,
    Bearer(caller): Bearer,
    Query(query): Query<PeriodQuery>,
) -> Result<Response, Problem> {
    let file = metrics.export(&caller, query.into()).await.or_problem()?;
    let name = format!("attachment; filename=\"metrics-{}-{}.csv\"", file.period.from, file.period.to);
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, file.csv).into_response())
}
