//! What stands beside a passage that was found, and filters on what a passage is.

use super::inside;
use std::collections::BTreeSet;
use store::search::{self, Filter, Search, Side};
use tests::{Organization, database, organization::Query};

/// Contents of the neighbours of the first rows, with the found passage and their side.
async fn beside(acme: &Organization, words: &str, expanded: u32) -> Vec<(String, Side, String)> {
    let words = language::words(words);
    let filter = Filter::default();
    let search = Search {
        space: acme.space.id,
        vector: None,
        words: &words,
        chatbot: None,
        filter: &filter,
        dense_weight: 0.0,
        limit: 10,
    };
    let tx = acme.tx().await;
    let found = search::for_turn(&tx, &search, expanded).await.unwrap();
    tx.finish().await.unwrap();
    let of = |id| found.hits.iter().find(|hit| hit.chunk == id).expect("a found passage").content.clone();
    found
        .neighbours
        .iter()
        .map(|neighbour| {
            assert!(
                neighbour.hit.dense.is_none()
                    && neighbour.hit.page.is_some()
                    && !neighbour.hit.title.is_empty()
            );
            (of(neighbour.of), neighbour.side, neighbour.hit.content.clone())
        })
        .collect()
}

#[tokio::test]
async fn neighbours_are_of_the_same_section_and_not_disabled() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let passages = ["alpha one", "beta two", "gamma three", "delta four", "epsilon five"];
    let document = acme.document("manuals", "pump.md").in_language("und").saying(passages).stored().await;
    // Another reading of another document: its places are the same, and it is none of the neighbours.
    acme.document("manuals", "other.md").in_language("und").saying(["x", "y", "z"]).stored().await;
    let (before, after) = (Side::Before, Side::After);
    let named = |of: &str, side, content: &str| (of.to_owned(), side, content.to_owned());
    assert_eq!(
        beside(&acme, "gamma", 5).await,
        [named("gamma three", before, "beta two"), named("gamma three", after, "delta four")]
    );
    assert_eq!(beside(&acme, "alpha", 5).await, [named("alpha one", after, "beta two")]);
    assert!(beside(&acme, "gamma", 0).await.is_empty(), "none are wanted");
    let first = beside(&acme, "gamma epsilon", 1).await;
    assert!(first.iter().all(|(of, ..)| *of == first[0].0), "of the first row only: {first:?}");

    let client = inside(&database, &acme).await;
    let change = async |sql: &str, index: i32| {
        let sql =
            format!("UPDATE docent.chunks SET {sql} WHERE document_version_id = $1 AND chunk_index = $2");
        client.execute(&sql, &[&document.version.0, &index]).await.unwrap();
    };
    change("headings = '{Other}'", 1).await;
    assert_eq!(beside(&acme, "gamma", 5).await, [named("gamma three", after, "delta four")]);
    change("is_active = false", 3).await;
    assert!(beside(&acme, "gamma", 5).await.is_empty());
    assert!(acme.search(Query::both("delta four")).await.iter().all(|hit| hit.content != "delta four"));
    change("headings = '{Heading}'", 1).await;
    change("content = 'beta corrected', context = 'never quoted'", 1).await;
    assert_eq!(beside(&acme, "gamma", 5).await, [named("gamma three", before, "beta corrected")]);
}

// ── What a chunk is ──────────────────────────────────────────────────────────────────────────────────

fn metadata(fields: &[(&str, &[&str])]) -> Filter {
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let metadata = fields.iter().map(|(field, all)| ((*field).to_owned(), values(all))).collect();
    Filter { metadata, ..Filter::default() }
}

#[tokio::test]
async fn a_filter_on_metadata_and_type_holds_for_words_and_vectors() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let globex = Organization::create(&database, "globex").await;
    let passages = ["pump a", "pump b", "pump c", "pump d"];
    for organization in [&acme, &globex] {
        let document = organization.document("manuals", "pump.md").saying(passages).stored().await;
        let client = inside(&database, organization).await;
        client
            .execute(
                "UPDATE docent.chunks SET chunk_type = CASE WHEN chunk_index = 3 THEN 'product_level' ELSE 'general' END,
                        metadata = jsonb_build_object('module', 'm' || chunk_index, 'chapter', 'It''s \"1\"')
                  WHERE document_version_id = $1 AND chunk_index > 0",
                &[&document.version.0],
            )
            .await
            .unwrap();
    }
    let found = async |filter: &Filter| -> Vec<String> {
        let mut all = BTreeSet::new();
        // By words alone, by both, and by vectors alone.
        for query in
            [Query::words("pump"), Query::both("pump"), Query { words: "nothing", ..Query::both("pump") }]
        {
            let hits = acme.search(Query { filter: filter.clone(), ..query }).await;
            assert!(hits.iter().all(|hit| hit.key.starts_with("acme/")), "{hits:?}");
            all.insert(hits.into_iter().map(|hit| hit.content).collect::<BTreeSet<_>>());
        }
        assert_eq!(all.len(), 1, "each leg is filtered: {all:?}");
        all.into_iter().flatten().collect()
    };
    assert_eq!(found(&metadata(&[("module", &["m1"])])).await, ["pump b"]);
    assert_eq!(found(&metadata(&[("module", &["m1", "m2", "m9"])])).await, ["pump b", "pump c"]);
    assert_eq!(
        found(&metadata(&[("module", &["m2", "m3"]), ("chapter", &["It's \"1\""])])).await,
        ["pump c", "pump d"]
    );
    let products = Filter { chunk_types: vec!["product_level".into()], ..Filter::default() };
    assert_eq!(found(&products).await, ["pump d"]);
    for nothing in [
        metadata(&[("module", &["M1"])]),
        metadata(&[("chapter", &["1\") || (\"1\" == \"1"])]),
        metadata(&[("page", &["1"])]),
    ] {
        assert!(found(&nothing).await.is_empty(), "{nothing:?}");
    }
    let both = Filter { chunk_types: vec!["product_level".into()], ..metadata(&[("module", &["m1"])]) };
    assert!(found(&both).await.is_empty());
}
