//! People: invited, let in by their role, removed.

use super::{ME, NOT_A_MEMBER, text};
use crate::stack::support::{Shared, stack};
use domain::{Role, Scope};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Issuer, issuer::Verified};

const USERS: &str = "/api/v1/users";
const INVITATIONS: &str = "/api/v1/invitations";
const API_KEYS: &str = "/api/v1/api-keys";

fn spelled(role: Role) -> Value {
    json!(role.scopes().iter().map(|scope| scope.as_str()).collect::<Vec<_>>())
}

/// Invites, and signs in with the address verified; the person's token.
async fn joined(shared: &Shared, inviting: &str, name: &str, role: Role) -> String {
    let email = format!("{name}@example.org");
    let wish = json!({ "email": email, "role": role.as_str() });
    shared.sent(inviting, Method::POST, INVITATIONS, &wish, StatusCode::CREATED).await;
    let token = shared.issuer.token(name, &email, Verified::Yes);
    let me = shared.sent(&token, Method::GET, ME, &Value::Null, StatusCode::OK).await;
    assert_eq!((text(&me, "kind"), text(&me, "role")), ("person", role.as_str()), "{me}");
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_a_conversation_may_not_judge_it() {
    let shared = stack().await;
    let made = shared.organization("people-judging").await;
    let (key, chatbot) = (text(&made, "api_key"), text(&made, "chatbot_id"));
    let anna = joined(shared, key, "judging-anna", Role::Client).await;
    let berta = joined(shared, key, "judging-berta", Role::Client).await;
    let agent = joined(shared, key, "judging-agent", Role::ClientService).await;
    let path = format!("/api/v1/chatbots/{chatbot}/sessions");
    let session = shared.sent(&anna, Method::POST, &path, &json!({}), StatusCode::CREATED).await;
    let path = format!("/api/v1/sessions/{}/messages", text(&session, "id"));
    let asked = json!({ "message": "Is anybody there?" });
    let answer = shared.sent(&anna, Method::POST, &path, &asked, StatusCode::OK).await;
    let path = format!("/api/v1/messages/{}/feedback", text(&answer["message"], "id"));
    let thumb = json!({ "rating": "negative" });
    shared.sent(&berta, Method::POST, &path, &thumb, StatusCode::NOT_FOUND).await;
    shared.sent(&anna, Method::POST, &path, &thumb, StatusCode::OK).await;
    shared.sent(&agent, Method::POST, &path, &thumb, StatusCode::OK).await;
    // Nor is it a customer's to say what chatbots are tried on.
    let path = format!("/api/v1/chatbots/{chatbot}/gold-questions");
    let gold = json!({ "question": "Who?", "expected_answer": "Nobody." });
    shared.sent(&anna, Method::POST, &path, &gold, StatusCode::FORBIDDEN).await;
    shared.sent(&agent, Method::POST, &path, &gold, StatusCode::CREATED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_has_one_voice_and_that_is_its_own_peoples() {
    let shared = stack().await;
    let made = shared.organization("people-voices").await;
    let (key, chatbot) = (text(&made, "api_key"), text(&made, "chatbot_id"));
    let anna = joined(shared, key, "voices-anna", Role::Client).await;
    let agent = joined(shared, key, "voices-agent", Role::ClientService).await;
    let open = format!("/api/v1/chatbots/{chatbot}/sessions");
    let spoken = async |opener: &str| {
        let session = shared.sent(opener, Method::POST, &open, &json!({}), StatusCode::CREATED).await;
        let path = format!("/api/v1/sessions/{}", text(&session, "id"));
        let asked = json!({ "message": "Is anybody there?" });
        shared.sent(opener, Method::POST, &format!("{path}/messages"), &asked, StatusCode::OK).await;
        (path, session)
    };
    let (hers, _) = spoken(&anna).await;
    let judged = async |who: &str, of: &str, said: Value| {
        shared.sent(who, Method::POST, &format!("{of}/feedback"), &said, StatusCode::OK).await
    };
    let score = async |of: &str| {
        shared.sent(key, Method::GET, of, &Value::Null, StatusCode::OK).await["nps_score"].clone()
    };
    let first = judged(&anna, &hers, json!({ "nps_score": 2 })).await;
    let again = judged(&anna, &hers, json!({ "nps_score": 10, "rating": 5 })).await;
    assert_eq!(first["id"], again["id"], "{again}");
    // As whom they are known, and would be erased.
    let me = shared.sent(&anna, Method::GET, ME, &Value::Null, StatusCode::OK).await;
    assert_eq!((&again["caller_kind"], &again["caller_id"]), (&json!("user"), &me["id"]), "{again}");
    // Whoever looks after it has an opinion, and not her voice; neither as they end it.
    judged(&agent, &hers, json!({ "nps_score": 0, "rating": 1 })).await;
    assert_eq!(score(&hers).await, json!(10));
    let ended = json!({ "nps": 1 });
    let ended = shared.sent(&agent, Method::POST, &format!("{hers}/end"), &ended, StatusCode::OK).await;
    assert_eq!(ended["nps_score"], json!(10), "{ended}");
    let said = shared.sent(key, Method::GET, &format!("{hers}/feedback"), &Value::Null, StatusCode::OK).await;
    let said: Vec<(&Value, &Value)> = said["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|one| (&one["nps_score"], &one["rating"]))
        .collect();
    assert_eq!(said, [(&json!(1), &json!(1)), (&json!(10), &json!(5))], "one row each, newest first");

    // Somebody at a page, and the program that speaks for them, are one voice: the last.
    let (theirs, session) = spoken(key).await;
    judged(text(&session, "token"), &theirs, json!({ "nps_score": 3 })).await;
    judged(key, &theirs, json!({ "nps_score": 9 })).await;
    let daily = json!({ "action": "daily", "organization": "people-voices" });
    shared.stack.invoke("aggregate", &daily).await.expect("the daily work");
    let path = "/api/v1/dashboards/client-service";
    let figures = shared.sent(key, Method::GET, path, &Value::Null, StatusCode::OK).await;
    let nps = &figures["nps"];
    assert_eq!(
        (&nps["promoters"], &nps["passives"], &nps["detractors"], &nps["score"]),
        (&json!(2), &json!(0), &json!(0), &json!(100.0)),
        "{nps}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_invited_joins_with_the_first_token_and_may_what_the_role_may() {
    let shared = stack().await;
    let made = shared.organization("people-join").await;
    let (key, email) = (text(&made, "api_key"), "join-ann@example.org");
    let (yes, no) = (
        shared.issuer.token("join-ann", email, Verified::Yes),
        shared.issuer.token("join-ann", email, Verified::No),
    );
    let stranger = shared.sent(&yes, Method::GET, ME, &Value::Null, StatusCode::FORBIDDEN).await;
    assert_eq!(stranger["type"], NOT_A_MEMBER, "{stranger}");

    let wish = json!({ "email": " Join-Ann@Example.org ", "role": "member", "display_name": "Ann" });
    let invitation = shared.sent(key, Method::POST, INVITATIONS, &wish, StatusCode::CREATED).await;
    assert!(text(&invitation, "invited_by").starts_with("api_key:"), "{invitation}");
    assert_eq!(text(&invitation, "email"), "Join-Ann@Example.org", "sealed, for those who invite");
    let again = shared.sent(key, Method::POST, INVITATIONS, &wish, StatusCode::CONFLICT).await;
    assert_eq!(again["type"], "urn:docent:error:already-invited");
    let unverified = shared.sent(&no, Method::GET, ME, &Value::Null, StatusCode::FORBIDDEN).await;
    assert_eq!(unverified["type"], NOT_A_MEMBER);

    let me = shared.sent(&yes, Method::GET, ME, &Value::Null, StatusCode::OK).await;
    assert_eq!((text(&me, "kind"), text(&me, "role")), ("person", "member"), "{me}");
    assert_eq!(text(&me["organization"], "slug"), "people-join");
    assert_eq!(me["scopes"], spelled(Role::Member));
    // Once a member, the address counts no more; and nobody else joins by it.
    shared.sent(&no, Method::GET, ME, &Value::Null, StatusCode::OK).await;
    let second = shared.issuer.token("join-another", email, Verified::Yes);
    shared.sent(&second, Method::GET, ME, &Value::Null, StatusCode::FORBIDDEN).await;

    shared.sent(&yes, Method::GET, "/api/v1/documents", &Value::Null, StatusCode::OK).await;
    let wish = json!({ "name": "mine", "scopes": ["chat"] });
    let refused = shared.sent(&yes, Method::POST, API_KEYS, &wish, StatusCode::FORBIDDEN).await;
    assert!(text(&refused, "detail").contains("`api-keys:write`"), "{refused}");
    shared.sent(&yes, Method::GET, USERS, &Value::Null, StatusCode::FORBIDDEN).await;
    let foreign = format!("/api/v1/chatbots/{}", shared.addresses.chatbot_id);
    shared.sent(&yes, Method::GET, &foreign, &Value::Null, StatusCode::NOT_FOUND).await;

    let users = shared.sent(key, Method::GET, USERS, &Value::Null, StatusCode::OK).await;
    let user = &users["items"][0];
    assert_eq!((&user["id"], &user["display_name"]), (&me["id"], &json!("Ann")), "{users}");
    assert_eq!(text(user, "email"), email, "as the identity provider verified it");
    assert!(user["last_login"].is_string() && users["items"].as_array().map(Vec::len) == Some(1), "{users}");
    let kept = shared.sent(key, Method::GET, INVITATIONS, &Value::Null, StatusCode::OK).await;
    assert_eq!(kept["items"][0]["user_id"], me["id"], "{kept}");
    assert_eq!(text(&kept["items"][0], "email"), "Join-Ann@Example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_counts_from_the_next_call_and_the_last_administrator_stays() {
    let shared = stack().await;
    let made = shared.organization("people-roles").await;
    let ann = joined(shared, text(&made, "api_key"), "roles-ann", Role::Viewer).await;
    let me = shared.sent(&ann, Method::GET, ME, &Value::Null, StatusCode::OK).await;
    let (key, path) = (text(&made, "api_key"), format!("{USERS}/{}", text(&me, "id")));
    shared.sent(&ann, Method::PATCH, &path, &json!({ "role": "admin" }), StatusCode::FORBIDDEN).await;
    shared.sent(key, Method::PATCH, &path, &json!({ "role": "admin" }), StatusCode::OK).await;

    // From the next call on she runs the organization, and makes keys that do no more than she.
    let wish = json!({ "name": "hers", "scopes": ["users:write", "chat"] });
    let hers = shared.sent(&ann, Method::POST, API_KEYS, &wish, StatusCode::CREATED).await;
    let invites = json!({ "email": "roles-x@example.org", "role": "admin" });
    let (hers, more) = (text(&hers, "api_key"), Scope::ALL[1].as_str());
    let refused = shared.sent(hers, Method::POST, INVITATIONS, &invites, StatusCode::FORBIDDEN).await;
    assert!(text(&refused, "detail").contains(&format!("`{more}`")), "no more than the key holds: {refused}");
    for (method, body) in [(Method::PATCH, json!({ "role": "viewer" })), (Method::DELETE, Value::Null)] {
        let refused = shared.sent(&ann, method, &path, &body, StatusCode::CONFLICT).await;
        assert_eq!(refused["type"], "urn:docent:error:last-administrator", "{refused}");
    }
    let named = json!({ "display_name": " Ann ", "org_unit": "Sales", "role": "admin" });
    let changed = shared.sent(&ann, Method::PATCH, &path, &named, StatusCode::OK).await;
    assert_eq!((&changed["display_name"], &changed["org_unit"]), (&json!("Ann"), &json!("Sales")));

    let bob = joined(shared, &ann, "roles-bob", Role::Admin).await;
    shared.sent(&bob, Method::PATCH, &path, &json!({ "role": "executive" }), StatusCode::OK).await;
    let refused = shared.sent(&ann, Method::POST, API_KEYS, &wish, StatusCode::FORBIDDEN).await;
    assert_eq!(refused["type"], "urn:docent:error:forbidden", "{refused}");
    shared.sent(&bob, Method::DELETE, &path, &Value::Null, StatusCode::NO_CONTENT).await;
    let removed = shared.sent(&ann, Method::GET, ME, &Value::Null, StatusCode::FORBIDDEN).await;
    assert_eq!(removed["type"], NOT_A_MEMBER);
    shared.sent(&ann, Method::GET, "/api/v1/search?q=a", &Value::Null, StatusCode::FORBIDDEN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_good_lets_nobody_in() {
    let shared = stack().await;
    let made = shared.organization("people-tokens").await;
    let key = text(&made, "api_key");
    let (name, email) = ("tokens-ann", "tokens-ann@example.org");
    let wish = json!({ "email": email, "role": "admin" });
    shared.sent(key, Method::POST, INVITATIONS, &wish, StatusCode::CREATED).await;
    let changed = |change: Value| {
        let mut claims = shared.issuer.claims(name, email, Verified::Yes);
        claims.as_object_mut().expect("claims").extend(change.as_object().expect("claims").clone());
        claims
    };
    let foreign = Issuer::start();
    let good = shared.issuer.token(name, email, Verified::Yes);
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    for (token, status) in [
        (shared.issuer.signed(&changed(json!({ "exp": 1_700_000_000 }))), 401),
        (shared.issuer.signed(&changed(json!({ "nbf": 9_000_000_000_i64 }))), 401),
        (shared.issuer.signed(&changed(json!({ "aud": "another" }))), 401),
        (shared.issuer.signed(&changed(json!({ "iss": "https://id.example.org" }))), 401),
        (foreign.token(name, email, Verified::Yes), 401),
        // Another's key under our issuer's name.
        (foreign.signed(&changed(json!({}))), 401),
        (format!("{signed}."), 401),
        (format!("{signed}.{}", signature.chars().rev().collect::<String>()), 401),
        ("eyJhbGciOiJub25lIn0.e30.".to_owned(), 401),
        ("nonsense".to_owned(), 401),
        (shared.issuer.signed(&changed(json!({ "is_anonymous": true }))), 403),
        (shared.issuer.signed(&changed(json!({ "is_restricted": true }))), 403),
        (shared.issuer.signed(&changed(json!({ "email_verified": false }))), 403),
        (shared.issuer.signed(&changed(json!({ "email_verified": "true" }))), 403),
    ] {
        for path in [ME, "/api/v1/sessions", "/v1/models"] {
            let (answered, problem) = shared.call(&token, Method::GET, path, "").await;
            assert_eq!(answered.as_u16(), status, "{path} with {token}: {problem}");
        }
    }
    let users = shared.sent(key, Method::GET, USERS, &Value::Null, StatusCode::OK).await;
    assert_eq!(users["items"], json!([]), "nobody joined by one of them");
    shared.sent(&good, Method::GET, "/api/v1/sessions", &Value::Null, StatusCode::OK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_several_organizations_says_which() {
    let shared = stack().await;
    let (name, email) = ("several-ann", "several-ann@example.org");
    for (slug, role) in [("people-one", "viewer"), ("people-two", "admin")] {
        let made = shared.organization(slug).await;
        let wish = json!({ "email": email, "role": role });
        shared.sent(text(&made, "api_key"), Method::POST, INVITATIONS, &wish, StatusCode::CREATED).await;
    }
    let token = shared.issuer.token(name, email, Verified::Yes);
    let asked = shared.sent(&token, Method::GET, ME, &Value::Null, StatusCode::BAD_REQUEST).await;
    assert_eq!(asked["type"], "urn:docent:error:organization-not-said");
    let detail = text(&asked, "detail");
    assert!(detail.contains("`people-one`") && detail.contains("`people-two`"), "{detail}");
    assert_eq!(detail.matches('`').count(), 6, "the header and their own two, nothing foreign: {detail}");
    for (slug, role) in [("people-one", "viewer"), ("people-two", "admin")] {
        let (status, me) = shared.in_name_of(slug, &token, ME).await;
        assert_eq!(status, StatusCode::OK, "{me}");
        assert_eq!((text(&me["organization"], "slug"), text(&me, "role")), (slug, role));
    }
    let (status, _) = shared.in_name_of("people-one", &token, USERS).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a viewer there");
    let (status, foreign) = shared.in_name_of(&shared.addresses.organization, &token, ME).await;
    let (_, absent) = shared.in_name_of("no-such-organization", &token, ME).await;
    assert_eq!((status, &foreign["type"]), (StatusCode::FORBIDDEN, &json!(NOT_A_MEMBER)));
    assert_eq!(foreign["detail"], absent["detail"], "foreign and missing look the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_tokens_make_one_user() {
    let shared = stack().await;
    let wish = json!({ "action": "create_organization", "name": "First", "slug": "people-first", "admin_email": "first@" });
    assert!(shared.stack.invoke("migrate", &wish).await.is_err(), "no address");
    let wish = json!({ "action": "create_organization", "name": "First", "slug": "people-first", "admin_email": "first@example.org" });
    let made = shared.stack.invoke("migrate", &wish).await.expect("an organization");
    let token = shared.issuer.token("first-ann", "First@example.org", Verified::Yes);
    let calls = (0..8).map(|_| shared.call(&token, Method::GET, ME, ""));
    for (status, me) in futures_util::future::join_all(calls).await {
        assert_eq!((status, text(&me, "role")), (StatusCode::OK, "admin"), "{me}");
    }
    let users = shared.sent(text(&made, "api_key"), Method::GET, USERS, &Value::Null, StatusCode::OK).await;
    assert_eq!(users["items"].as_array().map(Vec::len), Some(1), "{users}");
}

/// Who opened a conversation finds it, names it and puts it away, and shares it with whoever may ask; nobody else does.
async fn tends_and_shares(shared: &Shared, (ann, bob): (&str, &str), path: &str, messages: &str) {
    let listed = async |token: &str, query: &str| -> Vec<String> {
        let list = format!("/api/v1/sessions{query}");
        let page = shared.sent(token, Method::GET, &list, &Value::Null, StatusCode::OK).await;
        let items = page["items"].as_array().expect("items");
        items.iter().map(|item| format!("/api/v1/sessions/{}", text(item, "id"))).collect()
    };
    assert_eq!(listed(ann, "").await, [path]);
    assert_eq!(listed(ann, "?q=seal").await, [path]);
    assert!(listed(ann, "?q=gearbox").await.is_empty() && listed(bob, "").await.is_empty());
    let change = json!({ "title": "Seals", "tags": ["p-40"], "archived": true });
    let changed = shared.sent(ann, Method::PATCH, path, &change, StatusCode::OK).await;
    assert_eq!((&changed["title"], &changed["archived"]), (&json!("Seals"), &json!(true)), "{changed}");
    assert_eq!(listed(ann, "?tag=p-40").await, [path]);
    shared.sent(bob, Method::PATCH, path, &change, StatusCode::NOT_FOUND).await;

    for (is_shared, status) in [(true, StatusCode::OK), (false, StatusCode::NOT_FOUND)] {
        shared.sent(ann, Method::PATCH, path, &json!({ "is_shared": is_shared }), StatusCode::OK).await;
        for read in [path, messages] {
            shared.sent(bob, Method::GET, read, &Value::Null, status).await;
        }
        // Shared is read, and neither changed nor gone on with.
        shared.sent(bob, Method::PATCH, path, &change, StatusCode::NOT_FOUND).await;
        shared.sent(bob, Method::POST, messages, &json!({ "message": "Why?" }), StatusCode::NOT_FOUND).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_ask_reads_their_own_conversations_and_no_others() {
    let shared = stack().await;
    let made = shared.organization("people-talk").await;
    let (key, chatbot) = (text(&made, "api_key"), text(&made, "chatbot_id"));
    let ann = joined(shared, key, "talk-ann", Role::Client).await;
    let bob = joined(shared, key, "talk-bob", Role::Client).await;
    let cleo = joined(shared, key, "talk-cleo", Role::ClientService).await;
    let open = format!("/api/v1/chatbots/{chatbot}/sessions");
    let session = shared.sent(&ann, Method::POST, &open, &Value::Null, StatusCode::CREATED).await;
    let path = format!("/api/v1/sessions/{}", text(&session, "id"));
    let messages = format!("{path}/messages");
    let ask = json!({ "message": "How often must the seal be replaced?" });
    shared.sent(&ann, Method::POST, &messages, &ask, StatusCode::OK).await;
    for own in [&path, &messages] {
        shared.sent(&ann, Method::GET, own, &Value::Null, StatusCode::OK).await;
        shared.sent(&bob, Method::GET, own, &Value::Null, StatusCode::NOT_FOUND).await;
        shared.sent(&cleo, Method::GET, own, &Value::Null, StatusCode::OK).await;
    }
    shared.sent(&bob, Method::POST, &messages, &ask, StatusCode::NOT_FOUND).await;
    let missing = format!("/api/v1/sessions/{}", uuid::Uuid::now_v7());
    let absent = shared.sent(&bob, Method::GET, &missing, &Value::Null, StatusCode::NOT_FOUND).await;
    let others = shared.sent(&bob, Method::GET, &path, &Value::Null, StatusCode::NOT_FOUND).await;
    assert_eq!(others["detail"], absent["detail"]);
    shared.sent(&cleo, Method::GET, "/api/v1/sessions", &Value::Null, StatusCode::OK).await;
    tends_and_shares(shared, (&ann, &bob), &path, &messages).await;
    // A turn that opens its session under another protocol's name is hers as well; sent once, it is answered once.
    let asked = json!({ "model": chatbot, "messages": [{ "role": "user", "content": "How often?" }] });
    let answer = shared.sent(&ann, Method::POST, "/v1/chat/completions", &asked, StatusCode::OK).await;
    let path = format!("/api/v1/sessions/{}/messages", text(&answer["docent"], "session_id"));
    shared.sent(&ann, Method::GET, &path, &Value::Null, StatusCode::OK).await;
    shared.sent(&bob, Method::GET, &path, &Value::Null, StatusCode::NOT_FOUND).await;
    let bearer = format!("Bearer {ann}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "talk-once")];
    let (first, second) = (
        shared.call_with(&headers, Method::POST, &path, ask.to_string()).await,
        shared.call_with(&headers, Method::POST, &path, ask.to_string()).await,
    );
    assert_eq!(
        (first.0, &first.1["message"]["id"]),
        (StatusCode::OK, &second.1["message"]["id"]),
        "{first:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_and_users_keep_to_their_bounds() {
    let shared = stack().await;
    let made = shared.organization("people-bounds").await;
    let key = text(&made, "api_key");
    let wish = |change: &Value| {
        let mut wish = json!({ "email": format!("{}@example.org", uuid::Uuid::now_v7()), "role": "viewer" });
        wish.as_object_mut().expect("a wish").extend(change.as_object().expect("a change").clone());
        wish
    };
    let (longest, longer) = ("a".repeat(255), "a".repeat(256));
    let address = |bytes: usize| format!("{}@example.org", "a".repeat(bytes - "@example.org".len()));
    for (change, pointer) in [
        (json!({ "email": "ann" }), "/email"),
        (json!({ "email": address(321) }), "/email"),
        (json!({ "role": "owner" }), "/role"),
        (json!({ "display_name": longer }), "/display_name"),
        (json!({ "org_unit": longer }), "/org_unit"),
        (json!({ "expires_in_days": 0 }), "/expires_in_days"),
        (json!({ "expires_in_days": 91 }), "/expires_in_days"),
    ] {
        let problem = shared
            .sent(key, Method::POST, INVITATIONS, &wish(&change), StatusCode::UNPROCESSABLE_ENTITY)
            .await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{change}: {problem}");
    }
    let most =
        json!({ "email": address(320), "display_name": longest, "org_unit": longest, "expires_in_days": 90 });
    let invitation = shared.sent(key, Method::POST, INVITATIONS, &wish(&most), StatusCode::CREATED).await;
    let path = format!("{INVITATIONS}/{}", text(&invitation, "id"));
    shared.sent(key, Method::DELETE, &path, &Value::Null, StatusCode::NO_CONTENT).await;
    let token = shared.issuer.token("bounds-ann", &address(320), Verified::Yes);
    let refused = shared.sent(&token, Method::GET, ME, &Value::Null, StatusCode::FORBIDDEN).await;
    assert_eq!(refused["type"], NOT_A_MEMBER, "the invitation was taken back: {refused}");

    let bob = joined(shared, key, "bounds-bob", Role::Viewer).await;
    let me = shared.sent(&bob, Method::GET, ME, &Value::Null, StatusCode::OK).await;
    let path = format!("{USERS}/{}", text(&me, "id"));
    for (change, pointer) in [
        (json!({ "role": "Admin" }), "/role"),
        (json!({ "display_name": longer }), "/display_name"),
        (json!({ "org_unit": longer }), "/org_unit"),
    ] {
        let problem = shared.sent(key, Method::PATCH, &path, &change, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{change}: {problem}");
    }
    let named = json!({ "display_name": longest, "org_unit": longest });
    shared.sent(key, Method::PATCH, &path, &named, StatusCode::OK).await;
    let unnamed =
        shared.sent(key, Method::PATCH, &path, &json!({ "display_name": null }), StatusCode::OK).await;
    assert_eq!((&unnamed["display_name"], &unnamed["org_unit"]), (&Value::Null, &json!(longest)));
    let viewers =
        shared.sent(key, Method::GET, &format!("{USERS}?role=viewer"), &Value::Null, StatusCode::OK).await;
    assert_eq!(viewers["items"][0]["id"], me["id"]);
    let none =
        shared.sent(key, Method::GET, &format!("{USERS}?role=admin"), &Value::Null, StatusCode::OK).await;
    assert_eq!(none["items"], json!([]));
    shared
        .sent(key, Method::GET, &format!("{USERS}?role=boss"), &Value::Null, StatusCode::UNPROCESSABLE_ENTITY)
        .await;
}
