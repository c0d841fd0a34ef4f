//! The SKUs that a tenant can own: names, ids and service plans as the service has them.

/// A product that is licensed by seats.
#[derive(Debug, PartialEq, Eq)]
pub struct Sku {
    /// skuId.
    pub id: &'static str,
    /// skuPartNumber.
    pub part_number: &'static str,
    /// What a person calls it.
    pub title: &'static str,
    /// What it contains.
    pub plans: &'static [ServicePlan],
}

/// One service within a SKU.
#[derive(Debug, PartialEq, Eq)]
pub struct ServicePlan {
    /// servicePlanId.
    pub id: &'static str,
    /// servicePlanName.
    pub name: &'static str,
    /// The service of `assignedPlans`: `exchange`, `SharePoint` ...
    pub service: &'static str,
}

impl ServicePlan {
    /// Whether this plan gives a mailbox.
    pub fn is_exchange(&self) -> bool {
        self.service == "exchange"
    }
}

const EXCHANGE_STANDARD: ServicePlan =
    ServicePlan { id: "9aaf7827-d63c-4b61-89c3-182f06f82e5c", name: "EXCHANGE_S_STANDARD", service: "exchange" };
const EXCHANGE_ENTERPRISE: ServicePlan =
    ServicePlan { id: "efb87545-963c-4e0d-99df-69c6916d9eb0", name: "EXCHANGE_S_ENTERPRISE", service: "exchange" };
const SHAREPOINT_STANDARD: ServicePlan =
    ServicePlan { id: "c7699d2e-19aa-44de-8edf-1736da088ca1", name: "SHAREPOINTSTANDARD", service: "SharePoint" };
const SHAREPOINT_ENTERPRISE: ServicePlan =
    ServicePlan { id: "5dbe027f-2339-4123-9542-606e4d348a72", name: "SHAREPOINTENTERPRISE", service: "SharePoint" };
const SKYPE: ServicePlan =
    ServicePlan { id: "0feaeb32-d00e-4d66-bd5a-43b5b83db82c", name: "MCOSTANDARD", service: "MicrosoftCommunicationsOnline" };
const TEAMS: ServicePlan = ServicePlan { id: "57ff2da0-773e-42df-b2af-ffb7a2317929", name: "TEAMS1", service: "TeamspaceAPI" };
const OFFICE_BUSINESS: ServicePlan =
    ServicePlan { id: "094e7854-93fc-4d55-b2c0-3ab5369ebdc1", name: "OFFICE_BUSINESS", service: "MicrosoftOffice" };
const OFFICE_SUBSCRIPTION: ServicePlan =
    ServicePlan { id: "43de0ff5-c92c-492b-9116-175376d08c38", name: "OFFICESUBSCRIPTION", service: "MicrosoftOffice" };

static SKUS: [Sku; 3] = [
    Sku {
        id: "f245ecc8-75af-4f8e-b61f-27d8114de5f3",
        part_number: "O365_BUSINESS_PREMIUM",
        title: "Microsoft 365 Business Standard",
        plans: &[EXCHANGE_STANDARD, SHAREPOINT_STANDARD, SKYPE, TEAMS, OFFICE_BUSINESS],
    },
    Sku {
        id: "6fd2c87f-b296-42f0-b197-1e91e994b900",
        part_number: "ENTERPRISEPACK",
        title: "Office 365 E3",
        plans: &[EXCHANGE_ENTERPRISE, SHAREPOINT_ENTERPRISE, SKYPE, TEAMS, OFFICE_SUBSCRIPTION],
    },
    Sku {
        id: "4b9405b0-7788-4568-add1-99614e613b69",
        part_number: "EXCHANGESTANDARD",
        title: "Exchange Online (Plan 1)",
        plans: &[EXCHANGE_STANDARD],
    },
];

/// Every SKU known.
pub fn skus() -> &'static [Sku] {
    &SKUS
}

impl Sku {
    /// The SKU with this id or part number, in any case.
    pub fn find(name: &str) -> Option<&'static Self> {
        SKUS.iter().find(|sku| sku.id.eq_ignore_ascii_case(name) || sku.part_number.eq_ignore_ascii_case(name))
    }
}
