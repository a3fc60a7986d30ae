//! What an adapter may say, and what becomes of its variables.

use super::*;
use serde_json::json;

fn adapter(change: impl FnOnce(&mut Value)) -> Adapter {
    let mut given = json!({
        "create": { "url": "https://desk.example/tickets", "body": { "subject": "{{summary}}" }, "external_id": "/ticket/id" },
        "comment": { "url": "https://desk.example/tickets/{{external_id}}/comments", "body": { "text": "{{content}}" } },
        "status": { "method": "PUT", "url": "https://desk.example/tickets/{{external_id}}", "body": { "status": "{{status}}" },
            "statuses": { "resolved": "solved" } },
    });
    change(&mut given);
    serde_json::from_value(given).expect("an adapter")
}

#[test]
fn an_adapter_names_what_there_is() {
    assert_eq!(adapter(|_| ()).check(), Ok(()));
    let wrong: [(&str, Value); 10] = [
        ("/create/url", json!("https://desk.example/{{summary}}")),
        ("/create/body", json!({ "a": [{ "b": "{{company}}" }] })),
        ("/create/body", json!({ "a": "{{content}}" })),
        ("/create/body", json!({ "a": "{{external_id}}" })),
        ("/create/body", json!("{{summary}}")),
        ("/comment/body", json!(null)),
        ("/create/external_id", json!("ticket.id")),
        ("/comment/external_id", json!("/id")),
        ("/comment/statuses", json!({ "open": "new" })),
        ("/status/statuses", json!({ "shut": "closed" })),
    ];
    for (at, value) in wrong {
        let given = adapter(|adapter| {
            let (call, field) = at[1..].split_once('/').expect("two names");
            adapter[call][field] = value.clone();
        });
        let (pointer, detail) = given.check().expect_err(at);
        assert!(pointer.starts_with(at), "{value}: {pointer} {detail}");
    }
}

#[test]
fn settings_have_an_edge() {
    let of = |bytes: usize| adapter(|adapter| adapter["create"]["body"] = json!({ "a": "b".repeat(bytes) }));
    let rest = serde_json::to_vec(&of(0)).expect("JSON").len();
    assert!(of(limits::TICKET_SETTINGS_BYTES - rest).check().is_ok());
    assert!(of(limits::TICKET_SETTINGS_BYTES - rest + 1).check().is_err());
    let of = |bytes: usize| {
        adapter(|adapter| adapter["create"]["external_id"] = json!(format!("/{}", "a".repeat(bytes - 1))))
    };
    assert!(of(limits::TICKET_POINTER_BYTES).check().is_ok());
    assert!(of(limits::TICKET_POINTER_BYTES + 1).check().is_err());
}

#[test]
fn a_variable_becomes_its_value_and_nothing_is_read_twice() {
    let call = adapter(|adapter| {
        adapter["comment"]["body"] = json!({
            "details": "{{details}}", "none": "{{ owner_team }}", "is_public": "{{is_public}}", "n": 5,
            "all": ["{{author}}: {{content}}", "{{details}}!", "{{{{content}}", "{plain}"],
        });
    });
    let call = call.call("comment").expect("a comment").clone();
    let values = json!({ "details": { "order": 4711 }, "owner_team": null, "is_public": true, "author": "Ada",
        "content": "\"}, {{details}}", "external_id": "a/../b c" });
    let values = values.as_object().expect("an object");
    assert_eq!(
        call.body(values),
        json!({ "details": { "order": 4711 }, "none": null, "is_public": true, "n": 5,
            "all": ["Ada: \"}, {{details}}", "{\"order\":4711}!", "{{\"}, {{details}}", "{plain}"] })
    );
    let url = call.url(values, |id| id.replace(['/', ' '], "_"));
    assert_eq!(url, "https://desk.example/tickets/a_.._b_c/comments");
}

#[test]
fn a_state_has_another_name_there_or_its_own() {
    let known = adapter(|_| ());
    let call = known.call("status").expect("a status");
    assert_eq!((call.status("resolved"), call.status("open")), ("solved", "open"));
}

#[test]
fn an_id_is_a_text_or_a_number_that_can_stand_in_a_url() {
    let of = |id: Value| external_id(&json!({ "ticket": { "id": id } }), "/ticket/id");
    assert_eq!(of(json!("DESK-1")).as_deref(), Some("DESK-1"));
    assert_eq!(of(json!(4711)).as_deref(), Some("4711"));
    let longest = "ก".repeat(limits::EXTERNAL_TICKET_CHARACTERS);
    assert_eq!(of(json!(longest)), Some(longest.clone()));
    for wrong in [
        json!(null),
        json!(""),
        json!(" "),
        json!(".."),
        json!("."),
        json!("a\nb"),
        json!(longest + "ก"),
        json!([]),
    ] {
        assert_eq!(of(wrong.clone()), None, "{wrong}");
    }
    assert_eq!(external_id(&json!("<html>"), "/ticket/id"), None);
}
