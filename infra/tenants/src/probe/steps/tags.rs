//! The questions about tags.

use shared::mapping::Attribute;
use shared::reteach::Customer;

use super::{Probe, ProbeError};
use crate::probe::observed::Observed;
use crate::probe::question::{Field, Question};
use crate::probe::record::{filled, kept};

impl Probe<'_> {
    pub(super) async fn tags(&mut self) -> Result<(), ProbeError> {
        let labels = &self.config.employees.employment_type_labels;
        let prefix = Attribute::EmploymentTypeTag
            .tag_prefix()
            .unwrap_or_default();
        let [one, other] =
            [&labels.internal, &labels.external].map(|label| format!("{prefix}{label}"));
        let has =
            |customer: &Customer, name: &str| customer.tags.iter().any(|tag| tag.name == name);

        let after = self.tag(&one).await?;
        self.answer_by(Question::TagByName, &after, |after| has(after, &one));
        let after = self.tag(&other).await?;
        self.answer_by(Question::OtherTagsStay, &after, |after| {
            has(after, &one) && has(after, &other)
        });
        if after.is_ok_and(|after| has(&after, &one) && has(&after, &other)) {
            let input = filled(Field::FirstName, self.now, self.now);
            let updated = self.put(&input).await?;
            let observed = match &updated {
                Ok(after) => kept(has(after, &one) && has(after, &other), Observed::LostTags),
                Err(observed) => *observed,
            };
            self.answer(Question::UpdateKeepsTags, observed);
            if observed == Observed::LostTags {
                self.tag(&one).await?.ok();
                self.tag(&other).await?.ok();
            }
        }
        let tags = self.get().await?.tags;
        let Some(tag) = tags.iter().find(|tag| tag.name == one) else {
            return Ok(());
        };
        let removed = self.client.remove_tag(&self.id, &tag.id).await;
        let after = match self.heard(removed)? {
            Ok(()) => Ok(self.get().await?),
            Err(observed) => Err(observed),
        };
        self.answer_by(Question::TagRemoval, &after, |after| {
            !has(after, &one) && has(after, &other)
        });
        Ok(())
    }

    async fn tag(&mut self, name: &str) -> Result<Result<Customer, Observed>, ProbeError> {
        let tagged = self.client.add_tags(&self.id, &[name.to_owned()]).await;
        Ok(match self.heard(tagged)? {
            Ok(_) => Ok(self.get().await?),
            Err(observed) => Err(observed),
        })
    }
}
