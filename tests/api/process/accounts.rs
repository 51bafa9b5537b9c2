//! Whose account PostgreSQL runs under, and which folders it can and cannot have. As root each of
//! these starts the program as somebody else too; as anybody else they have only themselves.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
};

use nix::unistd::{Uid, User};
use tokio::process::Command;

use crate::support::{Finished, Server, postmaster, regimen, scratch_folder};

/// Says what is left out where the test harness would not show it.
fn left_out(why: &str) {
    let _ = writeln!(io::stderr(), "notice: {why}");
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The program as an ordinary user, whose the folder becomes. Nothing where the program lies in a
/// folder that is closed to others.
fn as_somebody(folder: &Path) -> Option<Command> {
    let mut command = regimen(folder);
    if !Uid::effective().is_root() {
        return Some(command);
    }
    let program = Path::new(env!("CARGO_BIN_EXE_regimen"));
    let open = |path: &Path| fs::metadata(path).is_ok_and(|it| it.mode() & 0o001 != 0);
    if !program.ancestors().all(open) {
        left_out("the program is not tried as `nobody`, who may not enter its folder");
        return None;
    }
    let nobody = User::from_name("nobody").unwrap().expect("an account");
    let (uid, gid) = (nobody.uid.as_raw(), nobody.gid.as_raw());
    chown(folder, Some(uid), Some(gid)).unwrap();
    command.uid(uid).gid(gid);
    Some(command)
}

#[tokio::test]
async fn an_ordinary_user_has_everything_in_a_folder_of_their_own() {
    let folder = scratch_folder("ordinary");
    let Some(mut command) = as_somebody(&folder) else {
        return;
    };

    let server = Server::spawn(&mut command).await;

    let data = folder.join(".regimen");
    let owner = fs::metadata(&folder).unwrap().uid();
    let postgres = fs::metadata(format!("/proc/{}", postmaster(&data)));
    for path in ["", "postgres", "postgres.log", "start.lock"] {
        assert_eq!(
            fs::metadata(data.join(path)).unwrap().uid(),
            owner,
            "{path}"
        );
    }
    if Path::new("/proc/self").exists() {
        assert_eq!(postgres.unwrap().uid(), owner);
    }
    assert_eq!(server.ready().await.0, 200);
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = scratch_folder("closed");
    let Some(mut command) = as_somebody(&folder) else {
        return;
    };
    set_mode(&folder, 0o555);

    let run = Finished::of(command.env("REGIMEN_PORT", "0")).await;

    set_mode(&folder, 0o755);
    let data = folder.join(".regimen").display().to_string();
    let failure = run.failure();
    for part in [
        &data,
        "cannot use the data folder",
        "Permission denied",
        "`REGIMEN_DATA_DIR`",
    ] {
        assert!(failure.contains(part), "no `{part}` in: {failure}");
    }
    assert!(!folder.join(".regimen").exists());
}

#[tokio::test]
async fn as_root_a_folder_that_postgresql_may_not_enter_is_named() {
    if !Uid::effective().is_root() {
        left_out("only root starts PostgreSQL as somebody else");
        return;
    }
    let folder = scratch_folder("private");
    let parent = folder.join("home");
    fs::create_dir(&parent).unwrap();
    set_mode(&parent, 0o700);
    let data = parent.join("data");

    let mut command = regimen(&folder);
    command
        .env("REGIMEN_PORT", "0")
        .env("REGIMEN_DATA_DIR", &data);
    let run = Finished::of(&mut command).await;

    let (failure, closed) = (
        run.failure(),
        format!("may not enter `{}`", parent.display()),
    );
    for part in [closed.as_str(), "`chmod o+x`", "`REGIMEN_DATA_DIR`"] {
        assert!(failure.contains(part), "no `{part}` in: {failure}");
    }
    assert!(!data.exists());
}
