//! What a ticket may say, and what follows what.

use super::*;

fn given() -> Given {
    Given {
        session: SessionId::generate(),
        reason: None,
        summary: None,
        details: None,
        owner_team: None,
        priority: None,
        external_ticket: None,
    }
}

fn pointer<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    match result {
        Err(Refusal::Invalid { pointer, .. }) => pointer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_ticket_has_defaults_and_edges() {
    let kept = opening(given()).expect("a session is enough");
    assert_eq!((kept.reason.as_str(), kept.priority.as_str()), ("requested", "medium"));
    let long = |count: usize| Some("ก".repeat(count));
    let edge = Given {
        summary: long(limits::ESCALATION_SUMMARY_CHARACTERS),
        owner_team: long(limits::ESCALATION_TEAM_CHARACTERS),
        external_ticket: long(limits::EXTERNAL_TICKET_CHARACTERS),
        details: Some(json!({ "a": "b".repeat(limits::ESCALATION_DETAILS_BYTES - 8) })),
        ..given()
    };
    assert!(opening(edge).is_ok());
    let over = |count: usize| long(count + 1);
    let wrong = [
        (Given { reason: Some("bored".into()), ..given() }, "/reason"),
        (Given { priority: Some("urgent".into()), ..given() }, "/priority"),
        (Given { summary: over(limits::ESCALATION_SUMMARY_CHARACTERS), ..given() }, "/summary"),
        (Given { owner_team: over(limits::ESCALATION_TEAM_CHARACTERS), ..given() }, "/owner_team"),
        (
            Given { external_ticket: over(limits::EXTERNAL_TICKET_CHARACTERS), ..given() },
            "/external_ticket_id",
        ),
        (Given { details: Some(json!([])), ..given() }, "/details"),
        (Given { details: Some(json!({ "a": "\0" })), ..given() }, "/details"),
        (
            Given {
                details: Some(json!({ "a": "b".repeat(limits::ESCALATION_DETAILS_BYTES - 7) })),
                ..given()
            },
            "/details",
        ),
    ];
    for (given, at) in wrong {
        assert_eq!(pointer(opening(given)), at);
    }
}

#[test]
fn an_agent_has_an_edge() {
    let named = |count: usize| Change { assigned_agent: Some(Some("a".repeat(count))), ..Change::default() };
    assert!(checked(named(limits::ESCALATION_AGENT_CHARACTERS)).is_ok());
    assert_eq!(pointer(checked(named(limits::ESCALATION_AGENT_CHARACTERS + 1))), "/assigned_agent");
}

#[test]
fn who_is_named_on_an_open_ticket_has_it_assigned() {
    let named = Changes { assigned_agent: Some(Some("Ada".into())), ..Changes::default() };
    let nobody = Changes { assigned_agent: Some(None), ..Changes::default() };
    assert_eq!(following(Status::Open, None, &named).expect("allowed"), Status::Assigned);
    assert_eq!(following(Status::InProgress, None, &named).expect("allowed"), Status::InProgress);
    assert_eq!(following(Status::Assigned, None, &nobody).expect("allowed"), Status::Open);
    assert!(following(Status::Closed, Some(Status::Open), &nobody).is_err());
}
