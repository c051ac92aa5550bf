//! Cases that may leave something else than the fault-free run, or need no report: which, exactly what, and why.

/// An exception to the rule.
pub(crate) struct Exception {
    /// Texts that the names of its cases contain, all of them: `&` separates them, `|` their alternatives.
    of: &'static str,
    pub(crate) leaves: Leaves,
    pub(crate) why: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// The same ending, and no report is needed: the run does not use what is wrong.
    NothingToReport,
    /// Lines of the ending that contain one of these texts may differ, permanently.
    Lines(&'static [&'static str]),
    /// The same, and no report mentions it.
    Unnoticed(&'static [&'static str]),
    /// The same, no report mentions it, and the daily comparison repairs the accounts.
    UntilTheComparison(&'static [&'static str]),
}

const ACCOUNTS: &[&str] = &[
    "Customer",
    "EmployeeEntry",
    "waiting",
    "pending",
    "repaired",
    "open accounts",
];

/// The first that matches counts.
static EXCEPTIONS: &[Exception] = &[
    Exception {
        of: "GET /v2/document-management/documents & /403",
        leaves: Leaves::Lines(&["certificate c-1", "certificates:"]),
        why: "documents that may not be listed: the upload of unknown outcome is parked for the operator",
    },
    Exception {
        of: "certificates/kombo & GET /v2/document-management/documents & /401",
        leaves: Leaves::Lines(&["certificate c-1", "certificates:"]),
        why: "behind Kombo nobody but Kombo can log in again: as above",
    },
    Exception {
        of: "certificates/direct/|certificates/kombo-passthrough/|archive/ & GET /v2/document-management/documents# & /fewer-rows|/rows-skipped|/empty-list",
        leaves: Leaves::NothingToReport,
        why: "the list before a first filing announces no total, and there is nothing to find",
    },
    Exception {
        of: "certificates/kombo/ & GET /v2/document-management/documents# & /fewer-rows|/rows-skipped|/empty-list",
        leaves: Leaves::Unnoticed(&["certificate c-1", "certificates:"]),
        why: "the same",
    },
    Exception {
        of: "certificates/|archive/ & DynamoDB PutItem# & /aws-conflict",
        leaves: Leaves::NothingToReport,
        why: "an entry that another write holds for a moment is written again",
    },
    Exception {
        of: "document-categories & /fewer-rows",
        leaves: Leaves::Unnoticed(&["document of"]),
        why: "Personio's list of folders announces no total: without the best one, the next best is taken",
    },
    Exception {
        of: "categories# & /rows-skipped",
        leaves: Leaves::Unnoticed(&["document of"]),
        why: "the same",
    },
    Exception {
        of: "pages/ & Personio GET /v1/company/employees#1 & /fewer-rows",
        leaves: Leaves::NothingToReport,
        why: "the next page begins where the rows ended: nobody is missed",
    },
    Exception {
        of: "morning/ & reteach PUT /customer/{customerIdentifier}# & /404",
        leaves: Leaves::Lines(&["SourceId(\"7\")"]),
        why: "an account said to be deleted is forgotten: it is found by its id and locked, and what it holds is noted no more",
    },
    Exception {
        of: "GET /participation# & /total-off",
        leaves: Leaves::NothingToReport,
        why: "one certificate is asked for by its id: no total is looked at",
    },
    Exception {
        of: "archive/ & GET /participation#1 & /empty-list",
        leaves: Leaves::Lines(&["certificate c-", "document of"]),
        why: "an academy of which no certificate is known yet may have none: all are found by the daily scan",
    },
    Exception {
        of: "GET /participation# & /fewer-rows|/empty-list",
        leaves: Leaves::NothingToReport,
        why: "a certificate that its list misses is found by the next run",
    },
    Exception {
        of: "GET /v1/hris/|documents#|categories# & /total-off",
        leaves: Leaves::NothingToReport,
        why: "there is no total",
    },
    Exception {
        of: "first/ & reteach GET /customer#1/empty-list",
        leaves: Leaves::Lines(&["held"]),
        why: "an academy that shows no accounts shows no orphan: the daily comparison finds it",
    },
    Exception {
        of: "morning/ & reteach GET /customer/{customerIdentifier}# & /404",
        leaves: Leaves::NothingToReport,
        why: "an account that this run has found is written by its own id, also if it cannot be read",
    },
    Exception {
        of: "certificates/kombo/ & passthrough/ & /400",
        leaves: Leaves::Unnoticed(&["certificate c-1", "certificates:"]),
        why: "a list that is refused once is asked for again",
    },
    Exception {
        of: "reteach DELETE /customer/{customerIdentifier}/tags & /404",
        leaves: Leaves::UntilTheComparison(ACCOUNTS),
        why: "404 is what reteach says of a tag that is off already",
    },
    Exception {
        of: "certificates/kombo/ & passthrough/",
        leaves: Leaves::Lines(&["certificate c-1", "certificates:"]),
        why: "Kombo opens the passthrough per customer: its refusal means that documents cannot be listed",
    },
    Exception {
        of: "certificates/kombo/ & GET /v2/document-management/documents",
        leaves: Leaves::Lines(&["certificate c-1", "certificates:"]),
        why: "the same",
    },
    Exception {
        of: "morning/ & DynamoDB PutItem#",
        leaves: Leaves::Lines(&["waiting"]),
        why: "a root that was not written after its shards: the daily comparison counts who waits again",
    },
    Exception {
        of: "morning/ & /killed",
        leaves: Leaves::Lines(&["waiting"]),
        why: "the same",
    },
    Exception {
        of: "approved/kombo/ & GET /v1/hris/employees#1/ & fewer-rows|rows-skipped",
        leaves: Leaves::Lines(&["counted"]),
        why: "an approval ends with its plan: who is missing from the list is locked by the next one, and counts",
    },
    Exception {
        of: "approved/ & reteach PUT /customer/{customerIdentifier}# & /400|/409|/422",
        leaves: Leaves::Lines(&["counted"]),
        why: "the same: who is refused is tried again later, and counts then",
    },
    Exception {
        of: "held/ & reteach GET /customer/{customerIdentifier}# & /404",
        leaves: Leaves::Unnoticed(&["SourceId(\"2\")"]),
        why: "an account that this run has found is written by its external id, also if it cannot be read",
    },
    Exception {
        of: "held/ & reteach PUT /customer/{customerIdentifier}#|reteach GET /customer/{customerIdentifier}#|/reteach/|/refused-next",
        leaves: Leaves::Lines(&["SourceId(\"2\")"]),
        why: "a failure stays noted, or what an account holds that was forgotten does not, until the whole of a change is through",
    },
];

pub(crate) fn exception(case: &str) -> Option<&'static Exception> {
    let holds = |part: &str| part.split('|').any(|text| case.contains(text));
    EXCEPTIONS
        .iter()
        .find(|exception| exception.of.split(" & ").all(holds))
}

/// The exceptions that no case has.
pub(crate) fn unused(cases: impl Iterator<Item = String>) -> Vec<String> {
    let used: Vec<_> = cases.filter_map(|case| exception(&case)).collect();
    EXCEPTIONS
        .iter()
        .filter(|exception| !used.iter().any(|used| std::ptr::eq(*used, *exception)))
        .map(|exception| format!("{}: {}", exception.of, exception.why))
        .collect()
}

impl Leaves {
    /// Whether no report is needed.
    pub(crate) fn is_silent(self) -> bool {
        matches!(
            self,
            Self::NothingToReport | Self::Unnoticed(_) | Self::UntilTheComparison(_)
        )
    }

    /// Whether all these lines may differ.
    pub(crate) fn covers<'a>(self, mut lines: impl Iterator<Item = &'a String>) -> bool {
        let allowed = match self {
            Self::NothingToReport => &[],
            Self::Lines(allowed) | Self::Unnoticed(allowed) | Self::UntilTheComparison(allowed) => {
                allowed
            }
        };
        lines.all(|line| allowed.iter().any(|text| line.contains(text)))
    }
}
