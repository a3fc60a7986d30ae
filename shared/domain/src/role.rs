//! What people may do: a role is a set of the scopes that keys have.

use crate::Scope;
use std::str::FromStr;

/// A person's part in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Runs the organization.
    Admin,
    /// Works with bots and keeps their documents.
    Member,
    /// Looks on.
    Viewer,
    /// Reads what bots achieve.
    Executive,
    /// Reads how bots and documents fare.
    Technical,
    /// Looks after end users: reads and tends their sessions.
    ClientService,
    /// Asks.
    Client,
    /// Brings documents: a program that signs in as a person would.
    IngestBot,
}

// One table, so that it is seen at a glance who may what. Sessions are the whole organization's under
// `sessions:read`: other people's conversations are for those alone who look after them.
const SCOPES: [(Role, &[Scope]); 8] = [
    (Role::Admin, &Scope::ALL),
    (
        Role::Member,
        &[
            Scope::Chat,
            Scope::Search,
            Scope::DocumentsRead,
            Scope::DocumentsWrite,
            Scope::CollectionsRead,
            Scope::CuratedRead,
            Scope::CuratedWrite,
            Scope::WebSourcesRead,
            Scope::WebSourcesWrite,
            Scope::IngestionRead,
            Scope::ChatbotsRead,
            Scope::AiModelsRead,
            Scope::ProductsRead,
            Scope::FeedbackWrite,
        ],
    ),
    (
        Role::Viewer,
        &[
            Scope::Search,
            Scope::DocumentsRead,
            Scope::CollectionsRead,
            Scope::CuratedRead,
            Scope::WebSourcesRead,
            Scope::IngestionRead,
            Scope::ChatbotsRead,
            Scope::AiModelsRead,
            Scope::ProductsRead,
        ],
    ),
    (
        Role::Executive,
        &[
            Scope::CollectionsRead,
            Scope::ChatbotsRead,
            Scope::AiModelsRead,
            Scope::ProductsRead,
            Scope::DashboardsRead,
        ],
    ),
    (
        Role::Technical,
        &[
            Scope::Search,
            Scope::DocumentsRead,
            Scope::CollectionsRead,
            Scope::WebSourcesRead,
            Scope::IngestionRead,
            Scope::ChatbotsRead,
            Scope::AiModelsRead,
            Scope::ProductsRead,
            Scope::DashboardsRead,
            Scope::AlertsRead,
            Scope::IntegrationsRead,
            Scope::EventsRead,
        ],
    ),
    (
        Role::ClientService,
        &[
            Scope::Chat,
            Scope::SessionsRead,
            Scope::SessionsWrite,
            Scope::Search,
            Scope::DocumentsRead,
            Scope::CollectionsRead,
            Scope::CuratedRead,
            Scope::ChatbotsRead,
            Scope::ProductsRead,
            Scope::FeedbackRead,
            Scope::FeedbackWrite,
            Scope::ImprovementWrite,
            Scope::EscalationsRead,
            Scope::EscalationsWrite,
            Scope::DashboardsRead,
            Scope::AlertsRead,
        ],
    ),
    (Role::Client, &[Scope::Chat, Scope::Search, Scope::FeedbackWrite]),
    (
        Role::IngestBot,
        &[Scope::DocumentsRead, Scope::DocumentsWrite, Scope::CollectionsRead, Scope::IngestionRead],
    ),
];

impl Role {
    /// All of them, the one that may most first.
    pub const ALL: [Role; 8] = [
        Role::Admin,
        Role::Member,
        Role::Viewer,
        Role::Executive,
        Role::Technical,
        Role::ClientService,
        Role::Client,
        Role::IngestBot,
    ];

    /// What it may do, in the order of [`Scope::ALL`].
    #[must_use]
    pub fn scopes(self) -> &'static [Scope] {
        SCOPES.iter().find(|(role, _)| *role == self).map_or(&[], |(_, scopes)| scopes)
    }

    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Member => "member",
            Role::Viewer => "viewer",
            Role::Executive => "executive",
            Role::Technical => "technical",
            Role::ClientService => "client_service",
            Role::Client => "client",
            Role::IngestBot => "ingest_bot",
        }
    }
}

/// A spelling that is no role's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_is_spelled() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for wrong in ["", "Admin", "owner", " admin"] {
            assert_eq!(wrong.parse::<Role>(), Err(UnknownRole), "{wrong}");
        }
    }

    #[test]
    fn who_may_what() {
        let columns = Role::ALL.map(|role| format!("{:>15}", role.as_str())).concat();
        let mut table = format!("{:22}{columns}\n", ".");
        for scope in Scope::ALL {
            let may = Role::ALL.map(|role| if role.scopes().contains(&scope) { "x" } else { "." });
            let columns = may.map(|may| format!("{may:>15}")).concat();
            table.push_str(&format!("{:22}{columns}\n", scope.as_str()));
        }
        assert_eq!(table, GOLDEN, "\n{table}");
    }

    #[test]
    fn scopes_stand_in_their_order() {
        for role in Role::ALL {
            let ordered: Vec<_> =
                Scope::ALL.into_iter().filter(|scope| role.scopes().contains(scope)).collect();
            assert_eq!(role.scopes(), ordered, "{}", role.as_str());
        }
    }

    #[rustfmt::skip]
    const GOLDEN: &str = "\
.                               admin         member         viewer      executive      technical client_service         client     ingest_bot
chat                                x              x              .              .              .              x              x              .
sessions:read                       x              .              .              .              .              x              .              .
sessions:write                      x              .              .              .              .              x              .              .
search                              x              x              x              .              x              x              x              .
documents:read                      x              x              x              .              x              x              .              x
documents:write                     x              x              .              .              .              .              .              x
collections:read                    x              x              x              x              x              x              .              x
collections:write                   x              .              .              .              .              .              .              .
curated-answers:read                x              x              x              .              .              x              .              .
curated-answers:write               x              x              .              .              .              .              .              .
web-sources:read                    x              x              x              .              x              .              .              .
web-sources:write                   x              x              .              .              .              .              .              .
ingestion:read                      x              x              x              .              x              .              .              x
ingestion:run                       x              .              .              .              .              .              .              .
chatbots:read                       x              x              x              x              x              x              .              .
chatbots:write                      x              .              .              .              .              .              .              .
ai-models:read                      x              x              x              x              x              .              .              .
ai-models:write                     x              .              .              .              .              .              .              .
products:read                       x              x              x              x              x              x              .              .
products:write                      x              .              .              .              .              .              .              .
api-keys:read                       x              .              .              .              .              .              .              .
api-keys:write                      x              .              .              .              .              .              .              .
users:read                          x              .              .              .              .              .              .              .
users:write                         x              .              .              .              .              .              .              .
organization:read                   x              .              .              .              .              .              .              .
organization:write                  x              .              .              .              .              .              .              .
feedback:read                       x              .              .              .              .              x              .              .
feedback:write                      x              x              .              .              .              x              x              .
improvement:write                   x              .              .              .              .              x              .              .
escalations:read                    x              .              .              .              .              x              .              .
escalations:write                   x              .              .              .              .              x              .              .
dashboards:read                     x              .              .              x              x              x              .              .
alerts:read                         x              .              .              .              x              x              .              .
alerts:write                        x              .              .              .              .              .              .              .
integrations:read                   x              .              .              .              x              .              .              .
integrations:write                  x              .              .              .              .              .              .              .
data-subjects:read                  x              .              .              .              .              .              .              .
data-subjects:write                 x              .              .              .              .              .              .              .
events:read                         x              .              .              .              x              .              .              .
audit:read                          x              .              .              .              .              .              .              .
";
}
