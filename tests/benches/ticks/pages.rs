//! Pages of people, typed: only what is needed.

pub(crate) mod personio {
    use serde::{Deserialize, Deserializer};
    use serde_json::value::RawValue;
    use shared::fingerprint::{Fingerprint, FingerprintKey, Part};

    #[derive(Deserialize)]
    struct Page {
        data: Vec<Row>,
    }

    #[derive(Deserialize)]
    struct Row {
        attributes: Attributes,
    }

    #[derive(Deserialize)]
    struct Attributes {
        id: Attribute<u64>,
        first_name: Attribute<String>,
        last_name: Attribute<String>,
        email: Attribute<String>,
        gender: Attribute<String>,
        status: Attribute<String>,
        position: Attribute<String>,
        employment_type: Attribute<String>,
        hire_date: Attribute<String>,
        termination_date: Attribute<String>,
        #[serde(deserialize_with = "unit")]
        department: Option<String>,
        #[serde(deserialize_with = "unit")]
        office: Option<String>,
        #[serde(deserialize_with = "unit")]
        subcompany: Option<String>,
    }

    #[derive(Deserialize)]
    struct Attribute<T> {
        value: Option<T>,
    }

    #[derive(Deserialize)]
    struct Unit {
        attributes: Named,
    }

    #[derive(Deserialize)]
    struct Named {
        name: String,
    }

    /// `{type, attributes: {id, name}}`, null or `[]`.
    fn unit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
        let value = Attribute::<&RawValue>::deserialize(from)?.value;
        Ok(value
            .and_then(|raw| serde_json::from_str::<Unit>(raw.get()).ok())
            .map(|unit| unit.attributes.name))
    }

    /// Of everybody on a page.
    pub(crate) fn fingerprints(page: &[u8], key: &FingerprintKey) -> Vec<Fingerprint> {
        let page: Page = serde_json::from_slice(page).unwrap();
        page.data
            .iter()
            .map(|row| row.attributes.fingerprint(key))
            .collect()
    }

    impl Attributes {
        fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
            let id = self.id.value.map(|id| id.to_string());
            let attributes = [
                &id,
                &self.first_name.value,
                &self.last_name.value,
                &self.email.value,
                &self.gender.value,
                &self.status.value,
                &self.position.value,
                &self.employment_type.value,
                &self.hire_date.value,
                &self.termination_date.value,
                &self.department,
                &self.office,
                &self.subcompany,
            ];
            key.fingerprint(
                attributes.map(|value| value.as_deref().map_or(Part::Null, Part::Value)),
            )
        }
    }
}

/// As Kombo's unified model has them.
pub(crate) mod kombo {
    use serde::Deserialize;
    use shared::fingerprint::{Fingerprint, FingerprintKey, Part};

    #[derive(Deserialize)]
    struct Reply {
        data: Page,
    }

    #[derive(Deserialize)]
    struct Page {
        results: Vec<Row>,
    }

    #[derive(Deserialize)]
    struct Row {
        remote_id: Option<String>,
        first_name: Option<String>,
        last_name: Option<String>,
        work_email: Option<String>,
        gender: Option<String>,
        employment_status: Option<String>,
        job_title: Option<String>,
        start_date: Option<String>,
        termination_date: Option<String>,
        legal_entity: Option<Named>,
        work_location: Option<Named>,
        groups: Vec<Named>,
        custom_fields: Option<Custom>,
    }

    #[derive(Deserialize)]
    struct Named {
        name: Option<String>,
    }

    #[derive(Deserialize)]
    struct Custom {
        anstellungsart: Option<String>,
    }

    /// Of everybody on a page.
    pub(crate) fn fingerprints(page: &[u8], key: &FingerprintKey) -> Vec<Fingerprint> {
        let reply: Reply = serde_json::from_slice(page).unwrap();
        reply
            .data
            .results
            .iter()
            .map(|row| row.fingerprint(key))
            .collect()
    }

    impl Row {
        fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
            let name = |named: Option<&Named>| named.and_then(|named| named.name.clone());
            let fields = [
                &self.remote_id,
                &self.first_name,
                &self.last_name,
                &self.work_email,
                &self.gender,
                &self.employment_status,
                &self.job_title,
                &self.start_date,
                &self.termination_date,
                &name(self.legal_entity.as_ref()),
                &name(self.work_location.as_ref()),
                &name(self.groups.first()),
                &self
                    .custom_fields
                    .as_ref()
                    .and_then(|fields| fields.anstellungsart.clone()),
            ];
            key.fingerprint(fields.map(|value| value.as_deref().map_or(Part::Null, Part::Value)))
        }
    }
}
