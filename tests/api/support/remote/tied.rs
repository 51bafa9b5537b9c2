//! A program that ends when its value is dropped, and with this process, however that ends.

use std::{
    fs::File,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::unistd::{Uid, User};

/// Waits for the end of its input, which is our end or a drop, then ends the program.
const SHELL: &str = r#"
signal=$1
shift
"$@" </dev/null &
program=$!
cat >/dev/null
kill -"$signal" "$program"
wait "$program"
"#;

pub struct Tied {
    shell: Child,
}

impl Tied {
    /// Runs a command whose output goes to the file `log`, as another account if one is given. The
    /// signal is the one it takes for "end now".
    pub fn start(signal: &str, command: &[&str], log: &Path, account: Option<&User>) -> Self {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log");
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", SHELL, "tied", signal])
            .args(command)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        switch(&mut shell, account);
        Self {
            shell: shell.spawn().expect("a shell"),
        }
    }
}

impl Drop for Tied {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Whom PostgreSQL's programs run as when we are root, because they refuse root.
pub fn account() -> Option<User> {
    let known = ["postgres", "nobody"];
    Uid::effective().is_root().then(|| {
        known
            .iter()
            .find_map(|name| User::from_name(name).expect("the list of accounts"))
            .expect("an account that is not root")
    })
}

/// Makes a command run as an account.
pub fn switch(command: &mut Command, account: Option<&User>) {
    if let Some(user) = account {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
}

/// Gives a file or folder to that account.
pub fn give_to_postgres(path: &Path) {
    if let Some(user) = account() {
        std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .expect("handed over");
    }
}
