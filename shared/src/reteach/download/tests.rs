//! Where a certificate may come from, and what it must be.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::dns::{Name, Resolve, Resolving};
use serde_json::json;

use super::*;
use crate::document::{BodyError, PdfBody};
use crate::http::testing::{Canned, Seen, Server};
use crate::http::{self, NotPublic, RateLimiter, SignedUrl};
use crate::reteach::Credentials;

const MB: usize = 1 << 20;
/// A file that begins and ends as a PDF does.
const WHOLE: &str = "%PDF-1.7\n%%EOF";

/// The academy's API and a file store, each a server of its own.
struct World {
    api: Server,
    store: Server,
    downloads: Downloads,
}

impl World {
    async fn new(store: impl Fn(usize, &Seen) -> Canned + Send + Sync + 'static) -> Self {
        Self::with_api(|_, _| Canned::Text(404, ""), store).await
    }

    async fn with_api(
        api: impl Fn(usize, &Seen) -> Canned + Send + Sync + 'static,
        store: impl Fn(usize, &Seen) -> Canned + Send + Sync + 'static,
    ) -> Self {
        let token = |number| json!({"access_token": format!("jwt-{number}")});
        let api = Server::start(move |number, seen| match seen.path() {
            "/oauth/authorize" => Canned::Json(201, token(number)),
            _ => api(number, seen),
        })
        .await;
        let store = Server::start(store).await;
        let credentials = Credentials::new("the-id", "the-secret", "the-code");
        let client = Client::new(api.base.clone(), credentials, api.context(), 50.0)
            .with_pace(RateLimiter::new(&[]));
        let downloads = Downloads::new(client, http::client().unwrap(), &["127.0.0.1".to_owned()]);
        Self {
            api,
            store,
            downloads,
        }
    }

    fn at_store(&self, path: &str) -> SignedUrl {
        SignedUrl::new(format!("{}{path}", self.store.base))
    }

    fn at_api(&self, path: &str) -> SignedUrl {
        SignedUrl::new(format!("{}{path}", self.api.base))
    }

    async fn open(&self) -> Result<PdfBody, DownloadError> {
        let url = self.at_store("/c.pdf?signature=SECRET");
        self.downloads.open(&url).await
    }

    /// Opens the file within this time.
    async fn open_within(&self, seconds: u64) -> Result<PdfBody, DownloadError> {
        let deadline = Deadline::after(Duration::from_secs(seconds));
        let downloads = self.downloads.clone().until(deadline);
        downloads.open(&self.at_store("/c.pdf")).await
    }
}

async fn read(body: PdfBody) -> Result<Vec<u8>, BodyError> {
    let (content, watch) = body.into_content();
    let pieces = content.stream.map_ok(|piece| piece.to_vec());
    let bytes = pieces.try_concat().await;
    bytes.map_err(|_| watch.failure().unwrap())
}

fn respond(body: Body) -> Canned {
    Canned::Custom(Response::new(body))
}

fn respond_with(name: &'static str, value: &str, body: Body) -> Canned {
    let response = Response::builder().header(name, value).body(body);
    Canned::Custom(response.unwrap())
}

fn pieces(pieces: Vec<Bytes>) -> Body {
    Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)))
}

#[tokio::test(start_paused = true)]
async fn brings_the_file_without_the_token() {
    let world = World::new(|_, _| Canned::Text(200, "%PDF-1.7 %%EOF\n ")).await;
    let body = world.open().await.unwrap();
    assert_eq!(body.length(), Some(16));
    assert_eq!(read(body).await.unwrap(), b"%PDF-1.7 %%EOF\n ");
    let seen = world.store.seen();
    assert_eq!(seen.len(), 1);
    let headers = ["authorization", "cookie", "accept", "accept-encoding"];
    let headers = headers.map(|name| seen[0].header(name));
    let expected = [None, None, Some("application/pdf"), Some("identity")];
    assert_eq!(headers, expected);
    assert!(world.api.seen().is_empty());
    assert_eq!(world.api.calls.counts().reteach, 1);
}

#[tokio::test(start_paused = true)]
async fn the_token_goes_to_the_api_alone_and_is_renewed_once() {
    let world = World::with_api(
        |_, seen| match (seen.path(), seen.header("authorization")) {
            ("/here", Some("Bearer jwt-0")) => Canned::Text(401, ""),
            ("/here", Some("Bearer jwt-2")) => Canned::Text(200, WHOLE),
            _ => Canned::Text(500, ""),
        },
        |_, _| Canned::Text(404, ""),
    )
    .await;
    let body = world.downloads.open(&world.at_api("/here")).await.unwrap();
    assert_eq!(read(body).await.unwrap(), WHOLE.as_bytes());
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_the_store_goes_without_the_token() {
    let store = Server::start(|_, _| Canned::Text(200, WHOLE)).await;
    let to: &'static str = format!("{}/c.pdf?signature=SECRET", store.base).leak();
    let world = World::with_api(
        move |_, _| Canned::With(302, "location", to, json!({})),
        |_, _| Canned::Hang,
    )
    .await;
    let body = world.downloads.open(&world.at_api("/here")).await.unwrap();
    assert_eq!(read(body).await.unwrap(), WHOLE.as_bytes());
    let token = |server: &Server, number: usize| {
        let seen = server.seen();
        seen[number].header("authorization").map(str::to_owned)
    };
    assert_eq!(token(&world.api, 1).as_deref(), Some("Bearer jwt-0"));
    assert_eq!((store.seen().len(), token(&store, 0)), (1, None));
}

#[tokio::test(start_paused = true)]
async fn redirects_are_followed_three_times_and_to_allowed_places() {
    for (hops, expected) in [(3, Ok(())), (4, Err(Forbidden::Redirect))] {
        let world = World::new(move |number, _| match number {
            _ if number < hops => Canned::With(307, "location", "/next", json!({})),
            _ => Canned::Text(200, WHOLE),
        })
        .await;
        let opened = world.open().await.map(drop).map_err(|error| match error {
            DownloadError::Forbidden(why) => why,
            other => panic!("{other}"),
        });
        assert_eq!((opened, world.store.seen().len()), (expected, 4), "{hops}");
    }
    let host = |host: &str| Forbidden::Host(host.to_owned());
    for (to, expected) in [
        ("https://169.254.169.254/meta-data", host("169.254.169.254")),
        ("https://evil.example.com/c.pdf", host("evil.example.com")),
        ("http://evil.example.com/c.pdf", Forbidden::Scheme),
        ("ftp://127.0.0.1/c.pdf", Forbidden::Scheme),
        ("file:///etc/passwd", Forbidden::Url),
        ("http://u:p@127.0.0.1/c.pdf", Forbidden::Url),
        ("http://[", Forbidden::Redirect),
        ("", Forbidden::Redirect),
    ] {
        let world = World::new(move |number, _| match (number, to) {
            (0, "") => Canned::Text(302, ""),
            (0, _) => Canned::With(302, "location", to, json!({})),
            _ => Canned::Text(200, WHOLE),
        })
        .await;
        let error = world.open().await.unwrap_err();
        assert_eq!(error, DownloadError::Forbidden(expected), "{to}");
        assert_eq!(world.store.seen().len(), 1, "{to}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_ahead_finds_a_refused_host_and_leaves_everything_else_to_the_download() {
    let refused = Forbidden::Host("evil.example.com".to_owned());
    for (to, expected) in [
        (
            Some("https://evil.example.com/c.pdf"),
            Err(DownloadError::Forbidden(refused)),
        ),
        (Some("ftp://127.0.0.1/c.pdf"), Ok(())),
        (None, Ok(())),
    ] {
        let world = World::new(move |_, _| match to {
            Some(to) => Canned::With(302, "location", to, json!({})),
            None => Canned::Text(403, ""),
        })
        .await;
        let url = world.at_store("/c.pdf");
        assert_eq!(world.downloads.check_host(&url).await, expected, "{to:?}");
        assert_eq!(world.store.seen().len(), 1, "{to:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_resolves_to_loopback_is_not_connected_to() {
    struct Loopback;
    impl Resolve for Loopback {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(async { Err(NotPublic.into()) })
        }
    }
    let mut world = World::new(|_, _| Canned::Hang).await;
    let client = reqwest::Client::builder().dns_resolver(Arc::new(Loopback));
    world.downloads.client = client.build().unwrap();
    world.downloads.hosts = Hosts::new(&world.api.base, &["*.example.com".to_owned()]);
    let url = SignedUrl::new("https://files.example.com/c.pdf");
    let error = world.downloads.open(&url).await.unwrap_err();
    let not_public = Forbidden::NotPublic("files.example.com".to_owned());
    assert_eq!(error, DownloadError::Forbidden(not_public));
    assert_eq!(world.api.calls.counts().reteach, 1, "it is not tried again");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_url_is_not_fetched() {
    let world = World::new(|_, _| Canned::Hang).await;
    for url in ["", "certificates/1", "https://", "not a url"] {
        let opened = world.downloads.open(&SignedUrl::new(url)).await;
        let forbidden = DownloadError::Forbidden(Forbidden::Url);
        assert_eq!(opened.unwrap_err(), forbidden, "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_an_answer_means() {
    for (status, expected, attempts) in [
        (400, DownloadError::Expired { status: 400 }, 1),
        (401, DownloadError::Expired { status: 401 }, 1),
        (403, DownloadError::Expired { status: 403 }, 1),
        (404, DownloadError::Expired { status: 404 }, 1),
        (410, DownloadError::Expired { status: 410 }, 1),
        (204, DownloadError::Empty, 1),
        (202, DownloadError::Refused { status: 202 }, 1),
        (206, DownloadError::Refused { status: 206 }, 1),
        (418, DownloadError::Refused { status: 418 }, 1),
        (451, DownloadError::Refused { status: 451 }, 1),
        (500, DownloadError::Refused { status: 500 }, 4),
        (429, unavailable(429), 4),
        (503, unavailable(503), 4),
    ] {
        let world = World::new(move |_, _| Canned::Text(status, "")).await;
        let error = world.open().await.unwrap_err();
        assert_eq!(error, expected, "{status}");
        assert_eq!(world.store.seen().len(), attempts, "{status}");
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_is_the_academys_limit_on_its_own_api_alone() {
    let world = World::with_api(|_, _| Canned::Text(429, ""), |_, _| Canned::Text(404, "")).await;
    let problem = "reteach GET {certificate.url} answered 429".to_owned();
    let limited = DownloadError::Academy(crate::reteach::Error::Limited(problem));
    let opened = world.downloads.open(&world.at_api("/here")).await;
    assert_eq!(opened.unwrap_err(), limited);
}

fn unavailable(status: u16) -> DownloadError {
    DownloadError::Unavailable(format!("reteach GET {{certificate.url}} answered {status}"))
}

#[tokio::test(start_paused = true)]
async fn the_first_bytes_must_be_a_pdfs() {
    for (body, expected) in [
        ("", DownloadError::Empty),
        ("%PDF", DownloadError::NotPdf),
        (" %PDF-1.7", DownloadError::NotPdf),
        ("%pdf-1.7", DownloadError::NotPdf),
        ("<html>%PDF-", DownloadError::NotPdf),
        ("PK\u{3}\u{4}", DownloadError::NotPdf),
    ] {
        let world = World::new(move |_, _| Canned::Text(200, body)).await;
        assert_eq!(world.open().await.unwrap_err(), expected, "{body:?}");
    }
    // A PDF that comes byte by byte is accepted too. A small one has a length then.
    let world = World::new(|_, _| {
        let bytes = WHOLE.as_bytes().chunks(1).map(Bytes::copy_from_slice);
        respond(pieces(bytes.collect()))
    })
    .await;
    let body = world.open().await.unwrap();
    assert_eq!(body.length(), Some(WHOLE.len() as u64));
    assert_eq!(read(body).await.unwrap(), WHOLE.as_bytes());
}

fn large(bytes: usize) -> Vec<Bytes> {
    let mut first = b"%PDF-".to_vec();
    first.resize(bytes % MB, b' ');
    let mut pieces = vec![Bytes::from(vec![b' '; MB]); bytes / MB + 1];
    pieces[0] = Bytes::from(first);
    let mut last = vec![b' '; MB];
    last[MB - 7..].copy_from_slice(b"\n%%EOF\n");
    let end = pieces.len() - 1;
    pieces[end] = Bytes::from(last);
    pieces
}

#[tokio::test]
async fn a_file_above_30_mb_is_cut_off_whatever_its_length_says() {
    let world = World::new(|_, seen| match seen.path() {
        "/says-so" => {
            let length = (30 * MB + 1).to_string();
            respond_with("content-length", &length, pieces(large(30 * MB + 5)))
        }
        "/fits" => respond(pieces(large(29 * MB + 7))),
        _ => respond(pieces(large(30 * MB + 5))),
    })
    .await;
    let open = async |path| world.downloads.open(&world.at_store(path)).await;
    assert_eq!(open("/says-so").await.unwrap_err(), DownloadError::TooLarge);
    let body = open("/says-nothing").await.unwrap();
    assert_eq!(body.length(), None);
    assert_eq!(read(body).await.unwrap_err(), BodyError::TooLarge);
    let fits = read(open("/fits").await.unwrap()).await.unwrap();
    assert_eq!(fits.len(), 29 * MB + 7);
}

#[tokio::test]
async fn a_file_that_unpacks_to_more_than_30_mb_is_cut_off() {
    // gzip, stored blocks of the same 65,535 bytes: real, but not small. What counts is what comes out.
    let world = World::new(|_, _| {
        let packed = gzip(&large(31 * MB + 5).concat());
        respond_with("content-encoding", "gzip", Body::from(packed))
    })
    .await;
    let body = world.open().await.unwrap();
    assert_eq!(body.length(), None);
    assert_eq!(read(body).await.unwrap_err(), BodyError::TooLarge);
}

/// gzip without compression: enough for a reader that must unpack.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = bytes.chunks(65_535);
    let last = blocks.len() - 1;
    for (number, block) in blocks.enumerate() {
        let size = u16::try_from(block.len()).unwrap();
        packed.push(u8::from(number == last));
        packed.write_all(&size.to_le_bytes()).unwrap();
        packed.write_all(&(!size).to_le_bytes()).unwrap();
        packed.write_all(block).unwrap();
    }
    packed
}

#[tokio::test(start_paused = true)]
async fn a_file_that_stops_or_breaks_off_is_an_error() {
    fn silence() -> Body {
        let begin = stream::iter([Ok::<_, Infallible>("%PDF-1.7")]);
        Body::from_stream(begin.chain(stream::pending()))
    }
    fn break_off() -> Body {
        let pieces = stream::iter([Ok("%PDF-1.7"), Err(std::io::Error::other("broken"))]);
        Body::from_stream(pieces.then(async |piece| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            piece
        }))
    }
    type MakeBody = fn() -> Body;
    let cases: [(MakeBody, &str); 2] = [(silence, "timed out"), (break_off, "broke")];
    for (body, expected) in cases {
        let world = World::new(move |_, _| respond(body())).await;
        let error = match world.open().await {
            Ok(body) => read(body).await.unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        for says in [expected, "download broke off"] {
            assert!(error.contains(says), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_drip_ends_before_the_time_of_its_upload() {
    let drip = || {
        let drops = stream::iter(std::iter::once("%PDF-").chain(std::iter::repeat(".")));
        Body::from_stream(drops.then(async |drop| {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Ok::<_, Infallible>(drop)
        }))
    };
    let world = World::new(move |_, _| respond(drip())).await;
    let start = tokio::time::Instant::now();
    let error = read(world.open().await.unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("timed out"), "{error}");
    let waited = start.elapsed();
    assert!(waited <= Duration::from_secs(101), "{waited:?}");
    let body = world.open_within(25).await.unwrap();
    assert_eq!(read(body).await.unwrap_err(), BodyError::OutOfTime);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_after_the_deadline() {
    let world = World::new(|_, _| Canned::Hang).await;
    for seconds in [0, 10] {
        let error = world.open_within(seconds).await.unwrap_err();
        assert_eq!(error, DownloadError::OutOfTime);
    }
    assert_eq!(world.store.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_can_be_opened_again() {
    let world = World::new(|number, _| match number {
        0 | 1 => Canned::Text(200, WHOLE),
        _ => Canned::Text(403, ""),
    })
    .await;
    let reopen = world.open().await.unwrap().reopener().unwrap();
    assert_eq!(
        read(reopen().await.unwrap()).await.unwrap(),
        WHOLE.as_bytes()
    );
    let again = reopen().await.map(drop).unwrap_err();
    assert!(matches!(again, BodyError::Interrupted(_)), "{again:?}");
    assert!(again.to_string().contains("no longer good"), "{again}");
}
