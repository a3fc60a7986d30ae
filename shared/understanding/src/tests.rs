//! What is heard in messages, and what is not: the second half is as long as the first.

use super::*;
use proptest::prelude::*;

fn risks_of(text: &str) -> Vec<&'static str> {
    understand(text).risks.expect("rules of its language").into_iter().map(Risk::as_str).collect()
}

#[test]
fn a_language_is_told_of_a_short_message_or_is_unknown() {
    for (text, language) in [
        ("How often must the shaft seal be replaced?", Some("en")),
        ("Wie oft muss die Dichtung gewechselt werden und was kostet das?", Some("de")),
        ("¿Cuánto cuesta el envío a España?", Some("es")),
        ("Quel est le délai de livraison pour la France ?", Some("fr")),
        ("ควรเปลี่ยนไส้กรองบ่อยแค่ไหน", Some("th")),
        ("ポンプをとめる方法", Some("ja")),
        ("P-40", None),
        ("pump", None),
        ("", None),
    ] {
        assert_eq!(tongue(text), language, "{text}");
    }
}

#[test]
fn a_mood_is_heard_in_english_and_unknown_elsewhere() {
    let mood = |text: &str| understand(text).sentiment.map(|sentiment| sentiment.mood);
    for text in [
        "This is terrible, I am furious with your service!",
        "I hate this. It is the worst support I have ever had.",
        "You are useless and I am very disappointed.",
    ] {
        assert_eq!(mood(text), Some(Mood::Negative), "{text}");
    }
    for text in ["Thank you so much, that was wonderful!", "Great, I love how quick this is."] {
        assert_eq!(mood(text), Some(Mood::Positive), "{text}");
    }
    // What a question is about is not how somebody feels.
    for text in [
        "How often must the shaft seal of the P-40 be replaced?",
        "When does the fault code E06 appear and what does the error mean?",
        "What do I do when the emergency stop is blocked?",
        "Can I cancel the order and what is the charge?",
    ] {
        assert_eq!(mood(text), Some(Mood::Neutral), "{text}");
    }
    for text in
        ["Das ist schrecklich und ich bin wütend!", "C'est horrible et je suis furieux !", "แย่มาก", "P-40"]
    {
        assert_eq!(mood(text), None, "{text}");
    }
    let score = understand("I hate this and I am angry!!!").sentiment.expect("English").score;
    assert!((-1.0..-0.5).contains(&score), "{score}");
}

#[test]
fn risks_are_flagged_in_five_languages() {
    for (text, risk) in [
        ("If this is not solved by Friday I will sue you.", "legal"),
        ("My lawyer will contact you.", "legal"),
        ("Ich werde rechtliche Schritte einleiten.", "legal"),
        ("Mein Anwalt wird sich bei Ihnen melden.", "legal"),
        ("Voy a demandar a su empresa.", "legal"),
        ("Je vais porter plainte contre vous.", "legal"),
        ("ผมจะฟ้องร้องบริษัทของคุณ", "legal"),
        ("Which VAT rate is on my invoice?", "tax"),
        ("Wo finde ich die Mehrwertsteuer auf der Rechnung?", "tax"),
        ("¿Qué impuestos debo pagar?", "tax"),
        ("Est-ce que la TVA est incluse ?", "tax"),
        ("ต้องเสียภาษีเท่าไร", "tax"),
        ("Please delete all my data.", "personal_data"),
        ("Which personal data do you keep of me under the GDPR?", "personal_data"),
        ("You can reach me at ann.lee@example.com about it.", "personal_data"),
        ("Bitte löschen Sie meine Daten.", "personal_data"),
        ("Quiero que borren mis datos personales.", "personal_data"),
        ("Je veux l'accès à mes données personnelles.", "personal_data"),
        ("ขอลบข้อมูลส่วนตัวของฉัน", "personal_data"),
        ("I don't want to live any more.", "self_harm"),
        ("I want to kill myself", "self_harm"),
        ("Ich will nicht mehr leben.", "self_harm"),
        ("No quiero vivir más, quiero morir.", "self_harm"),
        ("Je veux mourir.", "self_harm"),
        ("ฉันอยากตาย", "self_harm"),
        ("I will kill you all, I know where you live", "violence"),
        ("Ich bringe euch um!", "violence"),
        ("Someone stole my card and made unauthorized payments.", "fraud"),
        ("Das ist Betrug!", "fraud"),
        ("C'est une arnaque.", "fraud"),
    ] {
        assert!(risks_of(text).contains(&risk), "{text}: {:?}", risks_of(text));
    }
}

#[test]
fn what_only_looks_like_a_risk_is_none() {
    for text in [
        "How long does delivery to Spain take?",
        "How do I kill a stuck process on the controller?",
        "Can the voltage inside the cabinet kill someone?",
        "How does Sue in accounting submit her expenses?",
        "Which court size does the sports hall have?",
        "What is the issue date of the taxi permit?",
        "What happens at the end of the pump's life?",
        "Does the saw cut by itself?",
        "Who is the agent for the seals in Peru?",
        "I am not going to sue you, I only want my parts.",
        "Wie kann ich die Pumpe steuern?",
        "Was kostet die Steuerung der Anlage?",
        "Können Sie mir das Gerichtsmenü zeigen?",
        "¿Cuánto tarda el envío?",
        "Quelle est la demande minimale de commande ?",
        "แจ้งความคืบหน้าของคำสั่งซื้อ",
        "I am dying to know the answer!",
        "The deadline kills me, when does support open?",
    ] {
        assert_eq!(risks_of(text), Vec::<&str>::new(), "{text}");
    }
    // No rules of its language: nothing is known, but for shapes that are the same everywhere.
    assert_eq!(understand("ポンプをとめる方法を教えてください").risks, None);
    assert_eq!(understand("メールは ann.lee@example.com です").risks, Some(vec![Risk::PersonalData]));
}

#[test]
fn a_wish_for_people_is_heard_in_five_languages() {
    for text in [
        "I want to talk to a human.",
        "Can I speak with a real person please?",
        "No, connect me with an agent!",
        "You are not helping, let me speak to a supervisor",
        "agent",
        "Human please",
        "Please put me through to someone",
        "Ich möchte mit einem Menschen sprechen.",
        "Kann ich bitte mit einem Mitarbeiter reden?",
        "Verbinden Sie mich mit einem Berater",
        "Quiero hablar con una persona.",
        "Necesito un agente",
        "Je veux parler à un conseiller.",
        "Pouvez-vous me passer un conseiller ?",
        "ขอคุยกับเจ้าหน้าที่หน่อย",
        "ต้องการติดต่อเจ้าหน้าที่",
    ] {
        assert!(understand(text).wants_people, "{text}");
    }
    for text in [
        "I do not want to talk to a human.",
        "Please do not connect me with an agent.",
        "How many persons does it take to lift the pump?",
        "Who is the agent for seals in Peru?",
        "Can a human hear the alarm at 50 Hz?",
        "Should I talk to my manager before I take leave?",
        "Which cleaning agent is allowed?",
        "Ich möchte nicht mit einem Menschen sprechen.",
        "Wie viele Mitarbeiter hat das Werk?",
        "No quiero hablar con una persona.",
        "Je ne veux pas parler à un conseiller.",
        "¿Cuántas personas caben en la sala?",
        "ไม่ต้องการคุยกับเจ้าหน้าที่",
        "มีเจ้าหน้าที่กี่คน",
        "",
    ] {
        assert!(!understand(text).wants_people, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        let understood = understand(&text);
        if let Some(sentiment) = understood.sentiment {
            prop_assert!((-1.0..=1.0).contains(&sentiment.score));
        }
    }
}
