//! Every way in which a vendor may do otherwise than we believe, by name.

use crate::reteach::Spelling;
use crate::{Kombo, Personio, Reteach, kombo, personio, reteach};

/// What one vendor does differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialect {
    Reteach(Vec<reteach::Quirk>),
    Personio(personio::Quirk),
    Kombo(kombo::Quirk),
    /// Certificate files are elsewhere.
    Files(Files),
}

/// Where an academy has its certificate files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// On a host that the tenant's file does not name.
    OnAnotherHost,
    /// On the API's own host: an address without a host, and the token is needed.
    BehindTheToken,
    RelativeAndBehindTheToken,
    /// On the API's own host, which needs the token and redirects to the store, which takes none.
    RedirectedToTheStore,
    /// On a host that redirects to one that the tenant's file does not name.
    RedirectedToAnotherHost,
}

impl Dialect {
    /// Makes the vendors speak it. They keep it until the next one.
    pub fn set(&self, reteach: &Reteach, personio: &Personio, kombo: Option<&Kombo>) {
        match self {
            Self::Reteach(quirks) => reteach.set_quirks(quirks.clone()),
            Self::Personio(quirk) => personio.set_quirks([*quirk]),
            Self::Kombo(quirk) => kombo
                .into_iter()
                .for_each(|kombo| kombo.set_quirks([*quirk])),
            Self::Files(files) => {
                let downloads = reteach.downloads();
                let (api, store) = (reteach.base_url(), downloads.base_url());
                let other = downloads.localhost_url();
                let (base, redirect) = match files {
                    Files::OnAnotherHost => (other, None),
                    Files::BehindTheToken => (api, None),
                    Files::RelativeAndBehindTheToken => (String::new(), None),
                    Files::RedirectedToTheStore => (api, Some(store)),
                    Files::RedirectedToAnotherHost => (store, Some(other)),
                };
                downloads.set_url_base(&base);
                downloads.redirect_to(redirect.as_deref());
            }
        }
    }

    /// Makes the vendors do again what we believe.
    pub fn clear(reteach: &Reteach, personio: &Personio, kombo: Option<&Kombo>) {
        reteach.set_quirks([]);
        personio.set_quirks([]);
        kombo.into_iter().for_each(|kombo| kombo.set_quirks([]));
        let downloads = reteach.downloads();
        downloads.set_url_base(&downloads.base_url());
        downloads.redirect_to(None);
    }
}

#[must_use]
pub fn dialects() -> Vec<(String, Dialect)> {
    use reteach::Quirk::{
        CodeIsGoodOnce, ConflictsAre422, DatesDoNotLock, EmptyListsAre404,
        ExternalIdsAreNoIdentifiers, FindsByUserNameAlone, FoldsMail, HidesLocked,
        IgnoresExternalIdFilter, IgnoresField, IgnoresTags, LeavesOut, ListHidesLocked,
        NoExpiresIn, NoRefreshTokens, NullClearsNothing, PagesOf, PutDropsTags, PutReplaces,
        RefreshIsGoodOnce, RefusesField, RefusesInObjects, RefusesKnownCustomers, RefusesPagesOver,
        RefusesRefresh, RefusesTags, Shows, TakesOnlyDatesAhead, TakesTagsById, TotalMoves,
        TotalOff, UpdatesWhatItFinds,
    };
    let fields = ["position", "location", "setActiveAt", "setInactiveAt"];
    let of_field = |says: &str, quirk: fn(String) -> reteach::Quirk| {
        fields.map(|field| {
            (
                format!("reteach {says} {field}"),
                vec![quirk(field.to_owned())],
            )
        })
    };
    let missing = ["status", "tags", "resultCount", "source"].map(|member| {
        let quirk = LeavesOut(member.to_owned());
        (format!("reteach leaves out {member}"), vec![quirk])
    });
    let dates = ["setActiveAt", "setInactiveAt"].map(|field| {
        let quirk = TakesOnlyDatesAhead(field.to_owned());
        (format!("reteach takes only {field} ahead"), vec![quirk])
    });
    let no_ids = ExternalIdsAreNoIdentifiers;
    let one = [
        ("dates do not lock", DatesDoNotLock),
        ("list hides locked accounts", ListHidesLocked),
        ("PUT replaces", PutReplaces),
        ("PUT drops tags", PutDropsTags),
        ("null clears nothing", NullClearsNothing),
        ("refuses known customers", RefusesKnownCustomers),
        ("conflicts are 422", ConflictsAre422),
        ("finds by user name alone", FindsByUserNameAlone),
        ("updates what it finds", UpdatesWhatItFinds),
        ("external ids are no identifiers", no_ids(404)),
        ("external ids are refused with 400", no_ids(400)),
        ("external ids are refused with 422", no_ids(422)),
        ("ignores the external id filter", IgnoresExternalIdFilter),
        ("shows locked accounts in its list alone", HidesLocked),
        ("takes tags by id", TakesTagsById),
        ("ignores tags", IgnoresTags),
        ("refuses tags", RefusesTags),
        ("folds mail", FoldsMail),
        ("no expires_in", NoExpiresIn),
        ("client code is good once", CodeIsGoodOnce),
        ("no refresh tokens", NoRefreshTokens),
        ("refuses to refresh", RefusesRefresh),
        ("total one too low", TotalOff(-1)),
        ("total one too high", TotalOff(1)),
        ("total moves", TotalMoves),
        ("total null", Shows(Spelling::NoTotal)),
        ("small pages", PagesOf(2)),
        ("refuses large pages", RefusesPagesOver(25)),
        ("empty lists are 404", EmptyListsAre404),
        ("dates to the minute", Shows(Spelling::Minutes)),
        ("dates with another offset", Shows(Spelling::OtherOffset)),
        ("dates without an offset", Shows(Spelling::NoOffset)),
        ("dates are days", Shows(Spelling::Days)),
        ("unknown words", Shows(Spelling::UnknownWords)),
        ("more members", Shows(Spelling::MoreMembers)),
        ("no nulls", Shows(Spelling::NoNulls)),
        ("ids are numbers", Shows(Spelling::NumericIds)),
        ("replies are bare", Shows(Spelling::BareReplies)),
        (
            "replies have required members only",
            Shows(Spelling::RequiredReplies),
        ),
        ("replies are empty", Shows(Spelling::EmptyReplies)),
    ];
    let one = one.map(|(name, quirk)| (format!("reteach {name}"), vec![quirk]));
    let several = [
        ("PUT replaces, tags too", vec![PutReplaces, PutDropsTags]),
        (
            "client code and refresh tokens are good once",
            vec![CodeIsGoodOnce, RefreshIsGoodOnce],
        ),
        (
            "client code is good once and never refreshed",
            vec![CodeIsGoodOnce, NoRefreshTokens],
        ),
        (
            "refuses position in objects",
            vec![RefusesField("position".to_owned()), RefusesInObjects],
        ),
    ];
    let several = several.map(|(name, quirks)| (format!("reteach {name}"), quirks));
    let of_reteach = of_field("refuses", RefusesField)
        .into_iter()
        .chain(of_field("ignores", IgnoresField))
        .chain(dates)
        .chain(one)
        .chain(missing)
        .chain(several)
        .map(|(name, quirks)| (name, Dialect::Reteach(quirks)));
    let of_files = [
        ("files on another host", Files::OnAnotherHost),
        ("files behind the token", Files::BehindTheToken),
        ("files relative", Files::RelativeAndBehindTheToken),
        ("files redirected to the store", Files::RedirectedToTheStore),
        (
            "files redirected to another host",
            Files::RedirectedToAnotherHost,
        ),
    ]
    .map(|(name, files)| (format!("reteach {name}"), Dialect::Files(files)));
    of_reteach
        .chain(of_files)
        .chain(of_personio())
        .chain(of_kombo())
        .collect()
}

fn of_personio() -> impl Iterator<Item = (String, Dialect)> {
    use personio::Quirk::{
        BareValues, HidesComments, NoMetadata, PagesOf, RefusesUnknownAttributes, Renames,
        ShowsAsList, ShowsAsText, ShowsAsUnit, ShowsDay, ShowsGermanDay,
    };
    let quirks = [
        ("workplace for office", Renames("office", "workplace")),
        (
            "legal entity for subcompany",
            Renames("subcompany", "legal_entity"),
        ),
        ("state for status", Renames("status", "state")),
        ("id is text", ShowsAsText("id")),
        ("office is text", ShowsAsText("office")),
        ("position is an object", ShowsAsUnit("position")),
        ("position is a list", ShowsAsList("position")),
        ("status is a list", ShowsAsList("status")),
        ("hire date is a day", ShowsDay("hire_date")),
        ("end date is a day", ShowsDay("termination_date")),
        ("end date is German", ShowsGermanDay("termination_date")),
        ("unknown attributes are refused", RefusesUnknownAttributes),
        ("no metadata", NoMetadata),
        ("bare values", BareValues),
        ("small pages", PagesOf(7)),
        ("documents have no comments", HidesComments),
    ];
    let named = |(name, quirk)| (format!("Personio {name}"), Dialect::Personio(quirk));
    quirks.into_iter().map(named)
}

fn of_kombo() -> impl Iterator<Item = (String, Dialect)> {
    use kombo::Quirk::{
        EmptyCursorAtTheEnd, EmptyForNull, LastPageNamesItself, LeavesOut, NoCursorAtTheEnd,
        NoNulls, NumericIds, OneEmptyPageMore, PagesOf,
    };
    let quirks = [
        ("no nulls", NoNulls),
        ("no groups", LeavesOut("groups")),
        ("no gender", LeavesOut("gender")),
        ("no mail", LeavesOut("work_email")),
        ("no job title", LeavesOut("job_title")),
        ("no legal entity", LeavesOut("legal_entity")),
        ("no work location", LeavesOut("work_location")),
        ("no start date", LeavesOut("start_date")),
        ("no custom fields", LeavesOut("custom_fields")),
        ("ids are numbers", NumericIds),
        ("no employment status", LeavesOut("employment_status")),
        ("no termination date", LeavesOut("termination_date")),
        ("no remote_deleted_at", LeavesOut("remote_deleted_at")),
        (
            "remote_deleted_at is empty text",
            EmptyForNull("remote_deleted_at"),
        ),
        ("small pages", PagesOf(7)),
        ("empty cursor at the end", EmptyCursorAtTheEnd),
        ("no cursor at the end", NoCursorAtTheEnd),
        ("one empty page more", OneEmptyPageMore),
        ("last page names itself", LastPageNamesItself),
    ];
    let named = |(name, quirk)| (format!("Kombo {name}"), Dialect::Kombo(quirk));
    quirks.into_iter().map(named)
}
