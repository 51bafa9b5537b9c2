//! `regimen schema`: the GraphQL schema as text.

use super::Outcome;

#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub(super) fn run() -> Outcome {
    print!("{}", crate::schema::sdl());
    Ok(())
}
