//! What GraphQL answered.

use serde_json::Value;

/// An answer to one GraphQL request.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The data of an answer that has no errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(
            self.body["errors"].is_null(),
            "unexpected errors: {:#}",
            self.body["errors"]
        );
        &self.body["data"]
    }

    /// The first error, of an answer that must have one.
    #[track_caller]
    pub fn error(&self) -> &Value {
        assert!(
            self.body["errors"][0].is_object(),
            "no error in {:#}",
            self.body
        );
        &self.body["errors"][0]
    }

    /// The first error's code.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.error()["extensions"]["code"].as_str().expect("a code")
    }

    /// The first error's message.
    #[track_caller]
    pub fn message(&self) -> &str {
        self.error()["message"].as_str().expect("a message")
    }

    /// The path to the input field that the first error blames.
    #[track_caller]
    pub fn field(&self) -> &str {
        self.error()["extensions"]["field"]
            .as_str()
            .expect("a field")
    }
}
