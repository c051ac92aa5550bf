//! Deployed functions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value;

/// What a function says to an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Reply(Value),
    /// Lambda's error document: `errorType`, `errorMessage`.
    Error(Value),
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Somebody waits for the answer.
    RequestResponse,
    Event,
}

/// What runs a deployed function.
pub trait Runtime: Send + Sync {
    /// Runs the function `arn` on `event`, once.
    fn invoke(&self, arn: String, event: Value, call: Call) -> BoxFuture<'static, Answer>;
}

#[derive(Clone)]
pub(super) enum Function {
    /// It says the same to every event.
    Fixed(Answer),
    Run(Arc<dyn Runtime>),
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(answer) => f.debug_tuple("Fixed").field(answer).finish(),
            Self::Run(_) => f.write_str("Run"),
        }
    }
}

/// The function called `name`: its ARN, or the name at the ARN's end.
pub(super) fn find(
    functions: &BTreeMap<String, Function>,
    name: &str,
) -> Option<(String, Function)> {
    let is_it = |arn: &str| arn == name || arn.rsplit(':').next() == Some(name);
    let (arn, function) = functions.iter().find(|(arn, _)| is_it(arn))?;
    Some((arn.clone(), function.clone()))
}
