//! The demo organization, and the sample documents that the first start drops through S3.

use crate::{
    folder::{Addresses, Folder, Secrets},
    stack::{BUCKET, Stack},
};
use anyhow::{Context as _, Result};
use domain::{ApiKey, OrganizationId, Scope};
use serde_json::json;
use store::{Database, api_keys, chatbots, organizations};

/// The demo organization's slug.
pub const ORGANIZATION: &str = "demo";
/// The collection that the samples go into, and `drop` when not said otherwise.
pub const COLLECTION: &str = "handbook";
/// Its chatbot.
const CHATBOT: &str = "Assistant";
/// What the start-up asks. The answer stands on page 6 of the pump's manual.
pub const QUESTION: &str = "How often must the shaft seal of the P-40 be replaced?";
/// What a newcomer is told to ask next, of another document.
pub const NEXT_QUESTION: &str = "How long does delivery to Spain take?";

/// The demo organization of a running stack.
pub struct Demo {
    /// Its id.
    pub organization: OrganizationId,
    /// Its key.
    pub api_key: String,
    /// Its chatbot.
    pub chatbot: String,
}

/// Makes the demo organization through `migrate`, as an operator would, or finds it again.
///
/// # Errors
/// When the database refuses.
pub async fn ensure(stack: &Stack, folder: &Folder, secrets: &mut Secrets) -> Result<Demo> {
    let database = Database::new(&stack.urls.application)?;
    let Some(organization) = organizations::of_slug(&database, ORGANIZATION).await? else {
        let wish = json!({ "action": "create_organization", "name": "Demo", "slug": ORGANIZATION, "chatbot": CHATBOT });
        let made = stack.invoke("migrate", &wish).await.context("make the demo organization")?;
        let text =
            |name: &str| made[name].as_str().map(ToOwned::to_owned).with_context(|| format!("read {name}"));
        let demo = Demo {
            organization: text("organization_id")?.parse()?,
            api_key: text("api_key")?,
            chatbot: text("chatbot_id")?,
        };
        secrets.api_key = Some(demo.api_key.clone());
        folder.keep_secrets(secrets)?;
        return Ok(demo);
    };
    let tx = database.tenant(organization).await?;
    let chatbot = chatbots::of_name(&tx, CHATBOT)
        .await?
        .context("the demo's chatbot is gone from the database: clean the data folder, and start anew")?;
    let kept = secrets
        .api_key
        .clone()
        .filter(|key| ApiKey::parse(key).is_some_and(|key| key.organization == organization));
    let kept = match kept.as_deref().and_then(ApiKey::parse) {
        // A key of an older version may do less than this one's commands need.
        Some(key) => api_keys::look_up(&tx, &key)
            .await?
            .is_some_and(|known| Scope::ALL.into_iter().all(|scope| known.allows(scope)))
            .then(|| key.reveal()),
        None => None,
    };
    let api_key = match kept {
        Some(key) => key,
        // Another data folder or an older version made it: this folder gets a key of its own.
        None => {
            let key = ApiKey::generate(organization);
            let new = api_keys::NewKey { name: "local", scopes: &Scope::ALL, ..Default::default() };
            api_keys::create(&tx, &key, &new).await?;
            secrets.api_key = Some(key.reveal());
            folder.keep_secrets(secrets)?;
            key.reveal()
        }
    };
    tx.finish().await?;
    Ok(Demo { organization, api_key, chatbot: chatbot.to_string() })
}

/// What `stack.json` says of a stack with its demo organization.
#[must_use]
pub fn addresses(stack: &Stack, secrets: &Secrets, demo: &Demo) -> Addresses {
    Addresses {
        gateway: stack.gateway.clone(),
        s3_endpoint: stack.s3_endpoint.clone(),
        bucket: BUCKET.to_owned(),
        sqs_endpoint: stack.sqs_endpoint.clone(),
        sns_endpoint: stack.sns_endpoint.clone(),
        bedrock_endpoint: stack.bedrock_endpoint.clone(),
        lambda_endpoint: stack.lambda_endpoint.clone(),
        database_url: stack.urls.application.clone(),
        admin_database_url: stack.urls.admin.clone(),
        organization: ORGANIZATION.to_owned(),
        api_key: demo.api_key.clone(),
        chatbot_id: demo.chatbot.clone(),
        access_key_id: secrets.access_key_id.clone(),
        secret_access_key: secrets.secret_access_key.clone(),
        region: "us-east-1".to_owned(),
        pid: std::process::id(),
    }
}
