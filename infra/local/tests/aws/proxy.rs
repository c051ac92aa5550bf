//! A proxy before the local stack that loses replies or makes up its own.

use std::collections::HashMap;

use local::Stack;
use serde_json::Value;
use shared::aws::{Aws, http_client, sdk_config};
use shared::state::Store;
use simulators::ForwardedCall;
pub(crate) use simulators::Forwarding as Fate;

const ENDPOINTS: [&str; 2] = [
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
];

pub(crate) struct Proxy {
    proxy: simulators::Proxy,
    aws: Aws,
    table: String,
}

impl Proxy {
    /// Stands before the stack's DynamoDB, and in the place of its Secrets Manager.
    pub(crate) async fn start(
        stack: &Stack,
        rule: impl Fn(&ForwardedCall<'_>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let mut environment: HashMap<_, _> = stack.environment().into_iter().collect();
        let (table, target) = (
            environment["TABLE_NAME"].clone(),
            environment[ENDPOINTS[0]].clone(),
        );
        let proxy = simulators::Proxy::start("DynamoDB", target, None, None);
        let proxy = proxy.await.unwrap();
        proxy.on_call(rule);
        environment.extend(ENDPOINTS.map(|name| (name.to_owned(), proxy.base_url())));
        let read = |name: &str| environment.get(name).cloned();
        let aws = Aws::new(sdk_config(read, http_client().unwrap()).unwrap());
        Self { proxy, aws, table }
    }

    /// Loses the first replies to an operation.
    pub(crate) async fn losing(stack: &Stack, operation: &'static str, replies: usize) -> Self {
        Self::start(stack, move |call| {
            let lost = call.operation == operation && call.before < replies;
            if lost { Fate::LoseReply } else { Fate::Pass }
        })
        .await
    }

    /// Answers queries in pages of at most `rows`.
    pub(crate) async fn paging(stack: &Stack, rows: usize) -> Self {
        Self::start(stack, move |call| {
            let mut query: Value = serde_json::from_str(call.body).unwrap();
            query["Limit"] = rows.into();
            Fate::Instead(query.to_string())
        })
        .await
    }

    /// A store that goes through the proxy.
    pub(crate) fn store(&self) -> Store {
        Store::new(&self.aws, &self.table)
    }

    pub(crate) fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The number of calls of an operation that arrived.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.proxy.calls_of(operation)
    }
}
