//! Just enough of a browser: cookies, redirects that are looked at, forms.

use std::net::{IpAddr, SocketAddr};

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response};

use crate::rig::HOST;

pub struct Browser {
    client: Client,
    origin: String,
    cookies: Vec<(String, String)>,
}

/// What a browser shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub url: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Browser {
    pub fn new(origin: &str, authority: &[u8], from: IpAddr, to: &str) -> Self {
        // A second test of this process finds it installed: that is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = reqwest::Certificate::from_pem(authority).unwrap();
        let port = origin.rsplit(':').next().unwrap().parse().unwrap();
        let client = Client::builder()
            .tls_certs_only([authority])
            .redirect(reqwest::redirect::Policy::none())
            .local_address(from)
            .resolve(HOST, SocketAddr::new(to.parse().unwrap(), port))
            .build()
            .unwrap();
        Self { client, origin: origin.to_owned(), cookies: Vec::new() }
    }

    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let url = if url.starts_with('/') { format!("{}{url}", self.origin) } else { url.to_owned() };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, url);
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    pub async fn take(&mut self, request: RequestBuilder) -> Page {
        let response: Response = request.send().await.unwrap();
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
            let (name, rest) = line.split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{line}");
            self.cookies.retain(|(known, _)| known != name);
            if !line.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
            }
        }
        let (status, url, headers) = (response.status().as_u16(), response.url().to_string(), response.headers().clone());
        Page { status, url, headers, body: response.text().await.unwrap() }
    }

    pub async fn get(&mut self, url: &str) -> Page {
        let request = self.request(Method::GET, url);
        self.take(request).await
    }

    /// Follows redirects within the service.
    pub async fn follow(&mut self, url: &str) -> Page {
        let mut page = self.get(url).await;
        for _ in 0..5 {
            match page.location() {
                Some(location) if location.starts_with('/') => page = self.get(&location).await,
                _ => return page,
            }
        }
        panic!("redirects without end: {page:?}");
    }

    /// Posts a form as a page of the service does.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let origin = self.origin.clone();
        let request = self.request(Method::POST, url).form(fields).header("origin", origin).header("sec-fetch-site", "same-origin");
        self.take(request).await
    }

    /// Posts a form as a page of another site does: no cookies of ours go along.
    pub async fn post_from_elsewhere(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let kept = std::mem::take(&mut self.cookies);
        let request =
            self.request(Method::POST, url).form(fields).header("origin", "https://rp.example").header("sec-fetch-site", "cross-site");
        let page = self.take(request).await;
        let new = std::mem::replace(&mut self.cookies, kept);
        for (name, value) in new {
            self.cookies.retain(|(known, _)| *known != name);
            self.cookies.push((name, value));
        }
        page
    }

    /// Sends the only form of a page, with some of its fields filled in.
    pub async fn submit(&mut self, page: &Page, filled: &[(&str, &str)]) -> Page {
        let (action, mut fields) = page.form();
        for (name, value) in filled {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&action, &fields).await
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn plant(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    pub fn is_signed_in(&self) -> bool {
        self.cookie(SESSION).is_some()
    }
}

pub const SESSION: &str = "__Host-samesign-federation-session";

impl Page {
    pub fn location(&self) -> Option<String> {
        self.headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Address and fields of the page's only form.
    pub fn form(&self) -> (String, Vec<(String, String)>) {
        let main = self.body.split("<main").nth(1).unwrap_or_else(|| panic!("no page: {self:?}"));
        let forms: Vec<&str> = main.split("<form").skip(1).collect();
        assert_eq!(forms.len(), 1, "{self:?}");
        let inside = forms[0].split("</form>").next().unwrap();
        let action = attribute(inside.split('>').next().unwrap(), "action").unwrap();
        let inputs = inside.split("<input").skip(1).map(|input| input.split('>').next().unwrap());
        let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())));
        (action, fields.collect())
    }

    /// One field of the only form.
    pub fn field(&self, name: &str) -> Option<String> {
        self.form().1.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Whether this is the sign-in page.
    pub fn asks(&self) -> bool {
        self.body.contains("<h1>Sign in</h1>")
    }

    /// The heading.
    pub fn heading(&self) -> &str {
        self.body.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next()).unwrap_or_default()
    }
}

pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, after) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(after.split_once('"')?.0))
}

/// The entities that our pages write.
pub fn unescape(text: &str) -> String {
    let pairs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}
