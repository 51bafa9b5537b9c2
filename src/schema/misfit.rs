//! Which argument the executor could not take. It says why, but not where: an id that is no UUID is a value of
//! its type by the specification, and is found out when the field is resolved.

use async_graphql::{
    Context, ServerError, Value,
    registry::{MetaType, Registry},
};
use uuid::Uuid;

/// The same error with the path to the id that is none, if it is about one of these arguments.
pub fn located(ctx: &Context<'_>, root: &str, mut error: ServerError) -> ServerError {
    if error.source.is_none()
        && let Some(path) = path(ctx, root)
    {
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("field", path);
    }
    error
}

fn path(ctx: &Context<'_>, root: &str) -> Option<String> {
    let registry = &ctx.schema_env.registry;
    let field = registry
        .types
        .get(root)?
        .field_by_name(&ctx.item.node.name.node)?;
    let arguments = ctx.field().arguments().ok()?;
    arguments.iter().find_map(|(name, value)| {
        let mut path = vec![name.to_string()];
        let ty = &field.args.get(name.as_str())?.ty;
        is_astray(registry, ty, value, &mut path).then(|| path.join("."))
    })
}

/// Whether there is an id that is none, to which the path leads then.
fn is_astray(registry: &Registry, ty: &str, value: &Value, path: &mut Vec<String>) -> bool {
    let ty = ty.strip_suffix('!').unwrap_or(ty);
    let item = ty.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let mut within = |step: String, ty: &str, value: &Value| {
        path.push(step);
        let found = is_astray(registry, ty, value, path);
        if !found {
            path.pop();
        }
        found
    };
    match (value, item) {
        (Value::Null, _) => false,
        (Value::List(items), Some(ty)) => items
            .iter()
            .enumerate()
            .any(|(index, item)| within(index.to_string(), ty, item)),
        (one, Some(ty)) => is_astray(registry, ty, one, path),
        (Value::Object(fields), None) => {
            let Some(MetaType::InputObject { input_fields, .. }) = registry.types.get(ty) else {
                return false;
            };
            fields.iter().any(|(name, value)| {
                let known = input_fields.get(name.as_str());
                known.is_some_and(|it| within(name.to_string(), &it.ty, value))
            })
        }
        (Value::String(text), None) => ty == "ID" && text.parse::<Uuid>().is_err(),
        _ => ty == "ID",
    }
}
