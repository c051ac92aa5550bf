//! Putting a connection's id into a tenant's file.

use shared::kombo::IntegrationId;
use shared::tenant::TenantConfig;

use crate::failure::{Failure, Result};

/// The file with this connection: its line under `[kombo]` replaced or added, everything else as written.
pub(crate) fn with_integration(
    text: &str,
    integration: &IntegrationId,
) -> Result<(String, TenantConfig)> {
    let line = format!("integration_id = \"{integration}\"");
    let mut lines: Vec<String> = Vec::new();
    let mut in_kombo = false;
    let mut written = false;
    for old in text.lines() {
        let bare = old.trim_start();
        if bare.starts_with('[') {
            in_kombo = bare.split('#').next().unwrap_or_default().trim() == "[kombo]";
            lines.push(old.to_owned());
            if in_kombo {
                lines.push(line.clone());
                written = true;
            }
        } else if !(in_kombo && is_assignment(bare)) {
            lines.push(old.to_owned());
        }
    }
    if !written {
        lines.extend(["[kombo]".to_owned(), line]);
    }
    let text = format!("{}\n", lines.join("\n"));
    // A file may be written in ways that no line-by-line look understands: the result is read again.
    match TenantConfig::parse(&text) {
        Ok(config)
            if config
                .kombo
                .as_ref()
                .and_then(|kombo| kombo.integration_id.as_ref())
                == Some(integration) =>
        {
            Ok((text, config))
        }
        _ => Err(Failure::usage(format!(
            "the connection cannot be put into this tenant's file: write `integration_id = \"{integration}\"` under [kombo] \
             yourself, and `tenants add --file FILE --update`"
        ))),
    }
}

fn is_assignment(line: &str) -> bool {
    line.strip_prefix("integration_id")
        .is_some_and(|rest| rest.trim_start().starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"kombo\"\n";

    #[test]
    fn replaces_or_adds_the_line_and_leaves_the_rest_as_written() {
        let id: IntegrationId = "personio:new".parse().unwrap();
        let line = "integration_id = \"personio:new\"\n";
        for (before, after) in [
            ("[kombo]\n", format!("[kombo]\n{line}")),
            (
                "[kombo] # theirs\n\n[brake]\nmail = 3\n",
                format!("[kombo] # theirs\n{line}\n[brake]\nmail = 3\n"),
            ),
            (
                "[kombo]\nemployment_type_field = \"a\"\n  integration_id = \"personio:old\" # old\n[scope]\n",
                format!("[kombo]\n{line}employment_type_field = \"a\"\n[scope]\n"),
            ),
        ] {
            let (text, config) = with_integration(&format!("{HEAD}{before}"), &id).unwrap();
            assert_eq!(text, format!("{HEAD}{after}"));
            assert_eq!(config.kombo.unwrap().integration_id, Some(id.clone()));
        }
    }

    #[test]
    fn a_file_in_another_style_is_left_to_its_author() {
        let id: IntegrationId = "personio:new".parse().unwrap();
        let inline = HEAD.replace(
            "[personio]",
            "kombo = { integration_id = \"personio:old\" }\n[personio]",
        );
        assert!(
            with_integration(&inline, &id)
                .unwrap_err()
                .text
                .contains("integration_id = \"personio:new\"")
        );
    }
}
