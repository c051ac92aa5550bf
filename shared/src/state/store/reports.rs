//! What runs leave behind.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StateError, Store};
use crate::domain::id::{RunId, TenantId};
use crate::state::JobKind;
use crate::state::key::{Key, REPORTS, SORT_KEY, TIME_TO_LIVE, partition};
use crate::state::table::{Condition, Item, Query, attribute, part, sort_key, unix_seconds};

const REPORT: &str = "report";

impl Store {
    /// Keeps a run's report until `expires_at` (DynamoDB deletes it within a few days of that).
    pub async fn put_report(
        &self,
        tenant: &TenantId,
        job: JobKind,
        at: Timestamp,
        run: &RunId,
        expires_at: Timestamp,
        report: &impl Serialize,
    ) -> Result<(), StateError> {
        let key = Key::report(tenant, job, at);
        let item = Item::from([
            (REPORT.to_owned(), attribute(report, &key.sk)?),
            ("run_id".to_owned(), AttributeValue::S(run.to_string())),
            (TIME_TO_LIVE.to_owned(), unix_seconds(expires_at)),
        ]);
        let put = self.table.put(&key, item, Condition::default());
        put.await.map(drop)
    }

    /// The last `limit` reports of both jobs, newest first.
    pub async fn reports<T: DeserializeOwned>(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Vec<T>, StateError> {
        let (reports, damaged) = self.readable_reports(tenant, limit).await?;
        damaged.into_iter().next().map_or(Ok(reports), Err)
    }

    /// The readable ones of the last `limit` reports of both jobs, newest first, and [`StateError::Damaged`] for each of the
    /// others.
    pub async fn readable_reports<T: DeserializeOwned>(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<(Vec<T>, Vec<StateError>), StateError> {
        let query = Query::partition(partition(tenant))
            .prefix(REPORTS)
            .eventual()
            .newest(limit);
        let (mut readable, mut damaged) = (Vec::new(), Vec::new());
        for item in self.table.query(query).all().await? {
            match read(item) {
                Ok(report) => readable.push(report),
                Err(error) => damaged.push(error),
            }
        }
        Ok((readable, damaged))
    }

    /// What became of the runs of both jobs that began at `since` or later, oldest first: `T` has a report's `started_at`,
    /// `outcome` and `counts`. Its findings, of which there may be hundreds, are not read. A damaged report is left out.
    pub async fn outcomes_since<T: DeserializeOwned>(
        &self,
        tenant: &TenantId,
        since: Timestamp,
    ) -> Result<Vec<T>, StateError> {
        let query = Query::partition(partition(tenant))
            .prefix(REPORTS)
            .from(format!("{REPORTS}{since:.3}"))
            .only(&[
                SORT_KEY,
                "report.started_at",
                "report.outcome",
                "report.counts",
            ])
            .eventual();
        let items = self.table.query(query).all().await?;
        let reports = items.into_iter().map(read);
        Ok(reports.filter_map(Result::ok).collect())
    }

    /// Changes every report that `edit` says it has changed. Returns their number. Safe to repeat.
    pub async fn edit_reports<T: DeserializeOwned + Serialize + Send>(
        &self,
        tenant: &TenantId,
        edit: &(dyn Fn(&mut T) -> bool + Sync),
    ) -> Result<u64, StateError> {
        let mut edited = 0;
        let query = Query::partition(partition(tenant)).prefix(REPORTS);
        let mut pages = self.table.query(query);
        while let Some(page) = pages.next().await? {
            for item in page {
                let key = Key::of(tenant, sort_key(&item));
                let mut report: T = read(item)?;
                if !edit(&mut report) {
                    continue;
                }
                // One that has expired meanwhile stays away.
                let condition = Condition::update("SET #report = :report")
                    .only_if("attribute_exists(#report)")
                    .names([REPORT])
                    .value(REPORT, attribute(&report, &key.sk)?);
                self.table.update(&key, condition).await?;
                edited += 1;
            }
        }
        Ok(edited)
    }
}

fn read<T: DeserializeOwned>(mut item: Item) -> Result<T, StateError> {
    let report = item.remove(REPORT).and_then(part);
    report.ok_or_else(|| StateError::Damaged {
        item: sort_key(&item).to_owned(),
    })
}
