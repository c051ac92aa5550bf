//! Finds query parameters and form fields that a document does not have, which Prism lets pass.

use std::path::Path;

use http::Method;
use serde_json::Value;

use crate::document::Document;
use crate::violation::{NOT_IN_DOCUMENT, Violation};

pub(crate) struct Parameters(Value);

impl Parameters {
    pub(crate) fn read(specs: &Path, document: Document) -> Self {
        let path = specs.join(document.file());
        let text =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(serde_json::from_slice(&text).unwrap())
    }

    /// Parameters of `query` that the document does not have for `path`. An undocumented path may have any.
    pub(crate) fn unknown(&self, method: &Method, path: &str, query: &str) -> Vec<Violation> {
        let Some(item) = self.item(path) else {
            return Vec::new();
        };
        let operation = &item[method.as_str().to_lowercase()];
        let known: Vec<&str> = [&item["parameters"], &operation["parameters"]]
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| self.resolved(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let unknown = names(query)
            .into_iter()
            .filter(|name| !known.contains(&name.as_str()));
        unknown
            .map(|name| Violation::new(format!("request.query.{name}"), NOT_IN_DOCUMENT))
            .collect()
    }

    /// Form fields that the document does not have for `path`; none if `body` is no form.
    pub(crate) fn unknown_fields(
        &self,
        method: &Method,
        path: &str,
        body: &Form<'_>,
    ) -> Vec<Violation> {
        let operation = self
            .item(path)
            .and_then(|item| item.get(method.as_str().to_lowercase()));
        let forms = operation.and_then(|operation| operation.pointer("/requestBody/content"));
        let Some(content) = forms.and_then(|forms| forms.get(body.mime())) else {
            return Vec::new();
        };
        let schema = self.resolved(&content["schema"]);
        let unknown = body
            .fields()
            .into_iter()
            .filter(|name| schema["properties"].get(name).is_none());
        unknown
            .map(|name| Violation::new(format!("request.body.{name}"), NOT_IN_DOCUMENT))
            .collect()
    }

    /// A path without placeholders takes precedence.
    fn item(&self, path: &str) -> Option<&Value> {
        let paths = self.0.get("paths")?.as_object()?;
        paths.get(path).or_else(|| {
            paths
                .iter()
                .find(|(template, _)| matches_template(template, path))
                .map(|(_, item)| item)
        })
    }

    fn resolved<'a>(&'a self, parameter: &'a Value) -> &'a Value {
        let reference = parameter["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix('#'));
        reference
            .and_then(|pointer| self.0.pointer(pointer))
            .unwrap_or(parameter)
    }
}

pub(crate) struct Form<'a> {
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
}

impl Form<'_> {
    fn mime(&self) -> &str {
        self.content_type.split(';').next().unwrap_or_default()
    }

    fn fields(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(self.body);
        match self.mime() {
            "multipart/form-data" => {
                let parts = text.split("form-data; name=\"").skip(1);
                parts
                    .filter_map(|part| Some(part.split_once('"')?.0.to_owned()))
                    .collect()
            }
            "application/x-www-form-urlencoded" => names(&text),
            _ => Vec::new(),
        }
    }
}

fn names(encoded: &str) -> Vec<String> {
    let url = reqwest::Url::parse(&format!("http://any/?{encoded}")).unwrap();
    url.query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect()
}

/// Whether `path` matches `template` (`/customer/{id}`).
pub(crate) fn matches_template(template: &str, path: &str) -> bool {
    let (parts, segments): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    parts.len() == segments.len()
        && parts
            .iter()
            .zip(segments)
            .all(|(part, segment)| part.starts_with('{') || *part == segment)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_come_from_path_and_operation_and_references() {
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
            found
                .into_iter()
                .map(|violation| violation.at)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            unknown("/people/all", "page=1&ids[]=1&ids%5B%5D=2&X-App=a"),
            ["request.query.X-App"]
        );
        assert_eq!(
            unknown("/people/7", "deep=1&page=2"),
            ["request.query.page"]
        );
        assert!(unknown("/others", "page=2").is_empty());
    }

    #[test]
    fn undocumented_form_fields_are_found() {
        let schema = json!({"properties": {"title": {}, "file": {}}});
        let content = json!({"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Form"}},
            "application/x-www-form-urlencoded": {"schema": schema}});
        let parameters = Parameters(json!({
            "paths": {"/documents": {"post": {"requestBody": {"content": content}}}},
            "components": {"schemas": {"Form": schema}},
        }));
        let parts = "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA\r\n--x\r\n\
                     Content-Disposition: form-data; name=\"remark\"\r\n\r\nB\r\n--x--";
        for (content_type, body, expected) in [
            (
                "multipart/form-data; boundary=x",
                parts,
                &["request.body.remark"][..],
            ),
            (
                "application/x-www-form-urlencoded",
                "title=A&day=1&file=",
                &["request.body.day"],
            ),
            ("application/json", r#"{"day": 1}"#, &[]),
        ] {
            let form = Form {
                content_type,
                body: body.as_bytes(),
            };
            let found = parameters.unknown_fields(&Method::POST, "/documents", &form);
            assert_eq!(
                found
                    .into_iter()
                    .map(|violation| violation.at)
                    .collect::<Vec<_>>(),
                expected,
                "{content_type}"
            );
        }
    }
}
