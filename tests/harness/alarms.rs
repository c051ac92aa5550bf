//! The alarms of `template.yaml`, judged as CloudWatch judges them, over the metric lines of runs.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>. Alarms on one metric with a
//! plain statistic, which ours are. `ignore` is not supported, because no alarm uses it.
#![expect(
    clippy::indexing_slicing,
    reason = "a member that is missing stops the test"
)]

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shared::runtime::{Counts, Report, emit};
use yaml_rust2::{Yaml, YamlLoader};

const TEMPLATE: &str = include_str!("../../template.yaml");
/// What the template gives as the namespace of our metrics, instead of the stack's name.
const STACK: &str = "AWS::StackName";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

/// One alarm of the template.
#[derive(Clone, Debug)]
struct Alarm {
    name: String,
    metric: Metric,
    statistic: String,
    period: SignedDuration,
    evaluation_periods: i32,
    datapoints_to_alarm: usize,
    threshold: f64,
    below: bool,
    missing: String,
}

/// Namespace, name, and the value of the last dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Metric {
    namespace: String,
    name: String,
    dimension: String,
}

#[derive(Clone, Debug)]
struct Datum {
    metric: Metric,
    at: Timestamp,
    value: f64,
}

/// Every alarm of the template, and the data that it is judged by.
#[derive(Debug)]
pub struct CloudWatch {
    alarms: Vec<Alarm>,
    data: Vec<Datum>,
}

impl CloudWatch {
    /// The template's alarms without any data.
    #[must_use]
    pub fn of_the_template() -> Self {
        let template = YamlLoader::load_from_str(TEMPLATE).unwrap().remove(0);
        let resources = template["Resources"].as_hash().unwrap();
        let alarms = resources
            .iter()
            .filter(|(_, resource)| resource["Type"].as_str() == Some("AWS::CloudWatch::Alarm"))
            .map(|(_, resource)| Alarm::read(&resource["Properties"]))
            .collect();
        Self {
            alarms,
            data: Vec::new(),
        }
    }

    /// The names of all alarms, without the stack's, in the template's order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.alarms.iter().map(|alarm| &*alarm.name).collect()
    }

    /// The value from which on the alarm `name` is raised.
    #[must_use]
    pub fn threshold(&self, name: &str) -> f64 {
        self.alarm(name).threshold
    }

    fn alarm(&self, name: &str) -> &Alarm {
        let found = self.alarms.iter().find(|alarm| alarm.name == name);
        found.unwrap_or_else(|| panic!("the template has no alarm {name}"))
    }

    /// Takes the metric line that a run writes.
    pub fn take<C: Counts>(&mut self, report: &Report<C>) {
        for line in metric_line(report).lines() {
            self.take_line(line, None);
        }
    }

    /// Takes the metric line of `report` as that of `runs` runs at `at`.
    pub fn take_as<C: Counts>(&mut self, report: &Report<C>, runs: usize, at: Timestamp) {
        let text = metric_line(report);
        for line in text.lines().cycle().take(runs * text.lines().count()) {
            self.take_line(line, Some(at));
        }
    }

    /// Takes a value of a metric of AWS.
    pub fn put(&mut self, namespace: &str, name: &str, dimension: &str, at: Timestamp, value: f64) {
        let metric = Metric {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimension: dimension.to_owned(),
        };
        self.data.push(Datum { metric, at, value });
    }

    fn take_line(&mut self, line: &str, at: Option<Timestamp>) {
        let line: Value = serde_json::from_str(line).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        let written = line["_aws"]["Timestamp"].as_i64().unwrap();
        let written = Timestamp::from_millisecond(written).unwrap();
        let dimension = directive["Dimensions"][0][0].as_str().unwrap();
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            self.put(
                directive["Namespace"].as_str().unwrap(),
                name,
                line[dimension].as_str().unwrap(),
                at.unwrap_or(written),
                line[name].as_f64().unwrap(),
            );
        }
    }

    #[must_use]
    pub fn state(&self, name: &str, at: Timestamp) -> AlarmState {
        self.alarm(name).judge(&self.data, at)
    }

    /// The alarms that are on at `at`.
    #[must_use]
    pub fn raised(&self, at: Timestamp) -> Vec<&str> {
        let raised = |alarm: &&Alarm| alarm.judge(&self.data, at) == AlarmState::Alarm;
        let alarms = self.alarms.iter().filter(raised);
        alarms.map(|alarm| &*alarm.name).collect()
    }
}

fn metric_line<C: Counts>(report: &Report<C>) -> String {
    let mut text = Vec::new();
    emit(report, STACK, &mut text);
    String::from_utf8(text).unwrap()
}

impl Alarm {
    fn read(properties: &Yaml) -> Self {
        let text = |name: &str| properties[name].as_str().unwrap().to_owned();
        let whole = |name: &str| properties[name].as_i64().unwrap();
        let threshold = &properties["Threshold"];
        let dimension = properties["Dimensions"].as_vec().unwrap().last().unwrap();
        Self {
            name: text("AlarmName").replace("${AWS::StackName}-", ""),
            metric: Metric {
                namespace: text("Namespace"),
                name: text("MetricName"),
                dimension: dimension["Value"].as_str().unwrap().to_owned(),
            },
            statistic: text("Statistic"),
            period: SignedDuration::from_secs(whole("Period")),
            evaluation_periods: i32::try_from(whole("EvaluationPeriods")).unwrap(),
            datapoints_to_alarm: usize::try_from(whole("DatapointsToAlarm")).unwrap(),
            threshold: threshold
                .as_f64()
                .unwrap_or_else(|| f64::from(i32::try_from(threshold.as_i64().unwrap()).unwrap())),
            below: match &*text("ComparisonOperator") {
                "GreaterThanOrEqualToThreshold" => false,
                "LessThanThreshold" => true,
                other => panic!("the operator {other} is not known"),
            },
            missing: text("TreatMissingData"),
        }
    }

    /// Looks at the periods that have begun by `at`, the newest among them.
    fn judge(&self, data: &[Datum], at: Timestamp) -> AlarmState {
        let length = self.period.as_secs();
        let newest = at.as_second().div_euclid(length) * length;
        let values: Vec<Option<f64>> = (0..self.evaluation_periods)
            .map(|back| self.value(data, newest - i64::from(back) * length))
            .collect();
        let breaches = |value: f64| (value < self.threshold) == self.below;
        let breaching = values
            .iter()
            .filter(|value| value.map_or(self.missing == "breaching", breaches))
            .count();
        match &*self.missing {
            "missing" if values.iter().all(Option::is_none) => AlarmState::InsufficientData,
            "missing" | "breaching" | "notBreaching" if breaching >= self.datapoints_to_alarm => {
                AlarmState::Alarm
            }
            "missing" | "breaching" | "notBreaching" => AlarmState::Ok,
            other => panic!("{other} is not a known way to treat missing data"),
        }
    }

    /// The statistic of the period that begins at the second `begin`.
    fn value(&self, data: &[Datum], begin: i64) -> Option<f64> {
        let period = begin..begin + self.period.as_secs();
        let values: Vec<f64> = data
            .iter()
            .filter(|datum| datum.metric == self.metric && period.contains(&datum.at.as_second()))
            .map(|datum| datum.value)
            .collect();
        let count = f64::from(u32::try_from(values.len()).unwrap());
        let sum: f64 = values.iter().sum();
        (!values.is_empty()).then(|| match &*self.statistic {
            "Average" => sum / count,
            "Maximum" => values.iter().copied().fold(f64::MIN, f64::max),
            "SampleCount" => count,
            "Sum" => sum,
            other => panic!("the statistic {other} is not known"),
        })
    }
}
