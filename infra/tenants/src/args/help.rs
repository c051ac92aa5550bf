//! What follows the options in each command's long help: details, examples, exit status, what to see next.
//!
//! At most 100 columns wide, in files as they are printed: the terminal's own wrapping breaks words of code apart.

pub(super) const SHORT: &str =
    "`tenants --help` says more; `tenants help COMMAND` has each command's details and examples.";

/// Each text is a file of its own.
macro_rules! texts {
    ($($name:ident = $file:literal,)*) => {
        $(pub(super) const $name: &str = include_str!(concat!("help/", $file)).trim_ascii_end();)*
    };
}

texts! {
    LONG = "tenants.txt",
    ADD = "add.txt",
    CONNECT = "connect.txt",
    CHECK = "check.txt",
    PLAN = "plan.txt",
    SYNC = "sync.txt",
    STATUS = "status.txt",
    RUNS = "runs.txt",
    EXPLAIN = "explain.txt",
    PEOPLE = "people.txt",
    PEOPLE_LIST = "people_list.txt",
    PEOPLE_FIND = "people_find.txt",
    PEOPLE_RETRY = "people_retry.txt",
    PEOPLE_HANDOVER = "people_handover.txt",
    PEOPLE_EXPORT = "people_export.txt",
    PEOPLE_FORGET = "people_forget.txt",
    MIGRATE = "migrate.txt",
    CERTIFICATES = "certificates.txt",
    CERTIFICATES_LIST = "certificates_list.txt",
    CERTIFICATES_RETRY = "certificates_retry.txt",
    CERTIFICATES_DISMISS = "certificates_dismiss.txt",
    CERTIFICATES_START = "certificates_start.txt",
    CERTIFICATES_MOVE = "certificates_move.txt",
    APPROVE = "approve.txt",
    DISMISS = "dismiss.txt",
    DECISIONS = "decisions.txt",
    PAUSE = "pause.txt",
    RESUME = "resume.txt",
    REMOVE = "remove.txt",
    RESTORE = "restore.txt",
    WEB = "web.txt",
    DOCTOR = "doctor.txt",
    LIST = "list.txt",
    COMPLETIONS = "completions.txt",
}
