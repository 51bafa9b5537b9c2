//! What holds for every field of the roots of queries and mutations: whom it is for, that its failure
//! nulls no more than it must, and what the schema says of itself. The executor itself passes an argument that cannot be taken on to the
//! parent, as if every field were non-null.

use std::borrow::Cow;

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Error, ObjectType, OutputType, Positioned,
    ServerResult, Value, parser::types::Field, registry::Registry, resolver_utils,
};

use super::{misfit, permissions};
use crate::graphql::{ContextExt, document::Introspected};

/// A root, guarded.
#[derive(Default)]
pub struct Root<T>(T);

impl<T: ObjectType> Root<T> {
    async fn field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        if name.starts_with("__") {
            let key = ctx.item.node.response_key().node.as_str();
            let introspected = ctx.data_opt::<Introspected>().and_then(|it| it.text(key));
            return Ok(introspected.map(|text| Value::Binary(text.into())));
        }
        if let Err(refused) = permissions::allowed(name, ctx.caller()) {
            let error = Error::from(refused).into_server_error(ctx.item.pos);
            return Err(ctx.set_error_path(error));
        }
        let outcome = self.0.resolve_field(ctx).await;
        outcome.map_err(|error| misfit::located(ctx, &T::type_name(), error))
    }

    fn is_nullable(ctx: &Context<'_>) -> bool {
        let root = ctx.schema_env.registry.types.get(&*T::type_name());
        let field = root.and_then(|root| root.field_by_name(&ctx.item.node.name.node));
        field.is_some_and(|field| !field.ty.ends_with('!'))
    }
}

impl<T: ObjectType> ContainerType for Root<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        match self.field(ctx).await {
            Err(error) if Self::is_nullable(ctx) => {
                ctx.add_error(error);
                Ok(Some(Value::Null))
            }
            outcome => outcome,
        }
    }
}

impl<T: ObjectType> OutputType for Root<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        resolver_utils::resolve_container(ctx, self).await
    }
}

impl<T: ObjectType> ObjectType for Root<T> {}
