//! The services that tokens are for, and which permissions belong to which.

/// Permission to write to the tenant as the directory synchronization does.
pub const SYNCHRONIZE: &str = "ADSynchronization.ReadWrite.All";

/// A service that takes this tenant's access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Microsoft Graph.
    Graph,
    /// The provisioning service of directory synchronization.
    Synchronization,
    /// Azure AD Graph, retired for everything else; old synchronization clients still ask for it.
    OldGraph,
}

impl Resource {
    /// Reads a resource identifier, as it stands in `resource` or before `/.default` in `scope`.
    pub fn parse(identifier: &str) -> Option<Self> {
        let bare = identifier.trim_end_matches('/').to_ascii_lowercase();
        let bare = bare.strip_prefix("https://").or_else(|| bare.strip_prefix("api://")).unwrap_or(&bare);
        match bare {
            "graph.microsoft.com" | "00000003-0000-0000-c000-000000000000" => Some(Self::Graph),
            "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016" => Some(Self::Synchronization),
            "graph.windows.net" | "00000002-0000-0000-c000-000000000000" => Some(Self::OldGraph),
            _ => None,
        }
    }

    /// The `aud` claim of its tokens.
    pub const fn audience(self) -> &'static str {
        match self {
            Self::Graph => "https://graph.microsoft.com",
            Self::Synchronization => "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016",
            Self::OldGraph => "https://graph.windows.net",
        }
    }

    /// Whether a token for this resource carries the permission.
    pub fn offers(self, permission: &str) -> bool {
        match self {
            Self::Graph => permission != SYNCHRONIZE,
            Self::Synchronization => permission == SYNCHRONIZE,
            Self::OldGraph => permission == SYNCHRONIZE || permission.starts_with("Directory."),
        }
    }
}
