//! Answers that people wrote: which of them a chatbot may give, by what they are found, and how they are cited.

use super::inside;
use domain::{ChatbotId, CuratedAnswerId, MessageId};
use pgvector::Vector;
use std::collections::BTreeMap;
use store::{
    chatbots,
    curated::{self, Origin, Writing},
    messages::{self, Citation, Source},
    search::{self, Filter, Search},
};
use tests::{Organization, database};

fn written(question: &str) -> Writing {
    Writing {
        id: CuratedAnswerId::generate(),
        chatbot: None,
        collection: None,
        question: question.into(),
        answer: question.into(),
        source_url: None,
        language: "en".into(),
        words: language::words(question),
        is_active: true,
    }
}

async fn write(organization: &Organization, answers: &[Writing]) {
    let ids: Vec<CuratedAnswerId> = answers.iter().map(|answer| answer.id).collect();
    let vectors: Vec<Vector> = answers
        .iter()
        .map(|answer| tests::vectors::of_text(&answer.question, organization.space.dimension))
        .collect();
    let tx = organization.tx().await;
    curated::create(&tx, answers, Origin::Api, "test", None).await.unwrap();
    curated::insert_vectors(&tx, organization.space.id, &ids, &vectors).await.unwrap();
    tx.finish().await.unwrap();
}

/// Answers of the candidates with their cosines.
async fn candidates(
    organization: &Organization,
    chatbot: ChatbotId,
    text: &str,
    vector: Option<&Vector>,
) -> BTreeMap<String, Option<f64>> {
    let words = language::words(text);
    let filter = Filter::default();
    let search = Search {
        space: organization.space.id,
        vector,
        words: &words,
        chatbot: Some(chatbot),
        filter: &filter,
        dense_weight: 0.7,
        limit: 10,
    };
    let tx = organization.tx().await;
    let found = search::for_turn(&tx, &search, 5).await.unwrap().curated;
    tx.finish().await.unwrap();
    found.into_iter().map(|found| (found.answer, found.cosine)).collect()
}

#[tokio::test]
async fn a_chatbot_gives_its_own_answers_and_those_of_what_it_reads() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let globex = Organization::create(&database, "globex").await;
    let manuals = acme.document("manuals", "pump.md").saying(["pump"]).stored().await;
    let brochures = acme.document("brochures", "sale.md").saying(["sale"]).stored().await;
    let (seller, other) = (acme.chatbot_named("Seller").await, acme.chatbot_named("Other").await);
    let tx = acme.tx().await;
    chatbots::link_collection(&tx, seller, brochures.collection).await.unwrap();
    tx.finish().await.unwrap();
    let written_for = |whose: &str| Writing { answer: whose.into(), ..written("Where is it?") };
    write(
        &acme,
        &[
            written_for("all"),
            Writing { chatbot: Some(seller), ..written_for("the seller") },
            Writing { chatbot: Some(other), ..written_for("the other") },
            Writing { collection: Some(manuals.collection), ..written_for("the manuals") },
            Writing { collection: Some(brochures.collection), ..written_for("the brochures") },
            Writing { is_active: false, ..written_for("nobody") },
        ],
    )
    .await;
    write(&globex, &[written_for("globex")]).await;
    let vector = tests::vectors::of_text("Where is it?", acme.space.dimension);
    let whose = async |organization, chatbot| -> Vec<String> {
        let by_words = candidates(organization, chatbot, "where is it", None).await;
        let by_vector = candidates(organization, chatbot, "something else", Some(&vector)).await;
        assert!(by_words.keys().eq(by_vector.keys()), "{by_words:?} {by_vector:?}");
        by_words.into_keys().collect()
    };
    assert_eq!(whose(&acme, seller).await, ["all", "the brochures", "the seller"]);
    // Linked to nothing, a chatbot reads every collection.
    assert_eq!(whose(&acme, other).await, ["all", "the brochures", "the manuals", "the other"]);
    assert!(whose(&acme, globex.chatbot).await.is_empty(), "another organization's chatbot is none");
    assert_eq!(whose(&globex, globex.chatbot).await, ["globex"]);
}

#[tokio::test]
async fn an_answer_is_found_by_all_words_or_by_its_vector() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let thai = "ควรเปลี่ยนไส้กรองบ่อยแค่ไหน";
    write(
        &acme,
        &[
            Writing { language: "th".into(), ..written(thai) },
            written("Who are you?"),
            written("How do I reset my password?"),
        ],
    )
    .await;
    let words = async |text: &str| -> Vec<String> {
        candidates(&acme, acme.chatbot, text, None).await.into_keys().collect()
    };
    assert_eq!(words(thai).await, [thai]);
    assert_eq!(words("who are you").await, ["Who are you?"], "nothing but function words");
    assert_eq!(words("how do I reset MY password").await, ["How do I reset my password?"]);
    assert!(words("reset my password").await.is_empty());

    let vector = tests::vectors::of_text("How do I reset my password?", acme.space.dimension);
    let near = candidates(&acme, acme.chatbot, "something else", Some(&vector)).await;
    let cosine = near["How do I reset my password?"].expect("compared");
    assert!((cosine - 1.0).abs() < 1e-3 && near[thai].is_some_and(|cosine| cosine < 0.5), "{near:?}");
    // A vector of another length than the question's is compared with nothing, and breaks no turn.
    let client = inside(&database, &acme).await;
    client.batch_execute("DELETE FROM docent.curated_embeddings; \
        INSERT INTO docent.curated_embeddings (organization_id, curated_answer_id, space_id, vector) \
        SELECT a.organization_id, a.id, s.id, '[1,0]' FROM docent.curated_answers a, docent.embedding_spaces s").await.unwrap();
    assert!(candidates(&acme, acme.chatbot, "something else", Some(&vector)).await.is_empty());
}

#[tokio::test]
async fn a_citation_is_of_a_passage_or_of_an_answer_that_people_wrote() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let session = acme.session().await;
    let message = MessageId::generate();
    let citation = Citation {
        marker: 1,
        source: Source::Curated(CuratedAnswerId::generate()),
        document: None,
        title: "Where is it?".into(),
        key: None,
        page: None,
        quoted_span: "Here.".into(),
        score: 0.95,
        is_there: false,
    };
    let tx = acme.tx().await;
    messages::append_user(&tx, session, message, "where?", &[]).await.unwrap();
    messages::cite(&tx, message, std::slice::from_ref(&citation)).await.unwrap();
    let kept = messages::list(&tx, session, 0, 10).await.unwrap().remove(0).citations.remove(0);
    tx.finish().await.unwrap();
    assert_eq!((kept.source, kept.document, kept.key), (citation.source, None, None));
    let client = inside(&database, &acme).await;
    for (chunk, curated, document, key) in [
        ("NULL", "NULL", "gen_random_uuid()", "'k'"),
        ("gen_random_uuid()", "gen_random_uuid()", "gen_random_uuid()", "'k'"),
        ("gen_random_uuid()", "NULL", "NULL", "NULL"),
        ("NULL", "gen_random_uuid()", "gen_random_uuid()", "NULL"),
    ] {
        let refused = client
            .batch_execute(&format!(
                "INSERT INTO docent.citations (id, organization_id, message_id, chunk_id, curated_answer_id, document_id, document_key, \
                                               marker, quoted_span, score, document_title)
                 VALUES (gen_random_uuid(), docent.current_organization(), gen_random_uuid(), {chunk}, {curated}, {document}, {key}, \
                         1, 'x', 1, 'x')"
            ))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::CHECK_VIOLATION), "{refused:?}");
    }
}
