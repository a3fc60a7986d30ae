//! Which role may ask for which route, as the OpenAPI documents declare scopes and roles hold them.

use crate::stack::support::stack;
use domain::{Role, Scope};
use http::{Method, StatusCode};
use serde_json::Value;
use tests::golden;

/// Routes that want no scope, and why that is right.
const WITHOUT_SCOPE: [(&str, &str); 3] = [
    ("GET /api/v1/me", "whoever calls may know who they are"),
    ("GET /mcp", "answers 405 to whoever is known"),
    ("DELETE /mcp", "answers 405 to whoever is known"),
];

/// The scopes that an operation names, from the word `Scope` or `Scopes` on.
fn declared(operation: &Value) -> Vec<Scope> {
    let said = ["summary", "description"].map(|name| operation[name].as_str().unwrap_or_default()).join("\n");
    let Some((_, named)) = said.split_once("Scope") else { return Vec::new() };
    named.split('`').skip(1).step_by(2).filter_map(Scope::parse).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_has_a_scope_and_its_roles_are_those_that_were_agreed() {
    let shared = stack().await;
    let mut lines = Vec::new();
    for document in [
        "/api/v1/openapi.json",
        "/api/v1/admin/openapi.json",
        "/api/v1/feedback/openapi.json",
        "/api/v1/dashboards/openapi.json",
    ] {
        let (status, api) = shared.call("", Method::GET, document, "").await;
        assert_eq!(status, StatusCode::OK);
        for (path, operations) in api["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let route = format!("{} {path}", method.to_uppercase());
                let scopes = declared(operation);
                let excused = WITHOUT_SCOPE.iter().any(|(excused, _)| *excused == route);
                assert_eq!(scopes.is_empty(), excused, "{route} declares {scopes:?}");
                let may = Role::ALL
                    .into_iter()
                    .filter(|role| scopes.iter().all(|scope| role.scopes().contains(scope)));
                let may: Vec<&str> = may.map(Role::as_str).collect();
                let spelled: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
                let spelled = if excused { "none".to_owned() } else { spelled.join(" ") };
                lines.push(format!("{:<6} {path} ({spelled}): {}", method.to_uppercase(), may.join(" ")));
            }
        }
    }
    lines.sort_by_key(|line| line.split_whitespace().nth(1).map(str::to_owned));
    golden::assert_lines("roles.txt", &lines);
}
