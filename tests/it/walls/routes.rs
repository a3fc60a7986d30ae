//! Every route, as the functions' routers declare it.

use super::{
    cases::{CASES, PARAMETERS},
    support::Bench,
};
use http::Method;
use local::template::Template;
use serde_json::Value;
use tests::repository;

/// A route, and what a request to it holds.
#[derive(Debug, Clone)]
pub struct Route {
    /// As in the golden files: `GET /api/v1/me`.
    pub name: String,
    pub method: Method,
    /// With the seeds' names in the places of its parameters.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// JSON with the seeds' names in it, or nothing.
    pub body: String,
    /// What its body is.
    pub media: String,
    /// The scopes that its document names.
    pub scopes: Vec<String>,
    /// The schema of its body, its references resolved.
    pub schema: Value,
    /// Names of its query's parameters, with their schemas.
    pub parameters: Vec<(String, Value)>,
}

/// What an operation declares after the word `Scope` or `Scopes`.
fn scopes(operation: &Value) -> Vec<String> {
    let said = ["summary", "description"].map(|name| operation[name].as_str().unwrap_or_default()).join("\n");
    let Some((_, named)) = said.split_once("Scope") else { return Vec::new() };
    let named = named.split('`').skip(1).step_by(2).filter(|name| domain::Scope::parse(name).is_some());
    named.map(ToOwned::to_owned).collect()
}

/// A schema with its references resolved.
fn resolved(schema: &Value, document: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let found = document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
                return resolved(found, document);
            }
            fields.iter().map(|(name, value)| (name.clone(), resolved(value, document))).collect()
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, document)).collect(),
        other => other.clone(),
    }
}

/// The path with its parameters' seeds: called as the segment before them, unless it is said otherwise.
fn seeded(name: &str, path: &str) -> String {
    let mut before = "";
    let mut segments = Vec::new();
    for segment in path.split('/') {
        let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        segments.push(match parameter {
            None => segment.to_owned(),
            Some(parameter) => {
                let said = PARAMETERS
                    .iter()
                    .find(|(route, named, _)| *named == parameter && (route.is_empty() || *route == name));
                format!("{{{}}}", said.map_or(before.replace('-', "_"), |(_, _, seed)| (*seed).to_owned()))
            }
        });
        before = segment;
    }
    segments.join("/")
}

/// Ids that a schema takes, by name: what has the format `uuid`, alone or in lists.
fn ids(schema: &Value, name: &str, found: &mut Vec<String>) {
    if schema["format"] == "uuid" {
        found.push(name.to_owned());
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            ids(part, name, found);
        }
    }
    if schema["items"].is_object() {
        ids(&schema["items"], name, found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        ids(property, name, found);
    }
}

/// All routes, and what is missing of their cases.
pub async fn routes(bench: &Bench) -> (Vec<Route>, Vec<String>) {
    let template = Template::read(&repository::root().join("infra/template.yaml")).expect("the template");
    let described = template.routes().iter().filter(|route| route.path.ends_with("/openapi.json"));
    let (mut routes, mut missing) = (Vec::new(), Vec::new());
    for document in described {
        let reply = bench.send("", &Method::GET, &document.path, "").await;
        let api: Value = serde_json::from_str(&reply.body).expect("an OpenAPI document");
        for (path, operations) in api["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let cases = route(path, method, operation, &api);
                missing.extend(lacking(&cases));
                routes.extend(cases);
            }
        }
    }
    for (name, _, _) in CASES {
        if !routes.iter().any(|route| route.name == *name) {
            missing
                .push(format!("{name} is no route any more: take its line out of tests/it/walls/cases.rs"));
        }
    }
    routes.sort_by(|one, other| one.name.cmp(&other.name));
    (routes, missing)
}

/// A route with each of its cases, or with nothing but its path.
fn route(path: &str, method: &str, operation: &Value, api: &Value) -> Vec<Route> {
    let name = format!("{} {path}", method.to_uppercase());
    let said = CASES.iter().filter(|(route, _, _)| *route == name).map(|(_, query, body)| (*query, *body));
    let mut said: Vec<(&str, &str)> = said.collect();
    if said.is_empty() {
        said.push(("", ""));
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.filter(|parameter| parameter["in"] == "query").map(|parameter| {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        (name, resolved(&parameter["schema"], api))
    });
    let media = operation["requestBody"]["content"].as_object().and_then(|content| content.keys().next());
    let bare = Route {
        method: method.to_uppercase().parse().expect("a method"),
        path: seeded(&name, path),
        query: String::new(),
        body: String::new(),
        media: media.map_or("application/json", String::as_str).to_owned(),
        scopes: scopes(operation),
        schema: resolved(&operation["requestBody"]["content"]["application/json"]["schema"], api),
        parameters: parameters.collect(),
        name,
    };
    let with = |(query, body): (&str, &str)| Route {
        query: query.to_owned(),
        body: body.to_owned(),
        ..bare.clone()
    };
    said.into_iter().map(with).collect()
}

/// What a route's case lacks, said so that somebody can write it.
fn lacking(cases: &[Route]) -> Vec<String> {
    let Some(route) = cases.first() else { return Vec::new() };
    let name = &route.name;
    let mut lacking = Vec::new();
    let required = !route.schema["required"].as_array().is_none_or(Vec::is_empty);
    if required && cases.iter().any(|case| case.body.is_empty()) {
        lacking.push(format!(
            "{name} takes a body: add a line (\"{name}\", \"\", r#\"{{…}}\"#) to CASES in tests/it/walls/cases.rs"
        ));
    }
    let mut wanted = Vec::new();
    ids(&route.schema, "", &mut wanted);
    for id in wanted {
        if !cases.iter().any(|case| case.body.contains(&format!("\"{id}\""))) {
            lacking.push(format!("{name} takes the id `{id}` in its body: say which seed's, \"{id}\": \"{{seed}}\", in its line of CASES in tests/it/walls/cases.rs"));
        }
    }
    for (parameter, schema) in &route.parameters {
        let mut wanted = Vec::new();
        ids(schema, parameter, &mut wanted);
        if !wanted.is_empty() && !cases.iter().any(|case| case.query.contains(&format!("{parameter}="))) {
            lacking.push(format!("{name} takes the id `{parameter}` in its query: say which seed's, \"{parameter}={{seed}}\", in its line of CASES in tests/it/walls/cases.rs"));
        }
    }
    lacking
}
