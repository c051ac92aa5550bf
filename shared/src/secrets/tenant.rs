//! What a tenant's secret holds, and reading it without ever repeating a value.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::json::{self, DecodeError};

/// A tenant's credentials, only the parts its route needs, and the key of its fingerprints.
#[derive(Clone, Debug, Default)]
pub struct TenantSecret {
    /// For the route `direct`.
    pub personio: Option<PersonioSecret>,
    pub kombo: Option<KomboSecret>,
    pub reteach: Option<ReteachSecret>,
    pub notices: Option<NoticesSecret>,
    /// 32 bytes in base64; made by `tenants add`, never given by a person.
    pub fingerprint_key: Option<SecretString>,
}

/// Personio's API credentials (Settings, Integrations, API credentials).
#[derive(Clone, Debug)]
pub struct PersonioSecret {
    pub client_id: SecretString,
    pub client_secret: SecretString,
}

#[derive(Clone, Debug)]
pub struct KomboSecret {
    pub api_key: SecretString,
    /// Whether it is the stack's key: no tenant's secret repeats that.
    pub is_of_stack: bool,
}

#[derive(Clone, Debug)]
pub struct ReteachSecret {
    pub client_id: SecretString,
    pub client_secret: SecretString,
    pub client_code: SecretString,
}

/// The address of a webhook lets anyone write to its channel.
#[derive(Clone, Debug)]
pub struct NoticesSecret {
    /// `webhook_url`. Whether it can be used is seen when it is used: it must not stop a run.
    pub webhook_url: SecretString,
}

/// The secret is not what it should be. Names the member, never a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{member} {problem}")]
pub struct MalformedSecret {
    /// The member: `reteach.client_code`; `the secret` where it is the whole.
    pub member: String,
    /// What is wrong with it, and what it should be.
    pub problem: String,
}

/// The secret as JSON, before it is known to be complete.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    personio: Option<Personio>,
    kombo: Option<Kombo>,
    reteach: Option<Reteach>,
    notices: Option<Notices>,
    fingerprint_key: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Personio {
    client_id: Option<SecretString>,
    client_secret: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kombo {
    api_key: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reteach {
    client_id: Option<SecretString>,
    client_secret: Option<SecretString>,
    client_code: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notices {
    webhook_url: Option<SecretString>,
}

impl TenantSecret {
    /// Reads the credentials' JSON, with `fingerprint_key`.
    ///
    /// # Errors
    /// [`MalformedSecret`] names the first member that is unknown, missing, empty or not text.
    pub fn parse(text: &SecretString) -> Result<Self, MalformedSecret> {
        let document: Document = json::read(text.expose_secret()).map_err(malformed)?;
        Ok(Self {
            personio: document.personio.map(Personio::complete).transpose()?,
            kombo: document.kombo.map(Kombo::complete).transpose()?,
            reteach: document.reteach.map(Reteach::complete).transpose()?,
            notices: document.notices.map(Notices::complete).transpose()?,
            fingerprint_key: document
                .fingerprint_key
                .map(|key| filled("fingerprint_key", Some(key)))
                .transpose()?,
        })
    }

    /// Whether the stack's key of Kombo belongs to these credentials: they have none for an HR system.
    pub(super) fn takes_key_of_stack(&self) -> bool {
        self.personio.is_none() && self.kombo.is_none()
    }

    /// The JSON that [`parse`](Self::parse) reads. The stack's key of Kombo is left out.
    #[must_use]
    pub fn to_json(&self) -> SecretString {
        let mut document = Map::new();
        if let Some(personio) = &self.personio {
            let PersonioSecret {
                client_id,
                client_secret,
            } = personio;
            let part = json!({"client_id": client_id.expose_secret(), "client_secret": client_secret.expose_secret()});
            document.insert("personio".to_owned(), part);
        }
        if let Some(KomboSecret {
            api_key,
            is_of_stack: false,
        }) = &self.kombo
        {
            document.insert(
                "kombo".to_owned(),
                json!({"api_key": api_key.expose_secret()}),
            );
        }
        if let Some(ReteachSecret {
            client_id,
            client_secret,
            client_code,
        }) = &self.reteach
        {
            let part = json!({
                "client_id": client_id.expose_secret(),
                "client_secret": client_secret.expose_secret(),
                "client_code": client_code.expose_secret(),
            });
            document.insert("reteach".to_owned(), part);
        }
        if let Some(NoticesSecret { webhook_url }) = &self.notices {
            document.insert(
                "notices".to_owned(),
                json!({"webhook_url": webhook_url.expose_secret()}),
            );
        }
        if let Some(key) = &self.fingerprint_key {
            document.insert("fingerprint_key".to_owned(), key.expose_secret().into());
        }
        Value::Object(document).to_string().into()
    }
}

impl Personio {
    fn complete(self) -> Result<PersonioSecret, MalformedSecret> {
        Ok(PersonioSecret {
            client_id: filled("personio.client_id", self.client_id)?,
            client_secret: filled("personio.client_secret", self.client_secret)?,
        })
    }
}

impl Kombo {
    fn complete(self) -> Result<KomboSecret, MalformedSecret> {
        Ok(KomboSecret {
            api_key: filled("kombo.api_key", self.api_key)?,
            is_of_stack: false,
        })
    }
}

impl Reteach {
    fn complete(self) -> Result<ReteachSecret, MalformedSecret> {
        Ok(ReteachSecret {
            client_id: filled("reteach.client_id", self.client_id)?,
            client_secret: filled("reteach.client_secret", self.client_secret)?,
            client_code: filled("reteach.client_code", self.client_code)?,
        })
    }
}

impl Notices {
    fn complete(self) -> Result<NoticesSecret, MalformedSecret> {
        Ok(NoticesSecret {
            webhook_url: filled("notices.webhook_url", self.webhook_url)?,
        })
    }
}

/// White space around a value is no part of it: it comes along when a value is pasted or read from a file.
fn filled(member: &str, value: Option<SecretString>) -> Result<SecretString, MalformedSecret> {
    let problem = match value {
        None => "is missing",
        Some(text) => match text.expose_secret().trim() {
            "" => "is empty",
            text => return Ok(text.into()),
        },
    };
    Err(MalformedSecret {
        member: member.to_owned(),
        problem: problem.to_owned(),
    })
}

const SECTIONS: [(&str, &[&str]); 4] = [
    ("personio", &["client_id", "client_secret"]),
    ("kombo", &["api_key"]),
    ("reteach", &["client_id", "client_secret", "client_code"]),
    ("notices", &["webhook_url"]),
];

fn expected(path: &str) -> String {
    let unknown = |known: &[&str]| format!("is not a known key; expected {}", known.join(", "));
    let section = |name: &str| SECTIONS.iter().find(|(section, _)| *section == name);
    match path.split_once('.') {
        None if path == "fingerprint_key" => "must be text in quotes".to_owned(),
        None => match section(path) {
            Some((_, members)) => format!("must be an object with {}", members.join(", ")),
            None => unknown(&SECTIONS.map(|(section, _)| section)),
        },
        Some((name, member)) => match section(name) {
            Some((_, members)) if members.contains(&member) => "must be text in quotes".to_owned(),
            Some((_, members)) => unknown(members),
            None => unknown(&SECTIONS.map(|(section, _)| section)),
        },
    }
}

/// serde's own text would repeat the value that does not fit.
fn malformed(misfit: DecodeError) -> MalformedSecret {
    let DecodeError { path, line, .. } = misfit;
    if path == "." {
        return MalformedSecret {
            member: "the secret".to_owned(),
            problem: format!(
                "is not a JSON object: look at line {line} for a missing quote, comma or bracket"
            ),
        };
    }
    MalformedSecret {
        problem: expected(&path),
        member: path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"personio":{"client_id":"pid","client_secret":"psecret"},"kombo":{"api_key":"kkey"},
        "reteach":{"client_id":"rid","client_secret":"rsecret","client_code":"rcode"},
        "notices":{"webhook_url":"https://hook"},"fingerprint_key":"fkey"}"#;

    #[test]
    fn reads_what_it_writes() {
        let secret = TenantSecret::parse(&FULL.into()).unwrap();
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(secret.to_json().expose_secret()), value(FULL));
        let pasted = FULL.replace("psecret", r" psecret\n");
        let pasted = TenantSecret::parse(&pasted.into()).unwrap();
        assert_eq!(
            pasted.to_json().expose_secret(),
            secret.to_json().expose_secret()
        );
        let nothing = TenantSecret::parse(&"{}".into()).unwrap();
        assert_eq!(nothing.to_json().expose_secret(), "{}");
    }

    const NOT_JSON: &str =
        "the secret is not a JSON object: look at line 1 for a missing quote, comma or bracket";

    #[test]
    fn names_the_member_that_does_not_fit_and_never_a_value() {
        let cases = [
            (
                r#"{"personio":{"client_id":"s3cret"}}"#,
                "personio.client_secret is missing",
            ),
            (r#"{"kombo":{"api_key":" "}}"#, "kombo.api_key is empty"),
            (r#"{"notices":{}}"#, "notices.webhook_url is missing"),
            (r#"{"fingerprint_key":""}"#, "fingerprint_key is empty"),
            (
                r#"{"kombo":{"api_key":4711}}"#,
                "kombo.api_key must be text in quotes",
            ),
            (
                r#"{"kombo":"s3cret"}"#,
                "kombo must be an object with api_key",
            ),
            (
                r#"{"reteach":{"client_id":"s3cret","tenant":"s3cret"}}"#,
                "reteach.tenant is not a known key; expected client_id, client_secret, client_code",
            ),
            (
                r#"{"personia":{}}"#,
                "personia is not a known key; expected personio, kombo, reteach, notices",
            ),
            (r#""s3cret""#, NOT_JSON),
            (r#"{"kombo":{"api_key":"s3cret"}"#, NOT_JSON),
            (r#"{} s3cret"#, NOT_JSON),
            ("", NOT_JSON),
        ];
        for (text, expected) in cases {
            let error = TenantSecret::parse(&text.into()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
            assert!(!format!("{error:?}").contains("s3cret"));
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let secret = format!("{:?}", TenantSecret::parse(&FULL.into()).unwrap());
        for value in [
            "pid",
            "psecret",
            "kkey",
            "rid",
            "rsecret",
            "rcode",
            "https://hook",
            "fkey",
        ] {
            assert!(!secret.contains(value), "{secret}");
        }
    }
}
