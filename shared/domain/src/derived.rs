//! Where a document's derived objects are, below [`crate::document::DERIVED_PREFIX`].

use crate::{DocumentId, DocumentVersionId, OrganizationId};

/// All of a document's.
#[must_use]
pub fn of_document(organization: OrganizationId, document: DocumentId) -> String {
    format!("{}{document}/", of_organization(organization))
}

/// All of an organization's.
#[must_use]
pub fn of_organization(organization: OrganizationId) -> String {
    format!("documents/{organization}/")
}

/// The version that a derived object is of.
#[must_use]
pub fn version_of(key: &str) -> Option<DocumentVersionId> {
    let name = key.rsplit('/').next()?;
    name.split('.').next()?.parse().ok()
}

/// All of a version's.
#[must_use]
pub fn of_version(organization: OrganizationId, document: DocumentId, version: DocumentVersionId) -> String {
    format!("{}{version}.", of_document(organization, document))
}

/// The extracted text of a version: what its chunks' byte ranges are of.
#[must_use]
pub fn text(organization: OrganizationId, document: DocumentId, version: DocumentVersionId) -> String {
    format!("{}{version}.txt", of_document(organization, document))
}

/// What was read, while a version is built in several units.
#[must_use]
pub fn reading(organization: OrganizationId, document: DocumentId, version: DocumentVersionId) -> String {
    format!("{}{version}.reading.json", of_document(organization, document))
}
