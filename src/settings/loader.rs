//! Settings by their owner, gathered from all over one request into one statement.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::Settings;
use crate::{
    error::{Error, Result},
    graphql::Loaders,
    viewer::UserId,
};

/// The settings of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SettingsOf(pub UserId);

impl Loader<SettingsOf> for Loaders {
    type Value = Settings;
    type Error = Error;

    async fn load(&self, keys: &[SettingsOf]) -> Result<HashMap<SettingsOf, Settings>> {
        let owners: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let found = Settings::of_all(&mut *self.db.conn().await?, &owners).await?;
        Ok(found
            .into_iter()
            .map(|settings| (SettingsOf(settings.user_id), settings))
            .collect())
    }
}
