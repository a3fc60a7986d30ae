//! The walls as the database's catalogue has them: what holds for every table, not for those that somebody
//! thought of.

use domain::OrganizationId;
use store::Error;
use tests::{Organization, TestDatabase, database, database::connect, golden};
use tokio_postgres::{Client, error::SqlState};

/// Tables that are no tenant's: the migrator's list, which the application cannot read.
const NOT_THE_TENANTS: &str = "'migrations'";
/// Columns that domain.md calls encrypted, as `table.column` without the endings of what is kept instead.
const SEALED: [&str; 3] = ["users.email", "sessions.user_identifier", "sessions.external_client"];

/// First column of every row, as text.
async fn list(client: &Client, sql: &str) -> Vec<String> {
    let rows = client.query(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// Fails with the rows, when there are some.
async fn none(client: &Client, what: &str, sql: &str) {
    let found = list(client, sql).await;
    assert!(found.is_empty(), "{what}: {found:#?}");
}

#[tokio::test]
async fn every_table_and_partition_stands_behind_the_wall() {
    let database = database().await;
    let owner = database.owner().await;
    let tables = list(&owner, "SELECT relname::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p')").await;
    assert!(tables.len() > 45, "tables, their 16 embedding leaves and their months: {tables:?}");
    none(&owner, "tables without forced row-level security", &format!(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p')
            AND NOT (relrowsecurity AND relforcerowsecurity) AND relname NOT IN ({NOT_THE_TENANTS})")).await;
    none(&owner, "tables without the tenant's policy for the application", &format!(
        "SELECT relname::text FROM pg_class c WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p')
            AND relname NOT IN ({NOT_THE_TENANTS}, 'embedding_spaces')
            AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'docent' AND p.tablename = c.relname
                AND p.policyname = 'tenant' AND p.roles = '{{docent_app}}' AND p.cmd = 'ALL' AND p.permissive = 'PERMISSIVE'
                AND p.qual ~ '^\\(\\w+ = docent\\.current_organization\\(\\)\\)$' AND p.with_check = p.qual)")).await;
    none(&owner, "further policies that reach the application",
        "SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'docent' AND policyname <> 'tenant'
            -- Models and prices that are for all.
            AND (tablename, policyname) <> ('ai_models', 'shared')
            AND roles && '{docent_app,public}'").await;
}

#[tokio::test]
async fn a_view_asks_as_whoever_reads_it() {
    let database = database().await;
    let owner = database.owner().await;
    let views = list(&owner, "SELECT relname::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('v', 'm') ORDER BY 1").await;
    assert_eq!(views, ["chatbot_performance_summary", "document_processing_status"]);
    none(
        &owner,
        "views that read past the wall",
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('v', 'm')
            AND NOT coalesce(reloptions::text[] && ARRAY['security_invoker=true'], false)",
    )
    .await;
}

#[tokio::test]
async fn shared_spaces_are_read_only_to_the_application() {
    let database = database().await;
    let owner = database.owner().await;
    let policies = list(
        &owner,
        "SELECT concat_ws(' ', policyname, cmd, roles::text) FROM pg_policies WHERE schemaname = 'docent'
            AND tablename = 'embedding_spaces' ORDER BY 1",
    )
    .await;
    assert_eq!(
        policies,
        ["operator ALL {docent_owner}", "search SELECT {docent_search}", "tenant SELECT {docent_app}"]
    );
    none(
        &owner,
        "writes that the application may do",
        "SELECT privilege FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) privilege
          WHERE has_table_privilege('docent_app', 'docent.embedding_spaces', privilege)",
    )
    .await;
}

#[tokio::test]
async fn the_roles_bypass_own_and_inherit_nothing() {
    let database = database().await;
    let owner = database.owner().await;
    none(
        &owner,
        "roles with powers",
        "SELECT rolname::text FROM pg_roles WHERE rolname IN ('docent_app', 'docent_search', 'docent_door')
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)",
    )
    .await;
    none(&owner, "roles that somebody can log in as",
        "SELECT rolname::text FROM pg_roles WHERE rolname IN ('docent_search', 'docent_door') AND rolcanlogin").await;
    none(
        &owner,
        "memberships of our roles",
        "SELECT member::regrole || ' in ' || roleid::regrole FROM pg_auth_members
          WHERE member::regrole::text IN ('docent_app', 'docent_search', 'docent_door')",
    )
    .await;
    none(
        &owner,
        "members of our roles that their policies reach",
        "SELECT member::regrole || ' in ' || roleid::regrole FROM pg_auth_members
          WHERE roleid::regrole::text IN ('docent_app', 'docent_search', 'docent_door') AND inherit_option",
    )
    .await;
    none(
        &owner,
        "what the application owns",
        "SELECT oid::regclass::text FROM pg_class WHERE relowner = 'docent_app'::regrole
         UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE proowner = 'docent_app'::regrole
         UNION ALL SELECT nspname FROM pg_namespace WHERE nspowner = 'docent_app'::regrole",
    )
    .await;
    none(
        &owner,
        "schemas that our roles may make things in",
        "SELECT rolname || ' in ' || nspname FROM pg_roles, pg_namespace
          WHERE rolname IN ('docent_app', 'docent_search', 'docent_door') AND nspname IN ('docent', 'public')
            AND has_schema_privilege(rolname, pg_namespace.oid, 'CREATE')",
    )
    .await;
}

#[tokio::test]
async fn the_doors_are_a_closed_list() {
    let database = database().await;
    let owner = database.owner().await;
    let doors = list(&owner,
        "SELECT p.oid::regprocedure || ' returns ' || pg_get_function_result(p.oid) || ' as ' || p.proowner::regrole
                || ' with ' || array_to_string(p.proconfig, ' and ')
           FROM pg_proc p WHERE p.pronamespace = 'docent'::regnamespace AND p.prosecdef ORDER BY 1").await;
    golden::assert_lines("doors.txt", &doors);
    none(&owner, "functions that run as their owner without a pinned search_path ending in pg_temp",
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'docent'::regnamespace AND prosecdef
            AND NOT coalesce(proconfig::text LIKE '%search_path=pg_catalog%pg_temp%', false)").await;
    none(&owner, "functions that run as somebody who is not behind the wall",
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'docent'::regnamespace AND prosecdef
            AND proowner::regrole::text NOT IN ('docent_search', 'docent_door')").await;
    none(&owner, "doors that everybody may open",
        "SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
          WHERE p.pronamespace = 'docent'::regnamespace AND p.prosecdef AND a.grantee = 0").await;
    none(
        &owner,
        "owner's functions that the application may call",
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'docent'::regnamespace
            AND proname IN ('wall', 'open_to_search', 'ensure_space', 'ensure_month', 'drop_if_empty', 'old_months')
            AND has_function_privilege('docent_app', oid, 'EXECUTE')",
    )
    .await;
}

#[tokio::test]
async fn what_the_searchs_role_may_read_is_what_it_reads() {
    let database = database().await;
    let owner = database.owner().await;
    let grants = list(&owner,
        "SELECT grantee || ' ' || privilege_type || ' ' || table_name FROM information_schema.role_table_grants
          WHERE table_schema = 'docent' AND grantee IN ('docent_search', 'docent_door')
         UNION SELECT grantee || ' ' || privilege_type || ' ' || table_name || '.' || column_name
           FROM information_schema.role_column_grants
          WHERE table_schema = 'docent' AND grantee = 'docent_door' ORDER BY 1").await;
    golden::assert_lines("reads-past-the-wall.txt", &grants);
}

#[tokio::test]
async fn every_row_names_its_tenant_and_every_reference_stays_inside_it() {
    let database = database().await;
    let owner = database.owner().await;
    none(&owner, "tables without a tenant", &format!(
        "SELECT relname::text FROM pg_class c WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p')
            AND relname NOT IN ({NOT_THE_TENANTS}, 'organizations', 'embedding_spaces', 'ai_models')
            AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'
                AND a.attnotnull AND a.atttypid = 'uuid'::regtype)")).await;
    // Partitioned tables are left out: unique there must contain the partition's key, the id.
    none(&owner, "tables whose ids cannot be referred to within the tenant",
        "SELECT relname::text FROM pg_class c WHERE relnamespace = 'docent'::regnamespace AND relkind = 'r' AND NOT relispartition
            AND relname NOT IN ('organizations', 'embedding_spaces', 'ai_models')
            AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'id')
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'u'
                AND pg_get_constraintdef(k.oid) = 'UNIQUE (organization_id, id)')").await;
    // An embedding space may be everybody's; all else belongs to the tenant and is referred to with it.
    none(&owner, "references that do not carry the tenant",
        "SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) FROM pg_constraint
          WHERE contype = 'f' AND connamespace = 'docent'::regnamespace
            AND confrelid NOT IN ('docent.organizations'::regclass, 'docent.embedding_spaces'::regclass)
            AND pg_get_constraintdef(oid) !~ '^FOREIGN KEY \\(organization_id, \\w+\\) REFERENCES docent\\.\\w+\\(organization_id, \\w+\\)'").await;
    none(&owner, "references into a table that drops by month or by space",
        "SELECT conrelid::regclass || ' -> ' || confrelid::regclass FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
          WHERE k.contype = 'f' AND k.connamespace = 'docent'::regnamespace AND (c.relkind = 'p' OR c.relispartition)").await;
    none(&owner, "unique rules that tell about another tenant",
        "SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) FROM pg_constraint
          WHERE contype = 'u' AND connamespace = 'docent'::regnamespace
            AND conrelid <> 'docent.organizations'::regclass AND pg_get_constraintdef(oid) NOT LIKE '%(organization_id, %'").await;
}

/// The SQLSTATE that a statement ends with.
async fn refusal(client: &Client, sql: &str) -> SqlState {
    let error = client.batch_execute(sql).await.err().unwrap_or_else(|| panic!("was let through: {sql}"));
    error.code().cloned().unwrap_or_else(|| panic!("{sql}: {error:?}"))
}

#[tokio::test]
async fn the_application_is_refused_what_is_not_its_to_do() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let application = database.application().await;
    application.batch_execute(&format!("SET app.organization_id = '{}'", organization.id)).await.unwrap();
    for statement in [
        "UPDATE docent.events SET severity = 'info'",
        "DELETE FROM docent.events",
        "TRUNCATE docent.events",
        "UPDATE docent.config_versions SET llm_model = 'other'",
        "UPDATE docent.embeddings SET vector = vector",
        "INSERT INTO docent.organizations (id, name, slug) VALUES (gen_random_uuid(), 'x', 'x')",
        "DELETE FROM docent.organizations",
        "SELECT * FROM docent.migrations",
        "SELECT * FROM docent.messages_default",
        "INSERT INTO docent.events_default (id, organization_id, event_type, event_category)
         VALUES (gen_random_uuid(), docent.current_organization(), 'x', 'system')",
        "SELECT docent.ensure_month('2031-01-01')",
        "SELECT docent.wall('docent.documents')",
        "CREATE TABLE docent.mine (id integer)",
        "SET ROLE docent_search",
        "SET ROLE docent_owner",
        "ALTER TABLE docent.documents DISABLE ROW LEVEL SECURITY",
    ] {
        assert_eq!(refusal(&application, statement).await, SqlState::INSUFFICIENT_PRIVILEGE, "{statement}");
    }
    let leaves: Vec<String> = list(&database.owner().await,
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relispartition AND relkind IN ('r', 'p')").await;
    assert!(leaves.len() >= 17 + 12, "{leaves:?}");
    for leaf in leaves {
        let statement = format!("SELECT FROM {leaf}");
        assert_eq!(refusal(&application, &statement).await, SqlState::INSUFFICIENT_PRIVILEGE, "{statement}");
    }
}

#[tokio::test]
async fn what_the_application_may_do_is_what_was_agreed() {
    let database = database().await;
    let owner = database.owner().await;
    let grants = list(&owner,
        "SELECT c.relname || ': ' || string_agg(DISTINCT a.privilege_type, ' ' ORDER BY a.privilege_type)
           FROM pg_class c, aclexplode(c.relacl) a
          WHERE c.relnamespace = 'docent'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
            AND a.grantee = 'docent_app'::regrole GROUP BY c.relname
         UNION ALL
         SELECT p.oid::regprocedure || ': EXECUTE' FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
          WHERE p.pronamespace = 'docent'::regnamespace AND p.prorettype <> 'trigger'::regtype
            AND a.grantee IN (0, 'docent_app'::regrole) GROUP BY p.oid
          ORDER BY 1").await;
    golden::assert_lines("grants.txt", &grants);
    none(
        &owner,
        "what everybody may do to a table or a view",
        "SELECT c.relname || ': ' || a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
          WHERE c.relnamespace = 'docent'::regnamespace AND a.grantee = 0",
    )
    .await;
    none(&owner, "views that do not ask as who asks",
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('v', 'm')
            AND NOT (relkind = 'v' AND coalesce(reloptions @> '{security_invoker=true}', false))").await;
    none(&owner, "relations and functions that are not the owner's",
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relowner <> current_user::regrole
         UNION ALL
         SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'docent'::regnamespace AND NOT prosecdef
            AND proowner <> current_user::regrole").await;
    // The application writes nothing that its policy does not check, and no policy of its lets a row of another tenant through.
    none(&owner, "policies of the application that let through more than the tenant's rows",
        "SELECT tablename || ' ' || policyname FROM pg_policies WHERE schemaname = 'docent' AND 'docent_app' = ANY (roles)
            -- What is for all: to be read alone.
            AND NOT (cmd = 'SELECT' AND qual = '(organization_id IS NULL)')
            AND (coalesce(qual, '') !~ '(^|OR )\\(?(organization_id|id) = docent\\.current_organization\\(\\)\\)*$'
                 OR cmd <> 'SELECT' AND coalesce(with_check, '') !~ '^\\(?(organization_id|id) = docent\\.current_organization\\(\\)\\)*$')").await;
}

#[tokio::test]
async fn this_month_and_the_next_have_their_partitions_behind_the_wall() {
    let database = database().await;
    let owner = database.owner().await;
    none(&owner, "months without a partition behind the wall",
        "SELECT parent || to_char(month, ' YYYY-MM')
           FROM unnest(ARRAY['messages', 'citations', 'retrieval_logs', 'events']) parent,
                unnest(ARRAY[now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' + interval '1 month']) month
          WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'docent'::regnamespace
                AND c.relname = parent || to_char(month, '_YYYY_MM') AND c.relrowsecurity AND c.relforcerowsecurity)").await;
}

/// Tables that the application may select from.
async fn readable(owner: &Client) -> Vec<String> {
    list(owner,
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p')
            AND has_table_privilege('docent_app', oid, 'SELECT') ORDER BY 1").await
}

#[tokio::test]
async fn without_a_tenant_there_is_an_error_and_never_an_empty_result() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    organization.document("handbook", "pump.md").saying(["The pump needs 3.5 bar."]).stored().await;
    let tables = readable(&database.owner().await).await;
    assert!(tables.len() >= 18, "{tables:?}");

    let application = database.application().await;
    for table in &tables {
        assert_eq!(
            refusal(&application, &format!("SELECT * FROM {table}")).await,
            SqlState::UNDEFINED_OBJECT,
            "{table}, unset"
        );
    }
    assert_eq!(refusal(&application, SEARCH).await, SqlState::UNDEFINED_OBJECT, "search, unset");

    // What a transaction leaves behind when its setting ends is '', not null.
    application.batch_execute("SET app.organization_id = ''").await.unwrap();
    for table in &tables {
        assert_eq!(
            refusal(&application, &format!("SELECT * FROM {table}")).await,
            SqlState::INVALID_TEXT_REPRESENTATION,
            "{table}, empty"
        );
    }
    assert_eq!(refusal(&application, SEARCH).await, SqlState::INVALID_TEXT_REPRESENTATION, "search, empty");

    // A tenant that does not exist sees nothing.
    application
        .batch_execute(&format!("SET app.organization_id = '{}'", OrganizationId::generate()))
        .await
        .unwrap();
    // What is for all is everybody's to read.
    let shared = ["docent.embedding_spaces", "docent.ai_models"];
    for table in tables.iter().filter(|table| !shared.contains(&table.as_str())) {
        let rows = application.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap();
        assert_eq!(rows.get::<_, i64>(0), 0, "{table}");
    }
}

const SEARCH: &str = "SELECT docent.search_chunks(gen_random_uuid(), NULL, '{pump}', NULL, '{}', 1, 10, 10)";

#[tokio::test]
async fn personal_data_has_no_column_in_plain_text() {
    let database = database().await;
    let owner = database.owner().await;
    let columns = list(&owner,
        "SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = 'docent'").await;
    for sealed in SEALED {
        let kept: Vec<&str> =
            columns.iter().map(String::as_str).filter(|column| column.starts_with(sealed)).collect();
        let (ciphertext, hash) = (format!("{sealed}_ciphertext bytea"), format!("{sealed}_hash bytea"));
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert!(kept.contains(&ciphertext.as_str()) && kept.contains(&hash.as_str()), "{kept:?}");
    }
    let suspicious = ["email", "phone", "password", "secret"];
    for column in columns.iter().filter(|column| suspicious.iter().any(|word| column.contains(word))) {
        assert!(column.ends_with(" bytea"), "{column} keeps what must not be kept in plain text");
    }
}

#[tokio::test]
async fn nothing_is_served_behind_a_wall_with_a_hole() {
    let database = database().await;
    let unguarded =
        async |url: &str| match store::Database::new(url).unwrap().tenant(OrganizationId::generate()).await {
            Err(Error::Unguarded(holes)) => holes,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("was served"),
        };
    let holes = unguarded(&database.owner_url).await;
    assert!(holes.contains("owns documents") && holes.contains("is a member of docent_search"), "{holes}");

    let Some(admin) = database.admin().await else { return };
    let holes = unguarded(database.admin_url.as_deref().unwrap()).await;
    assert!(holes.contains("role postgres bypasses row-level security"), "{holes}");

    // What a console-made role of a hosted Postgres is like.
    admin
        .batch_execute(
            "DROP ROLE IF EXISTS console_made; CREATE ROLE console_made LOGIN BYPASSRLS PASSWORD 'a'",
        )
        .await
        .unwrap();
    let mut url = url::Url::parse(&database.application_url).unwrap();
    url.set_username("console_made").unwrap();
    url.set_password(Some("a")).unwrap();
    let holes = unguarded(url.as_str()).await;
    assert_eq!(holes, "role console_made bypasses row-level security");

    assert!(served(&database).await, "the application's own role is served");
    admin.batch_execute("ALTER TABLE docent.documents NO FORCE ROW LEVEL SECURITY").await.unwrap();
    let holes = unguarded(&database.application_url).await;
    assert_eq!(holes, "table documents has no forced row-level security");
}

async fn served(database: &TestDatabase) -> bool {
    database.database.tenant(OrganizationId::generate()).await.is_ok()
}

#[tokio::test]
async fn a_partition_made_later_stands_behind_the_wall_too() {
    let database = database().await;
    let owner = connect(&database.owner_url).await;
    owner.batch_execute(
        "SELECT docent.ensure_month('2031-05-17'), docent.ensure_month('2031-05-01');
         SELECT docent.ensure_space('test.other', '1', 8, '{}', '{}'), docent.ensure_space('test.other', '1', 8, '{}', '{}')")
        .await.unwrap();
    let walled = list(&owner,
        "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'docent'::regnamespace AND c.relispartition
            AND c.relkind IN ('r', 'p') AND c.relrowsecurity AND c.relforcerowsecurity
            AND (c.relname LIKE '%_2031_05' OR c.relname LIKE 'embeddings_' || (SELECT left(replace(id::text, '-', ''), 12)
                FROM docent.embedding_spaces WHERE model_id = 'test.other') || '%')
            AND EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'docent' AND p.tablename = c.relname
                AND p.roles = '{docent_app}' AND p.with_check IS NOT NULL)").await;
    assert_eq!(walled.len(), 4 + 1 + 16, "{walled:?}");
    none(
        &owner,
        "grants on partitions",
        "SELECT c.relname || ' to ' || a.grantee::regrole FROM pg_class c, aclexplode(c.relacl) a
          WHERE c.relnamespace = 'docent'::regnamespace AND c.relispartition AND a.grantee <> c.relowner",
    )
    .await;
}
