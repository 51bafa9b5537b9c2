//! Running a program of somebody else to its end, within a time.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::folder::StartLock;

/// Fails with what went wrong; `words` picks what to quote from what the program said. Its
/// standard input is the lock: see [`StartLock::as_stdin`].
pub async fn run(
    mut command: Command,
    name: &str,
    patience: Duration,
    lock: &StartLock,
    words: fn(&[u8]) -> String,
) -> Result<(), String> {
    command.stdin(lock.as_stdin()).kill_on_drop(true);
    let output = match timeout(patience, command.output()).await {
        Err(_) => return Err(format!("`{name}` took too long")),
        Ok(Err(e)) => return Err(format!("cannot run `{name}` ({e})")),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "`{name}` failed ({}): {}",
        output.status,
        words(&output.stderr)
    ))
}
