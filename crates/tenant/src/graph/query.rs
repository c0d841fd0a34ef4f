//! The query options of lists: `$select`, `$filter`, `$search`, `$top`, `$orderby`, `$count`, `$skiptoken`.

use super::answer::GraphError;
use super::request::Request;
use super::{filter, search, token};
use crate::directory::extensions;
use crate::directory::properties::{Property, Resource};
use crate::store::condition::Condition;
use crate::store::listing::{After, Order};

/// Objects on a page where the client asks for no other number.
pub const PAGE_DEFAULT: usize = 100;
/// Objects on a page at most.
const PAGE_MAX: usize = 999;

/// Properties that the service keeps outside the directory: a list cannot have them.
const ELSEWHERE: &[&str] = &[
    "aboutMe",
    "birthday",
    "hireDate",
    "interests",
    "mailboxSettings",
    "mySite",
    "pastProjects",
    "preferredName",
    "responsibilities",
    "schools",
    "signInActivity",
    "skills",
];

/// Properties and links that this tenant does not keep: they may be selected and show nothing.
const NOT_KEPT: &[&str] = &[
    "allowExternalSenders",
    "appRoleAssignments",
    "authorizationInfo",
    "autoSubscribeNewMembers",
    "customSecurityAttributes",
    "deviceEnrollmentLimit",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "identityParentId",
    "isArchived",
    "isSubscribedByMail",
    "manager",
    "memberOf",
    "members",
    "onPremisesSyncBehavior",
    "owners",
    "print",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "transitiveMemberOf",
    "transitiveMembers",
    "unseenCount",
];

/// Which properties are shown: those selected, or the service's default set.
pub type Selection = Vec<&'static Property>;

/// The options of a list.
#[derive(Debug)]
pub struct ListQuery {
    /// What is shown of each object.
    pub selection: Selection,
    /// Which objects.
    pub condition: Option<Condition>,
    /// In which order.
    pub order: Order,
    /// How many on a page.
    pub page: usize,
    /// From where.
    pub after: Option<After>,
    /// Whether the number of all is told, on the first page.
    pub count: bool,
}

impl ListQuery {
    /// Reads the options, and refuses those that the service refuses.
    pub fn read(request: &Request, resource: &'static Resource) -> Result<Self, GraphError> {
        if let Some(option) = ["$expand", "$apply"].into_iter().find(|option| request.option(option).is_some()) {
            return Err(GraphError::new(400, "Request_UnsupportedQuery", format!("The query option {option} is not supported here.")));
        }
        let advanced = request.eventual && request.option("$count").is_some_and(|count| count.eq_ignore_ascii_case("true"));
        let after = request.option("$skiptoken").map(|token| token::decode(token).ok_or_else(bad_skip_token)).transpose()?;
        // A link is followed without the header that its first page needed.
        let allowed = advanced || after.is_some();
        let filtered = request.option("$filter").map(|filter| filter::parse(filter, resource)).transpose()?;
        let searched = request.option("$search").map(|search| search::parse(search, resource)).transpose()?;
        if searched.is_some() && !request.eventual && after.is_none() {
            return Err(GraphError::new(400, "Request_UnsupportedQuery", "$search needs the header ConsistencyLevel: eventual."));
        }
        if let Some(what) = filtered.as_ref().and_then(|filtered| filtered.advanced).filter(|_| !allowed) {
            return Err(GraphError::advanced_query(what));
        }
        let order = request.option("$orderby").map(|order| order_of(order, resource)).transpose()?;
        if order.is_some() && filtered.is_some() && !allowed {
            return Err(GraphError::advanced_query("$filter with $orderby"));
        }
        Ok(Self {
            selection: selection(request, true, resource)?,
            condition: both(filtered.map(|filtered| filtered.condition), searched),
            order: order.unwrap_or_default(),
            page: request.option("$top").map(page_of).transpose()?.unwrap_or(PAGE_DEFAULT),
            count: advanced && after.is_none(),
            after,
        })
    }
}

/// The link to the page behind `after`, with the query of this one.
pub fn next_link(request: &Request, path: &str, after: &impl serde::Serialize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in request.query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("$skiptoken")) {
        query.append_pair(name, value);
    }
    query.append_pair("$skiptoken", &token::encode(after));
    // Clients follow links as they are; the service leaves the dollar sign readable.
    format!("{}?{}", request.url(path), query.finish().replace("%24", "$"))
}

/// What a client wants to see of objects of a type. `list`: of many at once.
pub fn selection(request: &Request, list: bool, resource: &'static Resource) -> Result<Selection, GraphError> {
    let Some(names) = request.option("$select").map(str::trim).filter(|names| !names.is_empty()) else {
        return Ok(default_selection(resource));
    };
    let mut selection = Selection::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if name == "*" {
            return Ok(resource.properties.iter().collect());
        }
        // onPremisesExtensionAttributes/extensionAttribute1 selects the whole.
        let name = name.split('/').next().unwrap_or(name);
        let elsewhere = ELSEWHERE.iter().any(|known| known.eq_ignore_ascii_case(name));
        match resource.find(name) {
            Some(property) if !selection.contains(&property) => selection.push(property),
            Some(_) => {}
            None if elsewhere && list => {
                return Err(GraphError::new(501, "NotImplemented", format!("The property {name} cannot be read for a list.")));
            }
            None if elsewhere || NOT_KEPT.contains(&name) || extensions::is_extension(name) => {}
            None => {
                let message = format!("Could not find a property named '{name}' on type 'microsoft.graph.{}'.", resource.name);
                return Err(GraphError::bad_query(message));
            }
        }
    }
    Ok(selection)
}

/// The directory extensions that a client selects. They are shown to whoever names them, and to nobody else.
pub fn extensions(request: &Request) -> Vec<&str> {
    let names = request.option("$select").unwrap_or_default().split(',').map(str::trim);
    names.filter(|name| extensions::is_extension(name)).collect()
}

/// What a client wants to see of an object among others of several types: what it selects that the type has.
pub fn selection_among(request: &Request, resource: &'static Resource) -> Selection {
    let Some(names) = request.option("$select").map(str::trim).filter(|names| !names.is_empty()) else {
        return default_selection(resource);
    };
    let mut selection = Selection::new();
    for property in names.split(',').filter_map(|name| resource.find(name.trim())) {
        if !selection.contains(&property) {
            selection.push(property);
        }
    }
    selection
}

/// What is shown when nothing is selected.
pub fn default_selection(resource: &'static Resource) -> Selection {
    resource.properties.iter().filter(|property| property.default).collect()
}

/// The number of objects on a page.
pub fn page_of(top: &str) -> Result<usize, GraphError> {
    let page = top.trim().parse().ok().filter(|page| (1..=PAGE_MAX).contains(page));
    page.ok_or_else(|| {
        let message = format!("Invalid page size specified: '{top}'. Must be between 1 and {PAGE_MAX} inclusive.");
        GraphError::new(400, "Request_UnsupportedQuery", message)
    })
}

fn order_of(option: &str, resource: &Resource) -> Result<Order, GraphError> {
    let mut words = option.split_whitespace();
    let (property, direction) = (words.next().unwrap_or_default(), words.next().unwrap_or("asc"));
    let descending = direction.eq_ignore_ascii_case("desc");
    if words.next().is_none() && (descending || direction.eq_ignore_ascii_case("asc")) {
        match (property.to_ascii_lowercase().as_str(), descending) {
            ("displayname", false) => return Ok(Order::DisplayName),
            ("displayname", true) => return Ok(Order::DisplayNameDescending),
            ("userprincipalname", false) if resource.name == "user" => return Ok(Order::Upn),
            ("userprincipalname", true) if resource.name == "user" => return Ok(Order::UpnDescending),
            _ => {}
        }
    }
    Err(GraphError::new(400, "Request_UnsupportedQuery", format!("Sorting by '{option}' is not supported here.")))
}

fn both(filtered: Option<Condition>, searched: Option<Condition>) -> Option<Condition> {
    match (filtered, searched) {
        (Some(filtered), Some(searched)) => Some(Condition::All(vec![filtered, searched])),
        (filtered, searched) => filtered.or(searched),
    }
}

/// The token of a page is not one of this tenant's.
pub fn bad_skip_token() -> GraphError {
    GraphError::new(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )
}
