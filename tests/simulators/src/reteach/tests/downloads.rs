use std::time::Duration;

use jiff::SignedDuration;

use super::{Academy, academy};
use crate::engine::multipart::Hashing;
use crate::reteach::{Certificate, Delivery, DownloadEndpoint, Participation};
use crate::testing::{Answer, Call};
use crate::{Behaviour, Body, Fault};

async fn with(delivery: Delivery) -> (Academy, String) {
    let academy = academy().await;
    let certificate = Certificate {
        id: "c".to_owned(),
        delivery,
        ..Certificate::default()
    };
    academy.reteach.add_participation(Participation {
        id: "p".to_owned(),
        certificate: Some(certificate),
        ..Participation::default()
    });
    let url = url(&academy).await;
    (academy, url)
}

async fn url(academy: &Academy) -> String {
    let participation = academy.get("/participation/p").await;
    let url = participation.at("/certificate/url");
    url.as_str().unwrap().to_owned()
}

async fn get(url: &str) -> Result<Answer, reqwest::Error> {
    Call::new("GET", url).try_send().await
}

fn sha256(text: &str) -> String {
    let mut hashing = Hashing::new();
    hashing.take(text.as_bytes());
    hashing.finish(String::new()).sha256
}

#[tokio::test]
async fn serves_pdfs_of_any_size() {
    for size in [9, 100, 2_000, 65_536, 200_001, 31 * 1024 * 1024] {
        let (academy, url) = with(Delivery::Pdf { size }).await;
        let answer = get(&url).await.unwrap();
        let both = (answer.status, answer.header("content-type"));
        assert_eq!(both, (200, Some("application/pdf")));
        let (length, sha256) = (size.to_string(), sha256(&answer.text));
        assert_eq!(answer.header("content-length"), Some(length.as_str()));
        assert_eq!(answer.text.len() as u64, size);
        assert!(answer.text.starts_with("%PDF-1.7\n"), "{size}");
        assert!(size < 100 || answer.text.ends_with("\n%%EOF\n"), "{size}");
        assert_eq!(academy.reteach.pdf_sha256("c"), Some(sha256), "{size}");
    }
}

#[tokio::test]
async fn makes_another_pdf_for_every_certificate() {
    let (academy, _) = with(Delivery::default()).await;
    let certificate = Some(Certificate::new("d", 2_000));
    academy.reteach.add_participation(Participation {
        certificate,
        ..Participation::default()
    });
    let [c, d, none] = ["c", "d", "none"].map(|id| academy.reteach.pdf_sha256(id));
    assert_ne!(c, d);
    assert_eq!(none, None);
}

#[tokio::test]
async fn lets_nobody_in_without_a_url_that_is_still_good() {
    let (academy, good) = with(Delivery::default()).await;
    let (path, query) = good.split_once('?').unwrap();
    let forged = |text: &str| good.replace(text, "other");
    let late = good.replace("X-Expires=", "X-Expires=9");
    let elsewhere = good.replace("/certificates/", "/files/");
    let cases = [
        ("good", good.clone(), 200),
        ("unsigned", path.to_owned(), 403),
        ("another signature", format!("{path}?{query}0"), 403),
        ("another file", forged("/c.pdf"), 404),
        ("another expiry", late, 403),
        ("another path", elsewhere, 403),
    ];
    for (name, url, status) in cases {
        assert_eq!(get(&url).await.unwrap().status, status, "{name}");
    }
    academy.clock.advance(15 * 60 - 1);
    assert_eq!(get(&good).await.unwrap().status, 200);
    academy.clock.advance(1);
    let expired = get(&good).await.unwrap();
    let both = (expired.status, expired.text.contains("Request has expired"));
    assert_eq!(both, (403, true));
    academy
        .reteach
        .downloads()
        .set_url_lifetime(SignedDuration::from_secs(5));
    let fresh = url(&academy).await;
    assert_eq!(get(&fresh).await.unwrap().status, 200);
    academy.clock.advance(5);
    assert_eq!(get(&fresh).await.unwrap().status, 403);
}

#[tokio::test]
async fn refuses_and_counts_tokens_that_are_not_meant_for_it() {
    let (academy, url) = with(Delivery::default()).await;
    let answer = Call::new("GET", &url).bearer(&academy.token).send().await;
    assert_eq!(answer.status, 400);
    let downloads = academy.reteach.downloads();
    assert_eq!(downloads.requests_with_authorization(), 1);
    assert_eq!(get(&url).await.unwrap().status, 200);
    assert_eq!(downloads.requests_with_authorization(), 1);
    assert_eq!(downloads.calls(DownloadEndpoint::Certificate), 2);
}

#[tokio::test]
async fn delivers_wrong_files_as_configured() {
    let size = 200_000;
    let broken = None;
    let cases = [
        (Delivery::Chunked { size }, Some((200, 200_000))),
        (
            Delivery::LyingLength {
                size,
                announced: 100,
            },
            Some((200, 100)),
        ),
        (
            Delivery::LyingLength {
                size,
                announced: 200_001,
            },
            broken,
        ),
        (Delivery::CutMidBody { size }, broken),
        (
            Delivery::Drip {
                size: 5,
                piece: 2,
                pause: Duration::from_millis(1),
            },
            Some((200, 9)),
        ),
        (Delivery::Empty, Some((200, 0))),
        (Delivery::Status(503), Some((503, 109))),
    ];
    for (delivery, expected) in cases {
        let (academy, url) = with(delivery.clone()).await;
        let answer = get(&url).await;
        let answer = answer.as_ref().ok();
        let seen = answer.map(|answer| (answer.status, answer.text.len()));
        assert_eq!(seen, expected, "{delivery:?}: {answer:?}");
        let chunked = matches!(delivery, Delivery::Chunked { .. });
        let length = answer.and_then(|answer| answer.header("content-length"));
        let has_none = chunked || expected.is_none();
        assert_eq!(length.is_none(), has_none, "{delivery:?}");
        assert_eq!(academy.reteach.downloads().requests().len(), 1);
    }
    let (_academy, url) = with(Delivery::NotAPdf).await;
    let page = get(&url).await.unwrap();
    let both = (page.status, page.header("content-type"));
    assert_eq!(both, (200, Some("application/pdf")));
    assert!(page.text.starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn redirects_here_in_circles_and_elsewhere() {
    let location = async |delivery| {
        let (academy, url) = with(delivery).await;
        let answer = get(&url).await.unwrap();
        assert_eq!(answer.status, 302);
        (academy, url, answer.header("location").unwrap().to_owned())
    };
    let (academy, _, here) = location(Delivery::RedirectHere { size: 300 }).await;
    let base = academy.reteach.downloads().base_url();
    assert_eq!(get(&format!("{base}{here}")).await.unwrap().text.len(), 300);
    let (academy, url, itself) = location(Delivery::RedirectLoop).await;
    let base = academy.reteach.downloads().base_url();
    assert_eq!(format!("{base}{itself}"), url);
    for place in [
        "https://evil.example/x.pdf",
        "http://169.254.169.254/latest/meta-data",
        "//evil.example/x",
    ] {
        let (.., shown) = location(Delivery::RedirectTo(place.to_owned())).await;
        assert_eq!(shown, place);
    }
}

#[tokio::test]
async fn redirects_each_download_to_a_store() {
    let (academy, url) = with(Delivery::default()).await;
    let downloads = academy.reteach.downloads();
    downloads.redirect_to(Some(&downloads.localhost_url()));
    let answer = get(&url).await.unwrap();
    let file = answer.header("location").unwrap().to_owned();
    let store = format!("{}/files/", downloads.localhost_url());
    assert!(file.starts_with(&store), "{file}");
    let statuses = (answer.status, get(&file).await.unwrap().status);
    assert_eq!(statuses, (302, 200));
}

#[tokio::test]
async fn names_the_configured_url() {
    let (academy, _) = with(Delivery::Elsewhere("file:///etc/passwd".to_owned())).await;
    assert_eq!(url(&academy).await, "file:///etc/passwd");
    assert!(academy.reteach.set_delivery("c", Delivery::default()));
    let downloads = academy.reteach.downloads();
    downloads.set_url_base(&downloads.localhost_url());
    downloads.set_content_type(Some("binary/octet-stream"));
    let by_name = url(&academy).await;
    assert!(by_name.starts_with("http://localhost:"));
    let answer = get(&by_name).await.unwrap();
    let both = (answer.status, answer.header("content-type"));
    assert_eq!(both, (200, Some("binary/octet-stream")));
    downloads.set_content_type(None);
    assert_eq!(get(&by_name).await.unwrap().header("content-type"), None);
    downloads.set_url_base("https://files.evil.example");
    let foreign = "https://files.evil.example/certificates/c.pdf?";
    assert!(url(&academy).await.starts_with(foreign));
}

#[tokio::test]
async fn fails_downloads_under_faults() {
    let cases = [
        (Behaviour::Status(500, Body::Vendor), Some(500)),
        (Behaviour::Close, None),
        (Behaviour::LoseReply, None),
        (Behaviour::CloseMidBody, None),
        (Behaviour::Slow(Duration::from_millis(1)), Some(200)),
    ];
    for (behaviour, status) in cases {
        let (academy, url) = with(Delivery::default()).await;
        let fault = Fault::new(behaviour.clone()).path("/certificates/{file}");
        academy.reteach.downloads().fail(fault);
        let [first, next] = [get(&url).await, get(&url).await];
        let first = first.ok().map(|answer| answer.status);
        assert_eq!(first, status, "{behaviour:?}");
        assert_eq!(next.unwrap().status, 200, "the next is well again");
    }
}

#[tokio::test]
async fn serves_them_on_the_api_s_own_host_with_the_token_alone() {
    let (academy, _) = with(Delivery::Pdf { size: 200 }).await;
    let base = academy.reteach.base_url();
    academy.reteach.downloads().set_url_base(&base);
    let url = url(&academy).await;
    assert!(url.starts_with(&base), "{url}");
    assert_eq!(get(&url).await.unwrap().status, 401);
    let answer = Call::new("GET", &url).bearer(&academy.token).send().await;
    assert_eq!(academy.reteach.pdf_sha256("c"), Some(sha256(&answer.text)));
}
