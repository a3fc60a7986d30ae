//! Citations as a client sees them: each with a link that opens its document, for as long as somebody reads.

use crate::answers::{AnswerView, CitationView};
use answering::Answer;
use domain::limits;
use jiff::Timestamp;
use objects::Signer;
use std::time::Duration;
use store::messages::Citation;

/// Signs links to documents. It costs no round trip: a signature is arithmetic.
#[derive(Debug, Clone)]
pub struct Sources(Signer);

impl Sources {
    /// Of the documents' bucket.
    pub fn new(signer: Signer) -> Self {
        Self(signer)
    }

    /// A citation with its link.
    pub async fn view(&self, citation: Citation) -> CitationView {
        let url = self.open(&citation).await;
        CitationView::new(citation, url)
    }

    /// Citations with their links, in their order.
    pub async fn views(&self, citations: Vec<Citation>) -> Vec<CitationView> {
        let mut views = Vec::with_capacity(citations.len());
        for citation in citations {
            views.push(self.view(citation).await);
        }
        views
    }

    /// An answer with its citations' links.
    pub async fn answer(&self, mut answer: Answer) -> AnswerView {
        let citations = self.views(std::mem::take(&mut answer.citations)).await;
        AnswerView::new(answer, citations)
    }

    async fn open(&self, citation: &Citation) -> Option<String> {
        let key = citation.key.as_deref().filter(|_| citation.is_there)?;
        let good_for = Duration::from_secs(limits::CITATION_LINK_SECONDS);
        match self.0.open(key, citation.page, good_for, Timestamp::now()).await {
            Ok(link) => Some(link.url),
            Err(error) => {
                // The answer stands without it.
                tracing::warn!(error = %error, "a citation's link could not be signed");
                None
            }
        }
    }
}
