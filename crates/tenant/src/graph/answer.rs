//! Answers and errors in the service's form.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::directory::DirectoryError;
use crate::store::StoreError;

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// JSON.
    Json(Value),
    /// Plain text (`$count`).
    Text(String),
}

/// An answer, for HTTP or for a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beside those that every answer has; names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<Content>,
}

impl Answer {
    /// 200 with JSON.
    pub fn ok(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: Some(Content::Json(body)) }
    }

    /// 201 with JSON and where the new object is.
    pub fn created(body: Value, location: String) -> Self {
        Self { status: 201, headers: vec![("location", location)], body: Some(Content::Json(body)) }
    }

    /// 204.
    pub fn no_content() -> Self {
        Self { status: 204, headers: Vec::new(), body: None }
    }

    /// 200 with text.
    pub fn text(text: String) -> Self {
        Self { status: 200, headers: Vec::new(), body: Some(Content::Text(text)) }
    }

    /// Puts the ids of the request into an error.
    pub fn identify(&mut self, request_id: &str, client_request_id: &str, now: Timestamp) {
        let Some(Content::Json(body)) = &mut self.body else { return };
        let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) else { return };
        let date = now.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        error.insert("innerError".to_owned(), json!({"date": date, "request-id": request_id, "client-request-id": client_request_id}));
    }
}

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    /// HTTP status.
    pub status: u16,
    /// `error.code`: what clients branch on.
    pub code: &'static str,
    /// `error.message`.
    pub message: String,
    /// `error.details`: code, target.
    pub detail: Option<(&'static str, String)>,
    /// A header to send along.
    pub header: Option<Box<(&'static str, String)>>,
}

impl GraphError {
    /// An error without details.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None, header: None }
    }

    /// 400 Request_BadRequest.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    /// 400 BadRequest, for queries and paths that are not understood.
    pub fn bad_query(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 400 for a query that needs `ConsistencyLevel: eventual` and `$count=true`.
    pub fn advanced_query(what: &str) -> Self {
        let message = format!("{what} needs the header ConsistencyLevel: eventual and the query option $count=true.");
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    /// 404.
    pub fn not_found(what: &str) -> Self {
        let message = format!("Resource '{what}' does not exist or one of its queried reference-property objects are not present.");
        Self::new(404, "Request_ResourceNotFound", message)
    }

    /// 403.
    pub fn denied() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// 405.
    pub fn wrong_method() -> Self {
        Self::new(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    }

    /// 500.
    pub fn internal() -> Self {
        Self::new(500, "Service_InternalServerError", "Encountered an internal server error.")
    }

    fn with_detail(mut self, code: &'static str, target: &str) -> Self {
        self.detail = Some((code, target.to_owned()));
        self
    }
}

impl From<GraphError> for Answer {
    fn from(error: GraphError) -> Self {
        let GraphError { status, code, message, detail, header } = error;
        let mut body = Map::from_iter([("code".to_owned(), Value::from(code)), ("message".to_owned(), Value::from(message.clone()))]);
        if let Some((code, target)) = detail {
            let details = json!([{"code": code, "message": message, "target": target}]);
            body.extend([("details".to_owned(), details)]);
        }
        Self { status, headers: header.into_iter().map(|header| *header).collect(), body: Some(Content::Json(json!({ "error": body }))) }
    }
}

impl From<StoreError> for GraphError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the directory could not be used");
        Self::internal()
    }
}

impl From<DirectoryError> for GraphError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Conflict { property, .. } => {
                Self::bad_request(format!("Another object with the same value for property {property} already exists."))
                    .with_detail("ObjectConflict", property)
            }
            DirectoryError::Invalid { property, reason, .. } => {
                Self::bad_request(format!("Invalid value specified for property '{property}' of resource 'User': {reason}."))
                    .with_detail("InvalidValue", &property)
            }
            DirectoryError::ReadOnly { property } => {
                Self::bad_request(format!("Property '{property}' is read-only and cannot be set.")).with_detail("ReadOnly", &property)
            }
            DirectoryError::Required { property } => {
                Self::bad_request(format!("A value is required for property '{property}' of resource 'User'."))
                    .with_detail("MissingRequiredProperty", property)
            }
            DirectoryError::NotFound { what } => Self::not_found(&what),
            DirectoryError::OnPremisesMastered { .. } => Self::bad_request(
                "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently \
                 undergoing migration.",
            ),
            DirectoryError::NoUsageLocation => Self::bad_request("License assignment cannot be done for user with invalid usage location."),
            DirectoryError::NoSeat { sku, .. } => {
                Self::bad_request(format!("Subscription with SKU {sku} does not have any available licenses."))
                    .with_detail("CountViolation", &sku)
            }
            DirectoryError::UnknownSku { sku, .. } => {
                Self::bad_request(format!("License {sku} does not correspond to a valid company License."))
            }
            DirectoryError::LicenceNotHeld { sku } => Self::bad_request(format!("User does not have a corresponding license {sku}.")),
            DirectoryError::QuotaExceeded { .. } => Self::new(
                403,
                "Directory_QuotaExceeded",
                "The directory object quota limit for the Tenant has been exceeded. Please ask your administrator to increase the quota limit \
                 or delete objects to reduce the used quota.",
            ),
            DirectoryError::TooManyOwners { limit } => {
                Self::new(403, "Directory_QuotaExceeded", format!("A group can have {limit} owners at most."))
            }
            DirectoryError::GroupWithLicences => {
                Self::bad_request("The group cannot be deleted while it has licenses assigned. Remove all licenses from it first.")
            }
            error @ (DirectoryError::NotFederable { .. } | DirectoryError::NotDefault { .. } | DirectoryError::NotAccelerated { .. }) => {
                Self::bad_request(sentence(&error))
            }
            error @ DirectoryError::IssuerTaken { .. } => {
                Self::new(409, "Request_MultipleObjectsWithSameKeyValue", sentence(&error)).with_detail("ObjectConflict", "issuerUri")
            }
            DirectoryError::Store(error) => error.into(),
            DirectoryError::Random(_) => Self::internal(),
        }
    }
}

fn sentence(error: &DirectoryError) -> String {
    format!("{error}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_carries_its_details_and_ids() {
        let error = DirectoryError::Conflict { property: "userPrincipalName", value: "a".to_owned(), holder: "b".to_owned() };
        let mut answer = Answer::from(GraphError::from(error));
        answer.identify("one", "two", Timestamp::UNIX_EPOCH);
        let Some(Content::Json(body)) = answer.body else { panic!("an error has a body") };
        assert_eq!(answer.status, 400);
        assert_eq!(body["error"]["code"], "Request_BadRequest");
        assert_eq!(body["error"]["details"][0]["code"], "ObjectConflict");
        assert_eq!(body["error"]["details"][0]["target"], "userPrincipalName");
        assert_eq!(body["error"]["innerError"]["client-request-id"], "two");
    }
}
