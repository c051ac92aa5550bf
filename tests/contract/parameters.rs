//! Query parameters: OpenAPI has no word for those that a call must not have, so Prism lets any pass.

use std::path::Path;

use http::Method;
use serde_json::Value;

use crate::document::Document;
use crate::violation::{NOT_THERE, Violation};

/// One document's calls.
pub(crate) struct Parameters(Value);

impl Parameters {
    /// Reads `document` in the folder `specs`.
    pub(crate) fn read(specs: &Path, document: Document) -> Self {
        let path = specs.join(document.file());
        let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(serde_json::from_slice(&text).unwrap())
    }

    /// The parameters of `query` that the call of `path` does not have in the document. A call that is not there has any.
    pub(crate) fn unknown(&self, method: &Method, path: &str, query: &str) -> Vec<Violation> {
        let Some(item) = self.item(path) else { return Vec::new() };
        let operation = &item[method.as_str().to_lowercase()];
        let known: Vec<&str> = [&item["parameters"], &operation["parameters"]]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| self.resolved(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let sent = reqwest::Url::parse(&format!("http://any/?{query}")).unwrap();
        let names = sent.query_pairs().map(|(name, _)| name.into_owned());
        let unknown = names.filter(|name| !known.contains(&name.as_str()));
        unknown.map(|name| Violation::new(format!("request.query.{name}"), NOT_THERE)).collect()
    }

    /// A path without placeholders goes before one with.
    fn item(&self, path: &str) -> Option<&Value> {
        let paths = self.0["paths"].as_object()?;
        paths
            .get(path)
            .or_else(|| paths.iter().find(|(template, _)| fits(template, path)).map(|(_, item)| item))
    }

    fn resolved<'a>(&'a self, parameter: &'a Value) -> &'a Value {
        let reference = parameter["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        reference.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(parameter)
    }
}

/// Whether `path` is one of those that `template` (`/customer/{id}`) stands for.
pub(crate) fn fits(template: &str, path: &str) -> bool {
    let (parts, segments): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    parts.len() == segments.len()
        && parts.iter().zip(segments).all(|(part, segment)| part.starts_with('{') || *part == segment)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn knows_the_parameters_of_the_path_of_the_call_and_by_reference() {
        let parameters = Parameters(json!({
            "paths": {
                "/people/{id}": {"get": {"parameters": [{"name": "deep", "in": "query"}]}},
                "/people/all": {
                    "parameters": [{"$ref": "#/components/parameters/page"}, {"name": "X-App", "in": "header"}],
                    "get": {"parameters": [{"name": "ids[]", "in": "query"}]},
                },
            },
            "components": {"parameters": {"page": {"name": "page", "in": "query"}}},
        }));
        let unknown = |path: &str, query: &str| {
            let found = parameters.unknown(&Method::GET, path, query);
            found.into_iter().map(|it| it.at).collect::<Vec<_>>()
        };
        assert_eq!(unknown("/people/all", "page=1&ids[]=1&ids%5B%5D=2&X-App=a"), ["request.query.X-App"]);
        assert_eq!(unknown("/people/7", "deep=1&page=2"), ["request.query.page"]);
        assert!(unknown("/others", "page=2").is_empty());
    }
}
