//! A proxy before the local stack that loses replies or makes up its own.

use std::collections::HashMap;

use local::Stack;
use shared::aws::{Aws, http_client, sdk_config};
use shared::state::Store;
use simulators::ForwardedCall;
pub(crate) use simulators::Forwarding as Fate;

const ENDPOINTS: [&str; 2] = [
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
];

pub(crate) struct Proxy(simulators::Proxy);

impl Proxy {
    /// Stands before the stack's DynamoDB, and in the place of its Secrets Manager.
    pub(crate) async fn start(
        stack: &Stack,
        rule: impl Fn(&ForwardedCall<'_>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let target = variable(stack, ENDPOINTS[0]);
        let proxy = simulators::Proxy::start("DynamoDB", target, None, None)
            .await
            .unwrap();
        proxy.on_call(rule);
        Self(proxy)
    }

    /// A store that goes through the proxy.
    pub(crate) fn store(&self, stack: &Stack) -> Store {
        Store::new(&self.aws(stack), &variable(stack, "TABLE_NAME"))
    }

    pub(crate) fn aws(&self, stack: &Stack) -> Aws {
        let mut environment: HashMap<_, _> = stack.environment().into_iter().collect();
        environment.extend(ENDPOINTS.map(|name| (name.to_owned(), self.0.base_url())));
        let read = |name: &str| environment.get(name).cloned();
        Aws::new(sdk_config(read, http_client().unwrap()).unwrap())
    }

    /// The number of calls of an operation that arrived.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.0.calls_of(operation)
    }
}

fn variable(stack: &Stack, name: &str) -> String {
    let mut variables = stack.environment().into_iter();
    variables.find(|(known, _)| known == name).unwrap().1
}
