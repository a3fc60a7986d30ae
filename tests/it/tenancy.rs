//! The wall between tenants, from the application's side: two organizations with the same words and the same
//! vectors, and nothing of one ever in an answer to the other.

use domain::{Caller, Role, Scope};
use store::{
    caller::{self, Denied, Need},
    chatbots, documents, invitations,
    messages::{self, Citation},
    organizations, sessions, users,
};
use tests::{
    NewDocument, Organization, TestDatabase, database,
    document::{BUCKET, Stored},
    organization::Query,
};
use tokio_postgres::{Client, error::SqlState};

const PASSAGES: [&str; 3] = [
    "The pump needs a pressure of 3.5 bar.",
    "Change the filter every six months.",
    "The warranty lasts two years.",
];

/// Two organizations that differ in nothing but their names.
struct Twins {
    database: TestDatabase,
    acme: Organization,
    globex: Organization,
    acmes: Stored,
    globexs: Stored,
}

async fn twins() -> Twins {
    let database = database().await;
    let (acme, globex) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "globex").await);
    let manual = |organization| {
        NewDocument::saying(Organization::document(organization, "manuals", "pump.md"), PASSAGES)
    };
    let (acmes, globexs) = (manual(&acme).stored().await, manual(&globex).stored().await);
    Twins { database, acme, globex, acmes, globexs }
}

/// A connection of the application inside a tenant.
async fn inside(database: &TestDatabase, organization: &Organization) -> Client {
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", organization.id)).await.unwrap();
    client
}

#[tokio::test]
async fn a_search_finds_own_passages_only() {
    let twins = twins().await;
    for (organization, own) in [(&twins.acme, &twins.acmes), (&twins.globex, &twins.globexs)] {
        for query in [
            Query::words(PASSAGES[0]),
            Query::both(PASSAGES[0]),
            Query::both(PASSAGES[0]).by(organization.chatbot),
        ] {
            let hits = organization.search(query).await;
            assert!(!hits.is_empty());
            assert_eq!(hits[0].content, PASSAGES[0]);
            for hit in hits {
                assert_eq!(hit.document, own.id, "{hit:?}");
                assert!(hit.key.starts_with(&organization.slug), "{hit:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_foreign_filter_or_chatbot_finds_nothing() {
    let twins = twins().await;
    let mut foreign = Query::both(PASSAGES[0]);
    foreign.filter.documents = vec![twins.globexs.id];
    assert!(twins.acme.search(foreign).await.is_empty());
    let foreign = Query::both(PASSAGES[0]).by(twins.globex.chatbot);
    assert!(twins.acme.search(foreign).await.is_empty());
    assert!(
        twins.acme.session_with(twins.globex.chatbot).await.is_none(),
        "no session with a foreign chatbot"
    );
}

#[tokio::test]
async fn a_chatbot_reads_what_it_is_linked_to() {
    let twins = twins().await;
    let acme = &twins.acme;
    let other = acme.document("brochures", "pump.md").saying(PASSAGES).stored().await;
    let bot = acme.chatbot_named("Seller").await;
    let unlinked: Vec<_> =
        acme.search(Query::both(PASSAGES[0]).by(bot)).await.iter().map(|hit| hit.document).collect();
    assert!(
        unlinked.contains(&other.id) && unlinked.contains(&twins.acmes.id),
        "without links it reads everything"
    );

    let tx = acme.tx().await;
    chatbots::link_collection(&tx, bot, other.collection).await.unwrap();
    tx.finish().await.unwrap();
    let hits = acme.search(Query::both(PASSAGES[0]).by(bot)).await;
    assert_eq!(hits.len(), PASSAGES.len());
    assert!(hits.iter().all(|hit| hit.document == other.id), "{hits:?}");

    // A link into another tenant is refused by the key that carries the tenant.
    let tx = acme.tx().await;
    let refused = chatbots::link_collection(&tx, bot, twins.globexs.collection).await.unwrap_err();
    assert!(matches!(refused, store::Error::Refused { .. }), "{refused:?}");
}

#[tokio::test]
async fn documents_sessions_messages_and_citations_stay_at_home() {
    let twins = twins().await;
    let (acme, globex) = (&twins.acme, &twins.globex);
    let session = globex.session().await;
    let message = domain::MessageId::generate();
    let tx = globex.tx().await;
    messages::append_user(&tx, session, message, "what pressure?", &[]).await.unwrap();
    let citation = Citation {
        marker: 1,
        source: messages::Source::Chunk(domain::ChunkId::generate()),
        document: Some(twins.globexs.id),
        title: "Pump".into(),
        key: Some("globex/manuals/pump.md".into()),
        page: None,
        quoted_span: "3.5 bar".into(),
        score: 1.0,
        is_there: true,
    };
    messages::cite(&tx, message, std::slice::from_ref(&citation)).await.unwrap();
    tx.finish().await.unwrap();

    let tx = globex.tx().await;
    let own = messages::list(&tx, session, 0, 100).await.unwrap();
    assert_eq!((own.len(), own[0].citations.len()), (1, 1), "its owner sees it");
    drop(tx);

    let tx = acme.tx().await;
    assert!(sessions::get(&tx, session).await.unwrap().is_none());
    assert!(sessions::list(&tx, &sessions::Which::default(), 100).await.unwrap().is_empty());
    assert!(sessions::turn_context(&tx, session).await.unwrap().is_none());
    assert!(messages::list(&tx, session, 0, 100).await.unwrap().is_empty());
    assert!(messages::history(&tx, session, 100).await.unwrap().is_empty());
    let statuses = documents::statuses(&tx, BUCKET, &[]).await.unwrap();
    assert_eq!(statuses.iter().map(|status| status.id).collect::<Vec<_>>(), [twins.acmes.id]);
    let keys = ["globex/manuals/pump.md".to_owned()];
    assert!(documents::statuses(&tx, BUCKET, &keys).await.unwrap().is_empty());
    assert!(documents::settled_fingerprint(&tx, BUCKET, &keys[0]).await.unwrap().is_none());
    assert!(documents::hide(&tx, BUCKET, &keys[0]).await.unwrap().is_none(), "nor can it delete it");
    messages::append_user(&tx, session, domain::MessageId::generate(), "mine?", &[]).await.unwrap_err();
}

#[tokio::test]
async fn a_statement_that_forgets_the_tenant_sees_own_rows_only() {
    let twins = twins().await;
    for organization in [&twins.acme, &twins.globex] {
        organization.session().await;
        let client = inside(&twins.database, organization).await;
        let tables = client.query(
            "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p')
                AND has_table_privilege(oid, 'SELECT') AND relname NOT IN ('embedding_spaces', 'ai_models', 'organizations')", &[])
            .await.unwrap();
        let mut seen = 0;
        for row in tables {
            let table: &str = row.get(0);
            let tenants =
                client.query(&format!("SELECT DISTINCT organization_id FROM {table}"), &[]).await.unwrap();
            for tenant in &tenants {
                assert_eq!(tenant.get::<_, uuid::Uuid>(0), organization.id.0, "{table}");
            }
            seen += tenants.len();
        }
        assert!(
            seen >= 8,
            "keys, chatbots, configs, collections, documents, versions, chunks, embeddings, sessions: {seen}"
        );
        let organizations = client.query("SELECT slug FROM docent.organizations", &[]).await.unwrap();
        assert_eq!(
            organizations.iter().map(|row| row.get::<_, &str>(0)).collect::<Vec<_>>(),
            [organization.slug.as_str()]
        );
    }
}

#[tokio::test]
async fn no_row_is_written_into_another_tenant() {
    let twins = twins().await;
    let client = inside(&twins.database, &twins.acme).await;
    let foreign = twins.globex.id;
    let tables = client.query(
        "SELECT oid::regclass::text, has_any_column_privilege(oid, 'UPDATE') FROM pg_class
          WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p') AND has_table_privilege(oid, 'INSERT')", &[])
        .await.unwrap();
    assert!(tables.len() >= 16, "{}", tables.len());
    let space = twins.acme.space.id;
    for row in tables {
        let (table, updates): (&str, bool) = (row.get(0), row.get(1));
        // The policy is asked before anything else of the row is, but a partition must be found for it.
        let insert = if table == "docent.embeddings" {
            format!("INSERT INTO {table} (organization_id, space_id) VALUES ('{foreign}', '{space}')")
        } else {
            format!("INSERT INTO {table} (organization_id) VALUES ('{foreign}')")
        };
        refused_by_policy(&client, &insert).await;
        let rows: i64 = client
            .query_one(&format!("SELECT count(*) FROM {table} WHERE organization_id IS NOT NULL"), &[])
            .await
            .unwrap()
            .get(0);
        if updates && rows > 0 {
            refused_by_policy(&client, &format!("UPDATE {table} SET organization_id = '{foreign}'")).await;
        }
    }
    refused_by_policy(&client, &format!("UPDATE docent.organizations SET id = '{foreign}'")).await;
    let touched = client
        .execute("UPDATE docent.documents SET title = 'mine' WHERE id = $1", &[&twins.globexs.id.0])
        .await
        .unwrap();
    assert_eq!(touched, 0, "a foreign row is not there to be changed");
    let deleted =
        client.execute("DELETE FROM docent.documents WHERE id = $1", &[&twins.globexs.id.0]).await.unwrap();
    assert_eq!(deleted, 0, "nor to be deleted");
}

async fn refused_by_policy(client: &Client, statement: &str) {
    let error = client.batch_execute(statement).await.expect_err(statement);
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}: {error:?}");
    let message = error.as_db_error().map(tokio_postgres::error::DbError::message).unwrap_or_default();
    assert!(message.contains("row-level security policy"), "{statement}: {message}");
}

#[tokio::test]
async fn the_door_gives_an_id_and_nothing_more() {
    let twins = twins().await;
    let database = &twins.database.database;
    assert_eq!(organizations::of_slug(database, "globex").await.unwrap(), Some(twins.globex.id));
    assert_eq!(organizations::of_slug(database, "nobody").await.unwrap(), None);
    // Of people: where they are invited, and once they came, where they belong.
    let hash = [7; 32];
    for organization in [&twins.acme, &twins.globex] {
        organization.invite(&hash, Role::Viewer).await;
    }
    let mut both = [twins.acme.id, twins.globex.id];
    both.sort_unstable();
    assert_eq!(invitations::organizations_inviting(database, &hash).await.unwrap(), both);
    assert!(invitations::organizations_inviting(database, &[8; 32]).await.unwrap().is_empty());
    assert!(twins.acme.accept(&hash, "ann").await);
    assert_eq!(invitations::organizations_inviting(database, &hash).await.unwrap(), [twins.globex.id]);
    assert_eq!(users::organizations_of_subject(database, "ann").await.unwrap(), [twins.acme.id]);
    assert!(users::organizations_of_subject(database, "bob").await.unwrap().is_empty());
}

#[tokio::test]
async fn people_and_end_users_stay_at_home() {
    let twins = twins().await;
    let (acme, globex) = (&twins.acme, &twins.globex);
    acme.invite(&[7; 32], Role::Admin).await;
    assert!(!globex.accept(&[7; 32], "ann").await, "a foreign invitation is none");
    assert!(acme.accept(&[7; 32], "ann").await);
    let of_globex = Caller::Person { organization: globex.id, subject: "ann".into() };
    let denied = caller::enter(&twins.database.database, &of_globex, Scope::Search).await;
    assert!(matches!(denied, Err(Denied::NotAMember)));
    let tx = globex.tx().await;
    assert!(users::list(&tx, None, None, 100).await.unwrap().is_empty());
    assert!(invitations::list(&tx, None, 100).await.unwrap().is_empty());
    drop(tx);

    let session = acme.session().await;
    let need = Need::inside(session, Scope::Chat);
    for (organization, chatbot, is_known) in
        [(acme.id, acme.chatbot, true), (globex.id, acme.chatbot, false), (acme.id, globex.chatbot, false)]
    {
        let end_user = Caller::EndUser { organization, chatbot, session };
        let entered = caller::enter(&twins.database.database, &end_user, need).await;
        match entered {
            Ok(_) => assert!(is_known),
            Err(denied) => assert!(!is_known && matches!(denied, Denied::Unauthorized), "{denied:?}"),
        }
    }
}

#[tokio::test]
async fn a_tenants_setting_ends_with_its_transaction() {
    let twins = twins().await;
    twins.acme.tx().await.finish().await.unwrap();
    // The same connection again, for the other tenant.
    let hits = twins.globex.search(Query::words(PASSAGES[0])).await;
    assert!(hits.iter().all(|hit| hit.document == twins.globexs.id));
}
