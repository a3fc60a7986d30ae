//! What a search finds, and in which order: checked against computations of our own.

mod curated;
mod passages;

use domain::{Failure, FailureCode, OrganizationId, SpaceId};
use pgvector::Vector;
use std::collections::{BTreeMap, BTreeSet};
use store::{documents, versions};
use tests::{
    Organization, TestDatabase, database,
    document::{BUCKET, Stored},
    organization::Query,
};
use tokio_postgres::Client;

#[tokio::test]
async fn only_the_active_version_is_found() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let old = acme.document("manuals", "pump.md").saying(["The pump needs 3.5 bar."]).stored().await;
    let contents = async || -> Vec<String> {
        acme.search(Query::both("pump bar")).await.into_iter().map(|hit| hit.content).collect()
    };
    assert_eq!(contents().await, ["The pump needs 3.5 bar."]);

    // Built beside the active one: not found before the switch.
    let building = acme.document("manuals", "pump.md").saying(["The pump needs 4 bar."]).building().await;
    assert_eq!(building.id, old.id);
    assert_eq!(contents().await, ["The pump needs 3.5 bar."]);

    // Switched: only the new one, even while the old one's chunks are still there.
    let new = acme.document("manuals", "pump.md").saying(["The pump needs 5 bar."]).stored().await;
    assert_eq!(contents().await, ["The pump needs 5 bar."]);
    let tx = acme.tx().await;
    versions::clear_others(&tx, new.id, Some(new.version)).await.unwrap();
    tx.finish().await.unwrap();
    assert_eq!(contents().await, ["The pump needs 5 bar."]);

    // Failed: nothing of it.
    let failure = Failure::new(FailureCode::Damaged, "broken");
    acme.document("manuals", "pump.md").saying(["The pump needs 6 bar."]).failed(&failure).await;
    assert!(contents().await.is_empty());
}

#[tokio::test]
async fn a_deleted_document_is_gone_with_its_vectors() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let kept = acme.document("manuals", "kept.md").saying(["The pump needs 3.5 bar."]).stored().await;
    let document = acme.document("manuals", "gone.md").saying(["The pump needs 3.5 bar."]);
    let key = document.key();
    let gone = document.stored().await;
    assert_eq!(acme.search(Query::both("pump")).await.len(), 2);
    let tx = acme.tx().await;
    assert_eq!(documents::hide(&tx, BUCKET, &key).await.unwrap(), Some(documents::Hidden::Gone(gone.id)));
    documents::delete(&tx, gone.id).await.unwrap();
    tx.finish().await.unwrap();
    let left = acme.search(Query::both("pump")).await;
    assert_eq!(left.iter().map(|hit| hit.document).collect::<Vec<_>>(), [kept.id]);
    let client = inside(&database, &acme).await;
    for table in ["document_versions", "chunks", "embeddings"] {
        let rows: i64 =
            client.query_one(&format!("SELECT count(*) FROM docent.{table}"), &[]).await.unwrap().get(0);
        assert_eq!(rows, 1, "{table}");
    }
}

#[tokio::test]
async fn thai_and_inflected_words_are_found() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let thai = "การเปลี่ยนไส้กรองน้ำควรทำทุกหกเดือน";
    acme.document("manuals", "thai.md").in_language("th").saying([thai, "รับประกันสินค้าสองปี"]).stored().await;
    acme.document("manuals", "english.md")
        .saying(["Pumps were running dry.", "The warranty lasts two years."])
        .stored()
        .await;
    let first =
        async |words: &str| acme.search(Query::words(words)).await.first().map(|hit| hit.content.clone());
    assert_eq!(first("เปลี่ยน").await.as_deref(), Some(thai), "a word inside a clause without blanks");
    assert_eq!(first("ไส้กรองน้ำเปลี่ยนเมื่อไร").await.as_deref(), Some(thai), "a question of several words");
    assert_eq!(first("pump runs").await.as_deref(), Some("Pumps were running dry."), "stems");
    assert!(first("ตู้เย็น").await.is_none(), "what is not there");
}

#[tokio::test]
async fn words_that_look_like_syntax_are_words() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let odd = "The user's path is C:\\docs & 'quoted' | <tag> :* !";
    acme.document("manuals", "odd.md").in_language("und").saying([odd]).stored().await;
    for question in ["user's", "c:\\docs", "'quoted'", "a & | ! :* <->", "\\", "''", "🙂"] {
        let found = acme.search(Query::both(question)).await;
        assert!(found.iter().all(|hit| hit.content == odd), "{question}");
    }
    assert_eq!(acme.search(Query::words("user's")).await.len(), 1);
}

/// BM25 over passages that all hold a word of the question, so that all are candidates.
fn bm25(passages: &[&str], question: &str) -> Vec<f64> {
    const K1: f64 = 0.9;
    const B: f64 = 0.4;
    let cut: Vec<Vec<String>> = passages.iter().map(|passage| language::words(passage)).collect();
    let length = |words: &Vec<String>| f64::from(u32::try_from(words.len()).unwrap());
    let count = f64::from(u32::try_from(cut.len()).unwrap());
    let mean = cut.iter().map(length).sum::<f64>() / count;
    let asked: BTreeSet<String> = language::words(question).into_iter().collect();
    cut.iter()
        .map(|words| {
            let mut frequency: BTreeMap<&str, f64> = BTreeMap::new();
            words.iter().for_each(|word| *frequency.entry(word).or_default() += 1.0);
            asked
                .iter()
                .map(|word| {
                    let holding = cut.iter().filter(|words| words.contains(word)).count();
                    let df = f64::from(u32::try_from(holding).unwrap());
                    let idf = (1.0 + (count - df + 0.5) / (df + 0.5)).ln();
                    let tf = frequency.get(word.as_str()).copied().unwrap_or_default();
                    idf * (1.0 + K1) * tf / (tf + K1 * (1.0 - B + B * length(words) / mean))
                })
                .sum()
        })
        .collect()
}

#[tokio::test]
async fn the_lexical_leg_is_bm25() {
    let passages = [
        "valve pressure pump",
        "pump pump pump manual with a good many further words about nothing",
        "pressure of the pump and the valve of the pump and a pressure gauge",
        "valve valve",
        "the pump is blue",
        "pressure pressure pressure relief",
        "a pump in a long sentence that says little else of any interest to anybody at all",
    ];
    let question = "pump valve pressure";
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    // Without a language there are neither stems nor function words: the formula alone.
    acme.document("manuals", "a.md").in_language("und").saying(passages).stored().await;
    let scores = bm25(&passages, question);
    let mut order: Vec<usize> = (0..passages.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let hits = acme.search(Query::words(question)).await;
    assert_eq!(
        hits.iter().map(|hit| hit.content.as_str()).collect::<Vec<_>>(),
        order.iter().map(|&at| passages[at]).collect::<Vec<_>>()
    );
    for (hit, &at) in hits.iter().zip(&order) {
        assert!(
            (hit.lexical - scores[at]).abs() < 1e-9,
            "{}: {} instead of {}",
            hit.content,
            hit.lexical,
            scores[at]
        );
        assert!(
            hit.dense.is_none() && (0.0..=1.0).contains(&hit.fused) && (0.0..=1.0).contains(&hit.coverage)
        );
    }
}

#[tokio::test]
async fn the_order_is_the_same_however_the_passages_came_and_each_leg_stands_alone() {
    let database = database().await;
    let mut passages = [
        "The pump needs 3.5 bar.",
        "A valve of the pump.",
        "The valve is blue.",
        "Nothing of it.",
        "The pump, the pump.",
        "The valve is blue.",
    ];
    let mut seen: Vec<Vec<(String, i64)>> = Vec::new();
    for round in 0..3 {
        let acme = Organization::create(&database, &format!("acme-{round}")).await;
        acme.document("manuals", "pump.md").saying(passages).stored().await;
        let shown = async |query: Query| -> Vec<(String, i64)> {
            #[expect(clippy::cast_possible_truncation, reason = "a score of 0..1, to nine digits")]
            let row = |hit: store::search::Hit| (hit.content, (hit.fused * 1e9).round() as i64);
            let hits = acme.search(query).await;
            fuses_fairly(&hits);
            let mut hits: Vec<_> = hits.into_iter().map(row).collect();
            assert!(hits.is_sorted_by(|one, other| one.1 >= other.1), "{hits:?}");
            hits.sort();
            hits
        };
        let both = shown(Query::both("pump valve")).await;
        let words = shown(Query::words("pump valve")).await;
        assert_eq!(
            (both.len(), words.len()),
            (6, 5),
            "a vector is near everything; words are where they stand"
        );
        assert!(both.iter().chain(&words).all(|(_, fused)| (0..=1_000_000_000).contains(fused)));
        assert!(shown(Query::words("gearbox")).await.is_empty(), "neither leg finds anything");
        seen.push([both, words].concat());
        passages.rotate_left(2);
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
}

/// What neither leg finds less good is not ranked lower, and what both find equally good has one score.
fn fuses_fairly(hits: &[store::search::Hit]) {
    for (one, other) in hits.iter().flat_map(|one| hits.iter().map(move |other| (one, other))) {
        let is_no_less = one.dense >= other.dense && one.lexical >= other.lexical;
        assert!(!is_no_less || one.fused >= other.fused, "{one:?} behind {other:?}");
    }
}

#[tokio::test]
async fn a_rare_word_is_not_lost_behind_a_common_one() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let common: Vec<String> = (0..60).map(|n| format!("The pump of the pump house {n}.")).collect();
    let rare = "When the display says E06, the pump has run dry: switch it off, open both valves, fill it with clear water, wait \
                until no more air comes out of the vent, and start it again.";
    let said = common.iter().map(String::as_str).chain([rare]);
    acme.document("manuals", "pumps.md").saying(said).stored().await;
    let hits = acme.search(Query::words("pump E06")).await;
    assert_eq!(hits[0].content, rare, "the one passage that holds the code");
}

#[tokio::test]
async fn a_vector_of_another_length_is_refused_by_name() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    let search = "SELECT docent.search_chunks($1, '{1,2,3}', '{pump}', NULL, '{}', 1, 10, 10)";
    let error = client.query(search, &[&acme.space.id.0]).await.unwrap_err();
    let message = error.as_db_error().unwrap().message();
    assert_eq!(message, format!("no embedding space {} of dimension 3", acme.space.id));
}

// ── Above 5,000 readable chunks a search walks the graph ─────────────────────────────────────────────

const DIMENSION: usize = 16;
/// Above the function's limit of exact search.
const MANY: usize = 5_200;

/// The vector of the passage of a number, here and in SQL below.
fn vector_of(number: usize) -> Vec<f32> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "small numbers, and halfvec is coarser"
    )]
    (1..=DIMENSION).map(|place| ((number * place * place) as f64).sin() as f32).collect()
}

async fn inside(database: &TestDatabase, organization: &Organization) -> Client {
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", organization.id)).await.unwrap();
    client
}

/// Writes many passages into a document: passage `n` says `passage n` and has the vector of `n`.
async fn fill(database: &TestDatabase, organization: &Organization, document: &Stored, space: SpaceId) {
    let client = inside(database, organization).await;
    client.execute(
        "INSERT INTO docent.chunks (organization_id, document_id, document_version_id, id, chunk_index, content, byte_from,
                                    byte_to, token_count, language, search_vector, word_count)
         SELECT docent.current_organization(), $1, $2, gen_random_uuid(), n, 'passage ' || n, n, n + 1, 2, 'en',
                docent.words_vector('en', ARRAY['passage', n::text]), 2
           FROM generate_series(1, $3::integer) n",
        &[&document.id.0, &document.version.0, &i32::try_from(MANY).unwrap()]).await.unwrap();
    client.execute(
        "INSERT INTO docent.embeddings (organization_id, space_id, document_version_id, chunk_id, vector)
         SELECT docent.current_organization(), $1, c.document_version_id, c.id,
                (SELECT array_agg(sin(c.chunk_index::float8 * place * place)::real ORDER BY place) FROM generate_series(1, $3::integer) place)::halfvec
           FROM docent.chunks c WHERE c.document_version_id = $2 AND c.chunk_index > 0",
        &[&space.0, &document.version.0, &i32::try_from(DIMENSION).unwrap()]).await.unwrap();
    let count = i32::try_from(MANY + 1).unwrap();
    client
        .execute("UPDATE docent.documents SET chunk_count = $1 WHERE id = $2", &[&count, &document.id.0])
        .await
        .unwrap();
}

/// Two organizations' ids that share one partition, and so one graph.
fn neighbours(partitions: &BTreeMap<OrganizationId, i32>) -> (OrganizationId, OrganizationId) {
    for (first, partition) in partitions {
        if let Some((second, _)) =
            partitions.iter().find(|(second, other)| *second != first && *other == partition)
        {
            return (*first, *second);
        }
    }
    panic!("17 ids in 16 partitions");
}

async fn partitions(owner: &Client, space: SpaceId) -> BTreeMap<OrganizationId, i32> {
    let ids: Vec<OrganizationId> = (0..17).map(|_| OrganizationId::generate()).collect();
    let raw: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = owner.query(
        "SELECT id, remainder FROM unnest($1::uuid[]) id, generate_series(0, 15) remainder
          WHERE satisfies_hash_partition(('docent.embeddings_' || left(replace($2::uuid::text, '-', ''), 12))::regclass, 16, remainder, id)",
        &[&raw, &space.0]).await.unwrap();
    rows.iter().map(|row| (OrganizationId(row.get(0)), row.get(1))).collect()
}

/// Scans of the space's graphs so far.
async fn graph_scans(owner: &Client) -> i64 {
    let sql = "SELECT coalesce(sum(s.idx_scan), 0)::bigint FROM pg_stat_all_indexes s
                 JOIN pg_class c ON c.oid = s.indexrelid JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'hnsw'";
    owner.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

/// How often the index of the passages' words was used.
async fn word_scans(owner: &Client) -> i64 {
    let sql = "SELECT coalesce(sum(idx_scan), 0)::bigint FROM pg_stat_all_indexes
                WHERE schemaname = 'docent' AND indexrelname = 'chunks_search'";
    owner.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    owner.query_one(sql, &[]).await.unwrap().get(0)
}

/// The numbers whose vectors are nearest, by cosine, computed here.
fn nearest(question: &[f32], count: usize) -> BTreeSet<String> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let mut near: Vec<(f64, usize)> = (1..=MANY)
        .map(|number| {
            let vector = vector_of(number);
            (dot(question, &vector) / dot(&vector, &vector).sqrt(), number)
        })
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.iter().take(count).map(|(_, number)| format!("passage {number}")).collect()
}

#[tokio::test]
async fn a_large_tenants_search_walks_its_graph_and_stays_at_home() {
    let database = database().await;
    let owner = database.owner().await;
    let space =
        owner.query_one("SELECT docent.ensure_space('test.tiny', '1', 16, '{}', '{}')", &[]).await.unwrap();
    let space = SpaceId(space.get(0));
    let (first, second) = neighbours(&partitions(&owner, space).await);
    let acme = Organization::create_with_id(&database, "acme", first).await;
    let globex = Organization::create_with_id(&database, "globex", second).await;
    let acmes = acme.document("manuals", "big.md").saying(["first"]).stored().await;
    let globexs = globex.document("manuals", "big.md").saying(["first"]).stored().await;
    fill(&database, &acme, &acmes, space).await;
    fill(&database, &globex, &globexs, space).await;

    // As it is of itself, in time: without it nobody knows that a word is rare.
    owner.batch_execute("ANALYZE docent.chunks").await.unwrap();

    let (before, words_before) = (graph_scans(&owner).await, word_scans(&owner).await);
    let found = acme.search(Query::words("passage 4321")).await;
    assert_eq!(found[0].content, "passage 4321");
    let (mut found, mut wanted) = (0, 0);
    for number in [17, 999, 2_500, 4_321, 5_100] {
        let question = vector_of(number);
        for (organization, own) in [(&acme, &acmes), (&globex, &globexs)] {
            let vector = Some(Vector::from(question.clone()));
            let hits =
                organization.search(Query { vector, space: Some(space), ..Query::words("nothing") }).await;
            assert_eq!(hits.len(), 50, "the filter leaves no result short");
            assert!(
                hits.iter().all(|hit| hit.document == own.id && hit.key.starts_with(&organization.slug)),
                "{hits:?}"
            );
            assert_eq!(hits[0].content, format!("passage {number}"));
            let best = nearest(&question, 10);
            wanted += best.len();
            found += hits.iter().filter(|hit| best.contains(&hit.content)).count();
        }
    }
    assert!(found * 100 >= wanted * 95, "recall@10 of {found}/{wanted}");
    // A connection reports its statistics with a transaction that ends a second after its last report.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    acme.tx().await.finish().await.unwrap();
    assert!(graph_scans(&owner).await > before, "the graph was not used");
    assert!(word_scans(&owner).await > words_before, "the index of words was not used");
    a_graph_that_others_fill_leaves_nothing_out(&database, &acme, space).await;
    a_bot_that_reads_little_is_complete(&acme, space).await;
}

/// Where the walk of a graph ends before it has found as many of the tenant's as are wanted, the rest is looked for one by one.
async fn a_graph_that_others_fill_leaves_nothing_out(
    database: &TestDatabase,
    acme: &Organization,
    space: SpaceId,
) {
    let client = inside(database, acme).await;
    client.batch_execute("SET hnsw.max_scan_tuples = 1").await.unwrap();
    let search = "SELECT count(*) FROM docent.search_chunks($1, $2, '{nothing}', NULL, '{}', 1, 100, 100) WHERE dense IS NOT NULL";
    let row = client.query_one(search, &[&space.0, &vector_of(2_500)]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 100, "half of what is near in the graph is the other tenant's");
}

/// Few readable chunks of a large tenant are searched one by one: none is missed.
async fn a_bot_that_reads_little_is_complete(acme: &Organization, space: SpaceId) {
    let small =
        acme.document("brochures", "small.md").saying(["passage 17", "second", "third"]).stored().await;
    let bot = acme.chatbot_named("Seller").await;
    let tx = acme.tx().await;
    store::chatbots::link_collection(&tx, bot, small.collection).await.unwrap();
    tx.finish().await.unwrap();
    let hits = acme.search(Query::both("passage 17 second third").by(bot)).await;
    assert_eq!(hits.len(), 3);
    assert!(hits.iter().all(|hit| hit.document == small.id), "{hits:?}");
    // In a space where nothing of it is embedded only the words can find it.
    let vector = Some(Vector::from(vector_of(17)));
    let hits = acme.search(Query { vector, space: Some(space), ..Query::words("passage 17").by(bot) }).await;
    assert_eq!(hits.iter().map(|hit| hit.content.as_str()).collect::<Vec<_>>(), ["passage 17"]);
}
