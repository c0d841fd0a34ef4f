//! Letting a device in.

use samesign_tenant::clock;
use samesign_tenant::identity::device::{self, Polled};
use samesign_tenant::store::Store;

use super::app::{PASSWORD, SmallApp, add_person};
use crate::browsing::Browser;
use crate::support::Tenant;

const ANA: &str = "ana@contoso.example";

struct Device {
    store: Store,
    client_id: String,
    started: device::Started,
}

impl Device {
    fn start(tenant: &Tenant, app: &SmallApp<'_>) -> Self {
        let store = Store::open(tenant.folder.path()).unwrap();
        let started = store.write(|connection| device::start(connection, &app.client_id, "openid", clock::now().as_second())).unwrap();
        Self { store, client_id: app.client_id.clone(), started }
    }

    fn poll(&self) -> Polled {
        let poll = |connection: &_| device::poll(connection, &self.started.device_code, &self.client_id, clock::now().as_second());
        self.store.write(poll).unwrap()
    }
}

#[tokio::test]
async fn a_person_types_the_code_signs_in_and_says_yes_or_no() {
    let tenant = Tenant::start().await;
    add_person(&tenant, ANA);
    let app = SmallApp::register(&tenant, "http://localhost", true);
    for (answer, words) in [("yes", "The device is signed in"), ("no", "The device was not let in")] {
        let device = Device::start(&tenant, &app);
        let mut browser = Browser::new(&tenant);
        let typed = format!(" {}-{}", &device.started.user_code[..4], device.started.user_code[4..].to_lowercase());
        let next = browser.submit("/devicelogin", "/devicelogin", &[("user_code", &typed)]).await;
        let sign_in = browser.get(&next.onward()).await.onward();
        assert!(sign_in.starts_with("/sign-in?to=device"), "{sign_in}");
        let to = browser.get(&sign_in).await.field("to");
        let confirm = browser.type_password(&to, ANA, PASSWORD).await.onward();
        let confirm = browser.get(&confirm).await;
        assert!(confirm.html.contains("Small &#60;App&#62;") && confirm.html.contains(ANA), "{}", confirm.html);
        assert_eq!(device.poll(), Polled::Pending, "nothing before the answer");
        let (csrf, user_code) = (confirm.field("csrf"), confirm.field("user_code"));
        let form = [("csrf", csrf.as_str()), ("user_code", user_code.as_str()), ("answer", answer)];
        let done = browser.post("/devicelogin/answer", &form).await;
        assert!(done.html.contains(words), "{}", done.html);
        let polled = device.poll();
        assert_eq!(matches!(polled, Polled::Approved { .. }), answer == "yes", "{polled:?}");
        assert_eq!(browser.post("/devicelogin/answer", &form).await.status, 400, "a code is answered once");
    }
}

#[tokio::test]
async fn a_wrong_code_and_an_answer_without_a_session_let_nobody_in() {
    let tenant = Tenant::start().await;
    let app = SmallApp::register(&tenant, "http://localhost", true);
    let device = Device::start(&tenant, &app);
    let mut browser = Browser::new(&tenant);
    for wrong in ["", "ABCDEFGHJ", "<script>", "' OR 1=1 --"] {
        let shown = browser.submit("/devicelogin", "/devicelogin", &[("user_code", wrong)]).await;
        assert_eq!(shown.status, 400, "{wrong}");
        assert!(shown.html.contains("This code is not known") && !shown.html.contains("<script>"));
    }
    let form = [("user_code", device.started.user_code.as_str()), ("answer", "yes")];
    assert_eq!(browser.post("/devicelogin/answer", &form).await.location.as_deref(), Some("/devicelogin"));
    assert_eq!(device.poll(), Polled::Pending);
}
