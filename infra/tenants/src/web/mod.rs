//! `tenants web`: the operator's console, pages in a browser on this machine.
//!
//! Each page shows the view that a command prints, each button is a command. Pages are made here with maud; htmx refreshes
//! them, and without it they work all the same. See `docs/console.md`.

mod actions;
mod assets;
#[cfg(test)]
mod fuzz_tests;
mod guard;
mod language;
mod layout;
mod live;
mod pages;
mod plots;
mod readings;
mod refusal;
mod session;
mod visit;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use jiff::Timestamp;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::args::{Global, Web};
use crate::commands;
use crate::context::CommandContext;
use crate::environment::Environment;
use crate::failure::{Failure, Result};
use crate::output::{Output, View};

use self::live::Runs;
use self::readings::Readings;
use self::session::Door;

/// A console that listens and is not served yet.
pub struct Console {
    listener: TcpListener,
    shared: Shared,
}

#[derive(Clone)]
struct Shared(Arc<State>);

struct State {
    context: CommandContext<'static>,
    door: Door,
    runs: Runs,
    readings: Arc<Readings>,
    /// `127.0.0.1:49152`, the only name that is answered.
    host: String,
    /// Cookies do not tell ports apart, so the name does.
    cookie: String,
    read_only: bool,
}

impl std::ops::Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl State {
    fn now(&self) -> Timestamp {
        self.context.now()
    }

    fn set_cookie(&self, secret: &str) -> String {
        format!(
            "{}={secret}; HttpOnly; SameSite=Strict; Path=/",
            self.cookie
        )
    }
}

impl Console {
    /// Listens on 127.0.0.1.
    pub async fn start(global: Global, args: Web, environment: &Environment) -> Result<Self> {
        // A process serves one console until it ends. Pages borrow from it without a lifetime.
        let environment: &'static Environment = Box::leak(Box::new(environment.detached()));
        let context = commands::open(global, environment).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
        let taken = |error| Failure::usage(format!("{address} cannot be used: {error}"));
        let listener = TcpListener::bind(address).await.map_err(taken)?;
        let port = listener.local_addr().map_err(taken)?.port();
        Ok(Self {
            listener,
            shared: Shared(Arc::new(State {
                door: Door::new(context.now())?,
                context,
                runs: Runs::default(),
                readings: Arc::default(),
                host: format!("{}:{port}", Ipv4Addr::LOCALHOST),
                cookie: format!("tenants-{port}"),
                read_only: args.read_only,
            })),
        })
    }

    /// The address for the browser. It works once.
    pub fn address(&self) -> String {
        format!(
            "http://{}/?token={}",
            self.shared.host,
            self.shared.door.token()
        )
    }

    /// Serves until `ended`.
    pub async fn run(
        self,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let Self { listener, shared } = self;
        // Live progress keeps connections open: they end with the console.
        tokio::select! {
            served = async { axum::serve(listener, router(shared)).await } => served,
            () = ended => Ok(()),
        }
    }
}

fn router(shared: Shared) -> Router {
    use pages::{audit, certificates, fleet, people, person, plan, runs, tenant};
    // A reloaded tab asks for the address of a form without the form.
    let form: MethodRouter<Shared> = get(tenant::back);
    Router::new()
        .route("/", get(fleet::page))
        .route("/assets/{name}", get(assets::file))
        .route("/tenants/{tenant}", get(tenant::page))
        .route("/tenants/{tenant}/plan", get(plan::page))
        .route("/tenants/{tenant}/plan/live", get(plan::live))
        .route("/tenants/{tenant}/people", get(people::page))
        .route(
            "/tenants/{tenant}/people/find",
            form.clone().post(people::find),
        )
        .route("/tenants/{tenant}/people/{person}", get(person::page))
        .route("/tenants/{tenant}/people/{person}/live", get(person::live))
        .route("/tenants/{tenant}/person", get(person::page))
        .route("/tenants/{tenant}/person/live", get(person::live))
        .route("/tenants/{tenant}/certificates", get(certificates::page))
        .route("/tenants/{tenant}/runs", get(runs::page))
        .route("/tenants/{tenant}/runs/{run}", get(runs::report))
        .route("/tenants/{tenant}/audit", get(audit::page))
        .route("/tenants/{tenant}/audit.csv", get(audit::csv))
        .route("/tenants/{tenant}/audit.json", get(audit::json))
        .route("/tenants/{tenant}/sync/{number}", get(live::page))
        .route("/tenants/{tenant}/sync/{number}/events", get(live::events))
        .route("/tenants/{tenant}/do/sync", form.clone().post(live::sync))
        .route("/tenants/{tenant}/do/{action}", form.post(actions::act))
        .fallback(pages::not_found)
        .layer(from_fn_with_state(shared.clone(), guard::guard))
        .with_state(shared)
}

#[derive(Serialize)]
struct EndedView {
    host: String,
}

impl View for EndedView {
    fn text(&self) -> String {
        "The console has ended.\n".to_owned()
    }
}

pub(crate) async fn serve(global: Global, args: Web, environment: &Environment) -> Result<Output> {
    let console = Console::start(global, args, environment).await?;
    let host = console.shared.host.clone();
    environment.say(&format!(
        "The console is at\n\n  {}\n\nfor ten minutes and for one browser. Ctrl-C ends it.\n",
        console.address()
    ));
    // Thousands of companies take seconds to read: that begins before the browser comes.
    let shared = console.shared.clone();
    tokio::spawn(async move { pages::fleet::read(&shared).await });
    let ended = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    console
        .run(ended)
        .await
        .map_err(|error| Failure::attention(format!("{host} cannot be served: {error}")))?;
    Output::of(&EndedView { host })
}
