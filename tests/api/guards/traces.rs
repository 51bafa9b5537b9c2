//! A program that was built without the feature `otel`; `tests/traces` is about one that was built with it.

#[cfg(not(feature = "otel"))]
#[tokio::test]
async fn a_program_that_cannot_send_traces_does_not_pretend_to() {
    use crate::support::{Finished, regimen, scratch_folder};

    let mut command = regimen(&scratch_folder("no-traces"));
    let command = command.env("REGIMEN_TRACES", "http://127.0.0.1:4318");
    let finished = Finished::of(command.arg("config")).await;
    assert!(
        finished
            .failure()
            .contains("build it with `--features otel`")
    );
}
