//! What is sealed opens at its place, for its organization, while there is a key for it; and keys change while both serve.

use answering::{Identifier, Identifiers};
use domain::{
    DataKeyId, InvitationId, Role, UserId,
    conversation::Platform,
    limits,
    sealed::{Column, IdentityHashKey, Place},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use store::{
    data_keys,
    invitations::{self, Accepting, NewInvitation},
    sessions::Opening,
    users,
};
use tests::{
    Organization, TestDatabase, database, double,
    kms::{Health, TestKms},
};
use tokio_postgres::Client;
use uuid::Uuid;
use vault::{Error, Rotated, Vault, When};

const CANARY: &str = "zebedee.canary@example.org";

/// A user with a sealed address, as it lies in the database.
async fn user(admin: &Client, vault: &Vault, organization: &Organization, email: &str) -> UserId {
    let id = UserId::generate();
    let place = Column::UserEmail.of(organization.id, id.0);
    let sealed = vault.seal_kept(place, email).await.expect("sealed").expect("a key");
    let sql = "INSERT INTO docent.users (id, organization_id, role, email_ciphertext) VALUES ($1, $2, 'member', $3)";
    admin.execute(sql, &[&id.0, &organization.id.0, &sealed]).await.expect("a user");
    id
}

async fn lying(admin: &Client, user: UserId) -> Vec<u8> {
    let sql = "SELECT email_ciphertext FROM docent.users WHERE id = $1";
    admin.query_one(sql, &[&user.0]).await.expect("a user").get(0)
}

async fn number(admin: &Client, sql: &str) -> i64 {
    admin.query_one(sql, &[]).await.expect("a number").get(0)
}

async fn rotate(vault: &Vault, organization: &Organization, when: When) -> Rotated {
    let until = Instant::now() + Duration::from_secs(60);
    vault.rotate(organization.id, when, until).await.expect("rotated").expect("a key")
}

#[tokio::test]
async fn a_value_opens_at_its_place_for_its_organization_alone() {
    let (database, kms) = (database().await, TestKms::start().await);
    let Some(admin) = database.admin().await else { return };
    let (acme, globex) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "globex").await);
    let vault = kms.vault(&database);
    let (ann, bob) =
        (user(&admin, &vault, &acme, CANARY).await, user(&admin, &vault, &acme, "bob@a.b").await);
    let eve = user(&admin, &vault, &globex, "eve@a.b").await;
    assert_eq!(kms.calls(), 2, "one data key an organization, and open from then on");
    let sealed = lying(&admin, ann).await;
    let at = |organization: &Organization, user: UserId| Column::UserEmail.of(organization.id, user.0);
    assert_eq!(vault.open(at(&acme, ann), &sealed).await.expect("opens"), CANARY);
    // Moved to another row, another organization, another column: by a process that has the key open, and by another one.
    for vault in [vault.clone(), kms.vault(&database)] {
        let invited = Place { column: Column::InvitationEmail, ..at(&acme, ann) };
        for place in [at(&acme, bob), at(&globex, ann), at(&globex, eve), invited] {
            let opened = vault.open(place, &sealed).await;
            assert!(matches!(opened, Err(Error::NotOfThisPlace)), "{place:?}");
        }
        for at_byte in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at_byte] ^= 1;
            let opened = vault.open(at(&acme, ann), &changed).await;
            assert!(matches!(opened, Err(Error::NotOfThisPlace)), "byte {at_byte}");
        }
    }
    // Who can write everywhere in the database takes the data key along; KMS does not open it for another organization.
    admin.batch_execute("UPDATE docent.data_keys SET state = 'retired', retired_at = now()").await.unwrap();
    let sql = "UPDATE docent.data_keys SET organization_id = $1 WHERE organization_id = $2";
    admin.execute(sql, &[&globex.id.0, &acme.id.0]).await.expect("moved");
    let opened = kms.vault(&database).open(at(&globex, ann), &sealed).await;
    assert!(
        matches!(&opened, Err(Error::Unavailable(why)) if why.contains("InvalidCiphertext")),
        "{opened:?}"
    );
}

#[tokio::test]
async fn data_keys_are_behind_the_wall() {
    let (database, kms) = (database().await, TestKms::start().await);
    let Some(admin) = database.admin().await else { return };
    let (acme, globex) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "globex").await);
    let vault = kms.vault(&database);
    for organization in [&acme, &globex] {
        user(&admin, &vault, organization, CANARY).await;
    }
    let tx = acme.tx().await;
    let (own, others) = (data_keys::active(&tx).await.unwrap().expect("one"), globex.tx().await);
    let theirs = data_keys::active(&others).await.unwrap().expect("one");
    assert_ne!(own.id, theirs.id);
    assert!(data_keys::get(&tx, theirs.id).await.unwrap().is_none());
    assert!(!data_keys::retire(&tx, theirs.id).await.unwrap());
    assert!(
        !data_keys::create(&tx, DataKeyId::generate(), &own.sealed, "arn").await.unwrap(),
        "one is active"
    );
    drop((tx, others));
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", acme.id)).await.unwrap();
    assert_eq!(number(&client, "SELECT count(*) FROM docent.data_keys").await, 1);
    let changed =
        client.execute("DELETE FROM docent.data_keys WHERE id = $1", &[&theirs.id.0]).await.unwrap();
    assert_eq!(changed, 0);
    for sql in [
        format!(
            "INSERT INTO docent.data_keys (id, organization_id, sealed, kms_key_arn)
             VALUES (gen_random_uuid(), '{}', 'x', 'arn')",
            globex.id
        ),
        "UPDATE docent.data_keys SET sealed = 'x'".to_owned(),
    ] {
        assert!(client.batch_execute(&sql).await.is_err(), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_while_everybody_reads() {
    // More than are sealed anew at once.
    const USERS: usize = limits::RESEALED_AT_ONCE as usize + 20;
    let (database, kms) = (database().await, TestKms::start().await);
    let Some(admin) = database.admin().await else { return };
    let acme = Organization::create(&database, "acme").await;
    let vault = kms.vault(&database);
    let mut users = Vec::new();
    for number in 0..USERS {
        users.push(user(&admin, &vault, &acme, &format!("user-{number}@example.org")).await);
    }
    let first = vault_key(&acme).await;
    let before: jiff::Timestamp =
        admin.query_one("SELECT max(updated_at) FROM docent.users", &[]).await.unwrap().get(0);

    let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let readers: Vec<_> = (0..2)
        .map(|reader| {
            let (vault, users, organization) = (kms.vault(&database), users.clone(), acme.id);
            let (url, stop, reads) =
                (database.admin_url.clone().expect("a superuser"), Arc::clone(&stop), Arc::clone(&reads));
            tokio::spawn(async move {
                let client = tests::database::connect(&url).await;
                let mut next = reader * 7;
                while !stop.load(Ordering::SeqCst) {
                    next = (next + 13) % users.len();
                    let sealed = lying(&client, users[next]).await;
                    let place = Column::UserEmail.of(organization, users[next].0);
                    let opened = vault.open(place, &sealed).await.expect("opens at any moment");
                    assert_eq!(opened, format!("user-{next}@example.org"));
                    reads.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let mut all = 0;
    for _ in 0..2 {
        let rotated = rotate(&vault, &acme, When::Now).await;
        assert_eq!((rotated.made, rotated.unopened, rotated.is_unfinished), (1, 0, false));
        all += rotated.resealed;
    }
    stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.expect("no read failed");
    }
    assert_eq!(all, 2 * USERS as u64);
    assert!(reads.load(Ordering::SeqCst) > 10, "somebody read meanwhile");
    let current = vault_key(&acme).await;
    assert_ne!(first, current);
    let named = "SELECT count(*) FROM docent.users WHERE docent.data_key_of(email_ciphertext) = $1";
    let named: i64 = admin.query_one(named, &[&current.0]).await.unwrap().get(0);
    assert_eq!(usize::try_from(named).unwrap(), USERS);
    let after: jiff::Timestamp =
        admin.query_one("SELECT max(updated_at) FROM docent.users", &[]).await.unwrap().get(0);
    assert_eq!(before, after, "nobody was changed by it");

    // A process that still seals with the old key for some minutes: the next run catches it up.
    let late = UserId::generate();
    let old = kms.vault(&database);
    let place = Column::UserEmail.of(acme.id, late.0);
    let sealed = old.seal_kept(place, CANARY).await.unwrap().unwrap();
    rotate(&vault, &acme, When::Now).await;
    let sql = "INSERT INTO docent.users (id, organization_id, role, email_ciphertext) VALUES ($1, $2, 'member', $3)";
    admin.execute(sql, &[&late.0, &acme.id.0, &sealed]).await.unwrap();
    let keys = "SELECT count(*) FROM docent.data_keys";
    assert_eq!(number(&admin, keys).await, 4);
    let hours = |hours: i32| {
        format!(
            "UPDATE docent.data_keys SET retired_at = now() - interval '{hours} hours' WHERE state = 'retired'"
        )
    };
    // Retired for less than a day, none goes; after it, all that nothing names.
    admin.batch_execute(&hours(limits::DATA_KEY_RETIRED_HOURS - 1)).await.unwrap();
    let rotated = rotate(&vault, &acme, When::Old).await;
    assert_eq!(rotated, Rotated { resealed: 1, ..Rotated::default() });
    admin.batch_execute(&hours(limits::DATA_KEY_RETIRED_HOURS)).await.unwrap();
    let rotated = rotate(&vault, &acme, When::Old).await;
    assert_eq!((rotated.destroyed, number(&admin, keys).await), (3, 1));
    assert_eq!(kms.vault(&database).open(place, &lying(&admin, late).await).await.unwrap(), CANARY);
}

async fn vault_key(organization: &Organization) -> DataKeyId {
    let tx = organization.tx().await;
    let key = data_keys::active(&tx).await.expect("keys").expect("an active one").id;
    tx.finish().await.expect("read");
    key
}

#[tokio::test]
async fn a_key_is_replaced_when_it_is_old_and_what_does_not_open_keeps_the_old_one() {
    let (database, kms) = (database().await, TestKms::start().await);
    let Some(admin) = database.admin().await else { return };
    let acme = Organization::create(&database, "acme").await;
    let vault = kms.vault(&database);
    assert_eq!(rotate(&vault, &acme, When::Now).await, Rotated::default(), "nothing was ever sealed");
    let (ann, bob) =
        (user(&admin, &vault, &acme, CANARY).await, user(&admin, &vault, &acme, "bob@a.b").await);
    let age = |hours: i64| {
        format!(
            "UPDATE docent.data_keys SET created_at = now() - interval '{hours} hours' WHERE state = 'active'"
        )
    };
    admin.batch_execute(&age(24 * limits::DATA_KEY_DAYS - 1)).await.unwrap();
    assert_eq!(rotate(&vault, &acme, When::Old).await, Rotated::default());
    admin.batch_execute(&age(24 * limits::DATA_KEY_DAYS)).await.unwrap();
    // Somebody moved one value over another.
    let sql = "UPDATE docent.users SET email_ciphertext = $1 WHERE id = $2";
    admin.execute(sql, &[&lying(&admin, ann).await, &bob.0]).await.unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let report = vault.rotate_all(until).await.unwrap().expect("a key");
    assert_eq!(
        (report.failed, report.rotated.made, report.rotated.resealed, report.rotated.unopened),
        (0, 1, 1, 1)
    );
    admin
        .batch_execute(
            "UPDATE docent.data_keys SET retired_at = now() - interval '9 days' WHERE state = 'retired'",
        )
        .await
        .unwrap();
    let rotated = rotate(&vault, &acme, When::Old).await;
    assert_eq!((rotated.unopened, rotated.destroyed), (1, 0), "something still names it");
    // No time left: nothing is begun, and it is said.
    let rotated =
        vault.rotate(acme.id, When::Old, Instant::now() - Duration::from_secs(1)).await.unwrap().unwrap();
    assert!(rotated.is_unfinished && rotated.resealed == 0);
    assert!(Vault::without_key().rotate(acme.id, When::Now, until).await.unwrap().is_none());
}

#[tokio::test]
async fn two_who_make_the_first_key_at_once_share_one() {
    let (database, kms) = (database().await, TestKms::start().await);
    let acme = Organization::create(&database, "acme").await;
    let place = Column::UserEmail.of(acme.id, Uuid::now_v7());
    let (one, two) = (kms.vault(&database), kms.vault(&database));
    let (first, second) = tokio::join!(one.seal_kept(place, CANARY), two.seal_kept(place, CANARY));
    for sealed in [first.unwrap().unwrap(), second.unwrap().unwrap()] {
        for vault in [&one, &two, &kms.vault(&database)] {
            assert_eq!(vault.open(place, &sealed).await.unwrap(), CANARY);
        }
    }
}

#[tokio::test]
async fn who_joins_while_the_key_is_silent_has_their_address_sealed_later() {
    let (database, kms) = (database().await, TestKms::start().await);
    let acme = Organization::create(&database, "acme").await;
    let vault = kms.vault(&database);
    let (invitation, hash) = (InvitationId::generate(), [7; 32]);
    let place = Column::InvitationEmail.of(acme.id, invitation.0);
    let sealed = vault.seal_kept(place, CANARY).await.unwrap().unwrap();
    let tx = acme.tx().await;
    let new = NewInvitation {
        id: invitation,
        email_sealed: Some(&sealed),
        email_hash: &hash,
        role: Role::Member,
        display_name: None,
        org_unit: None,
        invited_by: None,
        expires_at: jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1),
    };
    assert!(invitations::create(&tx, &new).await.unwrap());
    let who = Accepting { user: UserId::generate(), subject: "ann", email_hash: &hash, email_sealed: None };
    assert!(invitations::accept(&tx, who).await.unwrap());
    tx.finish().await.unwrap();
    assert_eq!(rotate(&vault, &acme, When::Old).await, Rotated { filled: 1, ..Rotated::default() });
    assert_eq!(rotate(&vault, &acme, When::Old).await, Rotated::default(), "once");
    let tx = acme.tx().await;
    let user = users::get(&tx, who.user).await.unwrap().expect("a user");
    tx.finish().await.unwrap();
    let place = Column::UserEmail.of(acme.id, who.user.0);
    assert_eq!(vault.open(place, &user.email_sealed.expect("sealed")).await.unwrap(), CANARY);
}

fn named(name: &str) -> Identifiers {
    let key = IdentityHashKey::new(&"k".repeat(32)).expect("long enough");
    Identifiers { user: Identifier::new(&key, "user_identifier", Some(name)), client: None }
}

/// Opens a session that says who talks; what of it is kept sealed, and its hash.
async fn opened(database: &TestDatabase, vault: Vault, acme: &Organization) -> (bool, bool) {
    let aws = double::aws(double::serve(|_| Vec::new()).await);
    let answering = double::sealing(database, &aws, vault);
    let opening = Opening::of(acme.chatbot, Platform::Widget);
    let opened = answering.open_session(&acme.caller(), opening, &named(CANARY)).await.expect("opened");
    let named = answering.session(&acme.caller(), opened.session.id).await.expect("there");
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", acme.id)).await.unwrap();
    let sql = "SELECT user_identifier_hash IS NOT NULL, user_identifier_ciphertext IS NOT NULL FROM docent.sessions WHERE id = $1";
    let row = client.query_one(sql, &[&opened.session.id.0]).await.unwrap();
    assert!(row.get::<_, bool>(0), "its hash is kept in any case");
    (row.get(1), named.user_identifier.as_deref() == Some(CANARY))
}

#[tokio::test]
async fn who_talks_is_kept_sealed_or_as_a_hash_and_no_conversation_waits_for_it() {
    let (database, kms) = (database().await, TestKms::start().await);
    let acme = Organization::create(&database, "acme").await;
    assert_eq!(opened(&database, Vault::without_key(), &acme).await, (false, false), "without a key");
    assert_eq!(opened(&database, kms.vault(&database), &acme).await, (true, true));
    kms.is(Health::Broken);
    assert_eq!(opened(&database, kms.vault(&database), &acme).await, (false, false), "KMS is broken");
    // Silent: one waits, and those after it do not.
    kms.is(Health::Silent);
    let vault = kms.vault(&database);
    let begun = Instant::now();
    assert_eq!(opened(&database, vault.clone(), &acme).await, (false, false));
    assert!(begun.elapsed() >= Duration::from_secs(limits::KMS_SECONDS), "{:?}", begun.elapsed());
    let calls = kms.calls();
    assert_eq!(opened(&database, vault.clone(), &acme).await, (false, false));
    assert_eq!(kms.calls(), calls, "it is left alone for {} seconds", limits::KMS_PAUSE_SECONDS);
    let place = Column::InvitationEmail.of(acme.id, Uuid::now_v7());
    assert!(matches!(vault.seal_kept(place, CANARY).await, Err(Error::Unavailable(_))));
    // Another process finds it well again, and reads what was sealed before.
    kms.is(Health::Well);
    assert_eq!(opened(&database, kms.vault(&database), &acme).await, (true, true));
}

#[tokio::test]
async fn nothing_of_it_lies_open_in_the_database_and_who_read_it_does() {
    let (database, kms) = (database().await, TestKms::start().await);
    let Some(admin) = database.admin().await else { return };
    let acme = Organization::create(&database, "acme").await;
    assert_eq!(opened(&database, kms.vault(&database), &acme).await, (true, true));
    user(&admin, &kms.vault(&database), &acme, CANARY).await;
    let tables = "SELECT format('docent.%I', tablename) FROM pg_tables WHERE schemaname = 'docent'";
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    for row in admin.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let sql = format!(
            "SELECT count(*) FROM {table} t WHERE t::text ILIKE '%{CANARY}%' OR t::text ILIKE '%{hex}%'"
        );
        assert_eq!(number(&admin, &sql).await, 0, "{table}");
    }
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", acme.id)).await.unwrap();
    let read = "SELECT count(*) FROM docent.events WHERE event_category = 'audit' AND event_type = 'identifiers_read'
                AND api_key_id IS NOT NULL";
    assert_eq!(number(&client, read).await, 1);
    for sql in ["UPDATE docent.events SET payload = '{}'", "DELETE FROM docent.events"] {
        let refused = client.batch_execute(sql).await.expect_err("what was read stays said");
        assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
}
