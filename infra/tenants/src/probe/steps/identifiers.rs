//! The questions about log-ins, and about other identifiers for an account that is there.

use shared::domain::employee::Field as Value;
use shared::reteach::{Customer, CustomerInput};

use super::{Probe, ProbeError};
use crate::probe::observed::Observed;
use crate::probe::question::Question;
use crate::probe::record::{kept, record};

impl Probe<'_> {
    pub(super) fn login(&mut self) {
        if let Some(members) = self.client.login_members() {
            for (question, is_there) in [
                (Question::TokenLife, members.expires_in),
                (Question::RefreshToken, members.refresh_token),
            ] {
                self.answer(question, kept(is_there, Observed::NotFound));
            }
        }
    }

    /// Gives the account other identifiers. Nothing finds it by the first ones afterwards.
    pub(super) async fn rename(&mut self) -> Result<(), ProbeError> {
        let (main, other) = (&self.names.main, &self.names.other);
        let mut input = if self.whole {
            record(main)
        } else {
            CustomerInput::default()
        };
        let text = |text: &String| Value::Value(text.clone());
        let is_mail = |after: &Customer| {
            let mail = after.email.as_ref();
            mail.is_some_and(|mail| mail.eq_ignore_ascii_case(&other.email))
        };
        let is_id = |after: &Customer| after.external_id.as_ref() == Some(&other.external_id);

        let change = CustomerInput {
            email: text(&other.email),
            ..input.clone()
        };
        if self.renamed(Question::ChangeMail, &change, is_mail).await? && self.whole {
            input.email = change.email;
        }
        let change = CustomerInput {
            user_name: text(&other.user_name),
            ..input.clone()
        };
        let is_name = |after: &Customer| after.user_name.as_ref() == Some(&other.user_name);
        self.renamed(Question::ChangeUserName, &change, is_name)
            .await?;
        let change = CustomerInput {
            external_id: Value::Value(other.external_id.clone()),
            ..input.clone()
        };
        self.renamed(Question::ChangeExternalId, &change, is_id)
            .await?;
        let cleared = CustomerInput {
            external_id: Value::Null,
            ..input
        };
        let cleared = self.client.update(&self.id, &cleared).await;
        if self
            .heard(cleared)?
            .is_ok_and(|after| after.external_id.is_none())
        {
            self.renamed(Question::ExternalIdAgain, &change, is_id)
                .await?;
        }
        Ok(())
    }

    /// Writes by reteach's own id, and reads the account.
    async fn renamed(
        &mut self,
        question: Question,
        input: &CustomerInput,
        is_as_assumed: impl Fn(&Customer) -> bool,
    ) -> Result<bool, ProbeError> {
        let put = self.client.update(&self.id, input).await;
        let after = match self.heard(put)? {
            Ok(_) => Ok(self.client.get(&self.id).await?),
            Err(observed) => Err(observed),
        };
        let is_done = after.as_ref().is_ok_and(&is_as_assumed);
        self.answer_by(question, &after, is_as_assumed);
        Ok(is_done)
    }
}
