//! The words of notices: for the operator in English, for the HR admin in German or English. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Cause, Due, Kind};
use crate::domain::id::TenantId;
use crate::state::JobKind;
use crate::tenant::{Language, Via};

/// Subject and body, as plain text. Holds counts and codes, no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub subject: String,
    pub body: String,
}

/// What the operator learns of an item of the state that cannot be read. `kind` is [`damaged_kind`]'s.
///
/// [`damaged_kind`]: crate::state::StateError::damaged_kind
#[must_use]
pub fn damaged_item(kind: &str, tenant: &TenantId) -> String {
    format!(
        "Cannot be read: {kind}. Another version of this program, or somebody, has changed it.\n\
         Which item: tenants runs {tenant}\n\
         To put it back: docs/restore.md, \"A damaged item\""
    )
}

/// A notice before it has words.
#[derive(Clone, Debug)]
pub struct Notice<'a> {
    pub tenant: &'a TenantId,
    pub job: JobKind,
    pub due: Due,
    pub zone: &'a TimeZone,
    pub via: Via,
    /// The folder for certificates that the tenant's file names.
    pub folder: Option<&'a str>,
    /// The run's message and held plan, for the operator.
    pub detail: &'a str,
}

impl Notice<'_> {
    /// For the operator. The subject is ASCII with less than 100 characters, as SNS asks.
    #[must_use]
    pub fn for_operator(&self) -> Text {
        let Self {
            tenant, job, due, ..
        } = self;
        let (code, kind, job) = (due.cause.code(), due.kind.as_str(), job.function());
        let mut body = format!("Tenant {tenant}, {job}: {code} ({kind})");
        if let Some(since) = due.since {
            body += &format!(", since {since:.0}");
        }
        body += ".";
        let counted = match due.cause {
            Cause::HeldPlan => "Changes that wait for approval",
            Cause::Parked => "Certificates that wait for a decision",
            Cause::PeopleRefused => "People who are refused, in conflict, or wait for another try",
            _ => "People or certificates",
        };
        if due.count > 0 {
            body += &format!(" {counted}: {}.", due.count);
        }
        body += "\n";
        if due.kind != Kind::Ended {
            if !self.detail.is_empty() {
                body += &format!("\n{}\n", self.detail);
            }
            body += &format!("\nLook: tenants status {tenant}; tenants check {tenant}\n");
            body += "What to do: docs/operate.md, Outcomes; docs/notices.md\n";
        }
        Text {
            subject: format!("{tenant}: {code} {kind} ({job})"),
            body,
        }
    }

    #[must_use]
    pub fn for_hr(&self, language: Language) -> Text {
        let Due {
            cause,
            kind,
            since,
            count,
            ..
        } = self.due;
        let words = Words(language);
        let title = words.title(cause);
        let title = if count > 0 {
            format!("{title}: {count}")
        } else {
            title.to_owned()
        };
        let mut body = format!("{}\n\n", words.greeting());
        match kind {
            Kind::Ended => body += &format!("{}: {title}.\n\n{}\n", words.was(), words.over(cause)),
            Kind::Begun | Kind::Still => {
                body += &format!(
                    "{title}.\n{}\n\n{}\n",
                    words.consequence(cause, self.job),
                    words.to_do(cause, self.via, self.folder)
                );
            }
        }
        if let Some(since) = since {
            body += &format!("\n{}: {}\n", words.since(), words.moment(since, self.zone));
        }
        let (code, job) = (cause.code(), self.job.function());
        body += &format!("\n{}\n({}, {job}, {code})\n", words.footer(), self.tenant);
        Text {
            subject: format!("reteach{}: {title}", words.kind(kind)),
            body,
        }
    }
}

impl Text {
    /// What `tenants check --notice` sends.
    #[must_use]
    pub fn of_test(language: Language, tenant: &TenantId) -> Self {
        let words = Words(language);
        let (subject, line) = match language {
            Language::De => (
                "reteach: Testnachricht",
                "Das ist eine Testnachricht. Meldungen zum Abgleich von Personio und reteach kommen hier an.",
            ),
            Language::En => (
                "reteach: test message",
                "This is a test message. Notices about Personio and reteach will arrive here.",
            ),
        };
        Self {
            subject: subject.to_owned(),
            body: format!("{}\n\n{line}\n\n({tenant})\n", words.greeting()),
        }
    }
}

struct Words(Language);

impl Words {
    fn of(&self, de: &'static str, en: &'static str) -> &'static str {
        match self.0 {
            Language::De => de,
            Language::En => en,
        }
    }

    fn greeting(&self) -> &'static str {
        self.of("Guten Tag,", "Hello,")
    }

    fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Begun => "",
            Kind::Still => self.of(", weiterhin", ", still"),
            Kind::Ended => self.of(", erledigt", ", solved"),
        }
    }

    fn since(&self) -> &'static str {
        self.of("Seit", "Since")
    }

    fn moment(&self, moment: Timestamp, zone: &TimeZone) -> String {
        let at = zone.to_datetime(moment);
        let (year, month, day) = (at.year(), at.month(), at.day());
        let (hour, minute) = (at.hour(), at.minute());
        match self.0 {
            Language::De => format!("{day:02}.{month:02}.{year}, {hour:02}:{minute:02} Uhr"),
            Language::En => format!("{year}-{month:02}-{day:02}, {hour:02}:{minute:02}"),
        }
    }

    fn was(&self) -> &'static str {
        self.of("Das ist erledigt", "This is solved")
    }

    fn over(&self, cause: Cause) -> &'static str {
        match cause {
            // They may have been approved or dismissed.
            Cause::HeldPlan | Cause::Parked => self.of(
                "Es wartet nichts mehr auf eine Entscheidung. Sie müssen nichts mehr tun.",
                "Nothing waits for a decision any more. You do not need to do anything more.",
            ),
            _ => self.of(
                "Wir holen von selbst nach, was liegen geblieben ist. Sie müssen nichts mehr tun.",
                "We catch up with everything that was left. You do not need to do anything more.",
            ),
        }
    }

    fn footer(&self) -> &'static str {
        self.of(
            "Zu derselben Sache schreiben wir höchstens einmal am Tag. Bei Fragen hilft Ihre Ansprechperson.",
            "We write at most once a day about the same matter. Your contact helps with questions.",
        )
    }

    fn title(&self, cause: Cause) -> &'static str {
        match cause {
            Cause::AccessDenied => self.of(
                "Unser Zugang zu Personio wird abgelehnt, oder ein Recht fehlt",
                "Our access to Personio is refused, or a right is missing",
            ),
            Cause::AcademyDenied => self.of(
                "Die Akademie lehnt unsere Zugangsdaten ab, oder ein Recht fehlt",
                "The academy refuses our credentials, or a right is missing",
            ),
            Cause::AcademyRefuses => self.of(
                "Die Akademie nimmt einen Teil der Daten nicht an",
                "The academy does not accept some of the data",
            ),
            Cause::BadConfiguration => self.of(
                "Die Einstellungen für den Abgleich sind fehlerhaft",
                "The settings of the synchronisation are not valid",
            ),
            Cause::BadSecret => self.of(
                "Die hinterlegten Zugangsdaten fehlen oder gehören nicht hierher",
                "The stored credentials are missing or do not belong here",
            ),
            Cause::DamagedState => self.of(
                "Ein Eintrag in unserer Datenbank ist nicht lesbar",
                "An entry in our database cannot be read",
            ),
            Cause::HeldPlan => self.of(
                "Änderungen, die auf Zustimmung warten",
                "Changes that wait for approval",
            ),
            Cause::HostNotAllowed => self.of(
                "Zertifikate liegen auf einem Server, der nicht freigegeben ist",
                "Certificates are on a server that is not allowed",
            ),
            Cause::Incomplete => self.of(
                "Der Abgleich wird nicht fertig",
                "The synchronisation does not complete",
            ),
            Cause::NoCategory => self.of(
                "In Personio fehlt der Ordner für Zertifikate",
                "Personio has no folder for certificates",
            ),
            Cause::NotConnected => self.of(
                "Die Verbindung zu Personio ist nicht bereit oder abgelaufen",
                "The connection to Personio is not ready or has expired",
            ),
            Cause::Parked => self.of(
                "Zertifikate, die geprüft werden müssen",
                "Certificates that need a look",
            ),
            Cause::PeopleRefused => self.of(
                "Personen, die wir in der Akademie nicht abgleichen können",
                "People whom we cannot synchronise in the academy",
            ),
            Cause::PlanRefused => self.of(
                "Ein Lauf wurde zur Sicherheit angehalten",
                "A run was stopped as a precaution",
            ),
            Cause::ReteachUnavailable => {
                self.of("reteach antwortet nicht", "reteach does not answer")
            }
            Cause::SourceChanged => self.of(
                "In Personio sehen wir viel weniger Personen als bisher",
                "We see far fewer people in Personio than before",
            ),
            Cause::SourceUnavailable => {
                self.of("Personio antwortet nicht", "Personio does not answer")
            }
        }
    }

    fn consequence(&self, cause: Cause, job: JobKind) -> &'static str {
        match (cause, job) {
            (Cause::HeldPlan, _) => self.of(
                "Es sind ungewöhnlich viele auf einmal. Wir halten sie zurück; alles andere läuft weiter.",
                "They are unusually many at once. We hold them back; everything else goes on.",
            ),
            (Cause::Parked, _) => self.of(
                "Wir konnten sie nicht ablegen. Alle anderen werden abgelegt.",
                "We could not file them. All others are filed.",
            ),
            (Cause::AcademyRefuses | Cause::HostNotAllowed | Cause::PeopleRefused, _) => {
                self.of("Alles andere läuft weiter.", "Everything else goes on.")
            }
            (_, JobKind::Employees) => self.of(
                "Solange kommen Änderungen aus Personio nicht in reteach an. Austritte, die schon eingetragen sind, \
                 sperren trotzdem pünktlich.",
                "Until then, changes in Personio do not reach reteach. Leave dates that are already entered still lock \
                 on time.",
            ),
            (_, JobKind::Certificates) => self.of(
                "Solange legen wir keine Zertifikate in Personio ab. Verloren geht keines: Wir holen es nach.",
                "Until then, we file no certificates in Personio. None is lost: we catch up.",
            ),
        }
    }

    fn to_do(&self, cause: Cause, via: Via, folder: Option<&str>) -> String {
        if cause == Cause::NoCategory {
            return self.folder_to_make(folder);
        }
        self.step(cause, via).to_owned()
    }

    fn folder_to_make(&self, folder: Option<&str>) -> String {
        let folder = folder.unwrap_or("Bildungszertifikate");
        match self.0 {
            Language::De => format!(
                "Bitte legen Sie in Personio unter Einstellungen → Mitarbeiterinformationen → Dokumente den Ordner \
                 „{folder}“ an, oder nennen Sie Ihrer Ansprechperson einen anderen."
            ),
            Language::En => format!(
                "Please create the folder \"{folder}\" in Personio under Settings → Employee information → Documents, or \
                 name another folder to your contact."
            ),
        }
    }

    fn step(&self, cause: Cause, via: Via) -> &'static str {
        match cause {
            Cause::AccessDenied if via != Via::Direct => self.of(
                "Unser Zugang zu Personio läuft über Kombo. Ihre Ansprechperson prüft ihn und sagt Ihnen, wenn in \
                 Personio etwas zu ändern ist.",
                "Our access to Personio goes through Kombo. Your contact checks it and tells you if something has to be \
                 changed in Personio.",
            ),
            Cause::AccessDenied => self.of(
                "Bitte sehen Sie in Personio unter Marketplace → Verbundene Integrationen nach, ob die Integration \
                 „reteach“ noch da ist und alle Rechte aus der Einrichtung hat. Neue Zugangsdaten geben Sie bitte Ihrer \
                 Ansprechperson, nicht per E-Mail.",
                "Please look in Personio under Marketplace → Connected integrations: is the integration \"reteach\" still \
                 there, with all rights from the setup? Please give new credentials to your contact, not by mail.",
            ),
            Cause::HeldPlan => self.of(
                "Ihre Ansprechperson zeigt Ihnen, wen es betrifft. Bitte sagen Sie ihr, ob es so gewollt ist.",
                "Your contact shows you whom they concern. Please tell them whether they are intended.",
            ),
            Cause::NotConnected => self.of(
                "Eine neue Verbindung braucht manchmal Stunden für das erste Einlesen. Sonst schickt Ihnen Ihre \
                 Ansprechperson einen neuen Link zum Verbinden.",
                "A new connection sometimes needs hours for its first reading. Otherwise your contact sends you a new link.",
            ),
            Cause::SourceChanged => self.of(
                "Bitte prüfen Sie in Personio, ob die Integration „reteach“ noch alle Mitarbeitenden sehen darf. Stimmt \
                 die neue Zahl, sagen Sie es bitte Ihrer Ansprechperson. Wer nur fehlt, wird bis dahin nicht gesperrt.",
                "Please check in Personio whether the integration \"reteach\" may still see all employees. If the new \
                 number is right, please tell your contact. Until then, nobody is locked for being missing.",
            ),
            Cause::SourceUnavailable | Cause::ReteachUnavailable => self.of(
                "Sie müssen nichts tun. Wir versuchen es weiter.",
                "You do not need to do anything. We keep trying.",
            ),
            Cause::AcademyDenied
            | Cause::AcademyRefuses
            | Cause::BadConfiguration
            | Cause::BadSecret
            | Cause::DamagedState
            | Cause::HostNotAllowed
            | Cause::Incomplete
            // Its step names the folder.
            | Cause::NoCategory
            | Cause::Parked
            | Cause::PeopleRefused
            | Cause::PlanRefused => self.of(
                "Sie müssen nichts tun. Ihre Ansprechperson kümmert sich darum.",
                "You do not need to do anything. Your contact takes care of it.",
            ),
        }
    }
}
