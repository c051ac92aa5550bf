//! Whose failure is it: the person's, the tenant's or the vendor's. Pure: which write goes next, what its result means,
//! and when to stop. Writes are known by their position in the list that [`Blame::new`] takes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::io::{Problem, Refusal};

/// People refused for one field and reason, from which on it is the tenant's trouble.
const SAME_REFUSAL: usize = 5;
/// Refused writes of each kind after which no more of it begin: updates, if no update was accepted, and new accounts, if
/// nothing was.
const MAX_REFUSED: usize = 10;
/// Accounts in a row without an answer, after which others are tried.
const SILENT_IN_A_ROW: usize = 3;
/// The number of those others.
const PROBES: usize = 3;
/// Writes in flight until the academy has accepted one, while a field is sent that it has not accepted yet, and while it
/// refuses such a field.
const CAREFUL: usize = 2;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) values: BTreeSet<Sent>,
    pub(super) window: BTreeSet<Sent>,
    /// Whether the window can be written without the values.
    pub(super) separable: bool,
    pub(super) updates: bool,
    /// Whether the account gave no answer in an earlier run either, while others got one.
    pub(super) was_silent: bool,
    /// The refusal that an earlier run noted of this record, while others were accepted with the field.
    pub(super) refused_alone: Option<String>,
}

impl Outline {
    fn form(&self, field: &str) -> Option<Form> {
        let mut sent = self.values.iter().chain(&self.window);
        sent.find(|sent| sent.name == field).map(|sent| sent.form)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) form: Form,
}

/// What is sent of a field. An academy may take one form and refuse another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// A value; of a date, one that is ahead.
    Value,
    /// A date that has passed.
    Past,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Whose change.
    pub(super) index: usize,
    pub(super) part: StepPart,
    /// Whether it shows if reteach answers for others.
    probe: bool,
    /// How many steps were begun before it.
    begun: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepPart {
    Whole,
    Window,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Accepted,
    /// Not accepted, or only in part.
    Refused(Refusal),
    /// The account is not this person's any more.
    AccountLost,
    /// No usable answer, or 403.
    Silent,
}

/// The same refusal of several people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trouble {
    /// `None` where the academy names no field.
    pub(crate) field: Option<String>,
    pub(crate) problem: Problem,
    form: Option<Form>,
    /// Whether it is about the access window where no field is named.
    window: bool,
    /// Whether it is about new accounts where no field is named: an academy may have no place left.
    pub(crate) creates: bool,
}

/// Whose failures they were, after the last step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judgement {
    /// The tenant's.
    pub(super) troubles: Vec<Trouble>,
    /// These accounts gave no answer, and nothing shows whether others would have.
    pub(super) undecided: Vec<usize>,
    /// The vendor's.
    pub(super) vendor: bool,
    /// Whether reteach answered for any account.
    pub(super) answered: bool,
    /// They were refused for fields that others were accepted with.
    pub(super) refused_alone: BTreeSet<usize>,
}

#[derive(Debug)]
pub(super) struct Blame {
    outlines: Vec<Outline>,
    concurrency: usize,
    remaining: VecDeque<usize>,
    /// Nothing of these may be written, unless the academy still accepts what they wait for.
    blocked: Vec<usize>,
    /// Windows to be written without the values that were refused.
    windows: VecDeque<usize>,
    /// All that were ever queued: each goes once.
    queued: BTreeSet<usize>,
    in_flight: usize,
    /// Accounts in a row without an answer.
    silent: Vec<usize>,
    /// Accounts without an answer in an earlier run either, while no account has got one in this run.
    silent_again: Vec<usize>,
    /// Accounts without an answer, although others got one.
    personal: Vec<usize>,
    probes_left: Option<usize>,
    answered: bool,
    begun: usize,
    /// The latest begun step that got an answer.
    last_answered: Option<usize>,
    accepted_any: bool,
    accepted_values: bool,
    accepted_update_values: bool,
    accepted_update: bool,
    accepted_create: bool,
    accepted: BTreeSet<Sent>,
    /// The same by kind of write: whether an account was updated, and what was sent.
    accepted_by_kind: BTreeSet<(bool, Sent)>,
    refused: usize,
    refused_creates: usize,
    refusals: BTreeMap<Trouble, BTreeSet<usize>>,
    stopped: bool,
    vendor: bool,
}

impl Blame {
    /// Writes for `outlines` in this order, at most `concurrency` at once.
    pub(super) fn new(outlines: Vec<Outline>, concurrency: usize) -> Self {
        Self {
            remaining: (0..outlines.len()).collect(),
            outlines,
            concurrency,
            blocked: Vec::new(),
            windows: VecDeque::new(),
            queued: BTreeSet::new(),
            in_flight: 0,
            silent: Vec::new(),
            silent_again: Vec::new(),
            personal: Vec::new(),
            probes_left: None,
            answered: false,
            begun: 0,
            last_answered: None,
            accepted_any: false,
            accepted_values: false,
            accepted_update_values: false,
            accepted_update: false,
            accepted_create: false,
            accepted: BTreeSet::new(),
            accepted_by_kind: BTreeSet::new(),
            refused: 0,
            refused_creates: 0,
            refusals: BTreeMap::new(),
            stopped: false,
            vendor: false,
        }
    }

    /// The next step, if one may begin now. After `None`, the result of a step in flight may allow another one.
    pub(super) fn next(&mut self) -> Option<Step> {
        if self.stopped || self.in_flight >= self.limit() {
            return None;
        }
        let probe = self.probes_left.is_some();
        let step = loop {
            if let Some(index) = self.windows.pop_front() {
                if self.window_may_go(index) {
                    break Some((index, StepPart::Window));
                }
                continue;
            }
            let index = if probe {
                self.remaining.pop_back()
            } else {
                self.remaining.pop_front()
            };
            let Some(index) = index else { break None };
            match self.part_of(index) {
                Some(part) => break Some((index, part)),
                None => self.blocked.push(index),
            }
        };
        let (index, part) = step?;
        self.in_flight += 1;
        if part == StepPart::Window {
            self.queued.insert(index);
        }
        let begun = self.begun;
        self.begun += 1;
        Some(Step {
            index,
            part,
            probe,
            begun,
        })
    }

    /// Takes the result of a step.
    pub(super) fn record(&mut self, step: Step, reply: Reply) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let known = self.known_to_be_accepted();
        match reply {
            Reply::Silent => return self.silence(step),
            Reply::Accepted => self.accept(step),
            Reply::Refused(refusal) => self.refuse(step, &refusal),
            Reply::AccountLost => {}
        }
        if self.known_to_be_accepted() != known {
            self.remaining.extend(self.blocked.drain(..));
        }
        self.answered = true;
        self.last_answered = self.last_answered.max(Some(step.begun));
        self.probes_left = None;
        let mut silent = std::mem::take(&mut self.silent);
        silent.append(&mut self.silent_again);
        self.judge_personal(silent);
    }

    /// The accounts that have since turned out to be the only ones without an answer.
    pub(super) fn take_personal(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.personal)
    }

    /// Begins nothing more: the credentials, the ledger or the time for the run are at an end.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The judgement once all steps have ended.
    pub(super) fn finish(&mut self) -> Judgement {
        let mut undecided = std::mem::take(&mut self.silent);
        if self.answered && undecided.len() < SILENT_IN_A_ROW {
            self.judge_personal(std::mem::take(&mut undecided));
        }
        let vendor = self.vendor || (!self.answered && undecided.len() >= SILENT_IN_A_ROW);
        undecided.append(&mut self.silent_again);
        Judgement {
            troubles: self.troubles(),
            undecided,
            vendor,
            answered: self.answered,
            refused_alone: self.refused_alone(),
        }
    }

    fn refused_alone(&self) -> BTreeSet<usize> {
        let (mut alone, mut others) = (BTreeSet::new(), BTreeSet::new());
        for (trouble, people) in &self.refusals {
            for index in people {
                let is_alone = self.outlines.get(*index).is_some_and(|outline| {
                    let mut accepted = self.accepted_by_kind.iter();
                    accepted.any(|(updates, sent)| {
                        *updates == outline.updates && trouble.is_about(sent)
                    })
                });
                if is_alone {
                    alone.insert(*index);
                } else {
                    others.insert(*index);
                }
            }
        }
        &alone - &others
    }

    fn limit(&self) -> usize {
        let careful = !self.accepted_any
            || self.is_next_untried()
            || self
                .refusals
                .keys()
                .any(|it| !it.problem.is_of_tags_alone() && !self.is_accepted(it));
        match (self.probes_left, careful) {
            (Some(_), _) => 1,
            (None, true) => CAREFUL.min(self.concurrency),
            (None, false) => self.concurrency,
        }
    }

    /// Whether the next change sends something that the academy has not accepted in this run.
    fn is_next_untried(&self) -> bool {
        let next = self.windows.front().or_else(|| self.remaining.front());
        let outline = next.and_then(|index| self.outlines.get(*index));
        outline.is_some_and(|outline| {
            // A tag that fails costs no account anything.
            let is_failing_tag = |sent: &Sent| {
                let mut refused = self.refusals.keys();
                refused.any(|it| {
                    it.problem.is_of_tags_alone() && it.field.as_ref() == Some(&sent.name)
                })
            };
            let mut sent = outline.values.iter().chain(&outline.window);
            sent.any(|sent| !self.accepted.contains(sent) && !is_failing_tag(sent))
        })
    }

    /// What of this change may be written; `None`: nothing of it.
    fn part_of(&self, index: usize) -> Option<StepPart> {
        let outline = self.outlines.get(index)?;
        if outline.values.is_empty() && outline.separable {
            return self.window_may_go(index).then_some(StepPart::Window);
        }
        let is_blocked = self
            .troubles()
            .iter()
            .any(|trouble| trouble.blocks(outline));
        let (refused, accepted) = if outline.updates {
            (self.refused, self.accepted_update_values)
        } else {
            (self.refused_creates, self.accepted_values)
        };
        if !is_blocked && (refused < MAX_REFUSED || accepted) {
            return Some(StepPart::Whole);
        }
        self.window_may_go(index).then_some(StepPart::Window)
    }

    fn window_may_go(&self, index: usize) -> bool {
        let outline = self.outlines.get(index);
        outline.is_some_and(|outline| {
            outline.separable
                && !outline.window.is_empty()
                && !self.troubles().iter().any(|it| it.blocks_window(outline))
        })
    }

    fn accept(&mut self, step: Step) {
        let Some(outline) = self.outlines.get(step.index) else {
            return;
        };
        let of_kind = |sent: &Sent| (outline.updates, sent.clone());
        self.accepted.extend(outline.window.iter().cloned());
        self.accepted_by_kind
            .extend(outline.window.iter().map(of_kind));
        let is_whole = step.part == StepPart::Whole || outline.values.is_empty();
        if is_whole {
            self.accepted.extend(outline.values.iter().cloned());
            self.accepted_by_kind
                .extend(outline.values.iter().map(of_kind));
            self.accepted_any = true;
            self.accepted_values |= !outline.values.is_empty();
            self.accepted_update_values |= outline.updates && !outline.values.is_empty();
            self.accepted_update |= outline.updates;
            self.accepted_create |= !outline.updates;
        }
    }

    /// Grows with each kind of write, or field, that is accepted for the first time.
    fn known_to_be_accepted(&self) -> usize {
        let kinds = [
            self.accepted_any,
            self.accepted_values,
            self.accepted_update_values,
            self.accepted_update,
            self.accepted_create,
        ];
        self.accepted.len() + kinds.iter().filter(|it| **it).count()
    }

    fn refuse(&mut self, step: Step, refusal: &Refusal) {
        let Some(outline) = self.outlines.get(step.index) else {
            return;
        };
        let was_alone = outline.refused_alone.as_ref() == Some(&refusal.to_string());
        if !was_alone {
            for trouble in troubles(refusal, step.part, outline) {
                self.refusals.entry(trouble).or_default().insert(step.index);
            }
        }
        let is_values = step.part == StepPart::Whole && !outline.values.is_empty();
        let is_left_out = is_values && !refusal.problem.is_of_tags_alone() && !was_alone;
        if outline.updates {
            self.refused += usize::from(is_left_out);
        } else {
            self.refused_creates += usize::from(is_left_out);
        }
        if refusal.problem.is_of_tags_alone() {
            // The academy has taken all else.
            let is_taken = |sent: &&Sent| !refusal.fields.contains(&sent.name);
            let values: Vec<&Sent> = outline.values.iter().filter(is_taken).collect();
            let has_values = !values.is_empty();
            let of_kind = |sent: &Sent| (outline.updates, sent.clone());
            let taken = || values.iter().copied().chain(&outline.window);
            self.accepted.extend(taken().cloned());
            self.accepted_by_kind.extend(taken().map(of_kind));
            self.accepted_any |= has_values || !outline.updates;
            self.accepted_values |= has_values;
            self.accepted_update_values |= has_values && outline.updates;
            self.accepted_update |= has_values && outline.updates;
            self.accepted_create |= !outline.updates;
        }
        let of_window = |field: &String| outline.window.iter().any(|it| it.name == *field);
        let about_window = !refusal.fields.is_empty() && refusal.fields.iter().all(of_window);
        let has_effect = matches!(
            refusal.problem,
            Problem::NotKept
                | Problem::NotCleared
                | Problem::Lost
                | Problem::NoAnswer
                | Problem::Forbidden
        );
        if is_values && outline.separable && !about_window && !has_effect {
            self.queue_window(step.index);
        }
    }

    fn queue_window(&mut self, index: usize) {
        if self.queued.insert(index) {
            self.windows.push_back(index);
        }
    }

    fn silence(&mut self, step: Step) {
        let outline = self.outlines.get(step.index);
        let was_silent = outline.is_some_and(|outline| outline.was_silent);
        // Another account got an answer meanwhile: a call without one takes the longest.
        if (was_silent && self.answered) || self.last_answered > Some(step.begun) {
            return self.judge_personal(vec![step.index]);
        }
        // It says nothing about the vendor. A lock does not wait until somebody else gets an answer.
        if was_silent {
            self.queue_separable_window(step.index);
            return self.silent_again.push(step.index);
        }
        if !self.silent.contains(&step.index) {
            self.silent.push(step.index);
        }
        if let Some(left) = self.probes_left.filter(|_| step.probe) {
            self.probes_left = Some(left.saturating_sub(1));
        }
        let is_last = self.in_flight == 0 && self.remaining.is_empty() && self.windows.is_empty();
        match self.probes_left {
            Some(left) if left == 0 || is_last => (self.stopped, self.vendor) = (true, true),
            None if self.silent.len() >= SILENT_IN_A_ROW && !self.remaining.is_empty() => {
                self.probes_left = Some(PROBES);
            }
            _ => {}
        }
    }

    /// A window without the values may still go: they may be what the account fails at.
    fn judge_personal(&mut self, silent: Vec<usize>) {
        for index in &silent {
            self.queue_separable_window(*index);
        }
        self.personal.extend(silent);
    }

    fn queue_separable_window(&mut self, index: usize) {
        let outline = self.outlines.get(index);
        if outline.is_some_and(|outline| outline.separable && !outline.values.is_empty()) {
            self.queue_window(index);
        }
    }

    /// What so many people were refused for that it is not theirs. Another form of the same field, refused too, is the same.
    fn troubles(&self) -> Vec<Trouble> {
        let is_open = |trouble: &&Trouble| !self.is_accepted(trouble);
        let open: Vec<_> = self.refusals.keys().filter(is_open).collect();
        let is_many = |trouble: &Trouble| {
            let people = self.refusals.get(trouble);
            people.is_some_and(|people| people.len() >= SAME_REFUSAL)
        };
        let is_trouble = |trouble: &&&Trouble| {
            let mut same = open.iter().filter(|it| it.is_same_but_form(trouble));
            same.any(|it| is_many(it))
        };
        open.iter()
            .filter(is_trouble)
            .map(|it| (*it).clone())
            .collect()
    }

    fn is_accepted(&self, trouble: &Trouble) -> bool {
        match (&trouble.field, trouble.problem) {
            (_, Problem::Lost) => self.accepted_update,
            (Some(_), _) => self.accepted.iter().any(|sent| trouble.is_about(sent)),
            (None, _) if trouble.window => self.accepted_any,
            (None, _) if trouble.creates => self.accepted_create,
            (None, _) => self.accepted_update_values,
        }
    }
}

impl Trouble {
    /// Whether the values of `outline` would meet the same refusal.
    fn blocks(&self, outline: &Outline) -> bool {
        match (&self.field, self.problem) {
            // Accounts and locks do not wait for tags.
            (_, Problem::Forbidden) => false,
            (_, Problem::Lost) => outline.updates,
            (Some(_), _) => {
                let mut sent = outline.values.iter().chain(&outline.window);
                sent.any(|sent| self.is_about(sent))
            }
            (None, _) => !self.window && self.creates != outline.updates,
        }
    }

    /// Whether the access window alone would.
    fn blocks_window(&self, outline: &Outline) -> bool {
        match (&self.field, self.problem) {
            (_, Problem::Lost | Problem::Forbidden) => false,
            (Some(_), _) => outline.window.iter().any(|sent| self.is_about(sent)),
            (None, _) => self.window,
        }
    }

    fn is_same_but_form(&self, other: &Self) -> bool {
        (self.window, self.creates) == (other.window, other.creates)
            && self.field == other.field
            && self.problem == other.problem
    }

    fn is_about(&self, sent: &Sent) -> bool {
        self.field.as_ref() == Some(&sent.name) && self.form == Some(sent.form)
    }
}

/// What a refusal may turn out to be an instance of. A conflict with another account is always the person's, and tags without an
/// answer keep nobody's account waiting.
fn troubles(refusal: &Refusal, part: StepPart, outline: &Outline) -> Vec<Trouble> {
    let trouble = |field| Trouble {
        field,
        problem: refusal.problem,
        form: None,
        window: part == StepPart::Window || outline.values.is_empty(),
        creates: false,
    };
    match (refusal.problem, refusal.fields.as_slice()) {
        (Problem::Conflict | Problem::NoAnswer, _) => Vec::new(),
        (Problem::Lost, _) => vec![Trouble {
            window: false,
            ..trouble(None)
        }],
        (_, []) => vec![Trouble {
            creates: !outline.updates,
            ..trouble(None)
        }],
        (_, fields) => fields
            .iter()
            .map(|field| Trouble {
                window: false,
                form: outline.form(field),
                ..trouble(Some(field.clone()))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
