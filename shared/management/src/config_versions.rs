//! Config versions: made from the one that answers, compared, activated, rolled back. A collection is brought into the
//! space that a version wants before that version can answer.

use crate::{Management, Refusal, author, chatbots, check};
use domain::{
    Caller, ChatbotId, ConfigVersionId, IngestionJobId, Scope,
    chatbot::{
        DEFAULT_CONFIDENCE_THRESHOLD, DEFAULT_FALLBACK, DEFAULT_SYSTEM_PROMPT, ModelConfig, PROMPT_VARIABLES,
        RERANK_BY_SENTENCES, Rewrite, is_reranker, provider_of, unknown_variable,
    },
    embedding::Space,
    limits,
};
use queue::Work;
use serde_json::{Value, json};
use store::{
    TenantTx, admin_feedback,
    chatbot_settings::{self, Chatbot},
    collection_settings::{self, Named},
    config_versions::{self, ConfigVersion, Settings},
    organizations, space_jobs, spaces,
};

/// Settings as they are given; `None`: as they are in the version that answers, or the default.
#[derive(Debug, Default)]
pub struct Given {
    /// Who serves the model.
    pub llm_provider: Option<String>,
    /// Model that generates.
    pub llm_model: Option<String>,
    /// What the bot is told to be.
    pub system_prompt: Option<String>,
    /// 0..2.
    pub temperature: Option<f32>,
    /// Tokens of an answer.
    pub max_tokens: Option<i64>,
    /// Who rewrites follow-ups: a word of [`Rewrite`].
    pub rewrite: Option<String>,
    /// Whether documents are searched.
    pub rag_enabled: Option<bool>,
    /// Model of the space that is searched.
    pub embedding_model: Option<String>,
    /// Its dimension.
    pub embedding_dimension: Option<i64>,
    /// Model that orders what was found anew; blank: none.
    pub reranker_model: Option<String>,
    /// Passages that go into the prompt.
    pub retrieval_k: Option<i64>,
    /// 0..1.
    pub score_threshold: Option<f32>,
    /// 0..1.
    pub confidence_threshold: Option<f32>,
    /// Tokens of passages.
    pub context_window: Option<i64>,
    /// What is said first; blank: nothing.
    pub welcome_message: Option<String>,
    /// What is said when there is no answer.
    pub fallback_message: Option<String>,
    /// Hosts that an answer's links may lead to.
    pub allowed_hosts: Option<Vec<String>>,
    /// Why it is made.
    pub why: Option<String>,
}

/// One field of two versions that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its name.
    pub field: &'static str,
    /// In the one.
    pub before: Value,
    /// In the other.
    pub after: Value,
}

impl Management {
    /// Makes a chatbot with its first version, which answers at once.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the name is taken.
    pub async fn create_chatbot(
        &self,
        caller: &Caller,
        bot: chatbots::Given,
        given: Given,
    ) -> Result<Chatbot, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::ChatbotsWrite).await?;
        let space = spaces::of_model(&tx, &self.embedding_model, self.embedding_dimension).await?;
        let why = check::optional("/why", given.why.as_deref(), limits::SAID_CHARACTERS)?;
        let settings = settings(&tx, given, self.defaults(&space)).await?;
        let id = chatbots::make(&tx, bot).await?;
        let version = config_versions::create(&tx, id, &settings, why.as_deref()).await?;
        config_versions::activate(&tx, id, version, &author(&tx, caller).await?).await?;
        chatbots::finish_with(tx, id).await
    }

    /// A chatbot's versions, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn config_versions(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        below: Option<i32>,
        limit: u32,
    ) -> Result<Vec<ConfigVersion>, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(
                chatbot_settings::get(tx, chatbot),
                config_versions::list(tx, chatbot, below, limit)
            )
        };
        let (known, versions) = self.admitted(caller, Scope::ChatbotsRead, read).await?;
        known.map(|_| versions).ok_or(Refusal::NotFound("chatbot"))
    }

    /// One version.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn config_version(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: ConfigVersionId,
    ) -> Result<ConfigVersion, Refusal> {
        let read = async |tx: &TenantTx| config_versions::get(tx, chatbot, id).await;
        self.admitted(caller, Scope::ChatbotsRead, read).await?.ok_or(Refusal::NotFound("config version"))
    }

    /// What a version would change of another one; of the one that answers when not said.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn diff_config_versions(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: ConfigVersionId,
        with: Option<ConfigVersionId>,
    ) -> Result<Vec<Difference>, Refusal> {
        let tx = self.enter(caller, Scope::ChatbotsRead).await?;
        let active = chatbot_settings::lock(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
        let with = with.or(active).ok_or(Refusal::NotFound("config version"))?;
        let missing = || Refusal::NotFound("config version");
        let after = config_versions::get(&tx, chatbot, id).await?.ok_or_else(missing)?;
        let before = config_versions::get(&tx, chatbot, with).await?.ok_or_else(missing)?;
        tx.finish().await?;
        let (before, after) = (fields(&before), fields(&after));
        let differing = before.into_iter().zip(after).filter(|((_, old), (_, new))| old != new);
        Ok(differing.map(|((field, before), (_, after))| Difference { field, before, after }).collect())
    }

    /// Makes a chatbot's next version from the one that answers. It does not answer yet.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn create_config_version(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        given: Given,
    ) -> Result<ConfigVersion, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::ChatbotsWrite).await?;
        // Held, so that two versions made at once get two numbers.
        let active = chatbot_settings::lock(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
        let base = match active {
            Some(active) => config_versions::get(&tx, chatbot, active).await?.map(|version| version.settings),
            None => None,
        };
        let base = match base {
            Some(base) => base,
            None => {
                let space = spaces::of_model(&tx, &self.embedding_model, self.embedding_dimension).await?;
                self.defaults(&space)
            }
        };
        let made = derive(&tx, chatbot, base, given).await?;
        tx.finish().await?;
        Ok(made)
    }

    /// Has a version answer from now on.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict while a collection that the chatbot reads is not whole in the version's space.
    pub async fn activate_config_version(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: ConfigVersionId,
    ) -> Result<Chatbot, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::ChatbotsWrite).await?;
        chatbot_settings::lock(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
        activate(tx, caller, chatbot, id).await
    }

    /// Has the version answer again that did before the present one.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there was none.
    pub async fn roll_back(&self, caller: &Caller, chatbot: ChatbotId) -> Result<Chatbot, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::ChatbotsWrite).await?;
        let active = chatbot_settings::lock(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
        let before = match active {
            Some(active) => config_versions::before(&tx, chatbot, active).await?,
            None => None,
        };
        let Some(before) = before else {
            let detail = "No other version answered before this one; activate one by its id.";
            return Err(Refusal::conflict("nothing-before", detail));
        };
        activate(tx, caller, chatbot, before).await
    }

    /// Has a collection embedded in one more space; what serves it goes on serving. The job that counts.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn reembed(
        &self,
        caller: &Caller,
        collection: &Named,
        model: &str,
        dimension: i64,
    ) -> Result<IngestionJobId, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::CollectionsWrite).await?;
        let id = collection_settings::hold(&tx, collection).await?.ok_or(Refusal::NotFound("collection"))?;
        let space = space(&tx, model, dimension, "/embedding_model").await?;
        let organization = organizations::slug(&tx).await?;
        let job = space_jobs::begin_reembed(&tx, id, space.id).await?;
        tx.finish().await?;
        // Unsent, it is found by the daily comparison or asked for again: a space that is being built harms nobody.
        self.send_afterwards(Work::Run { organization, job: job.0 }).await.map(|()| job)
    }

    fn defaults(&self, space: &Space) -> Settings {
        Settings {
            llm_provider: provider_of(&self.generation_model).to_owned(),
            llm_model: self.generation_model.clone(),
            system_prompt: DEFAULT_SYSTEM_PROMPT.to_owned(),
            model_config: json!(ModelConfig::default()),
            rag_enabled: true,
            space: space.id,
            reranker_model: None,
            retrieval_k: 5,
            score_threshold: 0.0,
            confidence_threshold: DEFAULT_CONFIDENCE_THRESHOLD,
            context_window: 4_000,
            welcome_message: None,
            fallback_message: DEFAULT_FALLBACK.to_owned(),
            allowed_hosts: Vec::new(),
        }
    }
}

/// What was given, on top of what is.
async fn settings(tx: &TenantTx, given: Given, known: Settings) -> Result<Settings, Refusal> {
    let text = |pointer: &str, given: Option<String>, known: String, most| match given {
        Some(text) => check::text(pointer, &text, most),
        None => Ok(known),
    };
    let optional = |pointer: &str, given: Option<String>, known: Option<String>, most| match given {
        Some(text) => check::optional(pointer, Some(&text), most),
        None => Ok(known),
    };
    let whole = |pointer: &str, given: Option<i64>, known: i32, most: i64| match given {
        Some(number) => check::within(pointer, number, 1, most),
        None => Ok(known),
    };
    let space = match (given.embedding_model, given.embedding_dimension) {
        (None, None) => known.space,
        (Some(model), Some(dimension)) => space(tx, &model, dimension, "/embedding_model").await?.id,
        _ => {
            let detail = "Give model and dimension together: vectors compare only inside one space.";
            return Err(Refusal::invalid("/embedding_model", detail));
        }
    };
    let model_config =
        model_config((given.temperature, given.max_tokens, given.rewrite), known.model_config)?;
    let reranker_model =
        optional("/reranker_model", given.reranker_model, known.reranker_model, limits::MODEL_ID_CHARACTERS)?;
    if let Some(model) = reranker_model.as_deref().filter(|model| !is_reranker(model)) {
        let detail = format!(
            "{model:?} is no reranker. {RERANK_BY_SENTENCES:?} calls no model; \"cohere.rerank-v3-5:0\" and \"amazon.rerank-v1:0\" are Bedrock's."
        );
        return Err(Refusal::invalid("/reranker_model", detail));
    }
    let system_prompt =
        text("/system_prompt", given.system_prompt, known.system_prompt, limits::SYSTEM_PROMPT_CHARACTERS)?;
    if let Some(name) = unknown_variable(&system_prompt) {
        let known = PROMPT_VARIABLES.map(|name| format!("{{{{{name}}}}}")).join(", ");
        let detail = format!("There is no variable {name:?}; a prompt may name {known}.");
        return Err(Refusal::invalid("/system_prompt", detail));
    }
    Ok(Settings {
        llm_provider: text(
            "/llm_provider",
            given.llm_provider,
            known.llm_provider,
            limits::PROVIDER_CHARACTERS,
        )?,
        llm_model: text("/llm_model", given.llm_model, known.llm_model, limits::MODEL_ID_CHARACTERS)?,
        system_prompt,
        model_config,
        rag_enabled: given.rag_enabled.unwrap_or(known.rag_enabled),
        space,
        reranker_model,
        retrieval_k: whole("/retrieval_k", given.retrieval_k, known.retrieval_k, limits::RETRIEVAL_K)?,
        score_threshold: share("/score_threshold", given.score_threshold, known.score_threshold)?,
        confidence_threshold: share(
            "/confidence_threshold",
            given.confidence_threshold,
            known.confidence_threshold,
        )?,
        context_window: whole(
            "/context_window",
            given.context_window,
            known.context_window,
            limits::CONTEXT_WINDOW_TOKENS,
        )?,
        welcome_message: optional(
            "/welcome_message",
            given.welcome_message,
            known.welcome_message,
            limits::SAID_CHARACTERS,
        )?,
        fallback_message: text(
            "/fallback_message",
            given.fallback_message,
            known.fallback_message,
            limits::SAID_CHARACTERS,
        )?,
        allowed_hosts: given.allowed_hosts.map_or(Ok(known.allowed_hosts), hosts)?,
    })
}

/// Makes the next version of a chatbot whose row is held: `base`, and on top of it what is given.
///
/// # Errors
/// [`Refusal`].
pub async fn derive(
    tx: &TenantTx,
    chatbot: ChatbotId,
    base: Settings,
    given: Given,
) -> Result<ConfigVersion, Refusal> {
    let why = check::optional("/why", given.why.as_deref(), limits::SAID_CHARACTERS)?;
    let settings = settings(tx, given, base).await?;
    let id = config_versions::create(tx, chatbot, &settings, why.as_deref()).await?;
    config_versions::get(tx, chatbot, id).await?.ok_or(Refusal::NotFound("config version"))
}

async fn activate(
    tx: TenantTx,
    caller: &Caller,
    chatbot: ChatbotId,
    id: ConfigVersionId,
) -> Result<Chatbot, Refusal> {
    switch(&tx, caller, chatbot, id).await?;
    chatbots::finish_with(tx, chatbot).await
}

/// Has a version of a chatbot whose row is held answer, once the transaction is committed. Changes that are not in it are rolled back,
/// and say so.
///
/// # Errors
/// [`Refusal`]; a conflict while a collection that the chatbot reads is not whole in the version's space.
pub async fn switch(
    tx: &TenantTx,
    caller: &Caller,
    chatbot: ChatbotId,
    id: ConfigVersionId,
) -> Result<(), Refusal> {
    able_to_answer(tx, chatbot, id).await?;
    let by = author(tx, caller).await?;
    config_versions::activate(tx, chatbot, id, &by).await?;
    admin_feedback::stand(tx, chatbot, id, &by).await?;
    Ok(())
}

/// Refuses a version that could not find everything that its chatbot reads.
///
/// # Errors
/// [`Refusal`]; a conflict while a collection that the chatbot reads is not whole in the version's space.
pub async fn able_to_answer(tx: &TenantTx, chatbot: ChatbotId, id: ConfigVersionId) -> Result<(), Refusal> {
    let version = config_versions::get(tx, chatbot, id).await?.ok_or(Refusal::NotFound("config version"))?;
    let lacking = config_versions::lacking(tx, chatbot, version.settings.space).await?;
    if !lacking.is_empty() {
        let detail = format!(
            "Not everything that the chatbot reads is embedded in the space of version {} ({}, {} dimensions). Re-embed these \
             collections first, and wait until it is done: {}.",
            version.number,
            version.embedding_model,
            version.embedding_dimension,
            lacking.join(", ")
        );
        return Err(Refusal::conflict("space-not-ready", detail));
    }
    Ok(())
}

async fn space(tx: &TenantTx, model: &str, dimension: i64, pointer: &str) -> Result<Space, Refusal> {
    let found = match i32::try_from(dimension) {
        Ok(dimension) if !model.contains('\0') => spaces::find(tx, model, dimension).await?,
        _ => None,
    };
    found.ok_or_else(|| {
        let detail = "There is no embedding space of this model and dimension. The operator makes one by invoking migrate with \
             {\"action\": \"create_space\", \"model\": …, \"dimension\": …}.";
        Refusal::invalid(pointer, detail)
    })
}

fn model_config(
    (temperature, max_tokens, rewrite): (Option<f32>, Option<i64>, Option<String>),
    known: Value,
) -> Result<Value, Refusal> {
    let mut config: ModelConfig = serde_json::from_value(known).unwrap_or_default();
    if let Some(temperature) = temperature {
        if !(0.0..=2.0).contains(&temperature) {
            return Err(Refusal::invalid("/model_config/temperature", "It is 0 to 2."));
        }
        config.temperature = temperature;
    }
    if let Some(tokens) = max_tokens {
        let tokens = check::within("/model_config/max_tokens", tokens, 1, limits::ANSWER_TOKENS_MOST)?;
        config.max_tokens = u32::try_from(tokens).unwrap_or(limits::ANSWER_TOKENS);
    }
    if let Some(word) = rewrite {
        let unknown = || {
            let words = Rewrite::ALL.map(|one| format!("{:?}", one.as_str())).join(" or ");
            Refusal::invalid("/model_config/rewrite", format!("It is {words}."))
        };
        config.rewrite = Rewrite::ALL.into_iter().find(|one| one.as_str() == word).ok_or_else(unknown)?;
    }
    Ok(json!(config))
}

/// Hosts' names, lower-cased, each once.
fn hosts(given: Vec<String>) -> Result<Vec<String>, Refusal> {
    if given.len() > limits::ALLOWED_HOSTS {
        let detail = format!("At most {} hosts can be allowed.", limits::ALLOWED_HOSTS);
        return Err(Refusal::invalid("/allowed_hosts", detail));
    }
    let mut hosts = Vec::new();
    for (place, host) in given.iter().enumerate() {
        let host = host.trim().to_lowercase();
        let is_label =
            |label: &str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if host.len() > limits::HOST_CHARACTERS || !host.contains('.') || !host.split('.').all(is_label) {
            let detail =
                "It is a host's name such as \"docs.example.com\", without a scheme, a port or a path.";
            return Err(Refusal::invalid(format!("/allowed_hosts/{place}"), detail));
        }
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

fn share(pointer: &str, given: Option<f32>, known: f32) -> Result<f32, Refusal> {
    match given {
        Some(share) if (0.0..=1.0).contains(&share) => Ok(share),
        Some(share) => Err(Refusal::invalid(pointer, format!("It is 0 to 1, not {share}."))),
        None => Ok(known),
    }
}

/// A version's settings by name, in one order.
#[must_use]
pub fn fields(version: &ConfigVersion) -> Vec<(&'static str, Value)> {
    let settings = &version.settings;
    vec![
        ("llm_provider", json!(settings.llm_provider)),
        ("llm_model", json!(settings.llm_model)),
        ("system_prompt", json!(settings.system_prompt)),
        ("model_config", settings.model_config.clone()),
        ("rag_enabled", json!(settings.rag_enabled)),
        ("embedding_model", json!(version.embedding_model)),
        ("embedding_dimension", json!(version.embedding_dimension)),
        ("reranker_model", json!(settings.reranker_model)),
        ("retrieval_k", json!(settings.retrieval_k)),
        ("score_threshold", json!(settings.score_threshold)),
        ("confidence_threshold", json!(settings.confidence_threshold)),
        ("context_window", json!(settings.context_window)),
        ("welcome_message", json!(settings.welcome_message)),
        ("fallback_message", json!(settings.fallback_message)),
        ("allowed_hosts", json!(settings.allowed_hosts)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_hosts_are_names_and_not_too_many() {
        let named = |count: usize| (0..count).map(|n| format!("h{n}.example")).collect::<Vec<_>>();
        assert!(
            hosts(named(limits::ALLOWED_HOSTS)).is_ok() && hosts(named(limits::ALLOWED_HOSTS + 1)).is_err()
        );
        let said = vec![" Docs.Example.com ".to_owned(), "docs.example.com".to_owned()];
        assert_eq!(hosts(said).ok(), Some(vec!["docs.example.com".to_owned()]));
        for wrong in [
            "https://a.example",
            "a.example/x",
            "a.example:80",
            "com",
            "a..example",
            "*.example",
            "ä.example",
            "",
        ] {
            assert!(hosts(vec![wrong.to_owned()]).is_err(), "{wrong}");
        }
        let long = format!("{}.example", "a".repeat(limits::HOST_CHARACTERS));
        assert!(hosts(vec![long]).is_err());
    }

    #[test]
    fn numbers_have_their_edges() {
        assert_eq!((share("/a", Some(0.0), 0.5).ok(), share("/a", None, 0.5).ok()), (Some(0.0), Some(0.5)));
        assert!(share("/a", Some(1.01), 0.5).is_err() && share("/a", Some(f32::NAN), 0.5).is_err());
        let known = || json!(ModelConfig::default());
        assert!(model_config((Some(2.0), Some(limits::ANSWER_TOKENS_MOST), None), known()).is_ok());
        for (temperature, tokens) in [
            (Some(2.1), None),
            (Some(-0.1), None),
            (None, Some(0)),
            (None, Some(limits::ANSWER_TOKENS_MOST + 1)),
        ] {
            assert!(
                model_config((temperature, tokens, None), known()).is_err(),
                "{temperature:?} {tokens:?}"
            );
        }
        assert_eq!(model_config((None, None, None), known()).expect("as it is"), known());
    }
}
