//! CloudWatch's embedded metric format: a log line that CloudWatch turns into metrics.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::{self, Write};

use jiff::Timestamp;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::domain::id::{RunId, TenantId};

/// The only dimension. CloudWatch bills each combination of dimension values as a metric of its own: the tenant is a
/// property instead, which can be searched for in the log and costs nothing.
const DIMENSION: &str = "Job";

/// CloudWatch's units, as far as they are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    Count,
    Milliseconds,
    None,
}

/// One value. The name is CloudWatch's: letters, by our custom in camel case (`EmployeesCreated`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metric {
    pub name: &'static str,
    pub unit: Unit,
    /// Its value; one that is not finite is left out.
    #[serde(skip)]
    pub value: f64,
}

#[derive(Clone, Copy, Debug)]
pub struct Metrics<'a> {
    /// The stack's name: two stacks of one account and region share no metric.
    pub namespace: &'a str,
    /// The job: `employee-sync`, `certificate-sync`.
    pub job: &'a str,
    /// The tenant; a property, not a dimension.
    pub tenant: &'a TenantId,
    /// The run; a property, not a dimension.
    pub run: &'a RunId,
    pub at: Timestamp,
    pub values: &'a [Metric],
}

impl Metrics<'_> {
    /// Writes the metrics as one line, which takes up to 100 values. Without values nothing is written.
    pub fn write(&self, writer: &mut impl Write) -> io::Result<()> {
        let values: Vec<Metric> = self
            .values
            .iter()
            .copied()
            .filter(|metric| metric.value.is_finite())
            .collect();
        if values.is_empty() {
            return Ok(());
        }
        let mut line = serde_json::to_vec(&Line(Metrics {
            values: &values,
            ..*self
        }))?;
        line.push(b'\n');
        writer.write_all(&line)
    }
}

struct Line<'a>(Metrics<'a>);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Metrics {
            namespace,
            job,
            tenant,
            run,
            at,
            values,
        } = self.0;
        let directive = Directive {
            namespace,
            dimensions: [[DIMENSION]],
            metrics: values,
        };
        let metadata = Metadata {
            timestamp: at.as_millisecond(),
            cloud_watch_metrics: [directive],
        };
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("_aws", &metadata)?;
        line.serialize_entry(DIMENSION, job)?;
        line.serialize_entry("tenant", tenant)?;
        line.serialize_entry("run_id", run)?;
        for metric in values {
            line.serialize_entry(metric.name, &metric.value)?;
        }
        line.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: i64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [[&'static str; 1]; 1],
    metrics: &'a [Metric],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(values: &[Metric]) -> String {
        let tenant = TenantId::parse("acme").unwrap();
        let run = RunId::new("run-1");
        let at = "2026-03-31T08:05:00.25Z".parse().unwrap();
        let mut text = Vec::new();
        let metrics = Metrics {
            namespace: "reteach-personio",
            job: "employee-sync",
            tenant: &tenant,
            run: &run,
            at,
            values,
        };
        metrics.write(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn count(value: f64) -> Metric {
        Metric {
            name: "EmployeesCreated",
            unit: Unit::Count,
            value,
        }
    }

    #[test]
    fn writes_one_line_as_the_specification_says() {
        let text = lines(&[
            count(3.0),
            Metric {
                name: "Duration",
                unit: Unit::Milliseconds,
                value: 412.5,
            },
        ]);
        assert_eq!(text.matches('\n').count(), 1);
        insta::assert_snapshot!(text, @r#"{"_aws":{"Timestamp":1774944300250,"CloudWatchMetrics":[{"Namespace":"reteach-personio","Dimensions":[["Job"]],"Metrics":[{"Name":"EmployeesCreated","Unit":"Count"},{"Name":"Duration","Unit":"Milliseconds"}]}]},"Job":"employee-sync","tenant":"acme","run_id":"run-1","EmployeesCreated":3.0,"Duration":412.5}"#);
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        assert_eq!(lines(&[]), "");
        assert_eq!(lines(&[count(f64::NAN), count(f64::INFINITY)]), "");
    }
}
