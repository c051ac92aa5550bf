//! Expressions of writes.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;

/// The expressions of a write and what their placeholders stand for.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Condition {
    pub(super) update: Option<Cow<'static, str>>,
    pub(super) condition: Option<&'static str>,
    names: HashMap<String, String>,
    values: Item,
}

impl Condition {
    pub(in crate::state) fn update(expression: impl Into<Cow<'static, str>>) -> Self {
        Self {
            update: Some(expression.into()),
            ..Self::default()
        }
    }

    pub(in crate::state) fn when(expression: &'static str) -> Self {
        Self {
            condition: Some(expression),
            ..Self::default()
        }
    }

    pub(in crate::state) fn set(mut self, expression: impl Into<Cow<'static, str>>) -> Self {
        self.update = Some(expression.into());
        self
    }

    pub(in crate::state) fn only_if(mut self, expression: &'static str) -> Self {
        self.condition = Some(expression);
        self
    }

    /// Attribute names; the placeholder is the name with `#` before it.
    pub(in crate::state) fn names<const N: usize>(mut self, names: [&str; N]) -> Self {
        self.names.extend(
            names
                .into_iter()
                .map(|name| (format!("#{name}"), name.to_owned())),
        );
        self
    }

    /// A value; the placeholder is the name with `:` before it.
    pub(in crate::state) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(format!(":{name}"), value);
        self
    }

    pub(in crate::state) fn number(self, name: &str, value: impl ToString) -> Self {
        self.value(name, AttributeValue::N(value.to_string()))
    }

    pub(in crate::state) fn text(self, name: &str, value: &str) -> Self {
        self.value(name, AttributeValue::S(value.to_owned()))
    }

    pub(super) fn placeholders(&self) -> (Option<HashMap<String, String>>, Option<Item>) {
        // DynamoDB refuses empty maps.
        let names = (!self.names.is_empty()).then(|| self.names.clone());
        let values = (!self.values.is_empty()).then(|| self.values.clone());
        (names, values)
    }
}
