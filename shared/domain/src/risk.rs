//! What a message may be about that people of the organization should know of.

/// A risk that a message is flagged with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Lawyers, courts, a complaint to the police.
    Legal,
    /// Taxes and the authorities that take them.
    Tax,
    /// It holds personal data, or is about what is done with it.
    PersonalData,
    /// Somebody may hurt themselves.
    SelfHarm,
    /// Somebody may hurt others.
    Violence,
    /// Deceit, or something stolen.
    Fraud,
}

impl Risk {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Legal, Self::Tax, Self::PersonalData, Self::SelfHarm, Self::Violence, Self::Fraud];
    /// Those that hand a conversation to people where the organization says nothing else: what cannot wait. Taxes and data
    /// protection are what many ask of a manual.
    pub const ESCALATED: [Self; 3] = [Self::Legal, Self::SelfHarm, Self::Violence];

    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Tax => "tax",
            Self::PersonalData => "personal_data",
            Self::SelfHarm => "self_harm",
            Self::Violence => "violence",
            Self::Fraud => "fraud",
        }
    }

    /// Reads the spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.as_str() == text)
    }
}
