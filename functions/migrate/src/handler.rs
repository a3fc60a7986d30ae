//! Decodes which of the operator's wishes it is, fulfils it, encodes the result.

use crate::custom_resource;
use anyhow::{Context as _, ensure};
use domain::{
    ApiKey, InvitationId, OrganizationId, Role, Scope,
    chatbot::{DEFAULT_FALLBACK, DEFAULT_SYSTEM_PROMPT},
    document::is_slug,
    limits,
    sealed::{self, IdentityHashKey},
};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Diagnostic;
use runtime::measures::{self, Measure, Unit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{
    Database, TenantTx, api_keys,
    chatbots::{self, NewChatbot},
    invitations::{self, EMAIL_PURPOSE, NewInvitation},
    migrator::{self, Target},
    organizations, spaces,
};

/// What the function works with.
pub struct Context {
    pub owner_url: String,
    pub application_url: String,
    pub embedding_model: String,
    pub embedding_dimension: usize,
    pub generation_model: String,
    /// By which addresses are known again.
    pub identity_hash_key: IdentityHashKey,
}

/// A wish of the operator's, by invocation.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Wish {
    /// Bring the schema up to date.
    Migrate {},
    /// Make the next month's partitions and drop those of which nothing is left: the clock's, once a day.
    MaintainMonths {},
    /// Make an embedding space of a model and a dimension, for all organizations.
    CreateSpace { model: String, dimension: usize },
    /// Make an organization with its first API key and chatbot, and perhaps the invitation of its first administrator;
    /// the key is shown here, once.
    CreateOrganization {
        name: String,
        slug: String,
        #[serde(default = "first_chatbot")]
        chatbot: String,
        #[serde(default)]
        admin_email: Option<String>,
    },
}

fn first_chatbot() -> String {
    "Assistant".into()
}

/// The operator reads the error where he invoked: it has the whole chain of causes, and no secret is in it.
pub async fn handle(context: Arc<Context>, event: Value) -> Result<Value, Diagnostic> {
    fulfil(&context, event).await.map_err(|error| Diagnostic {
        error_type: "Docent.MigrateError".into(),
        error_message: format!("{error:#}"),
    })
}

async fn fulfil(context: &Context, event: Value) -> anyhow::Result<Value> {
    if event.get("RequestType").is_some() {
        // CloudFormation waits for an hour for an answer that never comes: there always is one.
        return custom_resource::answer(&event, migrate_for_stack(context, &event)).await;
    }
    let wish = serde_json::from_value(event).context("read the wish: {\"action\": \"migrate\"} {\"action\": \"maintain_months\"} {\"action\": \"create_space\", \"model\": …, \"dimension\": …} or {\"action\": \"create_organization\", \"name\": …, \"slug\": …}")?;
    match wish {
        Wish::Migrate {} => Ok(json!({ "applied": migrate(context).await? })),
        Wish::MaintainMonths {} => {
            let owner = Database::owner(&context.owner_url)?;
            let dropped = migrator::maintain_months(&owner).await?;
            let stray = migrator::rows_of_no_month(&owner).await?;
            measures::write(&[Measure::new("StrayRows", Unit::Count, stray)], &[]);
            Ok(json!({ "dropped": dropped }))
        }
        Wish::CreateSpace { model, dimension } => {
            ensure!(
                (1..=limits::VECTOR_DIMENSION).contains(&dimension) && !model.trim().is_empty(),
                "a space has a model and 1 to {} dimensions",
                limits::VECTOR_DIMENSION
            );
            let owner = Database::owner(&context.owner_url)?;
            let space = migrator::make_space(&owner, &model, dimension).await?;
            Ok(json!({ "space_id": space, "model": model, "dimension": dimension }))
        }
        Wish::CreateOrganization { name, slug, chatbot, admin_email } => {
            create_organization(context, &name, &slug, &chatbot, admin_email.as_deref()).await
        }
    }
}

/// Create and Update migrate; Delete leaves the database as it is: it is not the stack's to lose.
async fn migrate_for_stack(context: &Context, event: &Value) -> anyhow::Result<Value> {
    match event.get("RequestType").and_then(Value::as_str) {
        Some("Delete") => Ok(json!({ "applied": [] })),
        _ => Ok(json!({ "applied": migrate(context).await? })),
    }
}

async fn migrate(context: &Context) -> anyhow::Result<Vec<String>> {
    let target = Target {
        application_url: &context.application_url,
        embedding_model: &context.embedding_model,
        embedding_dimension: context.embedding_dimension,
    };
    migrator::migrate(&Database::owner(&context.owner_url)?, &target).await
}

async fn create_organization(
    context: &Context,
    name: &str,
    slug: &str,
    chatbot: &str,
    admin_email: Option<&str>,
) -> anyhow::Result<Value> {
    ensure!(
        is_slug(slug) && !slug.contains(['.', '_']),
        "slug {slug:?} is not of lower-case letters, digits and '-'"
    );
    ensure!(!name.trim().is_empty() && !chatbot.trim().is_empty(), "name and chatbot must not be empty");
    let admin_email =
        admin_email.map(|email| sealed::email(email).context("admin_email is no e-mail address"));
    let admin_email = admin_email.transpose()?;
    let organization = OrganizationId::generate();
    let key = ApiKey::generate(organization);
    let tx =
        Database::owner(&context.owner_url)?.tenant(organization).await.context("connect as the owner")?;
    organizations::create(&tx, name.trim(), slug).await.map_err(|error| match error {
        store::Error::Refused { constraint, .. } if constraint == "organizations_slug_key" => {
            anyhow::anyhow!("an organization with the slug {slug:?} exists already")
        }
        other => anyhow::Error::from(other).context("make organization"),
    })?;
    let first = api_keys::NewKey { name: "first key", scopes: &Scope::ALL, ..Default::default() };
    api_keys::create(&tx, &key, &first).await.context("make API key")?;
    let space = spaces::of_model(&tx, &context.embedding_model, context.embedding_dimension).await?;
    let bot = NewChatbot {
        name: chatbot.trim(),
        llm_model: &context.generation_model,
        space: space.id,
        system_prompt: DEFAULT_SYSTEM_PROMPT,
        fallback_message: DEFAULT_FALLBACK,
    };
    let chatbot = chatbots::create(&tx, &bot).await.context("make chatbot")?;
    let invitation = match admin_email {
        Some(email) => invite_administrator(context, &tx, email).await.context("invite administrator")?,
        None => None,
    };
    tx.finish().await?;
    tracing::info!(organization.id = %organization, "organization made");
    Ok(json!({
        "organization_id": organization, "slug": slug, "api_key": key.reveal(), "chatbot_id": chatbot,
        "invitation_id": invitation,
    }))
}

/// Whoever signs in first with this address, verified, runs the organization.
async fn invite_administrator(
    context: &Context,
    tx: &TenantTx,
    email: &str,
) -> anyhow::Result<Option<InvitationId>> {
    let id = InvitationId::generate();
    let new = NewInvitation {
        id,
        // The owner has no key: the address is sealed when they sign in.
        email_sealed: None,
        email_hash: &context.identity_hash_key.hash(EMAIL_PURPOSE, email),
        role: Role::Admin,
        display_name: None,
        org_unit: None,
        invited_by: None,
        expires_at: Timestamp::now() + SignedDuration::from_hours(24 * limits::INVITATION_DAYS_DEFAULT),
    };
    Ok(invitations::create(tx, &new).await?.then_some(id))
}
