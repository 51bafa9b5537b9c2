//! What the schema says of itself. The executor's own answer departs from the specification (an interface
//! has no list of interfaces, directives hide what is deprecated), so it comes from where documents are
//! validated.

use apollo_compiler::{
    ExecutableDocument, Name, Schema, collections::HashMap, executable::Operation,
    introspection::partial_execute, response::JsonMap, schema::Implementers, validation::Valid,
};

use super::Refusal;

/// The answers to `__schema` and `__type`, by the names that the document gives them.
pub struct Introspected(JsonMap);

impl Introspected {
    /// One answer as JSON.
    pub fn text(&self, key: &str) -> Option<Vec<u8>> {
        serde_json::to_vec(self.0.get(key)?).ok()
    }
}

/// The schema, ready to be asked.
pub(super) struct Introspection {
    implementers: HashMap<Name, Implementers>,
}

impl Introspection {
    pub fn new(schema: &Schema) -> Self {
        Self {
            implementers: schema.implementers_map(),
        }
    }

    /// What an operation asks of the schema; none where it does not.
    pub fn of(
        &self,
        schema: &Valid<Schema>,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &Valid<JsonMap>,
    ) -> Result<Option<Introspected>, Refusal> {
        let asks = |name: &str| matches!(name, "__schema" | "__type");
        let mut fields = operation.root_fields(document);
        if !operation.is_query() || !fields.any(|field| asks(&field.name)) {
            return Ok(None);
        }
        let map = &self.implementers;
        let answer = partial_execute(schema, map, document, operation, variables)
            .map_err(|error| Refusal::request("BAD_REQUEST", error.message().to_string()))?;
        // Documents are valid, so what is left to be wrong are variables that are null.
        if let Some(error) = answer.errors.first() {
            return Err(Refusal::request("BAD_VARIABLES", error.message.clone()));
        }
        Ok(answer.data.map(Introspected))
    }
}
