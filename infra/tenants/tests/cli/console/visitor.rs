//! A browser without a screen: it keeps its cookie and sends the forms of pages.

use std::collections::HashMap;

use reqwest::header::{ACCEPT_LANGUAGE, COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use tenants::args::Command;
use tenants::{Cli, Console, Interactivity};

use crate::support::{Desk, words};

pub(crate) struct Visitor {
    client: Client,
    /// `http://127.0.0.1:49152`
    pub(crate) base: String,
    pub(crate) address: String,
    pub(crate) cookie: Option<String>,
    pub(crate) language: &'static str,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// Without functions a run takes place in this process, and without them there are no schedules.
const OF_FUNCTIONS: [&str; 3] = [
    "SCHEDULE_GROUP_NAME",
    "EMPLOYEE_FUNCTION_ARN",
    "CERTIFICATE_FUNCTION_ARN",
];

/// A console that is served, and somebody who has not come in yet.
pub(crate) async fn console(desk: &Desk, options: &str) -> Visitor {
    serve(desk, options, desk.variables_without(&OF_FUNCTIONS)).await
}

/// The console of a stack with schedules.
pub(crate) async fn visitor_of_stack(desk: &Desk, variables: HashMap<String, String>) -> Visitor {
    let mut visitor = serve(desk, "", variables).await;
    visitor.come_in().await;
    visitor
}

async fn serve(desk: &Desk, options: &str, variables: HashMap<String, String>) -> Visitor {
    use clap::Parser as _;
    let line = words(&format!("tenants web {options}"));
    let Cli { global, command } = Cli::try_parse_from(line).unwrap();
    let Command::Web(args) = command else {
        panic!("another command")
    };
    let mut environment = desk.environment(Interactivity::NonInteractive, "");
    environment.variables = std::sync::Arc::new(move |name| variables.get(name).cloned());
    let console = Console::start(global, args, &environment).await.unwrap();
    let address = console.address();
    tokio::spawn(console.run(std::future::pending()));
    let base = address.split("/?").next().unwrap().to_owned();
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    Visitor {
        client: client.build().unwrap(),
        base,
        address,
        cookie: None,
        language: "en",
    }
}

pub(crate) async fn visitor(desk: &Desk, options: &str) -> Visitor {
    let mut visitor = console(desk, options).await;
    visitor.come_in().await;
    visitor
}

impl Visitor {
    pub(crate) async fn come_in(&mut self) {
        let page = send(self.client.get(&self.address)).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        assert_eq!(page.headers["location"], "/");
        let cookie = page.headers[SET_COOKIE].to_str().unwrap();
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let request = request.header(ACCEPT_LANGUAGE, self.language);
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        send(self.request(Method::GET, path)).await
    }

    /// A page that has to be there, complete.
    pub(crate) async fn text(&self, path: &str) -> String {
        let page = self.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        if !page.text.contains("&amp;wait=true\"") {
            return page.text;
        }
        // The second request of a page that takes long.
        let sign = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{sign}wait=true");
        let page = self.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        page.text
    }

    /// Sends the form for `action` that the page at `path` has, with `fields` in the place of its own.
    pub(crate) async fn submit(&self, path: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.text(path).await;
        let mut sent = form(&page, action);
        for (name, value) in fields {
            sent.retain(|(field, _)| field != name);
            sent.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.post(action, &sent).await
    }

    pub(crate) async fn post(&self, action: &str, fields: &[(String, String)]) -> Page {
        let request = self.request(Method::POST, action);
        let request = request.header(ORIGIN, &self.base);
        send(request.body(encoded(fields))).await
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Page {
    let reply = request.send().await.unwrap();
    Page {
        status: reply.status(),
        headers: reply.headers().clone(),
        text: reply.text().await.unwrap(),
    }
}

pub(crate) fn encoded(fields: &[(String, String)]) -> String {
    let url = reqwest::Url::parse_with_params("http://x/", fields).unwrap();
    url.query().unwrap_or_default().to_owned()
}

/// The hidden fields of the form for `action`.
pub(crate) fn form(page: &str, action: &str) -> Vec<(String, String)> {
    let start = format!("<form method=\"post\" action=\"{action}\">");
    let start_of_search = format!("method=\"post\" action=\"{action}\">");
    let (_, form) = page
        .split_once(&start)
        .or_else(|| page.split_once(&start_of_search))
        .unwrap_or_else(|| panic!("no form for {action} in {page}"));
    let (form, _) = form.split_once("</form>").unwrap();
    form.split("<input type=\"hidden\" ")
        .skip(1)
        .map(|input| {
            let value = |name: &str| {
                let (_, rest) = input.split_once(&format!("{name}=\"")).unwrap();
                rest.split('"').next().unwrap().to_owned()
            };
            (value("name"), value("value"))
        })
        .collect()
}
