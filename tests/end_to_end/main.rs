//! Both jobs over the local stack, route by route and rule by rule.

use harness::World;
use jiff::{SignedDuration, Timestamp};
use shared::tenant::Via;

fn start() -> Timestamp {
    "2026-05-11T08:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn smoke() {
    for via in [Via::Direct, Via::KomboPassthrough, Via::Kombo] {
        let world = World::start(start()).await.unwrap();
        let company = world.company("acme", via, "").await.unwrap();
        company.personio.put_all(simulators::people::demo(20, 1, jiff::civil::date(2026, 5, 11)));
        for _ in 0..4 {
            let report = world.tick(&company).await;
            println!("{}", serde_json::to_string(&report).unwrap());
            world.clock.advance(SignedDuration::from_mins(5));
        }
        assert_eq!(company.reteach.customers().len(), 20);
    }
}
