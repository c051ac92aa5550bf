use std::sync::atomic::{AtomicU32, Ordering};

use shared::domain::id::CustomerId;
use shared::http::{Call, Effect, Vendor};
use shared::reteach::{Certificate, Owner, ParticipationId};

use super::*;

/// A page as it came: how many records it announces, and its certificates. `None` is a record that does not match.
type Page = (u64, Vec<Option<u32>>);

fn participation(number: u32) -> Participation {
    let id: ParticipationId = serde_json::from_value(format!("p-{number}").into()).unwrap();
    Participation {
        id,
        customer: None,
        course_name: None,
        completed_at: None,
        certificate: Some(Certificate {
            id: CertificateId::new(format!("c-{number}")),
            url: None,
            dated: None,
            size: None,
        }),
    }
}

fn page((total, records): &Page) -> ParticipationPage {
    ParticipationPage {
        participations: records
            .iter()
            .flatten()
            .copied()
            .map(participation)
            .collect(),
        rejected: Vec::new(),
        received: records.len() as u64,
        total: Some(*total),
    }
}

/// Reads `pages`, after which there are only empty ones; how many were asked for.
async fn read(pages: &[Page]) -> (Reading, Seen<'static>, u32) {
    let mut seen = Seen::new(&keep_all);
    let asked = AtomicU32::new(0);
    let announced = pages.last().map_or(0, |(total, _)| *total);
    let reading = Reading::of(1, PAGE_SIZE, &mut seen, |number| {
        asked.fetch_add(1, Ordering::Relaxed);
        let empty = (announced, Vec::new());
        let found = page(pages.get(number as usize - 1).unwrap_or(&empty));
        async { Ok(found) }
    });
    let reading = reading.await.unwrap();
    (reading, seen, asked.into_inner())
}

fn rows(numbers: impl IntoIterator<Item = u32>) -> Vec<Option<u32>> {
    numbers.into_iter().map(Some).collect()
}

/// Pages in short: `4: 1 x | 4: 3` announces four records twice and has three, of which `x` does not match.
fn pages(text: &str) -> Vec<Page> {
    let page = |page: &str| -> Page {
        let (total, records) = page.split_once(':').unwrap();
        let records = records.split_whitespace();
        let records = records.map(|record| record.parse().ok());
        (total.parse().unwrap(), records.collect())
    };
    text.split(" | ").map(page).collect()
}

#[tokio::test]
async fn a_reading_is_complete_if_its_pages_agree_and_no_certificate_comes_twice() {
    use Completeness::{Complete, Shifting};
    for (text, expected, most_asked) in [
        // Nothing.
        ("0:", Complete, 1),
        // One page.
        ("2: 1 2", Complete, 1),
        // Two pages.
        ("4: 1 2 | 4: 3 4", Complete, 2),
        // A last page that is short.
        ("3: 1 2 | 3: 3", Complete, 2),
        // A page in the middle that is short.
        ("5: 1 2 | 5: 3 | 5: 4 5", Complete, 3),
        // Pages that become shorter and shorter.
        ("6: 1 2 3 | 6: 4 5 | 6: 6", Complete, 3),
        // A first page longer than the others.
        ("4: 1 2 | 4: 3 | 4: 4", Complete, 3),
        // Records that do not match.
        ("4: 1 x | 4: x 2", Complete, 2),
        // One came in at the top: the page repeats.
        ("4: 1 2 | 5: 2 3 | 5: 4", Shifting, 2),
        // One was taken away: the page skips one.
        ("5: 1 2 | 4: 4 5 | 4:", Shifting, 3),
        // One came and one went: the totals agree.
        ("4: 1 2 | 4: 2 4", Shifting, 2),
        // One is twice on a page.
        ("2: 1 1", Shifting, 1),
        // A row is missing at the end.
        ("4: 1 2 | 4: 3", Shifting, 3),
        // More than announced.
        ("2: 1 2 3 | 2: 4 | 2:", Shifting, 3),
        // Nothing, though something is announced.
        ("2:", Shifting, 2),
        // The total moved, the rows did not.
        ("4: 1 2 | 5: 3 4", Shifting, 2),
    ] {
        let pages = pages(text);
        let (reading, seen, asked) = read(&pages).await;
        assert_eq!(reading.completeness(), expected, "{text}");
        assert!(asked <= most_asked, "{text}: {asked} pages");
        let came: HashSet<_> = pages
            .iter()
            .flat_map(|(_, rows)| rows.iter().flatten().copied())
            .collect();
        let kept: HashSet<_> = seen.kept.into_keys().collect();
        if expected == Completeness::Complete {
            assert_eq!(
                kept.len(),
                came.len(),
                "{text}: everything that came is kept"
            );
        }
    }
}

#[tokio::test]
async fn a_page_that_fails_fails_the_reading() {
    for failing in 1..=4 {
        let mut seen = Seen::new(&keep_all);
        let reading = Reading::of(1, PAGE_SIZE, &mut seen, async |number| {
            if number == failing {
                return Err(Error::Forbidden("no".to_owned()));
            }
            Ok(page(&(8, rows([number * 2, number * 2 + 1]))))
        });
        assert!(reading.await.is_err(), "page {failing}");
    }
}

async fn listed(
    answers: impl Fn(u32, u32) -> Result<ParticipationPage, Error>,
) -> Result<Listing, Error> {
    read_all(&keep_all, |number, size| {
        let answer = answers(number, size);
        async { answer }
    })
    .await
}

#[tokio::test]
async fn what_came_before_a_page_that_fails_is_kept() {
    let unreadable = || Error::Unreadable {
        problem: "why".to_owned(),
        effect: Effect::None,
    };
    let listing = listed(|number, _| match number {
        1..=3 => Ok(page(&(10, rows([number * 2, number * 2 + 1])))),
        _ => Err(unreadable()),
    });
    let listing = listing.await.unwrap();
    assert_eq!(listing.certificates.len(), 6);
    assert_eq!(listing.failure, Some(unreadable()));
    assert_eq!(listing.completeness, Completeness::Shifting);
    assert_eq!(
        listed(|_, _| Err(unreadable())).await.unwrap_err(),
        unreadable()
    );
    let refused = listed(|number, _| match number {
        1 => Ok(page(&(4, rows([1, 2])))),
        _ => Err(Error::Forbidden("no".to_owned())),
    });
    assert!(matches!(refused.await, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn a_page_that_always_fails_hides_no_certificate_on_another() {
    let broken = || Error::Unavailable {
        problem: "why".to_owned(),
        effect: Effect::None,
    };
    let pages = [1, 2, 4].into_iter();
    for (bad, total) in pages.flat_map(|bad| [(bad, Some(8)), (bad, None)]) {
        let listing = listed(|number, _| match number {
            _ if number == bad => Err(broken()),
            1..=4 => Ok(ParticipationPage {
                total,
                ..without_total([number * 2, number * 2 + 1])
            }),
            _ => Ok(ParticipationPage {
                total,
                ..ParticipationPage::default()
            }),
        });
        let listing = listing.await.unwrap();
        assert_eq!(listing.certificates.len(), 6, "{bad} {total:?}");
        assert_eq!(listing.failure, Some(broken()), "{bad} {total:?}");
        assert_eq!(listing.completeness, Completeness::Shifting);
    }
    // An outage is not waited for on each page.
    let asked = AtomicU32::new(0);
    let listing = listed(|number, _| {
        asked.fetch_add(1, Ordering::Relaxed);
        match number {
            1 => Ok(page(&(200, rows([1, 2])))),
            _ => Err(broken()),
        }
    });
    let listing = listing.await.unwrap();
    assert_eq!(listing.certificates.len(), 2);
    assert_eq!(listing.failure, Some(broken()));
    let asked = asked.into_inner();
    assert!(asked <= 8, "{asked}: three that fail, four in flight");
    // Nor is it where no page shows that there is a list.
    for second in [Err(broken()), Ok(page(&(0, Vec::new())))] {
        let asked = AtomicU32::new(0);
        let listing = listed(|number, _| {
            asked.fetch_add(1, Ordering::Relaxed);
            match number {
                2 => second.clone(),
                _ => Err(broken()),
            }
        });
        assert_eq!(listing.await.unwrap_err(), broken());
        assert_eq!(asked.into_inner(), 2);
    }
}

#[tokio::test]
async fn a_later_page_that_is_answered_404_is_the_end_where_no_total_says_otherwise() {
    let not_found = || Error::NotFound {
        call: Call {
            vendor: Vendor::Reteach,
            method: reqwest::Method::GET,
            path: "/participation",
        },
    };
    let listing = listed(|number, _| match number {
        1 => Ok(without_total([1, 2])),
        _ => Err(not_found()),
    });
    let listing = listing.await.unwrap();
    assert_eq!((listing.certificates.len(), listing.readings), (2, 1));
    assert_eq!(listing.completeness, Completeness::Complete);
    let listing = listed(|number, _| match number {
        1 => Ok(page(&(4, rows([1, 2])))),
        _ => Err(not_found()),
    });
    assert_eq!(listing.await.unwrap().failure, Some(not_found()));
    // Three come, of one that was announced or of four.
    for (total, expected) in [(1, Completeness::Complete), (4, Completeness::Shifting)] {
        let listing = listed(|number, _| match number {
            1 => Ok(page(&(total, rows([1, 2])))),
            2 => Ok(page(&(total, rows([3])))),
            _ => Err(not_found()),
        });
        let listing = listing.await.unwrap();
        assert_eq!((listing.certificates.len(), listing.readings), (3, 3));
        assert_eq!(listing.completeness, expected, "{total}");
    }
}

#[tokio::test]
async fn a_reply_that_is_too_large_is_asked_for_in_smaller_pages() {
    let too_large = || Error::TooLarge {
        problem: "large".to_owned(),
        effect: Effect::None,
    };
    for fits in [250, 50, 10] {
        let listing = listed(|number, size| match size > fits {
            true => Err(too_large()),
            false => Ok(page(&(1_000, rows((number - 1) * size..number * size)))),
        });
        let listing = listing.await.unwrap();
        assert_eq!((listing.certificates.len(), listing.readings), (1_000, 1));
        assert_eq!(listing.completeness, Completeness::Complete, "{fits}");
    }
    // A later page alone is too large.
    let listing = listed(|number, size| match (number, size) {
        (2, 250) => Err(too_large()),
        _ => Ok(page(&(1_000, rows((number - 1) * size..number * size)))),
    });
    let listing = listing.await.unwrap();
    assert_eq!((listing.certificates.len(), listing.readings), (1_000, 1));
    assert_eq!(
        listed(|_, _| Err(too_large())).await.unwrap_err(),
        too_large()
    );
}

#[tokio::test]
async fn small_pages_bring_as_many_certificates_as_large_ones() {
    let total = 10_010;
    let listing = listed(|number, size| match size {
        10 => Ok(page(&(total, rows((number - 1) * size..number * size)))),
        _ => Err(Error::TooLarge {
            problem: "large".to_owned(),
            effect: Effect::None,
        }),
    });
    let listing = listing.await.unwrap();
    assert_eq!(listing.certificates.len() as u64, total);
    assert_eq!(listing.completeness, Completeness::Complete);
}

/// A page of an academy that announces no total.
fn without_total(records: impl IntoIterator<Item = u32>) -> ParticipationPage {
    ParticipationPage {
        total: None,
        ..page(&(0, rows(records)))
    }
}

#[tokio::test]
async fn pages_shorter_than_asked_for_bring_as_many_certificates_as_full_ones() {
    let (total, length): (u32, u32) = (25_001, 25);
    let records = |number: u32| ((number - 1) * length).min(total)..(number * length).min(total);
    let with_total = listed(|number, _| Ok(page(&(u64::from(total), rows(records(number))))));
    let with_total = with_total.await.unwrap();
    // The page after the last is empty.
    let without_total = listed(|number, _| Ok(without_total(records(number))));
    let without_total = without_total.await.unwrap();
    for listing in [with_total, without_total] {
        assert_eq!((listing.certificates.len(), listing.readings), (25_001, 1));
        assert_eq!(listing.completeness, Completeness::Complete);
    }
}

/// reteach's document does not say what `resultCount` counts: it may be the records of its page.
#[tokio::test]
async fn a_full_page_that_counts_itself_alone_is_not_the_whole_list() {
    for (count, most, counts_pages, asked_for, readings) in [
        (249_u32, 250, true, 1, 1),
        (250, 250, true, 2, 1),
        (250, 250, false, 2, 1),
        (251, 250, false, 2, 1),
        // Two full pages, a short one and an empty one.
        (600, 250, true, 3 * 4, 3),
        // It shows fewer than it is asked for.
        (250, 100, true, 3 * 4, 3),
        (60, 25, true, 3 * 4, 3),
        (600, 250, false, 3, 1),
    ] {
        let asked = AtomicU32::new(0);
        let listing = listed(|number, size| {
            asked.fetch_add(1, Ordering::Relaxed);
            let size = size.min(most);
            let end = count.min(number * size);
            let rows = rows(end.min((number - 1) * size)..end);
            let total = match counts_pages {
                true => rows.len() as u64,
                false => u64::from(count),
            };
            Ok(page(&(total, rows)))
        });
        let listing = listing.await.unwrap();
        let case = format!("{count} by {most} {counts_pages}");
        assert_eq!(listing.certificates.len(), count as usize, "{case}");
        assert_eq!(listing.completeness, Completeness::Complete, "{case}");
        let both = (asked.into_inner(), listing.readings);
        assert_eq!(both, (asked_for, readings), "{case}");
    }
    // The page after the last one may be answered 404, or refused.
    let call = || Call {
        vendor: Vendor::Reteach,
        method: reqwest::Method::GET,
        path: "/participation",
    };
    let refusals: [fn(Call) -> Error; 2] = [
        |call| Error::NotFound { call },
        |call| Error::Rejected {
            call,
            status: 422,
            fields: Vec::new(),
            reasons: Vec::new(),
        },
    ];
    for refused in refusals {
        let listing = listed(|number, size| match number {
            1 => Ok(page(&(250, rows(0..size)))),
            _ => Err(refused(call())),
        });
        let listing = listing.await.unwrap();
        let found = (listing.completeness, listing.failure);
        assert_eq!(found, (Completeness::Complete, None));
    }
}

#[tokio::test]
async fn an_academy_that_repeats_a_page_for_ever_is_asked_for_few_pages() {
    let asked = AtomicU32::new(0);
    let listing = listed(|_, _| {
        asked.fetch_add(1, Ordering::Relaxed);
        Ok(without_total([1, 2]))
    });
    let listing = listing.await.unwrap();
    assert_eq!((listing.certificates.len(), listing.readings), (2, 3));
    assert_eq!(listing.completeness, Completeness::Shifting);
    assert_eq!(asked.into_inner(), 9, "three in each reading");
    // One page alone may repeat what has moved on to it.
    let listing = listed(|number, _| {
        Ok(match number {
            1 => without_total([1, 2]),
            2 => without_total([2]),
            3 => without_total([3]),
            _ => without_total([]),
        })
    });
    let listing = listing.await.unwrap();
    assert_eq!((listing.certificates.len(), listing.readings), (3, 3));
}

#[tokio::test]
async fn an_empty_page_is_the_end_unless_records_come_after_it() {
    use Completeness::{Complete, Shifting};
    for (with_records, expected) in [([1, 2], Complete), ([1, 3], Shifting)] {
        let listing = listed(|number, _| {
            Ok(match with_records.contains(&number) {
                true => page(&(8, rows([number * 2, number * 2 + 1]))),
                false => ParticipationPage::default(),
            })
        });
        let listing = listing.await.unwrap();
        assert_eq!((listing.certificates.len(), listing.readings), (4, 3));
        assert_eq!(listing.completeness, expected, "{with_records:?}");
    }
}

#[tokio::test]
async fn three_equal_readings_are_complete_whatever_total_is_announced() {
    for total in [3, 9] {
        let listing = listed(|number, _| match number {
            1..=2 => Ok(page(&(total, rows([number * 2, number * 2 + 1])))),
            _ => Ok(page(&(total, vec![]))),
        });
        let listing = listing.await.unwrap();
        assert_eq!(
            (listing.certificates.len(), listing.readings),
            (4, 3),
            "{total}"
        );
        assert_eq!(listing.completeness, Completeness::Complete, "{total}");
        assert!(listing.is_total_wrong, "{total}");
    }
    // One that comes twice in each reading, whether the number counts it twice or not.
    for total in [3, 4] {
        let listing = listed(|number, _| match number {
            1..=2 => Ok(page(&(total, rows([number, 3])))),
            _ => Ok(page(&(total, vec![]))),
        });
        let listing = listing.await.unwrap();
        assert_eq!((listing.certificates.len(), listing.readings), (3, 3));
        assert_eq!(listing.completeness, Completeness::Complete, "{total}");
    }
    let calls = AtomicU32::new(0);
    let shifting = listed(|number, _| match number {
        1 => {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            Ok(page(&(9, rows([call, call + 1]))))
        }
        _ => Ok(page(&(9, vec![]))),
    });
    let shifting = shifting.await.unwrap();
    assert_eq!(shifting.completeness, Completeness::Shifting);
    assert!(!shifting.is_total_wrong);
}

/// Completed at this second of an epoch, of this person.
fn completed(number: u32, second: i64, person: &str) -> Participation {
    Participation {
        customer: Some(Owner {
            id: CustomerId::new(person),
            external_id: None,
        }),
        completed_at: Some(Timestamp::from_second(second).unwrap()),
        ..participation(number)
    }
}

#[test]
fn only_the_newest_are_kept_and_the_others_counted() {
    let rules = |id: &CertificateId, _: &Participation| Rule {
        keep: match id.as_str() {
            "c-1" => Keep::Always,
            "c-2" => Keep::Count(Counted::Done),
            "c-3" => Keep::Count(Counted::NotFromHr),
            "c-10" | "c-11" | "c-12" | "c-13" => Keep::Newest(Class::Waiting),
            _ => Keep::Newest(Class::Fileable),
        },
        digest: None,
    };
    let mut seen = Seen {
        max_newest: 3,
        ..Seen::new(&rules)
    };
    for reading in 1..=2 {
        for number in (1..=13).rev() {
            // The higher the number, the older.
            let again = seen.take(reading, completed(number, 100 - i64::from(number), "a"));
            assert!(!again, "{reading} {number}");
        }
    }
    let listing = seen.listing(Vec::new(), Completeness::Complete, 2);
    let kept: Vec<_> = listing.certificates.keys().map(|id| id.as_str()).collect();
    let expected = ["c-1", "c-10", "c-11", "c-12", "c-4", "c-5", "c-6"];
    assert_eq!(kept, expected, "those that wait take nobody's place");
    assert_eq!(listing.seen, 13);
    let beyond = [(Class::Fileable, 3), (Class::Waiting, 1)];
    assert_eq!(listing.beyond, beyond.into());
    let counted = [(Counted::Done, 1), (Counted::NotFromHr, 1)];
    assert_eq!(listing.counted, counted.into());
}

#[test]
fn a_certificate_of_two_people_is_nobodys_even_if_one_of_them_was_not_kept() {
    let rules = |_: &CertificateId, _: &Participation| Rule {
        keep: Keep::Newest(Class::Fileable),
        digest: None,
    };
    let mut seen = Seen {
        max_newest: 1,
        ..Seen::new(&rules)
    };
    seen.take(1, completed(1, 1, "a"));
    seen.take(1, completed(2, 2, "a"));
    let of_another = Participation {
        id: serde_json::from_value("p-9".into()).unwrap(),
        ..completed(1, 3, "b")
    };
    seen.take(1, of_another);
    let listing = seen.listing(Vec::new(), Completeness::Complete, 1);
    assert!(
        !listing
            .certificates
            .contains_key(&CertificateId::new("c-1"))
    );
    assert_eq!(listing.rejected.len(), 1);
}

#[test]
fn the_days_of_what_is_not_kept_are_named_and_what_is_held_is_counted_by_day() {
    let day_of =
        |participation: &Participation| crate::checkpoint::day_of(participation.completed_at);
    let rules = |id: &CertificateId, participation: &Participation| Rule {
        keep: match id.as_str() {
            "c-7" | "c-8" => Keep::Count(Counted::Held),
            _ => Keep::Newest(Class::Recent),
        },
        digest: (id.as_str() != "c-8").then(|| (day_of(participation), 1)),
    };
    let mut seen = Seen {
        max_newest: 3,
        ..Seen::new(&rules)
    };
    let day = |number: u32| i64::from(number) * 24 * 3_600;
    for reading in 1..=2 {
        for number in 1..=8 {
            seen.take(reading, completed(number, day(number / 2), "a"));
        }
    }
    let listing = seen.listing(Vec::new(), Completeness::Complete, 2);
    let kept: Vec<_> = listing.certificates.keys().map(|id| id.as_str()).collect();
    assert_eq!(kept, ["c-4", "c-5", "c-6"]);
    let [first, second, fourth] = [0, 1, 3].map(|number| {
        crate::checkpoint::day_of(Some(Timestamp::from_second(day(number)).unwrap()))
    });
    assert_eq!(listing.beyond_days, [first, second].into());
    assert_eq!(listing.held_days, [(fourth, 1)].into());
    assert_eq!(listing.counted, [(Counted::Held, 1)].into());
}
