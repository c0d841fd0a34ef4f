//! A browser without JavaScript: keeps cookies, says where its requests come from, and fills in forms it was shown.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::collections::HashMap;

use reqwest::{Method, StatusCode, header};

use crate::support::Tenant;

/// What the first administrator chooses in place of the one-time password.
pub const ADMIN_PASSWORD: &str = "Correct-Horse-7";

pub struct Browser<'a> {
    pub tenant: &'a Tenant,
    pub cookies: HashMap<String, String>,
}

pub struct Shown {
    pub status: StatusCode,
    pub location: Option<String>,
    pub headers: header::HeaderMap,
    pub html: String,
}

impl Shown {
    /// Where the browser goes next: by a redirect, or by a page that goes on by itself.
    pub fn onward(&self) -> String {
        let refresh = || self.html.split("http-equiv=\"refresh\" content=\"0; url=").nth(1)?.split('"').next().map(unescaped);
        self.location.clone().or_else(refresh).unwrap_or_else(|| panic!("this leads nowhere: {} {}", self.status, self.html))
    }

    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> String {
        let marker = format!("name=\"{name}\" value=\"");
        let rest = self.html.split(&marker).nth(1).unwrap_or_else(|| panic!("no field {name}: {}", self.html));
        unescaped(rest.split('"').next().unwrap())
    }

    /// The parameters of the address that an application is called back at.
    pub fn parameters(&self) -> HashMap<String, String> {
        let address = self.onward();
        let (_, query) = address.split_once(['?', '#']).unwrap();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

pub fn unescaped(html: &str) -> String {
    html.replace("&#38;", "&").replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'")
}

impl Browser<'_> {
    pub fn new(tenant: &Tenant) -> Browser<'_> {
        Browser { tenant, cookies: HashMap::new() }
    }

    pub async fn request(&mut self, method: Method, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Shown {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.tenant.client.request(method.clone(), self.tenant.url(path)).header("cookie", cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == Method::POST {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            // The one that only ends a session has to come with frames of other sites.
            let same_site = if line.starts_with("__Host-samesign-sign-out=") { "None" } else { "Lax" };
            assert!(line.starts_with("__Host-") && line.contains(&format!("; Path=/; Secure; HttpOnly; SameSite={same_site}")), "{line}");
            assert!(!line.contains("Domain"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let headers = response.headers().clone();
        let location = headers.get("location").map(|value| value.to_str().unwrap().to_owned());
        Shown { status: response.status(), location, headers, html: response.text().await.unwrap() }
    }

    pub async fn get(&mut self, path: &str) -> Shown {
        self.request(Method::GET, path, &[], &[("sec-fetch-site", "none")]).await
    }

    /// Sends a form as a page of the tenant would.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Shown {
        self.request(Method::POST, path, form, &[("sec-fetch-site", "same-origin")]).await
    }

    /// Opens `page`, takes the form's token from it, and sends the form to `path` as that page would.
    pub async fn submit(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Shown {
        let token = self.get(page).await.field("csrf");
        let mut form = fields.to_vec();
        form.push(("csrf", &token));
        self.post(path, &form).await
    }

    /// Types name and password into the sign-in page that leads to `to`.
    pub async fn type_password(&mut self, to: &str, upn: &str, password: &str) -> Shown {
        self.submit("/sign-in?other=1", "/sign-in", &[("to", to), ("upn", upn), ("password", password)]).await
    }

    /// Signs the first administrator in with the password that `init` printed, and chooses another.
    pub async fn sign_in(&mut self) {
        let report = &self.tenant.report;
        let shown = self.type_password("portal", &report.admin.upn, report.admin.password.expose()).await;
        assert_eq!((shown.status, shown.location.as_deref()), (StatusCode::SEE_OTHER, Some("/password?to=portal")), "{}", shown.html);
        let fields = [("to", "portal"), ("new", ADMIN_PASSWORD), ("again", ADMIN_PASSWORD)];
        let shown = self.submit("/password?to=portal", "/password", &fields).await;
        assert_eq!(shown.location.as_deref(), Some("/portal/users"), "{}", shown.html);
    }
}
