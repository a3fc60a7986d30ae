//! What reviewers do: a chatbot's versions found and made, and one replayed against another.

use super::Client;
use anyhow::{Context as _, Result, bail};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// How often a replay is looked at while it is awaited.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Which versions are compared, on how many questions.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The old one's id; `None`: the one that answers.
    pub before: Option<String>,
    /// The new one's id.
    pub after: String,
    /// Gold questions; `None`: as many as the API takes.
    pub gold: Option<i64>,
    /// Recent questions; likewise.
    pub recent: Option<i64>,
}

impl Client {
    /// The id of a chatbot that is named by id or by name.
    ///
    /// # Errors
    /// When there is none, with those that there are.
    pub async fn chatbot_called(&self, name: &str) -> Result<String> {
        let all = self.pages("/api/v1/chatbots").await?;
        let named = |bot: &&Value| bot["id"] == name || bot["name"] == name;
        if let Some(id) = all.iter().find(named).and_then(|bot| bot["id"].as_str()) {
            return Ok(id.to_owned());
        }
        let names: Vec<&str> = all.iter().filter_map(|bot| bot["name"].as_str()).collect();
        bail!("there is no chatbot {name:?}; there are: {}", names.join(", "))
    }

    /// A chatbot's version that is named by its number or its id; `None`: the one that answers.
    ///
    /// # Errors
    /// When there is none, with those that there are.
    pub async fn version(&self, chatbot: &str, name: Option<&str>) -> Result<Value> {
        let all = self.pages(&format!("/api/v1/chatbots/{chatbot}/config-versions")).await?;
        let number = name.and_then(|name| name.parse::<i64>().ok());
        let found = all.iter().find(|version| match name {
            Some(name) => version["id"] == name || number.is_some_and(|number| version["number"] == number),
            None => version["is_active"] == true,
        });
        if let Some(found) = found {
            return Ok(found.clone());
        }
        let numbers: Vec<String> = all.iter().rev().map(|version| version["number"].to_string()).collect();
        match name {
            Some(name) => bail!("the chatbot has no config version {name}; it has: {}", numbers.join(", ")),
            None => {
                bail!("no config version of this chatbot answers: activate one, or name one with --against")
            }
        }
    }

    /// Makes a chatbot's next version: the one that answers with these settings changed. It does not answer yet.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn propose(&self, chatbot: &str, settings: &Value) -> Result<Value> {
        let path = format!("/api/v1/chatbots/{chatbot}/config-versions");
        self.json(Method::POST, &path, Some(settings)).await
    }

    /// Begins a replay.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn begin_replay(&self, chatbot: &str, wanted: &Comparison) -> Result<Value> {
        let body = json!({ "before_config_version_id": wanted.before, "after_config_version_id": wanted.after,
                           "gold": wanted.gold, "recent": wanted.recent });
        self.json(Method::POST, &format!("/api/v1/chatbots/{chatbot}/replays"), Some(&body)).await
    }

    /// Has a replay go on that waits for a budget, or failed.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn resume_replay(&self, id: &str) -> Result<Value> {
        self.json(Method::POST, &format!("/api/v1/replays/{id}/resume"), None).await
    }

    /// A replay as it ended: completed, failed or paused; `progress` hears how far it is.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn ended_replay(&self, id: &str, mut progress: impl FnMut(&Value)) -> Result<Value> {
        let path = format!("/api/v1/replays/{id}");
        loop {
            let replay = self.json(Method::GET, &path, None).await?;
            progress(&replay);
            if matches!(replay["status"].as_str(), Some("completed" | "failed" | "paused")) {
                return Ok(replay);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// A replay's questions with what both versions answered.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn replay_results(&self, id: &str) -> Result<Vec<Value>> {
        self.pages(&format!("/api/v1/replays/{id}/results")).await
    }

    /// All items of a list, page by page.
    async fn pages(&self, path: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut next = format!("{path}?limit=100");
        loop {
            let mut page = self.json(Method::GET, &next, None).await?;
            all.append(page["items"].as_array_mut().context("read a list")?);
            let Some(cursor) = page["next_cursor"].as_str() else { return Ok(all) };
            next = format!("{path}?limit=100&cursor={cursor}");
        }
    }
}
