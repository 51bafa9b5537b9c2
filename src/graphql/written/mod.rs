//! Rows that write themselves. Most of what a nested answer costs is not its statements but the executor,
//! which makes a future and a value of every field of every row. A row of ours lies in memory already:
//! so its selection is walked once for all rows of a list (`Plan`), and each row writes JSON by it.
//!
//! Where a selection asks for anything that has to be fetched, the executor resolves it as ever; both
//! ways answer the same.

mod answer;
mod plan;

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field,
    registry::Registry,
};

pub use answer::{answer_json, errors_json};
pub(crate) use plan::parts;
pub use plan::{Below, Part, Plan, Row, Tree, is_spelled};

/// Room for the rows of most answers: whoever needs more grows into it.
const USUAL: usize = 8 << 10;

/// In a request's data: answer it through the executor alone. For documents that name a field more than
/// once, whose answers the executor merges value by value.
#[derive(Clone, Copy, Debug)]
pub struct Unwritten;

/// What a resolver answers with rows that it has, to have them write themselves.
pub struct Written<T>(pub T);

impl<T: Tree> Written<T> {
    fn text(&self, ctx: &ContextSelectionSet<'_>) -> Option<Vec<u8>> {
        if ctx.data_opt::<Unwritten>().is_some() {
            return None;
        }
        let plan = Plan::of(&Below::new(ctx))?;
        let mut out = Vec::with_capacity(USUAL);
        self.0.write(&plan, &mut out)?;
        Some(out)
    }
}

impl<T: Tree + OutputType> OutputType for Written<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match self.text(ctx) {
            Some(text) => Ok(Value::Binary(text.into())),
            None => self.0.resolve(ctx, field).await,
        }
    }
}
