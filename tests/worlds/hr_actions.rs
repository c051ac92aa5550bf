//! What HR, admins and the academy do.

use harness::{by_hand, person};
use jiff::{SignedDuration, ToSpan as _};
use oracle::IssuedCertificate;
use shared::tenant::Via;
use simulators::people::{EmploymentType, Status};
use simulators::reteach::{Certificate, Participation, Publication};
use simulators::{Person, reteach};

use crate::event::Event;
use crate::life::Life;

const FOLDERS: [&str; 3] = [
    "Bildungszertifikate",
    "LEARNING CERTIFICATES",
    "Fortbildung",
];

impl Life {
    /// Does it, if there is somebody to do it to.
    pub(crate) fn hr_action(&mut self, event: Event) {
        match event {
            Event::Hire { in_days } => {
                self.hire(in_days, None);
            }
            Event::HireWithAccount => {
                let mail = format!("schon.da.{}@muster.example", self.next_person);
                let account = self.insert(by_hand(&mail));
                let id = self.hire(0, Some(mail));
                self.model.expected.add_adoptable(id, account);
            }
            Event::Rehired { who, same_name } => self.rehire(who, same_name),
            Event::Merged(people) => self.merge(people),
            Event::BackedUp => self.back_up(),
            Event::RestoredFromBackup => self.restore_backup(),
            Event::AdminReopens(which) => self.reopen(which),
            Event::TakesMail(who) => self.take_mail(who),
            Event::Deleted(who) => self.delete(who),
            Event::Restored => {
                if let Some(person) = self.deleted.pop() {
                    self.harness.company.personio.put(person);
                }
            }
            Event::Mistake(number) => {
                let at_work = self
                    .people()
                    .into_iter()
                    .filter(|it| it.status == Status::Active);
                self.mistaken = at_work.take(usize::from(number)).collect();
                for person in &self.mistaken {
                    self.harness
                        .change(person.id, |it| it.status = Status::Inactive);
                }
            }
            Event::MistakeUndone => {
                for person in std::mem::take(&mut self.mistaken) {
                    let back = |it: &mut Person| it.status = person.status;
                    self.harness.company.personio.change(person.id, back);
                }
            }
            Event::Earned {
                who,
                hours_ago,
                late,
            } => self.earn(who, i64::from(hours_ago), late),
            Event::Backdated { who, days } => self.earn(who, 24 * i64::from(days), false),
            Event::FiledByAnother(who) => self.filed_by_another(who),
            Event::Reissued(which) => self.reissue(which),
            Event::PdfsMade => self.make_pdfs(),
            Event::Folder(which) => self.make_folder(FOLDERS[usize::from(which) % FOLDERS.len()]),
            Event::TokensRevoked => {
                self.harness.company.reteach.revoke_tokens();
                self.harness.company.personio.revoke_tokens();
            }
            Event::AdminEdits(who)
            | Event::AdminNotes(who)
            | Event::AdminUnlocks(who)
            | Event::AdminClearsId(who)
            | Event::AdminMovesId(who)
            | Event::AdminDeletes(who) => {
                self.by_admin(event, who);
            }
            event => self.edit(event),
        }
    }

    /// HR edits somebody's profile.
    fn edit(&mut self, event: Event) {
        let today = self.now().to_zoned_datetime(self.model.zone.clone()).date();
        let who = match event {
            Event::Rename(who) | Event::Move(who) | Event::Emptied(who) | Event::NewMail(who) => {
                who
            }
            Event::NoMail(who)
            | Event::Inactive(who)
            | Event::OnLeave(who)
            | Event::Returns(who) => who,
            Event::Ends { who, .. } => who,
            _ => return,
        };
        let Some(person) = self.chosen(who) else {
            return;
        };
        // Whose first sight is still ahead keeps the mail address by which they may be found.
        if matches!(event, Event::NewMail(_) | Event::NoMail(_))
            && self.account(person.id).is_none()
        {
            return;
        }
        // Kombo leaves some empty fields out, and what is absent clears nothing: either may be right there.
        let tells_null = self.harness.company.via != Via::Kombo;
        if matches!(event, Event::NoMail(_)) && !tells_null {
            return;
        }
        // A user name that an account once needed stays with it.
        if let (Event::NewMail(_), Some(account)) = (event, self.account(person.id)) {
            self.model
                .expected
                .edit(person.id, |it| it.user_name = account.user_name);
        }
        let stamp = self.now().as_second();
        self.harness.change(person.id, |it| match event {
            Event::Rename(_) => it.last_name = format!("Umbenannt-{stamp}"),
            Event::Move(_) => {
                it.position = Some(format!("Stelle {stamp}"));
                it.subcompany = Some("Muster Österreich GmbH".to_owned());
                it.office = Some("Wien".to_owned());
                it.employment_type = Some(EmploymentType::External);
            }
            Event::Emptied(_) => {
                (it.position, it.office) = (None, None);
                it.employment_type = it.employment_type.filter(|_| !tells_null);
            }
            Event::NewMail(_) => it.email = Some(format!("neu.{}.{stamp}@muster.example", it.id)),
            Event::NoMail(_) => it.email = None,
            Event::Ends { in_days, .. } => {
                it.termination_date = Some(today.saturating_add(i32::from(in_days).days()));
            }
            Event::Inactive(_) => it.status = Status::Inactive,
            Event::OnLeave(_) if it.status == Status::Active => it.status = Status::Leave,
            Event::Returns(_) => (it.status, it.termination_date) = (Status::Active, None),
            _ => {}
        });
    }

    fn chosen(&self, who: u8) -> Option<Person> {
        let mut people = self.people();
        (!people.is_empty()).then(|| people.swap_remove(usize::from(who) % people.len()))
    }

    fn chosen_with_account(&self, who: u8) -> Option<(Person, reteach::Customer)> {
        let person = self.chosen(who)?;
        let account = self.account(person.id)?;
        Some((person, account))
    }

    pub(crate) fn account(&self, person: u64) -> Option<reteach::Customer> {
        self.harness.find(person)
    }

    fn hire(&mut self, in_days: i8, email: Option<String>) -> u64 {
        let today = self.now().to_zoned_datetime(self.model.zone.clone()).date();
        let id = self.next_person;
        self.next_person += 1;
        let new = person(id);
        let status = if in_days > 0 {
            Status::Onboarding
        } else {
            Status::Active
        };
        let hire_date = Some(today.saturating_add(i32::from(in_days).days()));
        self.harness.company.personio.put(Person {
            status,
            hire_date,
            email: email.or(new.email.clone()),
            ..new
        });
        id
    }

    fn rehire(&mut self, who: u8, same_name: bool) {
        let Some(left) = self.left_with_mail(who) else {
            return;
        };
        let id = self.hire(0, left.email);
        if same_name {
            self.harness.change(id, |it| {
                (it.first_name, it.last_name) = (left.first_name, left.last_name);
            });
        }
    }

    /// Every fourth of them has an account that was made by hand.
    fn merge(&mut self, people: u8) {
        for number in 0..people {
            let mail = format!("kollege.{}@zugekauft.example", self.next_person);
            let account = (number % 4 == 0).then(|| self.insert(by_hand(&mail)));
            let id = self.hire(0, Some(mail));
            if let Some(account) = account {
                self.model.expected.add_adoptable(id, account);
            }
        }
    }

    fn take_mail(&mut self, who: u8) {
        let Some((person, account)) = self.chosen_with_account(who) else {
            return;
        };
        if let Some(mail) = self.left_with_mail(who).and_then(|left| left.email) {
            self.model
                .expected
                .edit(person.id, |it| it.user_name = account.user_name);
            self.harness.change(person.id, |it| it.email = Some(mail));
        }
    }

    /// Somebody who has left and has an account with their mail address.
    fn left_with_mail(&self, who: u8) -> Option<Person> {
        let now = self.now();
        let left = self
            .people()
            .into_iter()
            .filter(|it| self.model.is_to_be_locked(it, now));
        let mut left: Vec<Person> = left.chain(self.deleted.iter().cloned()).collect();
        left.retain(|it| {
            let held = self.account(it.id).and_then(|it| it.email);
            held.is_some() && held == it.email
        });
        if left.is_empty() {
            None
        } else {
            Some(left.swap_remove(usize::from(who) % left.len()))
        }
    }

    fn delete(&mut self, who: u8) {
        let Some(person) = self.chosen(who) else {
            return;
        };
        self.harness.company.personio.remove(person.id);
        let now = self.now();
        self.model.deleted(person.id, now);
        self.deleted.push(person);
    }

    fn earn(&mut self, who: u8, hours_ago: i64, late: bool) {
        let Some((person, account)) = self.chosen_with_account(who) else {
            return;
        };
        let then = self.now() - SignedDuration::from_hours(hours_ago);
        let moment = then.to_zoned_datetime(self.model.zone.clone());
        let when = (moment.date(), moment.time());
        let issued = self
            .registry
            .issue(Some(person.id), account.id.clone(), when);
        let issued = IssuedCertificate {
            has_pdf: !late,
            ..issued
        };
        let publication = if late {
            Publication::OnDemand
        } else {
            Publication::AtOnce
        };
        let certificate = Certificate {
            publication,
            ..Certificate::new(&issued.id, 2_000)
        };
        let participation = self
            .harness
            .company
            .reteach
            .add_participation(Participation {
                customer: Some(account.id),
                course_name: Some(issued.course.name.to_owned()),
                completed_at: Some(issued.completed_at),
                certificate: Some(certificate),
                ..Participation::default()
            });
        self.model.issued(issued, participation, !late);
    }

    fn reissue(&mut self, which: u8) {
        let papers = &self.model.papers;
        if papers.is_empty() {
            return;
        }
        let old = papers[usize::from(which) % papers.len()].clone();
        let Some(id) = self.harness.company.reteach.reissue(&old.participation) else {
            return;
        };
        // A filed document counts for the first one alone.
        let excused = old.is_excused || old.is_filed_already;
        self.model
            .excuse(|paper| paper.participation == old.participation);
        // The new one is made as the old one was, at once or on demand, for the present owner of the account.
        let issued = IssuedCertificate {
            id: id.clone(),
            person: old.heirs.last().copied().or(old.issued.person),
            ..old.issued
        };
        let has_pdf = issued.has_pdf;
        self.model.issued(issued, old.participation, has_pdf);
        if excused {
            self.model.excuse(|paper| paper.issued.id == id);
        }
    }

    fn make_pdfs(&mut self) {
        for paper in &mut self.model.papers {
            if !paper.has_pdf && self.harness.company.reteach.publish_pdf(&paper.issued.id) {
                paper.has_pdf = true;
            }
        }
    }

    fn make_folder(&mut self, name: &'static str) {
        let personio = &self.harness.company.personio;
        let id = match self.folder {
            Some((old, id)) => {
                personio.rename_category(old, name);
                id
            }
            None => personio.add_category(name),
        };
        self.folder = Some((name, id));
        self.model.folder((name != "Fortbildung").then_some(id));
    }

    fn by_admin(&mut self, event: Event, who: u8) {
        let Some((person, account)) = self.chosen_with_account(who) else {
            return;
        };
        let reteach = &self.harness.company.reteach;
        match event {
            Event::AdminEdits(_) => {
                reteach.edit(&account.id, |it| {
                    it.position = Some("von Hand".to_owned());
                    it.first_name = None;
                    it.tags.retain(|tag| !tag.starts_with("Anstellungsart"));
                });
            }
            Event::AdminNotes(_) => {
                let edit = |it: &mut reteach::Customer| {
                    it.note = Some("Ersthelferin".to_owned());
                    it.team = Some("Team Nord".to_owned());
                    it.tags.retain(|tag| tag != "Führungskraft");
                    it.tags.push("Führungskraft".to_owned());
                };
                reteach.edit(&account.id, edit);
                self.model.expected.edit(person.id, edit);
            }
            Event::AdminUnlocks(_) => {
                reteach.edit(&account.id, |it| {
                    (it.set_active_at, it.set_inactive_at) = (None, None)
                });
            }
            Event::AdminClearsId(_) if self.is_found_by_mail(&person, &account) => {
                reteach.edit(&account.id, |it| it.external_id = None);
                let released = reteach::Customer {
                    external_id: None,
                    ..account
                };
                self.model.released(person.id, released);
            }
            Event::AdminMovesId(_) => {
                let stamp = self.now().as_second();
                let edit = |it: &mut reteach::Customer| {
                    it.external_id = None;
                    it.email = Some(format!("alt.{}.{stamp}@muster.example", person.id));
                    it.user_name = None;
                };
                let mut old = account;
                edit(&mut old);
                reteach.edit(&old.id, edit);
                let other = self.insert(reteach::Customer {
                    external_id: Some(oracle::external_id(person.id)),
                    user_name: Some(format!("umzug-{}-{stamp}", person.id)),
                    ..reteach::Customer::default()
                });
                self.model.moved(person.id, old, other);
            }
            Event::AdminDeletes(_) => {
                reteach.remove(&account.id);
                self.model.expected.delete(person.id);
                self.model
                    .excuse(|paper| paper.issued.account == account.id);
            }
            _ => {}
        }
    }

    /// Whether the mail address alone leads to the account of `person`, and to nobody else's.
    fn is_found_by_mail(&self, person: &Person, account: &reteach::Customer) -> bool {
        let lower = |mail: &Option<String>| mail.as_ref().map(|it| it.to_lowercase());
        let mail = lower(&person.email);
        let people = self.people();
        let mut others = people.iter().filter(|it| it.id != person.id);
        mail.is_some() && mail == lower(&account.email) && others.all(|it| lower(&it.email) != mail)
    }

    fn reopen(&mut self, which: u8) {
        let mut gone: Vec<u64> = self.deleted.iter().map(|it| it.id).collect();
        gone.retain(|id| self.account(*id).is_some());
        if gone.is_empty() {
            return;
        }
        let id = gone[usize::from(which) % gone.len()];
        let account = oracle::external_id(id);
        self.harness.company.reteach.edit(&account, |it| {
            (it.set_active_at, it.set_inactive_at) = (None, None);
        });
    }
}
