//! Passages of the files that were attached to a session, among those of the documents. The whole files go to the model where
//! they fit into the chatbot's context window; else what holds most of the question's words.

use crate::{Turn, fuse, retrieve::Passage};
use domain::{ChunkId, DocumentId};
use store::{TenantTx, files, search::Hit};

/// How likely a passage of an attached file is about the question, whatever words they share: whoever attaches a file asks
/// about it.
const ATTACHED: f64 = 0.5;

/// What a turn's session has attached, those passages first that hold most of the question's words. A session that this turn
/// opens has nothing yet.
pub(crate) async fn read(tx: &TenantTx, turn: &Turn, words: &[String]) -> store::Result<Vec<files::Passage>> {
    if turn.opening.is_some() {
        return Ok(Vec::new());
    }
    files::for_turn(tx, turn.session, words).await
}

/// The same as passages of a prompt.
pub(crate) fn scored(passages: Vec<files::Passage>, question: &str) -> Vec<Passage> {
    let passage = |found: files::Passage| {
        let hit = Hit {
            chunk: ChunkId(found.id),
            document: DocumentId(found.file.0),
            title: found.filename,
            key: String::new(),
            has_original: false,
            page: found.page,
            headings: found.headings,
            content: found.content,
            language: found.language,
            dense: None,
            lexical: found.lexical,
            coverage: found.coverage,
            fused: found.coverage,
        };
        let score = ATTACHED + (1.0 - ATTACHED) * fuse::final_score(&hit, 0.0, question);
        Passage { hit, score, beside: None, file: Some(found.file), reranked: None }
    };
    passages.into_iter().map(passage).collect()
}

/// Puts passages of files among those of documents: what shares words with the question by its score, before the neighbours of
/// what was found; what shares none behind everything, so that it takes nobody's room. Equals and documents keep their order.
pub(crate) fn among(documents: Vec<Passage>, files: Vec<Passage>) -> Vec<Passage> {
    if files.is_empty() {
        return documents;
    }
    let (found, neighbours): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|passage| passage.beside.is_none());
    let (telling, rest): (Vec<_>, Vec<_>) = files.into_iter().partition(|passage| passage.hit.coverage > 0.0);
    let mut all = Vec::with_capacity(found.len() + neighbours.len() + telling.len() + rest.len());
    let mut telling = telling.into_iter().peekable();
    for passage in found {
        while let Some(file) = telling.next_if(|file| file.score > passage.score) {
            all.push(file);
        }
        all.push(passage);
    }
    all.extend(telling);
    all.extend(neighbours);
    all.extend(rest);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{prompt::tests::hit, retrieve::Beside};
    use domain::FileId;
    use store::search::Side;

    fn of_file(content: &str, coverage: f64) -> files::Passage {
        files::Passage {
            id: ChunkId::generate().0,
            file: FileId::generate(),
            filename: "stock.csv".into(),
            page: None,
            headings: Vec::new(),
            content: content.into(),
            language: "en".into(),
            lexical: coverage,
            coverage,
        }
    }

    fn of_document(content: &str, score: f64) -> Passage {
        Passage { hit: hit(content), score, beside: None, file: None, reranked: None }
    }

    #[test]
    fn what_a_file_tells_stands_by_its_score_and_what_it_does_not_stands_last() {
        let (best, weak) = (of_document("best", 0.99), of_document("weak", 0.3));
        let beside = Some(Beside { of: best.hit.chunk, side: Side::After });
        let neighbour = Passage { beside, ..of_document("neighbour", 0.7) };
        let files = vec![of_file("telling", 0.5), of_file("told less", 0.2), of_file("silent", 0.0)];
        let files = scored(files, "What does the seal cost?");
        let order: Vec<String> =
            among(vec![best, weak, neighbour], files).into_iter().map(|one| one.hit.content).collect();
        assert_eq!(order, ["best", "telling", "told less", "weak", "neighbour", "silent"]);
    }

    #[test]
    fn an_attached_file_is_about_the_question_and_more_so_with_its_words() {
        let scores: Vec<f64> = scored(vec![of_file("all", 1.0), of_file("none", 0.0)], "What does it cost?")
            .iter()
            .map(|passage| passage.score)
            .collect();
        assert!(scores[0] > 0.99 && (ATTACHED..0.51).contains(&scores[1]), "{scores:?}");
    }
}
