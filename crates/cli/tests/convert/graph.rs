//! What an administrator does in the tenant through Graph, by a client that is not ours.

use std::process::Command;

use serde_json::Value;

use crate::stage::{SUFFIX, Stage};
use crate::tenant::{TENANT, text};

const PERMISSIONS: [&str; 4] =
    ["User.ReadWrite.All", "Domain.ReadWrite.All", "Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"];

pub struct Graph {
    endpoint: String,
    authority: String,
    token: String,
}

impl Graph {
    /// Signs in as an application of its own.
    pub fn of(stage: &Stage) -> Self {
        let data = stage.tenant.data();
        let data = data.to_str().unwrap();
        let mut arguments = vec!["tenant", "app", "add", "--data", data, "--name", "administrator", "--secret", "--json"];
        arguments.extend(PERMISSIONS.iter().flat_map(|permission| ["--permission", permission]));
        let app: Value = serde_json::from_str(&stage.succeed(&arguments)).unwrap();
        let mut graph = Self { endpoint: stage.tenant.endpoint.clone(), authority: format!("{data}/ca.pem"), token: String::new() };
        let form = [
            "grant_type=client_credentials".to_owned(),
            format!("client_id={}", text(&app["client_id"])),
            format!("client_secret={}", text(&app["secret"])),
            "scope=https://graph.microsoft.com/.default".to_owned(),
        ];
        let mut arguments: Vec<String> = form.into_iter().flat_map(|field| ["--data-urlencode".to_owned(), field]).collect();
        arguments.push(format!("{}/{TENANT}/oauth2/v2.0/token", graph.endpoint));
        let answer: Value = serde_json::from_str(&graph.curl(&arguments)).unwrap();
        graph.token = text(&answer["access_token"]);
        graph
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path, None);
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{path}: {answer}"))
    }

    pub fn patch(&self, path: &str, body: &Value) {
        let answer = self.request("PATCH", path, Some(body));
        assert!(!answer.contains("\"error\""), "{path}: {answer}");
    }

    pub fn delete(&self, path: &str) {
        let answer = self.request("DELETE", path, None);
        assert!(answer.is_empty(), "{path}: {answer}");
    }

    /// Managed or Federated.
    pub fn authentication_type(&self) -> String {
        text(&self.get(&format!("/domains/{SUFFIX}"))["authenticationType"])
    }

    /// The settings of the federated domain.
    pub fn settings(&self) -> Value {
        self.get(&format!("/domains/{SUFFIX}/federationConfiguration"))["value"][0].clone()
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let mut arguments = vec!["-X".to_owned(), method.to_owned(), "-H".to_owned(), format!("Authorization: Bearer {}", self.token)];
        if let Some(body) = body {
            arguments.extend(["-H".to_owned(), "Content-Type: application/json".to_owned(), "-d".to_owned(), body.to_string()]);
        }
        arguments.push(format!("{}/v1.0{path}", self.endpoint));
        self.curl(&arguments)
    }

    fn curl(&self, arguments: &[String]) -> String {
        let output = Command::new("curl").args(["-sS", "-g", "--cacert", &self.authority]).args(arguments).output().unwrap();
        assert!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
