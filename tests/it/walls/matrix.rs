//! Every route × everybody who must not pass × every place of an id, under both walls and under each alone.

use super::{
    cases::{END_USERS_MAY, ENDS_AS},
    routes::{Route, routes},
    support::{Bench, Life, Reply, filled, places},
};
use domain::Scope;
use futures_util::{StreamExt as _, stream};
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};
use tests::wire::{NO_PREDICATE, PREDICATE, Walls};
use uuid::Uuid;

/// Requests that are under way at once.
const AT_ONCE: usize = 4;

/// What was tried, and what went wrong.
#[derive(Default)]
struct Report {
    tried: AtomicUsize,
    leaks: Mutex<Vec<String>>,
}

impl Report {
    fn leak(&self, text: String) {
        self.leaks.lock().expect("no panic under this lock").push(text);
    }
}

/// A request in full.
struct Sent {
    path: String,
    body: String,
}

/// A route's request with each of its places filled.
fn request(route: &Route, value: impl Fn(usize, &str) -> String) -> Sent {
    let (in_path, in_query) = (places(&route.path).len(), places(&route.query).len());
    let mut path = filled(&route.path, 0, &value);
    if !route.query.is_empty() {
        path = format!("{path}?{}", filled(&route.query, in_path, &value));
    }
    Sent { path, body: filled(&route.body, in_path + in_query, &value) }
}

/// An answer without what differs from request to request.
fn comparable(reply: &Reply, sent: &[String]) -> Reply {
    let mut body = reply.body.clone();
    for word in sent {
        body = body.replace(word.as_str(), "·");
    }
    if let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(&body) {
        fields.remove("request_id");
        body = serde_json::Value::Object(fields).to_string();
    }
    Reply { status: reply.status, body }
}

/// One who asks for another organization's rows by their ids, one place at a time, hears what they would hear of rows that do
/// not exist.
async fn foreign(bench: &Bench, route: &Route, walls: Walls, report: &Report) {
    let (victim, intruder) = (bench.tenant().await, bench.tenant().await);
    let before = bench.snapshot(&victim).await;
    let named = [places(&route.path), places(&route.query), places(&route.body)].concat();
    let in_path = places(&route.path).len();
    let in_query = in_path + places(&route.query).len();
    let nobody = Uuid::now_v7().to_string();
    let unknown = |name: &str| match name {
        "slug" => "nobodys-slug".to_owned(),
        _ => nobody.clone(),
    };
    let mut attempts: Vec<Vec<usize>> = (0..named.len()).map(|place| vec![place]).collect();
    if named.len() != 1 {
        attempts.push((0..named.len()).collect());
    }
    for attempt in attempts {
        let theirs =
            request(
                route,
                |place, name| {
                    if attempt.contains(&place) { victim.value(name) } else { intruder.value(name) }
                },
            );
        let missing =
            request(
                route,
                |place, name| {
                    if attempt.contains(&place) { unknown(name) } else { intruder.value(name) }
                },
            );
        let at = format!(
            "{walls:?} {} with another organization's {:?}",
            route.name,
            attempt.iter().map(|place| &named[*place]).collect::<Vec<_>>()
        );
        let heard =
            bench.send_as(&route.media, &intruder.key, &route.method, &theirs.path, &theirs.body).await;
        report.tried.fetch_add(1, Ordering::Relaxed);
        let sent = format!("{} {}", theirs.path, theirs.body);
        if let Some(word) = victim.shows_in(&heard.body, &sent) {
            report.leak(format!("{at}: the answer holds {word}: {heard:?}"));
        }
        if attempt.is_empty() {
            continue;
        }
        let of_nothing =
            bench.send_as(&route.media, &intruder.key, &route.method, &missing.path, &missing.body).await;
        report.tried.fetch_add(1, Ordering::Relaxed);
        let words: Vec<String> = attempt
            .iter()
            .flat_map(|place| [victim.value(&named[*place]), unknown(&named[*place])])
            .collect();
        let (heard, of_nothing) = (comparable(&heard, &words), comparable(&of_nothing, &words));
        let is_slug = attempt.iter().all(|place| named[*place] == "slug");
        let same = if heard.status < 300 && (is_slug || route.name.ends_with("/mcp")) {
            heard.status == of_nothing.status
        } else {
            heard == of_nothing
        };
        if !same {
            report.leak(format!("{at}: {heard:?}, of what does not exist: {of_nothing:?}"));
        }
        if attempt.iter().any(|place| *place < in_path) && heard.status != 404 {
            report.leak(format!("{at}: not 404 but {heard:?}"));
        }
        let in_body = attempt.iter().any(|place| *place >= in_query && named[*place] != "slug");
        if in_body && heard.status < 300 && !is_error_of_mcp(&heard) {
            report.leak(format!("{at}: was taken: {heard:?}"));
        }
        if heard.status >= 500 {
            report.leak(format!("{at}: {heard:?}"));
        }
    }
    let after = bench.snapshot(&victim).await;
    for (table, hash) in &before {
        if after.get(table) != Some(hash) {
            report.leak(format!("{walls:?} {}: changed the other organization's {table}", route.name));
        }
    }
    for row in bench.planted(&intruder, &victim).await {
        report.leak(format!("{walls:?} {}: kept the other organization's id in {row}", route.name));
    }
}

fn is_error_of_mcp(reply: &Reply) -> bool {
    reply.body.contains("\"isError\":true") || reply.body.contains("\"error\":")
}

/// Whoever is nobody, no longer somebody, not allowed, or somebody else's end user.
async fn callers(bench: &Bench, route: &Route, report: &Report) {
    let (victim, other) = (bench.tenant().await, bench.tenant().await);
    let others: Vec<Scope> = Scope::ALL
        .into_iter()
        .filter(|scope| !route.scopes.iter().any(|held| held == scope.as_str()))
        .collect();
    let revoked = bench.key(victim.id, &Scope::ALL, Life::Revoked).await;
    let expired = bench.key(victim.id, &Scope::ALL, Life::Expired).await;
    let narrow = bench.key(victim.id, &others, Life::Good).await;
    let before = bench.snapshot(&victim).await;
    let own = request(route, |_, name| victim.value(name));
    let sent = format!("{} {}", own.path, own.body);
    let who = [
        ("nobody", "", &[401][..]),
        ("a revoked key", &revoked, &[401]),
        ("an expired key", &expired, &[401]),
        ("a key without the scope", &narrow, &[403]),
        ("an end user of another session", &victim.session_token, &[401, 403, 404]),
        ("another organization's end user", &other.session_token, &[401, 403, 404]),
    ];
    for (name, token, allowed) in who {
        if name.starts_with("a key without") && route.scopes.is_empty() {
            continue;
        }
        if name.contains("end user") && END_USERS_MAY.contains(&route.name.as_str()) {
            continue;
        }
        let heard = bench.send_as(&route.media, token, &route.method, &own.path, &own.body).await;
        report.tried.fetch_add(1, Ordering::Relaxed);
        let refused = allowed.contains(&heard.status)
            || route.name == "POST /mcp" && heard.status == 200 && is_error_of_mcp(&heard);
        if !refused {
            report.leak(format!("{} by {name}: {heard:?}", route.name));
        }
        if let Some(word) = victim.shows_in(&heard.body, &sent) {
            report.leak(format!("{} by {name}: the answer holds {word}: {heard:?}", route.name));
        }
    }
    let after = bench.snapshot(&victim).await;
    for (table, hash) in &before {
        if after.get(table) != Some(hash) {
            report.leak(format!("{}: somebody who may not changed {table}", route.name));
        }
    }
}

/// The same request of the organization itself gets through: what is refused above is refused for whose it is.
async fn control(bench: &Bench, route: &Route, report: &Report) {
    let tenant = bench.tenant().await;
    let own = request(route, |_, name| tenant.value(name));
    let heard = bench.send_as(&route.media, &tenant.key, &route.method, &own.path, &own.body).await;
    report.tried.fetch_add(1, Ordering::Relaxed);
    let expected = ENDS_AS.iter().find(|(name, _)| *name == route.name).map(|(_, status)| *status);
    // 409: the row was found, and is not in the state for it.
    let reached = match expected {
        Some(status) => heard.status == status,
        None => heard.status < 300 || heard.status == 409,
    };
    if !reached || route.name == "POST /mcp" && is_error_of_mcp(&heard) {
        report.leak(format!(
            "{} with everything its own: {heard:?}; sent {} {}. Correct its line in tests/it/walls/cases.rs (ENDS_AS, if it ends so)",
            route.name, own.path, own.body
        ));
    }
}

/// Functions of the database that run as whoever calls them, without their predicates: the policies are alone then.
async fn functions_without_predicates(bench: &Bench) -> Vec<String> {
    let rows = bench
        .admin
        .query(
            "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'docent'::regnamespace AND prokind = 'f'
                AND NOT prosecdef AND pg_get_functiondef(oid) ~ 'id = (docent\\.)?current_organization\\(\\)'
                AND proname <> 'wall'",
            &[],
        )
        .await
        .expect("functions");
    let definitions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for definition in &definitions {
        let other =
            definition.replace(PREDICATE, NO_PREDICATE).replace("id = current_organization()", NO_PREDICATE);
        bench.admin.batch_execute(&other).await.expect("replace a function");
    }
    definitions
}

async fn each(routes: &[Route], tried: impl AsyncFn(&Route)) {
    stream::iter(routes).for_each_concurrent(AT_ONCE, |route| tried(route)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_gives_anything_to_whoever_must_not_have_it() {
    let bench = Bench::new().await;
    let (routes, mut missing) = routes(&bench).await;
    missing.extend(bench.lacking());
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(routes.len() > 110, "{}", routes.len());
    let report = Report::default();
    each(&routes, async |route| control(&bench, route, &report).await).await;
    each(&routes, async |route| callers(&bench, route, &report).await).await;
    each(&routes, async |route| foreign(&bench, route, Walls::Both, &report).await).await;
    assert_eq!(bench.started.wire.rewritten(), 0);

    bench.started.wire.set(Walls::PoliciesOnly);
    let definitions = functions_without_predicates(&bench).await;
    each(&routes, async |route| foreign(&bench, route, Walls::PoliciesOnly, &report).await).await;
    for definition in definitions {
        bench.admin.batch_execute(&definition).await.expect("put a function back");
    }
    assert!(bench.started.wire.rewritten() > routes.len());

    bench.started.wire.set(Walls::PredicatesOnly);
    bench.admin.batch_execute("ALTER ROLE docent_app BYPASSRLS").await.expect("take the policies away");
    each(&routes, async |route| foreign(&bench, route, Walls::PredicatesOnly, &report).await).await;
    bench.admin.batch_execute("ALTER ROLE docent_app NOBYPASSRLS").await.expect("put them back");
    bench.started.wire.set(Walls::Both);
    let leaks = report.leaks.into_inner().expect("no panic under this lock");
    let tried = report.tried.load(Ordering::Relaxed);
    assert!(leaks.is_empty(), "{} in {tried} tries:\n{}", leaks.len(), leaks.join("\n"));
    eprintln!("{} routes, {tried} tries, 0 leaks", routes.len());
}
