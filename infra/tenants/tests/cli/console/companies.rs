//! A Monday morning with several companies.

use shared::tenant::Via;

use crate::support::{Desk, account_of, deactivate, issue, person, promote};

/// Three companies that need somebody, and two that do not.
pub(crate) async fn monday(desk: &Desk) -> Vec<local::Company> {
    let mut companies = Vec::new();
    for name in ["acme", "blumen-huber", "lindner", "nordwind", "steinmetz"] {
        let company = desk.company_called(name, Via::Direct).await;
        company.personio.put_all((1..=48).map(person));
        if name == "nordwind" {
            for id in 12..=17 {
                let owner = format!("sap:{id}");
                company.reteach.insert(account_of(id, Some(&owner)));
            }
        }
        let hold = "[certificates]\nbackfill = \"hold\"\n";
        let more = if name == "blumen-huber" { hold } else { "" };
        desk.run(&desk.add(&company, more)).await;
        desk.run(&format!("sync {name} --here")).await;
        companies.push(company);
    }
    let [acme, blumen_huber, lindner, _, steinmetz] = companies.as_slice() else {
        panic!("companies are missing")
    };
    issue(blumen_huber, 1, 1, "Brandschutz");
    for day in 1..=4_u64 {
        desk.pass_minutes(55);
        for number in 0..day {
            let (id, person) = (day * 10 + number, day * 4 + number);
            issue(acme, id, person, "Brandschutz");
        }
        promote(acme, day);
        for company in &companies {
            desk.run(&format!("sync {} --here", company.tenant)).await;
            desk.run(&format!(
                "sync {} --here --job certificates",
                company.tenant
            ))
            .await;
        }
    }
    for id in 1..=9 {
        deactivate(acme, id);
    }
    acme.personio
        .change(20, |person| person.position = Some("Meisterin".to_owned()));
    acme.personio.put(person(49));
    for id in 1..=48 {
        lindner.personio.remove(id);
    }
    lindner.personio.put_all((101..=148).map(person));
    desk.pass_minutes(5);
    for company in &companies {
        desk.run(&format!("sync {} --here", company.tenant)).await;
    }
    desk.run(&format!("pause {}", steinmetz.tenant)).await;
    desk.pass_minutes(4);
    companies
}
