//! The statements: each file is prepared against the migrated schema as the application, each is used, each
//! names its tenant, and there is no SQL anywhere else.

use std::collections::BTreeSet;
use tests::{database, repository};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

const FOLDER: &str = "shared/store/src/sql/";
/// Statements that run before a tenant is known, with the reason why that is right.
const WITHOUT_TENANT: [(&str, &str); 7] = [
    ("guard", "reads catalogues only"),
    ("organizations/of_slug", "a door"),
    ("organizations/list", "a door"),
    ("users/organizations", "a door"),
    ("invitations/organizations", "a door"),
    ("organizations/create", "the operator's; the policy binds the id to the transaction's tenant"),
    ("organizations/act_as_application", "changes the role and reads nothing"),
];
/// Statements that only the owner runs, or that are no statement that can be prepared.
const NOT_THE_APPLICATIONS: [&str; 2] = ["organizations/create", "organizations/act_as_application"];

/// Names as `sql!` takes them, with their text.
fn statements() -> Vec<(String, String)> {
    let files = repository::files(FOLDER.trim_end_matches('/'), "sql");
    let name = |path: &str| path.trim_start_matches(FOLDER).trim_end_matches(".sql").to_owned();
    files.iter().map(|path| (name(path), repository::read(path))).collect()
}

/// Rust sources of the product, the tests and the build's own left out.
fn sources() -> Vec<(String, String)> {
    ["shared", "functions", "infra"]
        .iter()
        .flat_map(|folder| repository::files(folder, "rs"))
        .map(|path| {
            let text = repository::read(&path);
            (path, text)
        })
        .collect()
}

/// What stands between each `before` and the next `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[tokio::test]
async fn every_statement_fits_the_schema_as_the_application_sees_it() {
    let database = database().await;
    let application = database.application().await;
    let mut refused = Vec::new();
    for (name, text) in statements() {
        if NOT_THE_APPLICATIONS.contains(&name.as_str()) {
            continue;
        }
        // Preparing resolves tables, columns, functions and types; running it plans it, and checks the rights.
        let prepared = async {
            let statement = application.prepare_typed(&text, &types(&name)).await?;
            let nulls: Vec<Option<Untyped>> = statement.params().iter().map(|_| None).collect();
            let params = nulls.iter().map(|null| null as &(dyn ToSql + Sync)).collect::<Vec<_>>();
            application.batch_execute(BEGIN).await?;
            application.query(&statement, &params).await
        };
        // A null breaks a NOT NULL; what must not happen is a column, a function or a right that is missing.
        if let Err(error) = prepared.await {
            let code = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
            if !code.starts_with("23") && !code.starts_with("22") && code != "P0001" {
                refused.push(format!("{name}: {error:?}"));
            }
        }
        application.batch_execute("ROLLBACK").await.unwrap();
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

/// The types of parameters that a statement alone does not tell, up to the last of them.
fn types(name: &str) -> Vec<Type> {
    let known: &[(usize, Type)] = match name {
        "chunks/insert_embeddings" => &[(3, Type::UUID_ARRAY), (4, Type::FLOAT4_ARRAY), (5, Type::INT4)],
        "documents/statuses" => &[(2, Type::TEXT_ARRAY)],
        "ingestion_jobs/settle" => &[(2, Type::JSONB)],
        "messages/append_answer" => &[(11, Type::FLOAT4), (13, Type::JSONB)],
        "sessions/list" => &[(1, Type::UUID)],
        _ => &[],
    };
    let mut types = vec![Type::UNKNOWN; known.last().map_or(0, |(place, _)| *place)];
    for (place, kind) in known {
        types[place - 1] = kind.clone();
    }
    types
}

const BEGIN: &str =
    "BEGIN; SELECT set_config('app.organization_id', '00000000-0000-7000-8000-000000000000', true)";

/// A null of any type.
#[derive(Debug)]
struct Untyped;

impl ToSql for Untyped {
    fn to_sql(
        &self,
        _: &Type,
        _: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

#[test]
fn every_file_is_used_and_every_use_has_its_file() {
    let files: BTreeSet<String> = statements().into_iter().map(|(name, _)| name).collect();
    let mut uses = BTreeSet::new();
    for path in repository::files("shared/store/src", "rs") {
        let text = repository::read(&path);
        uses.extend(between(&text, "sql!(\"", "\"").into_iter().map(str::to_owned));
        uses.extend(between(&text, "include_str!(\"sql/", ".sql\"").into_iter().map(str::to_owned));
    }
    let unused: Vec<_> = files.difference(&uses).collect();
    let missing: Vec<_> = uses.difference(&files).collect();
    assert!(unused.is_empty() && missing.is_empty(), "unused: {unused:?}, missing: {missing:?}");
}

#[test]
fn every_statement_names_its_tenant_in_the_one_spelling() {
    let nameless: Vec<String> = statements()
        .into_iter()
        .filter(|(name, text)| {
            let excused = WITHOUT_TENANT.iter().any(|(excused, _)| excused == name);
            text.contains("docent.current_organization()") == excused
        })
        .map(|(name, _)| name)
        .collect();
    assert!(
        nameless.is_empty(),
        "without docent.current_organization(), or excused without need: {nameless:?}"
    );
    let other: Vec<String> = statements()
        .into_iter()
        .filter(|(_, text)| text.contains("current_setting") || text.contains("organization_id = $"))
        .map(|(name, _)| name)
        .collect();
    assert!(other.is_empty(), "another spelling of the tenant: {other:?}");
}

#[test]
fn values_are_bound_and_never_glued() {
    // Lines that glue text into SQL, and why that is right there: identifiers and literals of our own.
    const ALLOWED: [&str; 5] = [
        "shared/store/src/tenant.rs",
        "shared/store/src/migrator.rs",
        // Making databases and roles takes no parameters; the passwords are letters and digits of our own.
        "infra/local/src/database.rs",
        "infra/local/src/postgres.rs",
        "infra/local/src/stack.rs",
    ];
    let words = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "WHERE "];
    let mut glued = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !ALLOWED.contains(&path.as_str())) {
        for (number, line) in text.lines().enumerate() {
            let formats = line.contains("format!(") || line.contains("push_str(") || line.contains("write!(");
            if formats && words.iter().any(|word| line.contains(word)) {
                glued.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(glued.is_empty(), "{glued:#?}");
}

#[test]
fn only_the_store_knows_sql() {
    let strangers: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("shared/store/") && !path.starts_with("infra/local/"))
        .filter(|(_, text)| {
            text.contains("tokio_postgres") || text.contains("docent.") && text.contains("SELECT ")
        })
        .map(|(path, _)| path)
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}
