//! A browser without JavaScript: it keeps cookies, says where its forms came from, and follows nothing by itself.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use scraper::{Html, Selector};

use super::PATIENCE;
use super::forms::Form;

const FORM: &str = "application/x-www-form-urlencoded";

pub struct Browser {
    client: reqwest::Client,
    base: String,
    origin: String,
    pub jar: Mutex<BTreeMap<String, String>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Browser {
    pub fn new(base: &str, origin: &str) -> Self {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy();
        Self {
            client: client.timeout(PATIENCE).build().unwrap(),
            base: base.to_owned(),
            origin: origin.to_owned(),
            jar: Mutex::default(),
        }
    }

    /// A browser with the same cookies.
    pub fn twin(&self) -> Self {
        let twin = Self::new(&self.base, &self.origin);
        self.jar
            .lock()
            .unwrap()
            .clone_into(&mut twin.jar.lock().unwrap());
        twin
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// Submits a form as a page of ours does.
    pub async fn submit(&self, form: &Form) -> Page {
        self.post(&form.action, form.body()).await
    }

    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Page {
        let request = self
            .request(Method::POST, path)
            .header(ORIGIN, &self.origin);
        self.send(request.header("content-type", FORM).body(body))
            .await
    }

    /// Sends a request with this browser's cookies and keeps those that come back.
    pub async fn send(&self, request: RequestBuilder) -> Page {
        let page = self.try_send(request).await;
        page.unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }

    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Page> {
        let cookies = self.jar.lock().unwrap().clone();
        let line: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if line.is_empty() {
            request
        } else {
            request.header(COOKIE, line.join("; "))
        };
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let page = Page {
            status,
            headers,
            body: answer.text().await?,
        };
        for (name, value) in page.cookies() {
            let mut jar = self.jar.lock().unwrap();
            if value.is_empty() {
                jar.remove(&name)
            } else {
                jar.insert(name, value)
            };
        }
        Ok(page)
    }

    /// Opens a page, fills its form and submits it.
    pub async fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        self.submit(&page.filled(fields)).await
    }

    /// Asks for a reset; the page that everybody gets.
    pub async fn ask(&self, identifier: &str) -> Page {
        let page = self.fill("/forgot", &[("username", identifier)]).await;
        assert_eq!(page.status, 303, "{}", page.body);
        self.get(page.location()).await
    }

    /// Pastes a code and types a username.
    pub async fn exchange(&self, code: &str, username: &str) -> Page {
        self.fill("/reset", &[("token", code), ("username", username)])
            .await
    }

    /// Chooses a new password, where the session is verified.
    pub async fn choose(&self, password: &str) -> Page {
        self.fill("/reset/password", &[("password", password)])
            .await
    }

    pub async fn sign_in(&self, name: &str, password: &str) -> Page {
        self.fill("/sign-in", &[("username", name), ("password", password)])
            .await
    }

    /// Whether the account page opens.
    pub async fn is_signed_in(&self) -> bool {
        self.get("/account").await.status == 200
    }
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        let name: HeaderName = name.parse().unwrap();
        self.headers
            .get(name)
            .map(HeaderValue::to_str)
            .map_or("", |value| value.unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// Names and values of the cookies that are set, empty where they are removed.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        let pair = |line: &HeaderValue| {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            (name.to_owned(), rest.split(';').next().unwrap().to_owned())
        };
        lines.map(pair).collect()
    }

    /// The nonce of the policy.
    pub fn nonce(&self) -> String {
        let policy = self.header("content-security-policy");
        let rest = policy.split("'nonce-").nth(1).unwrap_or_default();
        rest.split('\'').next().unwrap_or_default().to_owned()
    }

    pub fn forms(&self) -> Vec<Form> {
        Form::all(&self.body)
    }

    /// The form that is posted there.
    pub fn form(&self, action: &str) -> Form {
        let form = self.forms().into_iter().find(|form| form.action == action);
        form.unwrap_or_else(|| panic!("no form for {action} in {}", self.body))
    }

    /// The only form, filled.
    pub fn filled(&self, fields: &[(&str, &str)]) -> Form {
        let mut forms = self.forms();
        assert_eq!(forms.len(), 1, "{}", self.body);
        fields.iter().fold(forms.remove(0), |form, (name, value)| {
            form.fill(name, value)
        })
    }

    /// The text of the first element that fits, without white space around it.
    pub fn text(&self, selector: &str) -> String {
        let page = Html::parse_document(&self.body);
        let found = page.select(&Selector::parse(selector).unwrap()).next();
        found
            .map(|element| element.text().collect::<String>().trim().to_owned())
            .unwrap_or_default()
    }

    /// What is beside a field, where it is wrong.
    pub fn error(&self, field: &str) -> String {
        self.text(&format!("#{field}-error:not([hidden])"))
    }

    /// What the summary says.
    pub fn problem(&self) -> String {
        self.text(".summary:not([hidden]) ul")
    }

    /// Everything of the answer that another answer to the same question must have too: status, headers and body, without what is
    /// drawn anew each time.
    pub fn masked(&self, typed: &[&str]) -> String {
        let mut names: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| {
                let value = value.to_str().unwrap();
                match name.as_str() {
                    "date" | "x-request-id" => format!("{name}: *"),
                    "set-cookie" => {
                        let (cookie, rest) = value.split_once('=').unwrap();
                        format!("{name}: {cookie}=*{}", &rest[rest.find(';').unwrap_or(0)..])
                    }
                    "location" => {
                        format!("{name}: {}", value.split('=').next().unwrap_or_default())
                    }
                    _ => format!("{name}: {value}"),
                }
            })
            .collect();
        names.sort();
        let mut whole = format!("{}\n{}\n\n{}", self.status, names.join("\n"), self.body);
        let csrf = self
            .forms()
            .into_iter()
            .filter_map(|form| form.value("csrf").map(str::to_owned));
        let reference = self.text(".reference");
        for secret in csrf
            .chain([self.nonce(), reference])
            .filter(|text| !text.is_empty())
        {
            whole = whole.replace(&secret, "*");
        }
        for typed in typed {
            whole = whole.replace(&format!("value=\"{typed}\""), "value=\"*\"");
        }
        whole
    }
}
