//! Points at which a test has the process fail: debug builds look into the file that `FAILPOINTS` names, in
//! which each line is a point, what is to happen there, and how often it is to be passed before. Release builds know
//! nothing of it.

use std::io;

/// A point that a test may have the process end at, or be held up at.
pub fn reach(point: &str) {
    // What can fail at a point asks `pass`.
    let _ = pass(point);
}

/// A point that a test may have fail, too, as a disk would.
#[cfg(not(debug_assertions))]
#[inline]
pub const fn pass(_: &str) -> io::Result<()> {
    Ok(())
}

/// A point that a test may have fail, too, as a disk would.
#[cfg(debug_assertions)]
pub fn pass(point: &str) -> io::Result<()> {
    armed::pass(point)
}

#[cfg(debug_assertions)]
mod armed {
    use std::{
        collections::HashMap,
        fs, io,
        path::PathBuf,
        sync::{LazyLock, Mutex, PoisonError},
        thread,
        time::Duration,
    };

    use nix::{
        errno::Errno,
        sys::signal::{Signal, kill},
        unistd::Pid,
    };

    /// A test sets it for a debug build, so it is no setting.
    static FILE: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| std::env::var_os("FAILPOINTS").map(PathBuf::from));

    /// How often each line was passed.
    static PASSED: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);

    pub(super) fn pass(point: &str) -> io::Result<()> {
        let Some(text) = FILE.as_ref().and_then(|file| fs::read_to_string(file).ok()) else {
            return Ok(());
        };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            if words.next() == Some(point) {
                let action = words.next().unwrap_or_default();
                let before = words.next().and_then(|count| count.parse().ok());
                if is_due(line, before.unwrap_or(0)) {
                    act(action)?;
                }
            }
        }
        Ok(())
    }

    fn is_due(line: &str, before: u32) -> bool {
        let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
        let count = passed.entry(line.to_owned()).or_default();
        *count += 1;
        *count > before
    }

    fn act(action: &str) -> io::Result<()> {
        match action {
            "kill" => {
                let _ = kill(Pid::this(), Signal::SIGKILL);
                // Nothing more is to be done in the moment until it takes effect.
                loop {
                    thread::park();
                }
            }
            "panic" => panic!("as the test wants it"),
            "full" => Err(Errno::ENOSPC.into()),
            "broken" => Err(Errno::EIO.into()),
            _ => {
                if let Some(pause) = action.strip_prefix("pause=") {
                    thread::sleep(Duration::from_millis(pause.parse().unwrap_or_default()));
                }
                Ok(())
            }
        }
    }
}
