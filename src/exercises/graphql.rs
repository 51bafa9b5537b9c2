//! The fields of the API that concern exercises.

use async_graphql::{Context, Object, SimpleObject};

use super::{Exercise, ExerciseId};
use crate::{
    error::{Error, Result},
    graphql::ContextExt,
};

/// A page of exercises.
#[derive(SimpleObject)]
struct ExerciseConnection {
    /// The exercises of this page.
    nodes: Vec<Exercise>,
}

#[derive(Default)]
pub struct ExerciseQuery;

#[Object]
impl ExerciseQuery {
    /// One exercise of the library.
    async fn exercise(&self, ctx: &Context<'_>, id: ExerciseId) -> Result<Exercise> {
        ctx.loaders()
            .load_one(id)
            .await?
            .ok_or_else(|| Error::NotFound {
                what: "exercise",
                id: id.to_string(),
            })
    }

    /// The exercises of the library, by name.
    async fn exercises(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those whose name contains this.")] search: Option<String>,
        #[graphql(desc = "How many, from 1 to 100.", default = 20)] first: i32,
    ) -> Result<ExerciseConnection> {
        if !(1..=100).contains(&first) {
            return Err(Error::invalid("first", "`first` must be from 1 to 100"));
        }
        let mut conn = ctx.db().conn().await?;
        let nodes = Exercise::library(&mut conn, search.as_deref(), i64::from(first)).await?;
        Ok(ExerciseConnection { nodes })
    }
}
