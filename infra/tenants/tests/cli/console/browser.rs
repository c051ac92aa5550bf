//! Chromium through chromedriver. Both come from the distribution: `apt-get install chromium-driver`.
//!
//! WebDriver is JSON over HTTP, and these few commands of it are all that the tests need.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use serde_json::{Value, json};

pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How WebDriver names an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

/// One window. Its processes and its profile go with it, also when a test panics.
pub(crate) struct Browser {
    client: Client,
    /// `http://127.0.0.1:49152/session/…`
    session: String,
    _driver: Driver,
}

/// Leads a process group, to which all processes of Chromium belong.
struct Driver {
    leader: Child,
    /// The browser's profile, which nobody else deletes.
    folder: PathBuf,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.leader.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.leader.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// `None`, with a line, where none is asked for.
pub(crate) async fn browser(language: &str) -> Option<Browser> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    if std::env::var_os("CONSOLE_BROWSER").is_none() {
        eprintln!("console: not tried in a browser, CONSOLE_BROWSER is not set");
        return None;
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // A short path: it has a socket.
    let folder = std::env::temp_dir().join(format!("console-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let leader = Command::new("chromedriver")
        .arg("--port=0")
        .env("TMPDIR", &folder)
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut leader) = leader else {
        std::fs::remove_dir(&folder).unwrap();
        panic!("CONSOLE_BROWSER is set, and there is no chromedriver");
    };
    let mut lines = BufReader::new(leader.stdout.take().unwrap()).lines();
    let driver = Driver { leader, folder };
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    let options = json!({
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"],
        "prefs": {"intl.accept_languages": language},
    });
    let capabilities =
        json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
    let client = Client::builder().no_proxy().build().unwrap();
    let base = format!("http://127.0.0.1:{}/session", port.unwrap());
    let asked = json!({"capabilities": {"alwaysMatch": capabilities}});
    let reply = client.post(&base).body(asked.to_string()).send().await;
    let reply: Value = reply.unwrap().json().await.unwrap();
    let id = reply["value"]["sessionId"].as_str();
    let id = id.unwrap_or_else(|| panic!("no session: {reply}"));
    let browser = Browser {
        session: format!("{base}/{id}"),
        client,
        _driver: driver,
    };
    browser.look(1280, "light").await;
    Some(browser)
}

impl Browser {
    async fn try_post(&self, command: &str, body: Value) -> Result<Value, String> {
        let request = self.client.post(format!("{}/{command}", self.session));
        let reply = request.body(body.to_string()).send().await.unwrap();
        let is_done = reply.status().is_success();
        let mut reply: Value = reply.json().await.unwrap();
        let value = reply["value"].take();
        if is_done {
            Ok(value)
        } else {
            Err(value["message"].to_string())
        }
    }

    async fn post(&self, command: &str, body: Value) -> Value {
        let done = self.try_post(command, body).await;
        done.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    async fn read(&self, path: &str) -> Value {
        let reply = self.client.get(format!("{}/{path}", self.session)).send();
        let mut reply: Value = reply.await.unwrap().json().await.unwrap();
        reply["value"].take()
    }

    pub(crate) async fn goto(&self, address: &str) {
        self.post("url", json!({"url": address})).await;
    }

    pub(crate) async fn execute(&self, script: &str) -> Value {
        self.post("execute/sync", json!({"script": script, "args": []}))
            .await
    }

    /// A script that calls its first argument when it is done.
    pub(crate) async fn execute_async(&self, script: &str) -> Value {
        self.post("execute/async", json!({"script": script, "args": []}))
            .await
    }

    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.post("goog/cdp/execute", body).await
    }

    /// Everything that the browser has logged since the last look.
    pub(crate) async fn log(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "browser"})).await;
        let entries = entries.as_array().unwrap().iter();
        entries.map(|entry| entry["message"].to_string()).collect()
    }

    /// A window this wide, in light or dark colours.
    pub(crate) async fn look(&self, width: u32, scheme: &str) {
        let size =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.cdp("Emulation.setEmulatedMedia", json!({"features": features}))
            .await;
    }

    pub(crate) async fn picture(&self) -> Vec<u8> {
        let height = self
            .execute("return Math.min(document.documentElement.scrollHeight, 2600)")
            .await;
        let width = self.execute("return window.innerWidth").await;
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let parameters = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let reply = self.cdp("Page.captureScreenshot", parameters).await;
        STANDARD.decode(reply["data"].as_str().unwrap()).unwrap()
    }

    async fn find(&self, using: &str, value: &str) -> Result<String, String> {
        let found = self
            .try_post("element", json!({"using": using, "value": value}))
            .await?;
        Ok(found[ELEMENT].as_str().unwrap_or_default().to_owned())
    }

    /// The text of the page, without what is around it.
    pub(crate) async fn main(&self) -> String {
        let text = self
            .execute(
                "const main = document.querySelector('main'); return main ? main.innerText : ''",
            )
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows `text`.
    pub(crate) async fn sees(&self, text: &str) {
        let begin = Instant::now();
        loop {
            let shown = self.main().await;
            if shown.contains(text) {
                return;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "{text} does not appear: {shown}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Clicks the first link or button with this label.
    pub(crate) async fn click(&self, label: &str) {
        let path = format!("//*[self::a or self::button][normalize-space()='{label}']");
        let id = self.find("xpath", &path).await;
        let id = id.unwrap_or_else(|error| panic!("{label}: {error}"));
        self.post(&format!("element/{id}/click"), json!({})).await;
    }

    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let id = self.find("css selector", selector).await.unwrap();
        self.post(&format!("element/{id}/value"), json!({"text": text}))
            .await;
    }

    /// Presses a key where the focus is.
    async fn press(&self, key: &str) {
        let focused = self.read("element/active").await;
        let id = focused[ELEMENT].as_str().unwrap_or_default().to_owned();
        self.post(&format!("element/{id}/value"), json!({"text": key}))
            .await;
    }

    /// Goes to the link or button with this label by the Tab key alone, and presses Enter.
    pub(crate) async fn press_enter_on(&self, label: &str) {
        for _ in 0..80 {
            self.press(TAB).await;
            let focused = self
                .execute("return document.activeElement.textContent.trim()")
                .await;
            if focused == label {
                return self.press(ENTER).await;
            }
        }
        panic!(
            "{label} is not reached by the keyboard: {}",
            self.main().await
        );
    }
}
