//! The longer texts, at most 100 columns wide: the terminal's own wrapping breaks words of code apart.

pub(super) const SHORT: &str =
    "`tenants --help` says more; `tenants help COMMAND` has each command's details and examples.";

pub(super) const LONG: &str = r#"Exit status:
  0  all is well, or done
  1  there is something to look at: a miss, a held plan, drift, a run that failed, a no from AWS
     or a vendor
  2  the command line, or a file that it names, cannot be used; nothing was changed

Environment:
  TENANTS_STACK  the stack, where --stack is not given
  AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                 where and as whom AWS is called; keys of a profile or a login are put there by
                   eval "$(aws configure export-credentials --format env)"
  AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>
                 other endpoints, as for a local stack
  RUST_LOG       shows the log on standard error, such as RUST_LOG=info

A new company, from nothing to the first sync:
  tenants add --file acme.toml --credentials acme.json
  tenants connect acme --email hr@acme.example --company "Acme GmbH"    (through Kombo only)
  tenants check acme
  tenants plan acme --details
  tenants sync acme
  tenants status acme

Credentials are JSON, only the parts that the route needs:
  {"personio": {"client_id": "…", "client_secret": "…"}, "kombo": {"api_key": "…"},
   "reteach": {"client_id": "…", "client_secret": "…", "client_code": "…"}}"#;

pub(super) const ADD: &str = r#"What it does, all or nothing: reads and checks both files, tries every credential, writes the
tenant, stores the credentials, makes one schedule for each function. If a step fails or is
interrupted, the steps before it are taken back. It can be repeated at any time: what is there
stays, what is missing or was changed by hand is put right. The key of the tenant's fingerprints
is made once and kept.

How often the functions run is the tenant file's to say; the two moments at which they begin are
derived from the tenant's name, so that many tenants are spread over time:
  [schedule]
  employees = "5 minutes"
  certificates = "30 minutes"

Examples:
  tenants add --file acme.toml --credentials acme.json
      A new tenant.
  tenants add --file acme.toml --credentials acme.json --paused
      The same, but nothing runs before `tenants resume`: first look at `tenants plan`.
  pass show acme | tenants add --file acme.toml --credentials -
      The same with credentials that never touch the disk.
  tenants add --file acme.toml
      Repairs what is missing; the stored credentials stay.
  tenants add --file acme.toml --update
      Changes the configuration.
  tenants add --file acme.toml --credentials new.json
      Changes the credentials."#;

pub(super) const CONNECT: &str = r#"Kombo does not tell an API which connections there are, so the id of the new one comes from you:
Kombo's dashboard shows it once the company has finished. It is stored only if the connection
carries this tenant's id, leads to Personio and is set up completely; while the first sync is
still running this is waited for.

Examples:
  tenants connect acme --email hr@acme.example --company "Acme GmbH"
      Makes a link in German, valid for a year, to be sent to the HR admin. At a terminal it
      then asks for the id.
  tenants connect acme --integration personio:CBNMt7dSNCzBdnRTx87dev4E
      Checks the connection and stores it."#;

pub(super) const REMOVE: &str = r#"Deleted: both schedules, the configuration, the ledger of people with their fingerprints,
reports, a held plan. The credentials are marked for deletion in 7 days; `tenants add` brings
them back until then.

Kept: every account in reteach, open or locked as it is now; every document in Personio; and the
ledger of certificates (ids and dates, no names). Personio can neither list nor delete what we
filed, so without this ledger a tenant that is added again would file every certificate a second
time. --certificate-ledger deletes it as well.

A run that is under way is waited for; if it takes too long, nothing is removed."#;

pub(super) const EXPLAIN: &str = r#"Read → scope → match → map → decide → last write, live: the person is read from Personio and
from reteach now, put through the same mapping and the same planner as in a run, and laid beside
what the last run wrote down. Values are shown with --details only: they are personal data.

Examples:
  tenants explain acme 1042
  tenants explain acme personio:1042 --details"#;

pub(super) const SYNC: &str = r#"Without --here the deployed function is called, and its report shown when it comes: the same code
with the same rights as on every tick. A run that is under way already is not disturbed: the
answer then is Busy.

Examples:
  tenants sync acme
  tenants sync acme --mode reconcile
      Compares everybody with what reteach actually holds, as happens once a day anyway.
  tenants sync acme --job certificates --mode full-scan"#;

pub(super) const COMPLETIONS: &str = r#"Examples:
  tenants completions bash > ~/.local/share/bash-completion/completions/tenants
  tenants completions zsh > "${fpath[1]}/_tenants"
  tenants completions fish > ~/.config/fish/completions/tenants.fish"#;
