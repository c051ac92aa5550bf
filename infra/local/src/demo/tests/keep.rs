use shared::tenant::Via;

use super::super::keep::Kept;
use super::*;

#[tokio::test]
async fn a_kept_world_says_how_both_functions_are_invoked() {
    let ends_at = "2026-05-12T14:00:00Z".parse().unwrap();
    let options = Options { people: 1, routes: vec![Via::Kombo], ends_at };
    let theatre = Theatre::open(&options).await.unwrap();
    let text = Kept::of(&theatre).to_string();
    for (name, value) in theatre.world.stack.environment() {
        assert!(text.contains(&format!("export {name}={value}\n")), "{text}");
    }
    for function in ["employee-sync", "certificate-sync"] {
        let line =
            format!("cargo lambda invoke {function} --data-ascii '{{\"tenant_id\":\"demo-kombo\"}}'\n");
        assert!(text.contains(&line), "{text}");
    }
    let company = &theatre.casts.first().unwrap().company;
    assert!(text.contains(&company.reteach.base_url()), "{text}");
}
