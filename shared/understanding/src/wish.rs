//! Whether somebody asks for a person in place of the bot, said outright, in five languages.

use crate::rules::{Rules, Words, meant};

/// Said in the midst of a sentence.
const WISHES: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &[
            "speak|talk|chat|speaking|talking|chatting to|with a|an|another|real|live|human|your|actual .. human|person|agent|representative|rep|supervisor|operator|advisor|adviser|manager|employee",
            "speak|talk|chat|speaking|talking|chatting to|with human|humans|agent|agents|people|someone|somebody|staff|customer",
            "speak|talk|chat to|with your|the .. support|service|team|staff",
            "connect|transfer|forward|pass|put|hand me|us .. human|person|agent|representative|someone|somebody|operator|advisor|supervisor|support|staff",
            "need|want|prefer|get|give|require a|an human|agent|representative",
            "need|want|prefer|get|give|require a|an|to real|live|actual|human human|person|agent|representative|being|operator|support",
            "get|give me a|an human|person|agent|representative|operator",
            "get|give me a|an real|live|actual|human human|person|agent|representative|operator|being",
            "need|want human help|support|assistance",
            "is there a|any real|human|live human|person|agent|being",
            "someone call|contact me",
            "call me back",
            "not|no .. bot|robot|machine .. human|person",
            "stop .. bot|robot .. human|person|someone",
        ],
    },
    Rules {
        language: "de",
        lines: &[
            "mit .. menschen|mensch|mitarbeiter|mitarbeiterin|mitarbeitern|berater|beraterin|person|kundenberater|ansprechpartner|kundendienst|kundenservice|vorgesetzten sprechen|reden|chatten|telefonieren|verbinden|verbunden|sprechen",
            "spreche|sprechen|rede|reden mit .. menschen|mitarbeiter|mitarbeiterin|berater|beraterin|person",
            "verbinden|verbinde sie|mich .. menschen|mitarbeiter|mitarbeiterin|berater|beraterin|person|jemandem|support|kundendienst|kundenservice",
            "echten|richtigen|wirklichen menschen|mitarbeiter|berater",
            "einen menschen bitte|sprechen",
            "mit jemandem sprechen|reden",
            "rufen sie mich an|zurück",
            "menschliche|menschlichen mitarbeiter|ansprechpartner|hilfe|support|berater",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "hablar con .. persona|humano|humana|agente|asesor|asesora|operador|operadora|representante|alguien|supervisor|encargado|responsable|empleado",
            "comunicar|comunicarme|comunícame|comuníqueme|pásame|páseme|conéctame|conécteme|transferir|transfiérame con|a .. persona|humano|agente|asesor|operador|representante|alguien",
            "persona|agente|asesor real|humano|humana|por",
            "atención humana|personalizada .. persona|humana",
            "quiero|necesito un|una persona|agente|humano|asesor|operador|operadora|representante",
            "atienda .. persona|humano",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "parler|discuter|échanger à|avec|au .. humain|personne|conseiller|conseillère|agent|opérateur|opératrice|quelqu'un|responsable|représentant|téléconseiller",
            "parler|discuter à|avec quelqu'un|d'un",
            "mettez|passez|transférez moi .. humain|conseiller|agent|personne|quelqu'un|responsable",
            "me mettre|passer|transférer .. humain|conseiller|agent|personne|quelqu'un|responsable",
            "joindre|contacter un conseiller|humain|agent",
            "vraie|réelle personne",
            "personne réelle|humaine",
            "veux|voudrais|besoin|souhaite un|d'un|une humain|conseiller|agent|personne|conseillère",
            "être rappelé|rappelée",
            "être mis en relation",
        ],
    },
    Rules {
        language: "th",
        lines: &[
            "คุยกับคน",
            "คุยกับเจ้าหน้าที่",
            "คุยกับพนักงาน",
            "พูดกับคน",
            "พูดกับเจ้าหน้าที่",
            "พูดคุยกับเจ้าหน้าที่",
            "ติดต่อเจ้าหน้าที่",
            "ขอสายเจ้าหน้าที่",
            "โอนสาย",
            "ต้องการเจ้าหน้าที่",
            "คุยกับแอดมิน",
            "คุยกับมนุษย์",
            "สนทนากับเจ้าหน้าที่",
            "ต่อสายเจ้าหน้าที่",
        ],
    },
];

/// Said alone: a message of nothing else.
const ALONE: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &[
            "human|agent|representative|operator",
            "human|agent|representative|operator please",
            "a|real|live human|person|agent|operator|representative",
            "a|real|live human|person|agent|operator|representative please",
            "a real|live human|person|agent",
            "a real|live human|person|agent please",
            "customer service|support please",
            "speak|talk to human|agent|representative",
        ],
    },
    Rules {
        language: "de",
        lines: &[
            "mensch|mitarbeiter|berater",
            "mensch|mitarbeiter|berater bitte",
            "einen|ein mensch|menschen|mitarbeiter|berater bitte",
            "echter|echten mensch|menschen",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "humano|agente|operador|asesor|persona",
            "agente|humano|operador|asesor por favor",
            "un|una humano|agente|persona por favor",
            "persona real",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "humain|conseiller|agent|opérateur",
            "un humain|conseiller|agent",
            "un|une humain|conseiller|agent|personne s'il vous plaît",
            "conseiller s'il vous plaît",
        ],
    },
    Rules {
        language: "th", lines: &["เจ้าหน้าที่", "พนักงาน", "แอดมิน", "ขอเจ้าหน้าที่", "ขอคุยกับคน"]
    },
];
/// Words of a message that may be a wish alone.
const FEW: usize = 6;

/// Whether a message asks for people.
pub(crate) fn wants_people(words: &Words, language: Option<&str>) -> bool {
    let said = |rules: &[Rules], holds: &dyn Fn(&Rules) -> bool| {
        meant(rules, language).is_some_and(|rules| rules.iter().any(|one| holds(one)))
    };
    said(&WISHES, &|one| words.say_and_mean(one))
        // A word or two tell no language.
        || words.len() <= FEW && ALONE.iter().any(|one| words.are(one))
}
