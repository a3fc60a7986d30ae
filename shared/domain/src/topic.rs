//! Topics of SNS: each organization has one, whose name its slug is a part of, so that none reaches another's.

/// The topics that a deployment's organizations may have messages sent to.
#[derive(Debug, Clone, Default)]
pub struct Topics(String);

impl Topics {
    /// By an ARN in which `*` stands for an organization's slug; empty: none.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.trim().to_owned())
    }

    /// An organization's topic; `None`: there are none.
    #[must_use]
    pub fn of(&self, slug: &str) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.replace('*', slug))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_has_one_topic_and_no_other() {
        let topics = Topics::new("arn:aws:sns:eu-west-1:123456789012:docent-*-alerts");
        let acme = topics.of("acme").expect("a topic");
        assert_eq!(acme, "arn:aws:sns:eu-west-1:123456789012:docent-acme-alerts");
        assert_ne!(topics.of("acme-alerts"), Some(acme));
        assert_eq!(Topics::default().of("acme"), None);
    }
}
