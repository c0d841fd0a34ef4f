//! The real local tenant over TLS.
#![allow(dead_code, reason = "each test program uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

use samesign_connect::entra::{Entra, EntraConfig, Url};
use samesign_tenant::{Admin, Server};

pub const NAME: &str = "contoso.onmicrosoft.com";

/// A local tenant that runs, and how to reach it.
pub struct Tenant {
    pub folder: tempfile::TempDir,
    pub config: EntraConfig,
    pub server: Server,
}

impl Tenant {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("tenant");
        let report = samesign_tenant::init(&dir, NAME, &["contoso.example".to_owned()]).unwrap();
        let server = Server::start(&dir, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let mut config = EntraConfig::new(NAME, &report.agent.client_id, dir.join("agent.pem"));
        config.ca = Some(dir.join("ca.pem"));
        config.endpoint = Some(Url::parse(&server.url()).unwrap());
        Self { folder, config, server }
    }

    pub fn admin(&self) -> Admin {
        Admin::open(&self.folder.path().join("tenant")).unwrap()
    }

    pub fn entra(&self) -> Entra {
        Entra::new(&self.config).unwrap()
    }
}
