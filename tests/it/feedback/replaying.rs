//! A change is tried before anybody meets it: gold questions, replays, the guard, and units of work that are killed and repeated.

use super::{
    MANUAL, UNKNOWN, id_of,
    improving::{KNOWN, act, configured, criticised, kinds},
    kind, refused_at,
};
use crate::stack::support::{Shared, stack};
use domain::{ConfigVersionId, ReplayId, limits};
use http::{Method, StatusCode};
use insight::replay::{Progress, Replaying};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::{
    config_versions,
    replays::{self, Asked, Compared, New},
};
use tests::{
    Organization, TestDatabase, database,
    double::{self, Pace, Said},
};

impl Shared {
    /// A replay, once it has ended.
    async fn replayed(&self, started: &Value) -> Value {
        let path = format!("/api/v1/replays/{}", id_of(started));
        let until = Instant::now() + Duration::from_secs(240);
        loop {
            let replay = self.look(&path).await;
            if ["completed", "failed"].iter().any(|ended| replay["status"] == *ended) {
                return replay;
            }
            assert!(Instant::now() < until, "the replay does not end: {replay}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// How many sessions and messages a chatbot has, as far as anybody is told.
    async fn conversations(&self, chatbot: &str) -> (usize, i64) {
        let sessions = self.look(&format!("/api/v1/sessions?chatbot={chatbot}&limit=100")).await;
        let sessions = sessions["items"].as_array().expect("sessions").clone();
        let messages = sessions.iter().map(|one| one["message_count"].as_i64().expect("a count")).sum();
        (sessions.len(), messages)
    }

    /// The body of a request that is not JSON.
    async fn import(&self, chatbot: &str, form: &str, body: &str, expected: StatusCode) -> Value {
        let path = format!("/api/v1/chatbots/{chatbot}/gold-questions/import");
        let bearer = format!("Bearer {}", self.addresses.api_key);
        let headers = [("content-type", form), ("authorization", bearer.as_str())];
        let (status, answer) = self.call_with(&headers, Method::POST, &path, body.to_owned()).await;
        assert_eq!(status, expected, "{answer}");
        answer
    }
}

fn value(replay: &Value, figure: &str, of: &str) -> f64 {
    let value = &replay["summary"][figure][of]["value"];
    value.as_f64().unwrap_or_else(|| panic!("no {figure} {of}: {replay}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_replayed_shows_its_gain_is_applied_measured_and_rolled_back() {
    let shared = stack().await;
    let chatbot = shared.bot("replaying").await;
    let lines = format!(
        "{}\n{}\n",
        json!({ "question": "How long does delivery to Spain take?", "expected_answer": "five working days",
                "expected_source": "manual.txt", "tags": ["delivery"] }),
        json!({ "question": UNKNOWN, "answerable": false }),
    );
    let imported = shared.import(&chatbot, "application/x-ndjson", &lines, StatusCode::OK).await;
    assert_eq!(imported, json!({ "created": 2, "changed": 0 }));
    let wrong = configured(shared, &chatbot, json!({ "confidence_threshold": 0.99 })).await;
    let (message, _) = shared.answered(&chatbot, KNOWN).await;
    shared.answered(&chatbot, &format!("{KNOWN} ").to_uppercase()).await;
    let said = json!({ "message_id": message, "feedback_text": "It is in the manual.", "feedback_type": "completeness" });
    let criticism = criticised(shared, &chatbot, said).await;
    let wish = json!({ "proposals": [0] });
    let problem = act(shared, &criticism, "replay", wish.clone(), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "not-analysed");
    let analysed = act(shared, &criticism, "analyze", Value::Null, StatusCode::OK).await;
    assert_eq!(kinds(&analysed)[0], "confidence_threshold", "{analysed}");
    let problem = act(shared, &criticism, "apply", wish.clone(), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "not-replayed");

    let talks = shared.conversations(&chatbot).await;
    let started = act(shared, &criticism, "replay", wish.clone(), StatusCode::ACCEPTED).await;
    // The same question in other letters is one question.
    assert_eq!((&started["total"], &started["before_config_version_id"]), (&json!(3), &json!(wrong)));
    // Asked for again while it is under way, it is the same one, delivered twice.
    let again = act(shared, &criticism, "replay", wish.clone(), StatusCode::ACCEPTED).await;
    let replay = shared.replayed(&started).await;
    assert_eq!(replay["status"], "completed", "{replay}");
    assert_eq!(replay["done"], 3, "{replay}");
    if again["id"] != started["id"] {
        shared.replayed(&again).await;
    }
    assert_eq!(
        (value(&replay, "answer_correctness", "before"), value(&replay, "answer_correctness", "after")),
        (0.5, 1.0),
        "{replay}"
    );
    // Of the two questions that can be answered.
    assert_eq!(replay["summary"]["share_answered"]["questions"], 2, "{replay}");
    assert_eq!(value(&replay, "share_answered", "change"), 1.0, "{replay}");
    assert_eq!(replay["summary"]["lowered"], json!([]), "{replay}");
    for side in ["before", "after", "change"] {
        let measured = &replay["summary"]["answer_correctness"][side];
        let [low, value, high] =
            ["low", "value", "high"].map(|name| measured[name].as_f64().expect("a number"));
        assert!(low <= value && value <= high, "{measured}");
    }

    // Side by side, in pages.
    let path = format!("/api/v1/replays/{}/results", id_of(&started));
    let page = shared.look(&format!("{path}?limit=2")).await;
    let rest = shared.look(&format!("{path}?cursor={}", page["next_cursor"].as_str().expect("more"))).await;
    let rows: Vec<&Value> =
        [&page, &rest].into_iter().flat_map(|page| page["items"].as_array().expect("items")).collect();
    assert_eq!(rows.iter().map(|row| row["place"].as_i64()).collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
    let delivery = rows.iter().find(|row| row["expected_source"] == "manual.txt").expect("the gold question");
    assert_eq!(
        (&delivery["before"]["abstained"], &delivery["after"]["abstained"], &delivery["after"]["correct"]),
        (&json!(true), &json!(false), &json!(true)),
        "{delivery}"
    );
    assert!(delivery["after"]["answer"].as_str().is_some_and(|text| text.contains("five working days")));
    assert_eq!(delivery["after"]["citations"][0]["is_right"], true, "{delivery}");
    let nobody = rows.iter().find(|row| row["answerable"] == false).expect("what has no answer");
    assert_eq!((&nobody["before"]["correct"], &nobody["after"]["correct"]), (&json!(true), &json!(true)));
    assert_eq!(rows[2]["kind"], "recent");
    assert_eq!(shared.conversations(&chatbot).await, talks, "a trial is no conversation");
    let listed = shared.look(&format!("/api/v1/admin-feedback/{criticism}/replays")).await;
    assert!(listed["items"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == started["id"])));

    // The version that was tried is the one that answers.
    let applied = act(shared, &criticism, "apply", wish, StatusCode::OK).await;
    assert_eq!(applied["after_config_version_id"], replay["after_config_version_id"], "{applied}");
    let (message, session) = shared.answered(&chatbot, KNOWN).await;
    let answers = shared.look(&format!("/api/v1/sessions/{session}/messages")).await;
    assert_eq!(answers["items"][1]["abstained"], false, "{message} {answers}");
    let impact = shared.look(&format!("/api/v1/admin-feedback/{criticism}/impact")).await;
    assert_eq!(
        (&impact["before"]["answers"], &impact["after"]["answers"]),
        (&json!(2), &json!(1)),
        "{impact}"
    );
    assert_eq!(impact["verdict"], "too_few_answers", "{impact}");
    let path = format!("/api/v1/chatbots/{chatbot}/rollback");
    let back = shared.say(Method::POST, &path, Value::Null, StatusCode::OK).await;
    assert_eq!(back["active_config_version_id"], json!(wrong), "{back}");
}

/// Answered with less confidence than what a rule takes for sure.
const UNSURE: [&str; 4] = [
    "When is the old gasket of the big red mixer in the hall to be changed?",
    "How many years until the gasket of the mixer must be renewed by us?",
    "Which interval holds for gasket replacement in the mixer of our plant?",
    "What is said about the mixer gasket's replacement in years?",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_lowers_what_is_guarded_wants_a_reason() {
    let shared = stack().await;
    let chatbot = shared.bot("replaying-harm").await;
    configured(shared, &chatbot, json!({ "confidence_threshold": 0.05 })).await;
    let mut unsure = None;
    for question in UNSURE {
        let session = shared.session(&chatbot).await;
        let answer = shared.ask(&session, question).await;
        if answer["abstained"] == false && answer["confidence"].as_f64().is_some_and(|sure| sure < 0.75) {
            unsure = Some((question, id_of(&answer["message"])));
            break;
        }
    }
    let (question, message) = unsure.expect("a question that is answered unsurely");
    let path = format!("/api/v1/chatbots/{chatbot}/gold-questions");
    let gold = json!({ "question": question, "expected_answer": "every two years" });
    shared.say(Method::POST, &path, gold.clone(), StatusCode::CREATED).await;
    let problem = shared.say(Method::POST, &path, gold, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "question-known");
    let said = json!({ "message_id": message, "feedback_text": "Wrong!", "feedback_type": "accuracy" });
    let criticism = criticised(shared, &chatbot, said).await;
    let analysed = act(shared, &criticism, "analyze", Value::Null, StatusCode::OK).await;
    let place =
        kinds(&analysed).iter().position(|kind| *kind == "confidence_threshold").expect("a threshold");
    // Too little is asked to see a loss: such a replay is no reason to apply anything.
    let wish = json!({ "proposals": [place], "gold": 0, "recent": 1 });
    let started = act(shared, &criticism, "replay", wish, StatusCode::ACCEPTED).await;
    assert_eq!(shared.replayed(&started).await["is_whole"], false);
    let problem =
        act(shared, &criticism, "apply", json!({ "proposals": [place] }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "not-replayed", "{problem}");
    let wish = json!({ "proposals": [place], "recent": 0 });
    let started = act(shared, &criticism, "replay", wish, StatusCode::ACCEPTED).await;
    let replay = shared.replayed(&started).await;
    assert_eq!(replay["summary"]["lowered"], json!(["answer_correctness", "share_answered"]), "{replay}");
    let wish = json!({ "proposals": [place] });
    let problem = act(shared, &criticism, "apply", wish, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "lowers-quality", "{problem}");
    let detail = problem["detail"].as_str().expect("the figures");
    assert!(detail.contains("answer_correctness 100.0 % before, 0.0 % after, -100.0 points"), "{detail}");
    let wish = json!({ "proposals": [place], "override": true, "reason": "Silence is better." });
    let applied = act(shared, &criticism, "apply", wish, StatusCode::OK).await;
    let version = applied["after_config_version_id"].as_str().expect("a version");
    let version = shared.look(&format!("/api/v1/chatbots/{chatbot}/config-versions/{version}")).await;
    let why = version["why"].as_str().expect("a reason");
    assert!(why.ends_with("Although its replay lowers a guarded figure: Silence is better."), "{why}");

    // Any two versions: back again is a gain.
    let before = applied["before_config_version_id"].clone();
    let path = format!("/api/v1/chatbots/{chatbot}/replays");
    let wish = json!({ "after_config_version_id": before, "recent": 0 });
    let started = shared.say(Method::POST, &path, wish, StatusCode::ACCEPTED).await;
    let replay = shared.replayed(&started).await;
    assert_eq!(replay["admin_feedback_id"], Value::Null);
    assert_eq!(value(&replay, "answer_correctness", "change"), 1.0, "{replay}");
    let resume = format!("/api/v1/replays/{}/resume", id_of(&started));
    let problem = shared.say(Method::POST, &resume, Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "replay-completed");
    for (wish, at) in [("gold", "/gold"), ("recent", "/recent")] {
        for number in [-1, limits::REPLAY_QUESTIONS + 1] {
            let wish = json!({ "after_config_version_id": before, wish: number });
            let problem = shared.say(Method::POST, &path, wish, StatusCode::UNPROCESSABLE_ENTITY).await;
            assert_eq!(refused_at(&problem), at, "{problem}");
        }
    }
    let wish = json!({ "after_config_version_id": before, "gold": 0, "recent": 0 });
    let problem = shared.say(Method::POST, &path, wish, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "nothing-to-replay");
}

#[tokio::test(flavor = "multi_thread")]
async fn gold_questions_are_written_imported_changed_and_deleted() {
    let shared = stack().await;
    let chatbot = shared.chatbot_of("replaying-gold").await;
    let path = format!("/api/v1/chatbots/{chatbot}/gold-questions");
    let gold = json!({ "question": " How long? ", "expected_answer": "five days", "tags": ["a", "a", "b"] });
    let made = shared.say(Method::POST, &path, gold, StatusCode::CREATED).await;
    assert_eq!((&made["question"], &made["tags"]), (&json!("How long?"), &json!(["a", "b"])), "{made}");
    let table = "question,expected_answer,expected_source,answerable,tags\nHow long?,six days,,,\nWho?,,who.md,,c;d\nWhy?,,,false,\n";
    let imported = shared.import(&chatbot, "text/csv; charset=utf-8", table, StatusCode::OK).await;
    assert_eq!(imported, json!({ "created": 2, "changed": 1 }));
    let one = format!("{path}/{}", id_of(&made));
    let changed = shared.look(&one).await;
    assert_eq!(
        (&changed["expected_answer"], &changed["tags"]),
        (&json!("six days"), &json!([])),
        "{changed}"
    );
    let problem =
        shared.import(&chatbot, "text/csv", "question\nNo?\n", StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused_at(&problem), "/1/expected_answer", "{problem}");
    let line = json!({ "question": "a", "expected_answer": "b" }).to_string() + "\n";
    for count in [0, limits::GOLD_IMPORT + 1] {
        let many: String = (0..count).map(|n| line.replace("\"a\"", &format!("\"a{n}\""))).collect();
        shared.import(&chatbot, "application/jsonl", &many, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let page = shared.look(&format!("{path}?limit=2")).await;
    let next = page["next_cursor"].as_str().expect("one more");
    let rest = shared.look(&format!("{path}?cursor={next}")).await;
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(1), "{rest}");
    let tagged = shared.look(&format!("{path}?tag=c")).await;
    assert_eq!(tagged["items"][0]["question"], "Who?", "{tagged}");
    let change = json!({ "expected_answer": null, "answerable": false });
    let changed = shared.say(Method::PATCH, &one, change, StatusCode::OK).await;
    assert_eq!(
        (&changed["answerable"], &changed["expected_answer"]),
        (&json!(false), &Value::Null),
        "{changed}"
    );
    let problem = shared
        .say(Method::PATCH, &one, json!({ "answerable": true }), StatusCode::UNPROCESSABLE_ENTITY)
        .await;
    assert_eq!(refused_at(&problem), "/answerable");
    let taken = shared.say(Method::PATCH, &one, json!({ "question": "Why?" }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&taken), "question-known");
    shared.say(Method::DELETE, &one, Value::Null, StatusCode::NO_CONTENT).await;
    shared.say(Method::GET, &one, Value::Null, StatusCode::NOT_FOUND).await;
    // One of another chatbot is none of this one.
    let other = shared.chatbot_of("replaying-gold-other").await;
    let foreign = id_of(&tagged["items"][0]);
    let path = format!("/api/v1/chatbots/{other}/gold-questions/{foreign}");
    shared.say(Method::GET, &path, Value::Null, StatusCode::NOT_FOUND).await;
    assert!(MANUAL.contains("five working days"));
}

/// An organization with one document, and two versions of its chatbot's settings: one that says nothing, and one that answers.
pub(super) async fn pump(database: &TestDatabase) -> (Organization, (ConfigVersionId, ConfigVersionId)) {
    let acme = Organization::create(database, "acme").await;
    acme.document("d", "p40.md")
        .saying([
            "Pump P-40 needs oil of grade 46.",
            "Pump P-40 holds a pressure of 16 bar.",
            "Pump P-40 has a weight of 40 kg.",
        ])
        .stored()
        .await;
    let tx = acme.tx().await;
    let known = config_versions::list(&tx, acme.chatbot, None, 1).await.expect("read").remove(0);
    let silent = config_versions::Settings { confidence_threshold: 1.0, ..known.settings.clone() };
    let silent = config_versions::create(&tx, acme.chatbot, &silent, None).await.expect("a version");
    tx.finish().await.expect("committed");
    (acme, (silent, known.id))
}

/// A model that repeats the first passage it is shown.
pub(super) fn first_passage(shown: &[double::Shown]) -> Vec<Said> {
    shown.iter().take(1).map(|one| Said::Text(format!("{} [{}]", one.text, one.handle))).collect()
}

/// A replay of one version of a chatbot's settings against another, with these questions.
pub(super) async fn waiting(acme: &Organization, versions: (ConfigVersionId, ConfigVersionId)) -> ReplayId {
    let asked = |place: i32, question: &str, answer: &str| Asked {
        place,
        kind: "gold".into(),
        gold_question_id: None,
        message_id: None,
        question: question.into(),
        expected_answer: Some(answer.into()),
        expected_source: Some("p40.md".into()),
        is_answerable: true,
    };
    let questions = [
        asked(0, "Which grade of oil does pump P-40 need?", "grade 46"),
        asked(1, "Which pressure does pump P-40 hold?", "16 bar"),
        asked(2, "Which weight does pump P-40 have?", "40 kg"),
    ];
    let (before, after) = versions;
    let proposals = json!([]);
    let new = New {
        chatbot: acme.chatbot,
        criticism: None,
        proposals: &proposals,
        before,
        after,
        questions: &questions,
        is_whole: true,
    };
    let tx = acme.tx().await;
    let id = replays::create(&tx, &new, "test").await.expect("a replay");
    tx.finish().await.expect("committed");
    id
}

/// What is the same in every run: all but how long it took.
pub(super) async fn outcome(acme: &Organization, id: ReplayId) -> (String, Value, Vec<Value>) {
    let tx = acme.tx().await;
    let replay = replays::get(&tx, id).await.expect("read").expect("there");
    let results = replays::results(&tx, id, -1, 100).await.expect("read");
    let row = |one: Compared| {
        let side = |answered: Option<replays::Answered>| {
            let answered = answered?;
            Some(json!([
                answered.answer,
                answered.abstained,
                answered.confidence,
                answered.is_correct,
                answered.citation_precision,
                answered.prompt_tokens,
                answered.completion_tokens
            ]))
        };
        json!([one.asked.place, side(one.before), side(one.after)])
    };
    let mut summary = replay.summary;
    if let Some(summary) = summary.as_object_mut() {
        summary.remove("latency_ms");
        summary.remove("confidence");
    }
    (replay.status, summary, results.into_iter().map(row).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_killed_or_delivered_twice_answers_nothing_twice() {
    let database = database().await;
    let (acme, versions) = pump(&database).await;
    let (address, asked) = double::recording(first_passage).await;
    let replaying = |address| Replaying {
        database: database.database.clone(),
        answering: double::answering(&database, &double::aws(address)),
    };
    let quick = replaying(address);
    let organization = acme.id;
    let undisturbed = waiting(&acme, versions).await;
    assert_eq!(quick.work(organization, undisturbed).await.expect("worked"), Progress::Ended);
    let expected = outcome(&acme, undisturbed).await;
    assert_eq!((expected.0.as_str(), expected.2.len()), ("completed", 3));
    assert_eq!(expected.1["answer_correctness"]["change"]["value"], 1.0, "{}", expected.1);
    assert_eq!(asked.lock().expect("not poisoned").len(), 6, "both versions, three questions each");

    // Killed in the middle of a question: nobody else has it until its time is over, then another goes on.
    let slow = replaying(double::slow(Pace { pieces: 4, pause: Duration::from_millis(150) }).await);
    let killed = waiting(&acme, versions).await;
    let unit = tokio::time::timeout(Duration::from_millis(900), slow.work(organization, killed)).await;
    assert!(unit.is_err(), "it was not finished: {unit:?}");
    let (status, _, rows) = outcome(&acme, killed).await;
    assert_eq!(status, "running");
    let done = rows.iter().filter(|row| !row[1].is_null() && !row[2].is_null()).count();
    assert!(done < 3, "{rows:?}");
    assert_eq!(quick.work(organization, killed).await.expect("looked"), Progress::Busy);
    let application = database.application().await;
    let free = format!(
        "SELECT set_config('app.organization_id', '{organization}', false); \
         UPDATE docent.replays SET worked_until = now() - interval '1 second' WHERE worked_until IS NOT NULL"
    );
    application.batch_execute(&free).await.expect("the unit's time is over");
    asked.lock().expect("not poisoned").clear();
    // Delivered twice at the same moment: one of them works.
    let (one, other) = tokio::join!(quick.work(organization, killed), quick.work(organization, killed));
    let mut ends = [one.expect("worked"), other.expect("looked")];
    ends.sort_by_key(|end| *end == Progress::Ended);
    assert!(matches!(ends, [Progress::Busy | Progress::Ended, Progress::Ended]), "{ends:?}");
    assert_eq!(asked.lock().expect("not poisoned").len(), (3 - done) * 2, "only what was not answered yet");
    assert_eq!(outcome(&acme, killed).await, expected);
    // Delivered once more when all is done.
    assert_eq!(quick.work(organization, killed).await.expect("looked"), Progress::Ended);
    assert_eq!(outcome(&acme, killed).await, expected);
    assert_eq!(quick.work(organization, ReplayId::generate()).await.expect("looked"), Progress::Ended);
    // What each answer that was kept cost is told once.
    let paid = "SELECT (SELECT sum(prompt_tokens + completion_tokens)::bigint FROM docent.replay_results),
                       (SELECT sum(tokens)::bigint FROM docent.side_costs WHERE purpose = 'replays')";
    let paid = application.query_one(paid, &[]).await.expect("costs");
    let paid: (Option<i64>, Option<i64>) = (paid.get(0), paid.get(1));
    assert!(paid.0 == paid.1 && paid.0 > Some(0), "{paid:?}");

    // A model that is not there fails the unit, and the fifth time in a row the replay.
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let broken = replaying(nobody);
    let given_up = waiting(&acme, versions).await;
    for _ in 1..limits::REPLAY_FAILURES {
        assert!(broken.work(organization, given_up).await.is_err());
    }
    assert_eq!(broken.work(organization, given_up).await.expect("given up"), Progress::Ended);
    let tx = acme.tx().await;
    let replay = replays::get(&tx, given_up).await.expect("read").expect("there");
    assert_eq!((replay.status.as_str(), replay.done), ("failed", 0), "{replay:?}");
    assert!(replay.error.is_some_and(|why| why.contains("did not answer")));
}
