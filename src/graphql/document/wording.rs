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
        let name = error.unstable_error_name();
        let kind = KINDS.iter().find(|kind| Some(kind.name) == name);
        let message = error.to_string();
        match self {
            Self::Nameless => match kind.map(|kind| kind.nameless) {
                Some(Nameless::AsItIs) => message,
                Some(Nameless::Instead(words)) => words.to_owned(),
                None => "this document does not fit the schema".to_owned(),
            },
            Self::Plain => message,
            Self::Suggesting => match kind.and_then(|kind| (kind.meant)(&message, schema)) {
                Some(meant) => format!("{message}: did you mean `{meant}`?"),
                None => message,
            },
        }
    }
}

/// A kind of error that the validator knows.
struct Kind {
    name: &'static str,
    nameless: Nameless,
    /// The name that was all but spelled.
    meant: for<'a> fn(&str, &'a Schema) -> Option<&'a Name>,
}

/// What is told without a name of the schema. A kind that is not in the table is told in the most general
/// words.
#[derive(Clone, Copy)]
enum Nameless {
    /// The validator's words hold nothing but the document's own names.
    AsItIs,
    Instead(&'static str),
}

const fn as_it_is(name: &'static str) -> Kind {
    Kind {
        name,
        nameless: Nameless::AsItIs,
        meant: |_, _| None,
    }
}

const fn instead(name: &'static str, words: &'static str) -> Kind {
    Kind {
        name,
        nameless: Nameless::Instead(words),
        meant: |_, _| None,
    }
}

impl Kind {
    const fn suggesting(mut self, meant: for<'a> fn(&str, &'a Schema) -> Option<&'a Name>) -> Self {
        self.meant = meant;
        self
    }
}

/// The one place where kinds of errors are told apart by name.
static KINDS: &[Kind] = &[
    as_it_is("UniqueVariable"),
    as_it_is("UniqueArgument"),
    as_it_is("UniqueInputValue"),
    as_it_is("UniqueDirective"),
    as_it_is("UndefinedVariable"),
    as_it_is("UndefinedFragment"),
    as_it_is("UndefinedDirective"),
    as_it_is("UndefinedDefinition"),
    as_it_is("UndefinedTypeInNamedFragmentTypeCondition"),
    as_it_is("UndefinedTypeInInlineFragmentTypeCondition"),
    as_it_is("UnusedVariable"),
    as_it_is("UnusedFragment"),
    as_it_is("IntCoercionError"),
    as_it_is("FloatCoercionError"),
    as_it_is("RecursiveFragmentDefinition"),
    as_it_is("RecursionError"),
    as_it_is("RecursionLimitError"),
    as_it_is("TypeSystemDefinition"),
    as_it_is("AmbiguousAnonymousOperation"),
    as_it_is("OperationNameCollision"),
    as_it_is("FragmentNameCollision"),
    as_it_is(SEVERAL_ROOTS),
    as_it_is("SubscriptionUsesIntrospection"),
    as_it_is("SubscriptionUsesConditionalSelection"),
    as_it_is("ConflictingFieldType"),
    as_it_is(CONFLICTING_ARGUMENTS),
    as_it_is("ConflictingFieldName"),
    instead("UndefinedField", "there is no such field here").suggesting(field_meant),
    instead("UndefinedInputValue", "there is no such field here").suggesting(input_meant),
    instead("UndefinedArgument", "there is no such argument here").suggesting(argument_meant),
    instead("UndefinedEnumValue", "there is no such value here").suggesting(value_meant),
    instead("RequiredArgument", "a required argument is missing"),
    instead("RequiredField", "a required field is missing"),
    instead(
        "UnsupportedValueType",
        "a value of another type is expected here",
    ),
    instead(
        "DisallowedVariableUsage",
        "a variable of this type cannot be used here",
    ),
    instead("SubselectionOnScalarType", "this field takes no selection"),
    instead("SubselectionOnEnumType", "this field takes no selection"),
    instead("MissingSubselection", "a selection is missing here"),
    instead(
        "InvalidFragmentSpread",
        "this fragment can never apply here",
    ),
    instead(
        "OneOfInputObjectFieldCount",
        "exactly one field must be given here",
    ),
];

/// A subscription that names more than one field at its root, or one more than once.
pub(super) const SEVERAL_ROOTS: &str = "SubscriptionUsesMultipleFields";
/// Fields of one name with different arguments.
pub(super) const CONFLICTING_ARGUMENTS: &str = "ConflictingFieldArgument";

/// The first two names in a message. The validator keeps the parts of its messages to itself, so they
/// are taken from the text, and nothing is suggested where it reads differently.
fn quoted(message: &str) -> Option<(&str, &str)> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.next()?))
}

fn field_meant<'a>(message: &str, schema: &'a Schema) -> Option<&'a Name> {
    let (parent, field) = quoted(message)?;
    // Those of the specification are in every book, and what scanners ask for.
    if parent.starts_with("__") {
        return None;
    }
    let fields = match schema.types.get(parent)? {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        _ => return None,
    };
    nearest(field, fields.keys())
}

fn argument_meant<'a>(message: &str, schema: &'a Schema) -> Option<&'a Name> {
    let (argument, place) = quoted(message)?;
    let (parent, field) = place.split_once('.')?;
    let field = schema.type_field(parent, field).ok()?;
    nearest(argument, field.arguments.iter().map(|it| &it.name))
}

fn value_meant<'a>(message: &str, schema: &'a Schema) -> Option<&'a Name> {
    let (value, kind) = quoted(message)?;
    nearest(value, schema.get_enum(kind)?.values.keys())
}

fn input_meant<'a>(message: &str, schema: &'a Schema) -> Option<&'a Name> {
    let (field, input) = quoted(message)?;
    nearest(field, schema.get_input_object(input)?.fields.keys())
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
