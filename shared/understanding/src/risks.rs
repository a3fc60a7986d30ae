//! Risks, by declared rules of words in five languages, and by the shapes of personal data. A rule is narrow: a flag that
//! comes up at every question is looked at by nobody.

use crate::rules::{Rules, Words, meant};
use domain::Risk;

const LEGAL: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &[
            "sue you|them|your|the|this|for|over|him|her",
            "will|gonna|going|to|i'll|could|can sue",
            "suing",
            "lawsuit|lawsuits",
            "legal action|proceedings|steps",
            "my|our|a|your lawyer|lawyers|attorney|attorneys|solicitor",
            "lawyer|attorney will|is|has",
            "take .. to court",
            "see you in court",
            "small claims",
            "file .. complaint with .. police|ombudsman|regulator|authority",
            "press charges",
            "court order",
            "subpoena*",
            "litigation",
            "class action",
            "report you to .. police|authorities|regulator|ombudsman",
        ],
    },
    Rules {
        language: "de",
        lines: &[
            "verklag*",
            "rechtsanwalt|rechtsanwalts|rechtsanwältin|rechtsanwälte|rechtsanwälten",
            "mein|meinen|meinem|unser|unseren|einen|meine anwalt|anwältin",
            "anwalt .. einschalten|nehmen|beauftrag*",
            "rechtliche|rechtlichen|gerichtliche|juristische schritte|schritten",
            "klage .. einreich*|erheb*",
            "vor gericht",
            "gerichtlich .. vorgehen|vorgeh*",
            "anzeige .. erstatt*",
            "zeige sie|euch an",
            "rechtsweg|rechtsstreit",
            "einstweilige verfügung",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "voy|vamos|podemos|quiero a demandar*",
            "demandarlos|demandarles|demandarte|demandaré|demandaremos",
            "mi|nuestro|un|mis abogado|abogada|abogados",
            "acción|acciones|medidas legal|legales|judiciales",
            "denunciar|denunciaré|denunciarlos|denunciarles",
            "poner|presentar|interponer .. denuncia|demanda",
            "a|ante los|un tribunales|tribunal|juzgado",
            "llevar .. juicio|tribunales",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "porter|porterai|porte|déposer|dépose plainte",
            "déposer|dépose|déposerai une plainte",
            "mon|notre|un avocat",
            "mon avocate",
            "action|actions|poursuite|poursuites judiciaire|judiciaires|légales",
            "action en justice",
            "poursuivre .. justice",
            "saisir .. justice|tribunal|juge",
            "au|devant|le tribunal",
            "vous attaquer en justice",
            "procès",
        ],
    },
    Rules {
        language: "th",
        lines: &[
            "ฟ้องร้อง",
            "ฟ้องศาล",
            "ขึ้นศาล",
            "ทนายความ",
            "ทนายของ",
            "ดำเนินคดี",
            "ไปแจ้งความ",
            "แจ้งความดำเนินคดี",
            "แจ้งความตำรวจ",
            "จะฟ้อง",
        ],
    },
];

const TAX: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &["tax|taxes|taxation|taxable|taxpayer|taxpayers", "vat", "irs", "hmrc", "tin number"],
    },
    Rules {
        language: "de",
        lines: &[
            "steuererklärung*",
            "steuernummer*",
            "steuerlich*",
            "steuerfrei*",
            "steuerpflicht*",
            "mehrwertsteuer*",
            "umsatzsteuer*",
            "einkommensteuer*",
            "lohnsteuer*",
            "mwst",
            "finanzamt*",
            "steuerberat*",
            "steuersatz*",
            "steuer id",
            "versteuer*",
            "vorsteuer*",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "impuesto|impuestos",
            "iva",
            "irpf",
            "agencia tributaria",
            "declaración de la renta",
            "tributari*",
            "fiscal|fiscales",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "impôt|impôts",
            "l'impôt",
            "d'impôt|d'impôts",
            "tva",
            "fiscal|fiscale|fiscaux|fiscalité",
            "déclaration de revenus",
            "taxe|taxes",
        ],
    },
    Rules { language: "th", lines: &["ภาษี", "สรรพากร"] },
];

const PERSONAL_DATA: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &[
            "personal|private data|information|details",
            "gdpr",
            "ccpa",
            "data protection|breach|subject",
            "privacy policy|officer|rights",
            "right to be forgotten",
            "delete|erase|remove .. my|our data|account|information|profile",
            "my|our data .. deleted|erased|removed|leaked|stored|shared",
            "what .. data .. about me|us",
            "social security number",
            "passport number",
            "my password",
        ],
    },
    Rules {
        language: "de",
        lines: &[
            "personenbezogen*",
            "persönliche|persönlichen|private daten",
            "dsgvo",
            "datenschutz*",
            "datenpanne|datenleck",
            "meine|meiner|unsere daten",
            "recht auf vergessen*|löschung",
            "mein passwort",
            "sozialversicherungsnummer|ausweisnummer|reisepassnummer",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "datos personales|privados",
            "protección de datos",
            "rgpd",
            "mis|nuestros datos",
            "derecho al olvido",
            "mi contraseña",
            "número de .. pasaporte|dni|seguridad",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "données personnelles|privées",
            "données à caractère personnel",
            "rgpd",
            "protection des données",
            "mes|nos données",
            "droit à l'oubli",
            "mon mot de passe",
            "numéro de .. passeport|sécurité",
        ],
    },
    Rules {
        language: "th",
        lines: &["ข้อมูลส่วนตัว", "ข้อมูลส่วนบุคคล", "ลบข้อมูลของ", "รหัสผ่านของฉัน", "เลขบัตรประชาชน"],
    },
];

const SELF_HARM: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &[
            "kill|killing|harm|harming myself",
            "want|wanna|going|gonna|about .. hurt|cut myself",
            "suicide|suicidal",
            "end|ending|take|taking my life",
            "end|ending|take|taking my own life",
            "want|wanna|wish to die",
            "wish i was|were dead",
            "want to be dead",
            "don't|dont|not want to live",
            "don't|dont|not want to be alive",
            "don't want to exist",
            "no reason to live",
            "end it all",
            "self harm|harming",
            "better off dead|without me",
        ],
    },
    Rules {
        language: "de",
        lines: &[
            "selbstmord*",
            "suizid*",
            "mich|mir .. umbringen|umzubringen|töten",
            "bringe mich um",
            "das leben nehmen|zu nehmen",
            "mein leben beenden|zu beenden",
            "nicht|nimmer mehr leben",
            "will|möchte sterben",
            "mich .. selbst verletzen|ritzen",
            "mir etwas antun|anzutun",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "suicid*",
            "matarme",
            "quitarme la vida",
            "acabar con mi vida",
            "no quiero|deseo vivir",
            "no quiero seguir viviendo",
            "quiero|prefiero morir|morirme",
            "hacerme daño",
            "autolesion*",
            "cortarme las venas",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "suicid*",
            "me tuer",
            "mettre fin à mes jours|ma",
            "plus envie de vivre",
            "veux plus vivre",
            "veux|voudrais|préfère mourir",
            "me faire du mal",
            "m'ôter la vie",
            "me mutiler",
            "envie de mourir",
        ],
    },
    Rules {
        language: "th",
        lines: &["ฆ่าตัวตาย", "ฆ่าตัวเอง", "อยากตาย", "ทำร้ายตัวเอง", "ไม่อยากมีชีวิต", "ไม่อยากอยู่แล้ว", "จบชีวิต"],
    },
];

const VIOLENCE: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &[
            "i|we|i'll|i'm|we'll .. kill|shoot|stab|murder|hurt|beat you|him|her|them|someone|somebody|everyone|people",
            "i|we|i'll|i'm|we'll .. kill|shoot|stab|murder|hurt|beat my|your|the wife|husband|boss|family|children|staff|neighbour|neighbor|boyfriend|girlfriend",
            "bomb .. building|office|school|shop",
            "bomb threat",
            "blow up .. building|office|school|house|shop",
            "burn down .. building|office|house|shop|place",
            "make you pay with .. life",
            "come .. with .. gun|knife",
        ],
    },
    Rules {
        language: "de",
        lines: &[
            "dich|euch|sie|ihn|jemanden|alle umbringen|umzubringen|töten|erschießen|abstechen|verprügeln",
            "bringe|bringen dich|euch|sie um",
            "bombe .. legen|hochgehen|zünden",
            "in die luft jagen|sprengen",
            "amok*",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "matarte|matarlos|matarlo|matarla|matarles",
            "voy a matar*",
            "pegarte un tiro",
            "poner una bomba",
            "amenaza de bomba",
            "quemar .. oficina|tienda|edificio",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "vous|te|le|la|les tuer",
            "tuer quelqu'un",
            "poser une bombe",
            "alerte à la bombe",
            "faire sauter .. bâtiment|bureau|immeuble",
            "vous|te frapper|poignarder|égorger",
        ],
    },
    Rules {
        language: "th", lines: &["จะฆ่าคุณ", "ฆ่าคน", "จะทำร้ายคุณ", "วางระเบิด", "ขู่ฆ่า"]
    },
];

const FRAUD: [Rules; 5] = [
    Rules {
        language: "en",
        lines: &[
            "fraud|frauds|fraudulent|fraudster|fraudsters",
            "scam|scams|scammed|scammer|scammers",
            "stole|stolen .. card|money|account|identity|wallet|credit",
            "card|account|identity|wallet .. stolen|hacked",
            "identity theft",
            "phishing",
            "unauthorized|unauthorised charge|charges|payment|payments|transaction|transactions|withdrawal",
            "money laundering",
        ],
    },
    Rules {
        language: "de",
        lines: &[
            "betrug|betrogen|betrüger|betrügerisch*",
            "abzocke|abgezockt",
            "karte|konto|geldbörse .. gestohlen|gehackt",
            "identitätsdiebstahl",
            "phishing",
            "geldwäsche",
            "unberechtigte|unbefugte abbuchung*|zahlung*",
        ],
    },
    Rules {
        language: "es",
        lines: &[
            "fraude|fraudes|fraudulent*",
            "estafa|estafas|estafado|estafada|estafador*|estafaron",
            "robado|robaron .. tarjeta|cuenta|dinero",
            "tarjeta .. robada|clonada",
            "phishing",
            "cargo|cargos no autorizado|autorizados",
            "blanqueo",
        ],
    },
    Rules {
        language: "fr",
        lines: &[
            "fraude|fraudes|frauduleu*",
            "arnaque|arnaques|arnaqué|arnaquée|arnaqueur*",
            "escroqu*",
            "carte .. volée|piratée",
            "compte .. piraté",
            "volé .. carte|argent|identité",
            "usurpation d'identité",
            "hameçonnage|phishing",
            "blanchiment",
        ],
    },
    Rules {
        language: "th", lines: &["ฉ้อโกง", "โดนโกง", "ถูกโกง", "หลอกลวง", "มิจฉาชีพ", "ฟอกเงิน"]
    },
];

/// The risks of a message, in their order; `None`: there are no rules of its language.
pub(crate) fn risks(text: &str, words: &Words, language: Option<&str>) -> Option<Vec<Risk>> {
    let found = |risk: Risk| -> Option<bool> {
        let said = match risk {
            Risk::Legal => said(words, &LEGAL, language),
            Risk::Tax => said(words, &TAX, language),
            // Whoever says that they do not want to live means it.
            Risk::SelfHarm => meant(&SELF_HARM, language).map(|rules| rules.iter().any(|one| words.say(one))),
            Risk::Violence => said(words, &VIOLENCE, language),
            Risk::Fraud => said(words, &FRAUD, language),
            Risk::PersonalData => said(words, &PERSONAL_DATA, language),
        };
        // Shapes are the same in every language.
        if risk == Risk::PersonalData && !privacy::find(text, &privacy::Kind::ALL).is_empty() {
            return Some(true);
        }
        said
    };
    let known: Vec<(Risk, Option<bool>)> = Risk::ALL.into_iter().map(|risk| (risk, found(risk))).collect();
    known
        .iter()
        .any(|(_, found)| found.is_some())
        .then(|| known.iter().filter(|(_, found)| *found == Some(true)).map(|(risk, _)| *risk).collect())
}

fn said(words: &Words, rules: &[Rules], language: Option<&str>) -> Option<bool> {
    meant(rules, language).map(|rules| rules.iter().any(|one| words.say_and_mean(one)))
}
