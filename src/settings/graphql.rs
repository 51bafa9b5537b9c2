//! The fields of the API that concern settings.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};

use super::{
    Settings, SettingsId, SettingsOf,
    input::{SettingsChange, UpdateSettingsInput},
};
use crate::{
    changes::{self, Change, Entity},
    error::{Error, Result},
    graphql::{ContextExt, Nullable, mutate},
};

#[derive(Default)]
pub struct SettingsQuery;

#[Object]
impl SettingsQuery {
    /// How one likes to see things.
    async fn settings(&self, ctx: &Context<'_>) -> Nullable<Settings> {
        Some(Settings::load(ctx).await)
    }
}

#[ComplexObject]
impl Settings {
    /// Names these settings.
    pub async fn id(&self) -> SettingsId {
        SettingsId::of(self.user_id)
    }
}

/// What a change of settings answers.
#[derive(SimpleObject)]
struct SettingsPayload {
    /// The settings as they are now.
    settings: Settings,
}

#[derive(Default)]
pub struct SettingsMutation;

#[Object]
impl SettingsMutation {
    /// Changes one's settings.
    async fn update_settings(
        &self,
        ctx: &Context<'_>,
        input: UpdateSettingsInput,
        #[graphql(desc = "Refuses the change if the settings have another version by now.")]
        expected_version: Option<i32>,
        #[graphql(desc = "Send the same key again to repeat a request safely.")]
        idempotency_key: Option<String>,
    ) -> Nullable<SettingsPayload> {
        Some(match input.check() {
            Ok(change) => update(ctx, idempotency_key, expected_version, change).await,
            Err(error) => Err(error),
        })
    }
}

impl Settings {
    async fn load(ctx: &Context<'_>) -> Result<Self> {
        let key = SettingsOf(ctx.owner()?);
        let found = ctx.loaders().load_one(key).await?;
        found.ok_or(Error::ACCOUNT_GONE)
    }
}

async fn update(
    ctx: &Context<'_>,
    key: Option<String>,
    expected: Option<i32>,
    change: SettingsChange,
) -> Result<SettingsPayload> {
    mutate(ctx, key, async |conn, owner| {
        let version = Settings::apply(conn, owner, expected, change).await?;
        let change = version.map(|version| Change::updated(Entity::Settings, owner.0, version));
        changes::append(conn, owner, change.as_slice()).await?;
        Ok(())
    })
    .await?;
    let settings = Settings::load(ctx).await?;
    Ok(SettingsPayload { settings })
}
