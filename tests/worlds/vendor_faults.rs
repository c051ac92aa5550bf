//! Faults of the table at the vendors and at AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::Harness;
use harness::faults::{self, Call, Effect};
use jiff::SignedDuration;
use shared::tenant::Via;
use simulators::Fault;

use crate::event::{Place, VendorFault};

const AWS: [&str; 3] = ["DynamoDB", "Secrets Manager", "STS"];

/// About the timeout of a call of AWS.
const AWS_TIMEOUT: SignedDuration = SignedDuration::from_secs(5);
/// About the timeout of any other call.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(30);

/// Moves the world's clock by a timeout whenever a call begins to hang. Returns the number of calls that hung.
pub(crate) fn pass_timeouts(harness: &Harness) -> Arc<AtomicUsize> {
    let clock = harness.world.clock.clone();
    let hung = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hung);
    harness.fault_engine().on_hang(move |server| {
        count.fetch_add(1, Ordering::Relaxed);
        let is_aws = AWS.contains(&server);
        clock.advance(if is_aws { AWS_TIMEOUT } else { TIMEOUT });
    });
    hung
}

/// Sets the fault, unless nobody could notice it: `looks_before_filing` is whether documents in Personio alone say what is
/// filed.
pub(crate) fn inject(harness: &Harness, event: VendorFault, looks_before_filing: bool) {
    if event.loses_rows_unnoticed(looks_before_filing) {
        return;
    }
    if let Some(fault) = fault(event, harness.company.via) {
        harness.fault_engine().add(fault);
    }
}

fn fault(event: VendorFault, via: Via) -> Option<Fault> {
    let call = Call::named(event.at.calls());
    let mut table = faults::table().into_iter();
    let named = table.find(|row| row.name == event.fault && call.meets(row))?;
    let Effect::Behave(behaviour) = named.effect else {
        return None;
    };
    let skipped = usize::from(event.skip);
    let fault = Fault::new(behaviour)
        .calls(event.at.calls_by(via))
        .nth(skipped + 1);
    Some(match event.times {
        0 => fault.always(),
        times => fault.times(usize::from(times)),
    })
}

impl VendorFault {
    /// Personio's lists of folders and of documents announce no total: of a row that is missing there is no trace.
    fn loses_rows_unnoticed(self, looks_before_filing: bool) -> bool {
        let loses_rows = ["empty-list", "fewer-rows", "rows-skipped"].contains(&self.fault);
        loses_rows
            && match self.at {
                Place::Folders => self.fault != "empty-list",
                Place::Documents => looks_before_filing,
                _ => false,
            }
    }
}

impl Place {
    /// The beginning of the names of its calls on the direct route.
    pub(crate) fn calls(self) -> &'static str {
        match self {
            Self::People => "Personio GET /v1/company/employees",
            Self::Accounts => "reteach GET /customer",
            Self::Create => "reteach POST /customer",
            Self::Update => "reteach PUT /customer/{customerIdentifier}",
            Self::Tags => "reteach PUT /customer/{customerIdentifier}/multiple-tags",
            Self::Participations => "reteach GET /participation",
            Self::Download => "reteach's files ",
            Self::Folders => "Personio GET /v1/company/document-categories",
            Self::Upload => "Personio POST /v1/company/documents",
            Self::Documents => "Personio GET /v2/document-management/documents",
            Self::LogIn => "reteach POST /oauth/authorize",
            Self::AnyHr => "Personio ",
            Self::AnyReteach => "reteach ",
            Self::Table => "DynamoDB ",
            Self::Batches => "DynamoDB Batch",
            Self::Secrets => "Secrets Manager ",
            Self::Session => "STS ",
        }
    }

    /// The same on this route.
    fn calls_by(self, via: Via) -> &'static str {
        match (self, via) {
            (Self::People, Via::Kombo) => "Kombo GET /v1/hris/employees",
            (Self::Folders, Via::Kombo) => "Kombo GET /v1/hris/employee-document-categories",
            (Self::AnyHr, Via::Kombo | Via::KomboPassthrough) => "Kombo ",
            _ => self.calls(),
        }
    }
}
