//! Organizations, made and kept the way an operator does in the cloud: functions are invoked.

use anyhow::{Context as _, Result, ensure};
use local::client::Client;
use serde_json::{Value, json};
use std::process::ExitCode;

pub async fn create(
    client: &Client,
    name: &str,
    slug: Option<&str>,
    admin_email: Option<&str>,
) -> Result<ExitCode> {
    let slug = slug.map_or_else(|| slug_of(name), ToOwned::to_owned);
    ensure!(!slug.is_empty(), "the name {name:?} makes no slug; say one with --slug");
    let wish =
        json!({ "action": "create_organization", "name": name, "slug": slug, "admin_email": admin_email });
    let answer = client.invoke("migrate", wish.to_string()).await;
    let answer = answer.map_err(|error| match error.to_string() {
        text if text.contains("slug") => error.context("say another --slug"),
        _ => error,
    })?;
    let made: Value = serde_json::from_str(&answer).context("read what migrate made")?;
    let text = |field: &str| made[field].as_str().with_context(|| format!("read {field}"));
    say!("organization  {}  ({slug})", text("organization_id")?);
    say!("chatbot       {}", text("chatbot_id")?);
    say!("API key       {}", text("api_key")?);
    if let Some(email) = admin_email {
        say!("administrator {email}, with the first token that verifies it");
    }
    say!("\nThe key is shown here and nowhere else: keep it. Documents go to the keys {slug}/COLLECTION/…");
    Ok(ExitCode::SUCCESS)
}

pub async fn rotate_key(client: &Client, slug: &str) -> Result<ExitCode> {
    let wish = json!({ "action": "rotate_key", "organization": slug });
    let answer = client.invoke("aggregate", wish.to_string()).await?;
    let told: Value = serde_json::from_str(&answer).context("read what aggregate did")?;
    let keys = &told["data_keys"];
    if keys["made"] == 0 {
        say!(
            "No data key was replaced: nothing of {slug} is sealed yet, or somebody else replaced it at this moment."
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!("{slug} has another data key; {} values were sealed anew.", keys["resealed"]);
    if keys["unopened"] != 0 {
        say!("{} values do not open; the log of aggregate names their rows.", keys["unopened"]);
    }
    if keys["unfinished"] == true {
        say!("Time ran out: the daily work goes on with the rest.");
    }
    Ok(ExitCode::SUCCESS)
}

/// `Acme Ltd.` → `acme-ltd`.
fn slug_of(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_makes_a_slug() {
        for (name, slug) in [("Acme Ltd.", "acme-ltd"), ("  R&D  ", "r-d"), ("บริษัท", "")] {
            assert_eq!(super::slug_of(name), slug);
        }
    }
}
