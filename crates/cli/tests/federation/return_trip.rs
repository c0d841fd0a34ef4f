//! A domain goes from managed to federated and back, and its people sign in at each step: the synchronized Windows password works
//! before and after, and nowhere but at the federation service in between.

use std::process::Command;

use serde_json::Value;

use crate::stage::{Person, Stage};
use crate::tenant::{TENANT, tenant};

/// An application that asks with names and passwords.
pub struct Application(Value);

impl Application {
    pub fn of(stage: &Stage) -> Self {
        let app = tenant(&stage.tenant.data(), &["app", "add"], &["--name", "return trip", "--secret", "--json"]);
        Self(serde_json::from_str(&app).unwrap())
    }

    /// The synchronized Windows password is what the tenant takes.
    pub fn takes_the_windows_password(&self, stage: &Stage, person: Person) {
        let answer = self.ask(stage, person);
        assert!(answer["access_token"].is_string(), "{}: {answer}", person.upn());
    }

    /// The tenant takes no password of its own for the person.
    pub fn takes_no_password(&self, stage: &Stage, person: Person) {
        let answer = self.ask(stage, person);
        let described = answer["error_description"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(answer["access_token"].is_null() && described.starts_with("AADSTS"), "{}: {answer}", person.upn());
        println!("federated, a password at the tenant: {described}");
    }

    fn ask(&self, stage: &Stage, person: Person) -> Value {
        let text = |name: &str| self.0[name].as_str().unwrap();
        let fields = [
            ("grant_type", "password"),
            ("scope", "openid"),
            ("client_id", text("client_id")),
            ("client_secret", text("secret")),
            ("username", &person.upn()),
            ("password", &person.password()),
        ];
        let mut command = Command::new("curl");
        command.args(["-sS", "--cacert"]).arg(stage.tenant.data().join("ca.pem"));
        for (name, value) in fields {
            command.arg("--data-urlencode").arg(format!("{name}={value}"));
        }
        let output = command.arg(format!("{}/{TENANT}/oauth2/v2.0/token", stage.tenant.endpoint)).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("curl: {}", String::from_utf8_lossy(&output.stderr)))
    }
}
