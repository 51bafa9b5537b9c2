//! A document for the executor. Its own parser does not know all of the language (descriptions, `\u{…}`,
//! `\"""` in block strings, minus zero), so it is given what was read and validated, each part at its place.

use std::collections::HashMap;

use apollo_compiler::{Node, ast, parser::SourceSpan};
use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument as Runnable, Field, FragmentDefinition,
        FragmentSpread, InlineFragment, OperationDefinition, OperationType, Selection,
        SelectionSet, Type, TypeCondition, VariableDefinition,
    },
};
use async_graphql_value::Value;
use serde_json::Number;

use super::places::Places;

/// A copy with one operation alone: the executor uses up what it runs.
pub(super) fn one(document: &Runnable, name: Option<&str>) -> Runnable {
    let operations = match (&document.operations, name) {
        (DocumentOperations::Multiple(all), Some(name)) => all
            .get(name)
            .map(|one| DocumentOperations::Single(one.clone())),
        (DocumentOperations::Multiple(all), None) => all
            .values()
            .next()
            .map(|one| DocumentOperations::Single(one.clone())),
        (DocumentOperations::Single(one), _) => Some(DocumentOperations::Single(one.clone())),
    };
    Runnable {
        operations: operations.unwrap_or_else(|| document.operations.clone()),
        fragments: document.fragments.clone(),
    }
}

/// A valid document, read from this text, as the executor takes it.
pub(super) fn of(text: &str, document: &ast::Document) -> Runnable {
    let reader = Reader {
        places: Places::of(text),
    };
    let mut single = None;
    let mut named = HashMap::new();
    let mut fragments = HashMap::new();
    for definition in &document.definitions {
        match definition {
            ast::Definition::OperationDefinition(it) => {
                let operation = reader.operation(it);
                match &it.name {
                    Some(name) => drop(named.insert(Name::new(name.as_str()), operation)),
                    None => single = Some(operation),
                }
            }
            ast::Definition::FragmentDefinition(it) => {
                let name = Name::new(it.name.as_str());
                fragments.insert(name, reader.fragment(it));
            }
            // A document of requests holds nothing else.
            _ => {}
        }
    }
    let operations = single.map_or_else(
        || DocumentOperations::Multiple(named),
        DocumentOperations::Single,
    );
    Runnable {
        operations,
        fragments,
    }
}

/// Goes through a document as it is written.
struct Reader<'a> {
    places: Places<'a>,
}

impl Reader<'_> {
    fn operation(&self, it: &Node<ast::OperationDefinition>) -> Positioned<OperationDefinition> {
        let pos = self.place(it.location());
        let ty = match it.operation_type {
            ast::OperationType::Query => OperationType::Query,
            ast::OperationType::Mutation => OperationType::Mutation,
            ast::OperationType::Subscription => OperationType::Subscription,
        };
        let variables = it.variables.iter().map(|it| self.variable(it));
        let operation = OperationDefinition {
            ty,
            variable_definitions: variables.collect(),
            directives: self.directives(&it.directives),
            selection_set: self.set(&it.selection_set, pos),
        };
        Positioned::new(operation, pos)
    }

    fn variable(&self, it: &Node<ast::VariableDefinition>) -> Positioned<VariableDefinition> {
        let pos = self.place(it.location());
        let ty = Type::new(&it.ty.to_string()).expect("a type is written as types are");
        let default = it.default_value.as_ref().and_then(|it| {
            let value = self.value(it);
            let constant = value.node.into_const()?;
            Some(Positioned::new(constant, value.pos))
        });
        let variable = VariableDefinition {
            name: Positioned::new(Name::new(it.name.as_str()), pos),
            var_type: Positioned::new(ty, pos),
            // The executor knows none that could stand here.
            directives: Vec::new(),
            default_value: default,
        };
        Positioned::new(variable, pos)
    }

    fn fragment(&self, it: &Node<ast::FragmentDefinition>) -> Positioned<FragmentDefinition> {
        let pos = self.place(it.location());
        let fragment = FragmentDefinition {
            type_condition: self.condition(&it.type_condition),
            directives: self.directives(&it.directives),
            selection_set: self.set(&it.selection_set, pos),
        };
        Positioned::new(fragment, pos)
    }

    fn set(&self, selections: &[ast::Selection], pos: Pos) -> Positioned<SelectionSet> {
        let items = selections.iter().map(|it| self.selection(it)).collect();
        Positioned::new(SelectionSet { items }, pos)
    }

    fn selection(&self, it: &ast::Selection) -> Positioned<Selection> {
        match it {
            ast::Selection::Field(it) => self.field(it),
            ast::Selection::FragmentSpread(it) => {
                let pos = self.place(it.location());
                let spread = FragmentSpread {
                    fragment_name: self.name(&it.fragment_name),
                    directives: self.directives(&it.directives),
                };
                at(pos, spread, Selection::FragmentSpread)
            }
            ast::Selection::InlineFragment(it) => {
                let pos = self.place(it.location());
                let fragment = InlineFragment {
                    type_condition: it.type_condition.as_ref().map(|it| self.condition(it)),
                    directives: self.directives(&it.directives),
                    selection_set: self.set(&it.selection_set, pos),
                };
                at(pos, fragment, Selection::InlineFragment)
            }
        }
    }

    fn field(&self, it: &Node<ast::Field>) -> Positioned<Selection> {
        let pos = self.place(it.location());
        let field = Field {
            alias: it.alias.as_ref().map(|it| self.name(it)),
            name: self.name(&it.name),
            arguments: self.arguments(&it.arguments),
            directives: self.directives(&it.directives),
            selection_set: self.set(it.selection_set.as_deref().unwrap_or_default(), pos),
        };
        at(pos, field, Selection::Field)
    }

    fn condition(&self, name: &ast::NamedType) -> Positioned<TypeCondition> {
        let on = self.name(name);
        let pos = on.pos;
        Positioned::new(TypeCondition { on }, pos)
    }

    fn directives(&self, directives: &ast::DirectiveList) -> Vec<Positioned<Directive>> {
        let directives = directives.iter().map(|it| {
            let pos = self.place(it.location());
            let directive = Directive {
                name: self.name(&it.name),
                arguments: self.arguments(&it.arguments),
            };
            Positioned::new(directive, pos)
        });
        directives.collect()
    }

    fn arguments(
        &self,
        arguments: &[Node<ast::Argument>],
    ) -> Vec<(Positioned<Name>, Positioned<Value>)> {
        let arguments = arguments.iter();
        arguments
            .map(|it| (self.name(&it.name), self.value(&it.value)))
            .collect()
    }

    fn value(&self, it: &Node<ast::Value>) -> Positioned<Value> {
        Positioned::new(value(it), self.place(it.location()))
    }

    fn name(&self, it: &apollo_compiler::Name) -> Positioned<Name> {
        Positioned::new(Name::new(it.as_str()), self.place(it.location()))
    }

    fn place(&self, span: Option<SourceSpan>) -> Pos {
        span.map_or_else(Pos::default, |span| self.places.at(span.offset()))
    }
}

/// One kind of selection, at its place.
fn at<T>(pos: Pos, it: T, kind: impl Fn(Positioned<T>) -> Selection) -> Positioned<Selection> {
    Positioned::new(kind(Positioned::new(it, pos)), pos)
}

fn value(it: &ast::Value) -> Value {
    match it {
        ast::Value::Null => Value::Null,
        ast::Value::Enum(name) => Value::Enum(Name::new(name.as_str())),
        ast::Value::Variable(name) => Value::Variable(Name::new(name.as_str())),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Boolean(it) => Value::Boolean(*it),
        ast::Value::Int(it) => whole(it.as_str()).unwrap_or_else(|| broken(it.as_str())),
        ast::Value::Float(it) => broken(it.as_str()),
        ast::Value::List(items) => Value::List(items.iter().map(|it| value(it)).collect()),
        ast::Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, it)| (Name::new(name.as_str()), value(it)));
            Value::Object(fields.collect())
        }
    }
}

fn whole(text: &str) -> Option<Value> {
    let number = text.parse::<i64>().map(Number::from);
    let number = number.or_else(|_| text.parse::<u64>().map(Number::from));
    number.ok().map(Value::Number)
}

/// A number that is no whole one, or a larger one than there is room for.
fn broken(text: &str) -> Value {
    let number = text.parse().ok().and_then(Number::from_f64);
    // No number is that large; as a text it is refused wherever a number is asked for.
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}
