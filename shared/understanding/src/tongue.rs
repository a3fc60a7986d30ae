//! In which language a message is, however short: words that hold sentences together tell where letters are too few.

use language::{UNDETERMINED, language_of, script_languages};

/// Words that are frequent in one language and rare as words of the others.
const LITTLE_WORDS: [(&str, &[&str]); 7] = [
    (
        "en",
        &[
            "the", "is", "are", "what", "how", "why", "when", "where", "who", "which", "i", "my", "you",
            "your", "can", "could", "do", "does", "did", "it", "this", "that", "of", "to", "and", "with",
            "for", "want", "would", "please", "thanks", "thank", "not", "i'm", "i'd", "i'll", "don't",
            "it's", "be", "have", "has", "was", "we", "our", "there", "at", "by", "from", "need", "will",
            "hello", "hi", "let", "get", "any", "your", "an", "if", "been", "speak", "talk",
        ],
    ),
    (
        "de",
        &[
            "der", "das", "ist", "und", "ich", "nicht", "ein", "eine", "einen", "einem", "mit", "wie", "was",
            "wo", "wann", "warum", "kann", "können", "möchte", "mein", "meine", "ihr", "sie", "wir", "für",
            "auf", "bitte", "danke", "zu", "den", "dem", "wird", "sind", "habe", "hat", "auch", "bei", "von",
            "zur", "zum", "hallo", "mich", "mir", "kostet", "gibt", "ihre",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "una", "qué", "cómo", "cuándo", "dónde", "quién", "cuánto", "cuánta",
            "cuántos", "quiero", "puedo", "mi", "por", "para", "con", "del", "y", "está", "hola", "gracias",
            "necesito", "usted", "muy", "pero", "mis", "una", "al", "hay", "cuál", "debo", "tengo", "hablar",
            "como", "su",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "des", "est", "je", "ne", "pas", "une", "du", "avec", "pour", "quel", "quelle",
            "comment", "quand", "où", "pourquoi", "mon", "ma", "mes", "vous", "nous", "voudrais", "veux",
            "bonjour", "merci", "et", "au", "aux", "combien", "puis-je", "dois", "votre", "j'ai", "c'est",
            "à", "peut", "parler",
        ],
    ),
    (
        "it",
        &[
            "il", "gli", "che", "di", "sono", "come", "quando", "dove", "perché", "vorrei", "della", "per",
            "è", "grazie",
        ],
    ),
    (
        "pt",
        &[
            "o", "os", "não", "uma", "você", "quando", "onde", "porque", "como", "para", "com", "meu",
            "minha", "obrigado", "são",
        ],
    ),
    (
        "nl",
        &[
            "de", "het", "een", "ik", "niet", "hoe", "wat", "waar", "wanneer", "waarom", "mijn", "met",
            "voor", "wil", "bedankt",
        ],
    ),
];

/// The ISO 639-1 code of a message's language; `None`: it cannot be told.
#[must_use]
pub fn tongue(text: &str) -> Option<&'static str> {
    let known = language_of(text);
    if script_languages(text).is_some() {
        return (known != UNDETERMINED).then_some(known);
    }
    let words: Vec<String> = language::words(&text.replace('’', "'"));
    let mut counted: Vec<(usize, &'static str)> = LITTLE_WORDS
        .iter()
        .map(|(code, little)| (words.iter().filter(|word| little.contains(&word.as_str())).count(), *code))
        .collect();
    counted.sort_unstable_by(|one, other| other.cmp(one));
    let ((most, best), (next, _)) = (counted[0], counted[1]);
    // Of a sentence, the words decide; of a word or two, only where they are nobody else's.
    if most > next && (most >= 2 || words.len() <= 4) {
        return Some(best);
    }
    (known != UNDETERMINED).then_some(known)
}
