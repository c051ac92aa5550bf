//! Looking people up one by one, until reteach answers for nobody any more.

use std::collections::HashMap;
use std::ops::Range;

use shared::domain::id::{CustomerId, ExternalId};
use shared::reteach::{self, Client, Customer};

use super::{AccountQuery, by_mail};
use crate::plan::{Account, AccountView, MatchedBy};

#[derive(Debug, Default)]
pub struct LookUps {
    /// By external id. About others reteach was not asked, or did not answer.
    pub found: HashMap<ExternalId, LookedUp>,
    /// Why nobody, or nobody else, could be looked up: the trouble is not one account's. Also after too little time for
    /// the first answer.
    pub stopped: Option<reteach::Error>,
}

#[derive(Debug)]
pub enum LookedUp {
    Found(Account),
    /// reteach takes this person's mail address for no identifier: its list alone shows whose it is.
    AddressRefused(reteach::Error),
    /// reteach does not answer for this account, while it may answer for others.
    NoAnswer(reteach::Error),
}

/// Looks up each of `queries`, one or two calls a person, until the time is over, the academy takes no more calls, or
/// six people in a row get no answer.
///
/// # Errors
/// [`reteach::Error::Credential`]: reteach takes no call at all.
pub async fn look_up(
    client: &Client,
    queries: &[AccountQuery<'_>],
) -> Result<LookUps, reteach::Error> {
    let asked = ask_each(queries, |query| look_up_person(client, *query)).await?;
    Ok(asked.into())
}

/// What came of reading an account by its id.
#[derive(Clone, Debug)]
pub enum ReadAccount {
    Found(Box<Customer>),
    Deleted,
    /// reteach does not answer for this account, while it may answer for others.
    NoAnswer,
    /// reteach was not asked any more, or answers for none.
    NotAsked,
}

/// Reads the accounts with these ids, until reteach answers for none any more.
///
/// # Errors
/// [`reteach::Error::Credential`]: reteach takes no call at all.
pub async fn read(
    client: &Client,
    ids: &[&CustomerId],
) -> Result<HashMap<CustomerId, ReadAccount>, reteach::Error> {
    let read_one = async |id| match client.get(id).await {
        Ok(customer) => Ok(ReadAccount::Found(Box::new(customer))),
        Err(reteach::Error::NotFound { .. }) => Ok(ReadAccount::Deleted),
        Err(error) => Err(error),
    };
    let asked = ask_each(ids, |id| read_one(*id)).await?;
    let mut read: HashMap<_, _> = ids
        .iter()
        .map(|id| ((*id).clone(), ReadAccount::NotAsked))
        .collect();
    let answers = asked.answers.into_iter();
    read.extend(
        answers.map(|(id, answer)| ((*id).clone(), answer.unwrap_or(ReadAccount::NoAnswer))),
    );
    Ok(read)
}

/// The answers to one question about many accounts.
#[derive(Debug)]
pub(crate) struct Asked<'a, K, T> {
    /// An error is one account's own.
    pub(crate) answers: Vec<(&'a K, Result<T, reteach::Error>)>,
    /// See [`LookUps::stopped`].
    pub(crate) stopped: Option<reteach::Error>,
}

/// Asks about one account after the other.
pub(crate) async fn ask_each<'a, K, T, F: Future<Output = Result<T, reteach::Error>>>(
    keys: &'a [K],
    ask: impl Fn(&'a K) -> F,
) -> Result<Asked<'a, K, T>, reteach::Error> {
    let mut asked = Asked {
        answers: Vec::new(),
        stopped: None,
    };
    let mut has_answered = false;
    // Since the last answer.
    let mut silent: Vec<(&K, Result<T, reteach::Error>)> = Vec::new();
    let mut turns = Turns::new(keys.len());
    while let Some(key) = turns.next().and_then(|index| keys.get(index)) {
        match ask(key).await {
            Ok(answer) => {
                turns.answered();
                has_answered = true;
                asked.answers.append(&mut silent);
                asked.answers.push((key, Ok(answer)));
            }
            Err(error @ reteach::Error::Credential(_)) => return Err(error),
            Err(error) if is_over(&error) => {
                asked.stopped = (!has_answered).then_some(error);
                break;
            }
            Err(error) => {
                let may_be_personal = turns.may_be_personal();
                let is_last = turns.remaining.is_empty() && !has_answered;
                let is_all = is_last && turns.silent >= SILENT_IN_A_ROW;
                if is_all || !may_be_personal {
                    asked.stopped = Some(error);
                    break;
                }
                silent.push((key, Err(error)));
            }
        }
    }
    if asked.stopped.is_none() {
        asked.answers.append(&mut silent);
    }
    Ok(asked)
}

impl From<Asked<'_, AccountQuery<'_>, LookedUp>> for LookUps {
    fn from(asked: Asked<'_, AccountQuery<'_>, LookedUp>) -> Self {
        let answers = asked.answers.into_iter().map(|(query, answer)| {
            let looked_up = answer.unwrap_or_else(LookedUp::NoAnswer);
            (query.external_id.clone(), looked_up)
        });
        Self {
            found: answers.collect(),
            stopped: asked.stopped,
        }
    }
}

/// People in a row without an answer, after whom others are tried.
const SILENT_IN_A_ROW: usize = 3;
/// The number of those others.
const PROBES: usize = 3;

/// Who is looked up next, by position: after three people in a row without an answer somebody from the end, so that people whose
/// accounts always fail stop nobody else.
#[derive(Debug)]
struct Turns {
    remaining: Range<usize>,
    silent: usize,
}

impl Turns {
    fn new(people: usize) -> Self {
        Self {
            remaining: 0..people,
            silent: 0,
        }
    }

    fn next(&mut self) -> Option<usize> {
        if self.silent < SILENT_IN_A_ROW {
            self.remaining.next()
        } else {
            self.remaining.next_back()
        }
    }

    fn answered(&mut self) {
        self.silent = 0;
    }

    /// Counts a missing answer. Whether it may be about one account alone.
    fn may_be_personal(&mut self) -> bool {
        self.silent += 1;
        self.silent < SILENT_IN_A_ROW + PROBES
    }
}

/// Whether nobody else can be looked up in this run.
fn is_over(error: &reteach::Error) -> bool {
    matches!(
        error,
        reteach::Error::Limited(_) | reteach::Error::OutOfTime { .. }
    )
}

async fn look_up_person(
    client: &Client,
    query: AccountQuery<'_>,
) -> Result<LookedUp, reteach::Error> {
    if let Some(customer) = client.find_by_external_id(query.external_id).await? {
        let account = Account::Fetched(Box::new(customer.into()), MatchedBy::ExternalId);
        return Ok(LookedUp::Found(account));
    }
    let Some(mail) = query.mail else {
        return Ok(LookedUp::Found(Account::Missing));
    };
    let found = match client.find_by_email(mail).await {
        Err(error @ reteach::Error::Rejected { .. }) => {
            return Ok(LookedUp::AddressRefused(error));
        }
        found => found?.map(AccountView::from),
    };
    let account = found.map_or(Account::Missing, |account| by_mail(&account, query));
    Ok(LookedUp::Found(account))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::FutureExt as _;
    use shared::http::Effect;

    use super::*;

    fn silence() -> reteach::Error {
        reteach::Error::Unavailable {
            problem: "reteach GET /customer answered 500".to_owned(),
            effect: Effect::None,
        }
    }

    /// What comes of looking so many people up; `error` says what an account answers.
    fn looked_up(
        people: usize,
        error: impl Fn(usize) -> Option<reteach::Error>,
    ) -> (usize, usize, usize, Option<reteach::Error>) {
        let ids: Vec<_> = (0..people)
            .map(|id| ExternalId::new(id.to_string()))
            .collect();
        let queries: Vec<_> = ids
            .iter()
            .map(|external_id| AccountQuery {
                external_id,
                known: None,
                mail: None,
            })
            .collect();
        let calls = Cell::new(0);
        let ask = |query: &AccountQuery<'_>| {
            calls.set(calls.get() + 1);
            let id = query.external_id.as_str().parse().unwrap();
            let answer = error(id).map_or(Ok(LookedUp::Found(Account::Missing)), Err);
            async move { answer }
        };
        let asked = ask_each(&queries, ask).now_or_never().unwrap().unwrap();
        let LookUps { found, stopped } = asked.into();
        let is_found = |it: &&LookedUp| matches!(it, LookedUp::Found(_));
        let answered = found.values().filter(is_found).count();
        (calls.get(), answered, found.len() - answered, stopped)
    }

    #[test]
    fn people_whose_accounts_give_no_answer_stop_nobody_unless_nobody_gets_one() {
        // How many give none at the beginning of the list, how many get one after them, how many are asked about, and how
        // many get a failure of their own.
        for (silent, others, asked, personal) in [
            (1, 0, 1, 1),
            (2, 0, 2, 2),
            (3, 0, 3, 0),
            (5, 0, 5, 0),
            (6, 0, 6, 0),
            (9, 0, 6, 0),
            (5, 1, 6, 5),
            (12, 3, 15, 12),
            (40, 20, 60, 40),
        ] {
            let (calls, answered, failures, stopped) =
                looked_up(silent + others, |id| (id < silent).then(silence));
            assert_eq!(calls, asked, "{silent}, {others}");
            let expected = (others, personal);
            assert_eq!((answered, failures), expected, "{silent}, {others}");
            let expected = (others == 0 && silent >= 3).then(silence);
            assert_eq!(stopped, expected, "{silent}, {others}");
        }
    }

    #[test]
    fn what_was_found_before_reteach_fell_silent_is_kept() {
        let (calls, answered, failures, stopped) =
            looked_up(20, |id| (id == 3 || id >= 8).then(silence));
        assert_eq!((calls, answered, failures), (14, 7, 1));
        assert_eq!(stopped, Some(silence()));
    }

    #[test]
    fn too_little_time_for_the_first_answer_is_named_and_later_the_rest_is_put_off() {
        let limited = || reteach::Error::Limited("reteach GET /customer".to_owned());
        for (first, answered, expected) in [(0, 0, Some(limited())), (4, 4, None)] {
            let ended = looked_up(9, |id| (id >= first).then(limited));
            assert_eq!(ended, (first + 1, answered, 0, expected));
        }
    }
}
