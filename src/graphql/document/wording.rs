//! How much an error about a document tells of the schema. Where introspection is off it tells nothing:
//! what the validator says names types, fields and arguments, so its words are replaced by kind.

use apollo_compiler::{Name, Schema, schema::ExtendedType, validation::DiagnosticData};

/// How errors about documents are put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wording {
    /// The validator's words, and what may have been meant.
    Suggesting,
    /// The validator's words.
    Plain,
    /// No name that the request did not bring.
    Nameless,
}

impl Wording {
    pub(super) fn of(self, error: &DiagnosticData, schema: &Schema) -> String {
        let kind = error.unstable_error_name();
        match self {
            Self::Nameless => nameless(kind).map_or_else(|| error.to_string(), str::to_owned),
            Self::Plain => error.to_string(),
            Self::Suggesting => {
                let message = error.to_string();
                match kind.and_then(|kind| meant(kind, &message, schema)) {
                    Some(meant) => format!("{message}: did you mean `{meant}`?"),
                    None => message,
                }
            }
        }
    }
}

/// What is told without a name of the schema; none where the validator's words hold nothing but the
/// document's own. A kind that is not known here is told in the most general words.
fn nameless(kind: Option<&str>) -> Option<&'static str> {
    Some(match kind.unwrap_or_default() {
        "UniqueVariable"
        | "UniqueArgument"
        | "UniqueInputValue"
        | "UndefinedVariable"
        | "UndefinedFragment"
        | "UndefinedDirective"
        | "UndefinedDefinition"
        | "UnusedVariable"
        | "UnusedFragment"
        | "UniqueDirective"
        | "IntCoercionError"
        | "FloatCoercionError"
        | "RecursiveFragmentDefinition"
        | "RecursionError"
        | "RecursionLimitError"
        | "TypeSystemDefinition"
        | "AmbiguousAnonymousOperation"
        | "OperationNameCollision"
        | "FragmentNameCollision"
        | "UndefinedTypeInNamedFragmentTypeCondition"
        | "UndefinedTypeInInlineFragmentTypeCondition"
        | "SubscriptionUsesMultipleFields"
        | "SubscriptionUsesIntrospection"
        | "SubscriptionUsesConditionalSelection"
        | "ConflictingFieldType"
        | "ConflictingFieldArgument"
        | "ConflictingFieldName" => return None,
        "UndefinedField" | "UndefinedInputValue" => "there is no such field here",
        "UndefinedArgument" => "there is no such argument here",
        "UndefinedEnumValue" => "there is no such value here",
        "RequiredArgument" => "a required argument is missing",
        "RequiredField" => "a required field is missing",
        "UnsupportedValueType" => "a value of another type is expected here",
        "DisallowedVariableUsage" => "a variable of this type cannot be used here",
        "SubselectionOnScalarType" | "SubselectionOnEnumType" => "this field takes no selection",
        "MissingSubselection" => "a selection is missing here",
        "InvalidFragmentSpread" => "this fragment can never apply here",
        "OneOfInputObjectFieldCount" => "exactly one field must be given here",
        _ => "this document does not fit the schema",
    })
}

/// The name that was all but spelled. The validator keeps the parts of its messages to itself, so they
/// are taken from the text, and nothing is suggested where it reads differently.
fn meant<'a>(kind: &str, message: &str, schema: &'a Schema) -> Option<&'a Name> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (first, second) = (quoted.next()?, quoted.next()?);
    match kind {
        "UndefinedField" => {
            let fields = match schema.types.get(first)? {
                ExtendedType::Object(object) => &object.fields,
                ExtendedType::Interface(interface) => &interface.fields,
                _ => return None,
            };
            nearest(second, fields.keys())
        }
        "UndefinedArgument" => {
            let (parent, field) = second.split_once('.')?;
            let field = schema.type_field(parent, field).ok()?;
            nearest(first, field.arguments.iter().map(|argument| &argument.name))
        }
        "UndefinedEnumValue" => nearest(first, schema.get_enum(second)?.values.keys()),
        "UndefinedInputValue" => nearest(first, schema.get_input_object(second)?.fields.keys()),
        _ => None,
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a Name>) -> Option<&'a Name> {
    // Nothing is as long as what takes long to compare.
    const LONGEST: usize = 60;

    let most = match name.len() {
        ..=LONGEST => name.len().div_ceil(3),
        _ => return None,
    };
    known
        .map(|known| (crate::config::distance(known, name), known))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
