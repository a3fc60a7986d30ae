//! Example events: what their placeholders stand for, and a listener where they want an answer sent.

use super::Client;
use anyhow::{Context as _, Result, bail};
use axum::{Router, extract::State, routing::put};
use serde_json::Value;
use std::{
    future::IntoFuture as _,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpListener;

/// What an example event led to.
#[derive(Debug)]
pub struct Invoked {
    /// The function's answer.
    pub answer: String,
    /// What it PUT to the response URL, if the event has one.
    pub told: Option<String>,
}

type Told = Arc<Mutex<Option<String>>>;

impl Client {
    /// Invokes a function with an example event, its placeholders filled in.
    ///
    /// # Errors
    /// When there is no such function, or it fails.
    pub async fn invoke_example(&self, function: &str, event: &Value) -> Result<Invoked> {
        let addresses = &self.addresses;
        let mut text = event.to_string();
        text =
            text.replace("{{api_key}}", &addresses.api_key).replace("{{chatbot_id}}", &addresses.chatbot_id);
        if text.contains("{{session_id}}") {
            text = text.replace("{{session_id}}", &self.open_session(&addresses.chatbot_id).await?);
        }
        if text.contains("{{response_url}}") {
            return self.invoke_and_listen(function, &text).await;
        }
        Ok(Invoked { answer: self.invoke(function, text).await?, told: None })
    }

    /// In CloudFormation's place: it gives a custom resource a URL and waits for what is PUT there.
    async fn invoke_and_listen(&self, function: &str, event: &str) -> Result<Invoked> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("find a free port")?;
        let url = format!("http://{}/response", listener.local_addr().context("read the address")?);
        let told = Told::default();
        let router = Router::new().route("/response", put(take)).with_state(told.clone());
        let answer = tokio::select! {
            answer = self.invoke(function, event.replace("{{response_url}}", &url)) => answer?,
            _ = axum::serve(listener, router).into_future() => bail!("the listener for the answer stopped"),
        };
        let told = told.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Invoked { answer, told })
    }
}

async fn take(State(told): State<Told>, body: String) {
    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
}
