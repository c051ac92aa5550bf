//! Hosts that a tenant's file names, and that credentials are sent to.

use shared::http::BaseUrl;
use shared::tenant::TenantConfig;

use crate::failure::{Failure, Result};

/// A key, the vendor, and the domain that its hosts are in.
type Place<'a> = (&'static str, &'a BaseUrl, &'static str, &'static str);

/// Refuses a file that would have credentials sent to a host of nobody known, unless the operator allows it by name, or
/// `stored` has it already for the same vendor. This machine is exempt: simulators run there.
pub(crate) fn check_hosts(
    config: &TenantConfig,
    stored: Option<&TenantConfig>,
    allowed: &[String],
) -> Result<()> {
    let known: Vec<(&str, Option<&str>)> = stored
        .into_iter()
        .flat_map(places)
        .map(|place| (place.0, host(place)))
        .collect();
    let problems = places(config).filter_map(|place| {
        let (key, base_url, vendor, domain) = place;
        let name = host(place)?;
        let is_vendors = name == domain || name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        let is_allowed = allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
        let is_known = known.contains(&(key, Some(name)));
        (!is_vendors && !is_allowed && !base_url.is_loopback() && !is_known).then(|| {
            format!(
                "\n  {key} names {name}, which is not in {vendor}'s domain {domain}: credentials would be sent there. If that is \
                 right: --allow-host {name}"
            )
        })
    });
    let problems: String = problems.collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "the tenant's file is not accepted:{problems}"
    )))
}

fn places(config: &TenantConfig) -> impl Iterator<Item = Place<'_>> {
    let kombo = config.kombo.as_ref();
    let kombo = kombo.map(|kombo| ("kombo.base_url", &kombo.base_url, "Kombo", "kombo.dev"));
    let others = [
        (
            "personio.base_url",
            &config.personio.base_url,
            "Personio",
            "personio.de",
        ),
        (
            "reteach.base_url",
            &config.reteach.base_url,
            "reteach",
            "reteach.io",
        ),
    ];
    kombo.into_iter().chain(others)
}

fn host((_, base_url, ..): Place<'_>) -> Option<&str> {
    base_url.as_url().host_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: &str) -> TenantConfig {
        let text = format!("tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n{more}");
        TenantConfig::parse(&text).unwrap()
    }

    fn at(kombo: &str) -> TenantConfig {
        config(&format!(
            "[personio]\nvia = \"kombo\"\n[kombo]\nbase_url = \"{kombo}\"\nintegration_id = \"personio:x1\""
        ))
    }

    #[test]
    fn credentials_go_to_the_vendors_and_to_this_machine_unasked() {
        for kombo in [
            "https://api.kombo.dev/v1",
            "https://kombo.dev",
            "https://api.eu.kombo.dev",
            "http://127.0.0.1:4000",
            "http://localhost:4000",
        ] {
            assert_eq!(check_hosts(&at(kombo), None, &[]), Ok(()), "{kombo}");
        }
        let plain = config("[personio]\nvia = \"direct\"");
        assert_eq!(check_hosts(&plain, None, &[]), Ok(()));
    }

    #[test]
    fn another_host_is_accepted_by_its_name_alone_or_if_it_is_stored() {
        for (kombo, host) in [
            (
                "https://api.kombo.dev.evil.example",
                "api.kombo.dev.evil.example",
            ),
            ("https://evilkombo.dev", "evilkombo.dev"),
            ("https://9.9.9.9", "9.9.9.9"),
        ] {
            let config = at(kombo);
            let refused = check_hosts(&config, None, &["other.example".to_owned()]).unwrap_err();
            let text = &refused.text;
            assert!(text.contains(&format!("--allow-host {host}")), "{text}");
            assert!(refused.text.contains("kombo.base_url"), "{}", refused.text);
            let allowed = [host.to_uppercase()];
            assert_eq!(check_hosts(&config, None, &allowed), Ok(()), "{host}");
            assert_eq!(check_hosts(&config, Some(&config), &[]), Ok(()), "{host}");
        }
    }

    /// The key of Kombo is the whole stack's.
    #[test]
    fn a_host_that_is_stored_for_one_vendor_gets_no_credentials_of_another() {
        let file = |kombo: &str| {
            config(&format!(
                "[personio]\nvia = \"kombo\"\n[reteach]\nbase_url = \"https://b.example\"\n[kombo]\nbase_url = \"{kombo}\"\n\
                 integration_id = \"personio:x1\""
            ))
        };
        let stored = file("https://api.kombo.dev/v1");
        assert_eq!(check_hosts(&stored, Some(&stored), &[]), Ok(()));
        let refused = check_hosts(&file("https://b.example"), Some(&stored), &[]).unwrap_err();
        let text = &refused.text;
        assert!(text.contains("kombo.base_url names b.example"), "{text}");
        assert!(!text.contains("reteach.base_url"), "{text}");
    }

    #[test]
    fn every_host_is_looked_at() {
        let all = config(
            "[personio]\nvia = \"direct\"\nbase_url = \"https://a.example\"\n[reteach]\nbase_url = \"https://b.example\"",
        );
        let refused = check_hosts(&all, None, &[]).unwrap_err();
        for part in [
            "personio.base_url names a.example",
            "reteach.base_url names b.example",
        ] {
            assert!(refused.text.contains(part), "{}", refused.text);
        }
    }
}
