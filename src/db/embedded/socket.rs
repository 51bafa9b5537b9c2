//! Where the server's unix socket lies: in the data folder, or in the temporary folder when the
//! path would be too long for one.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{env, fmt::Write};

use super::Error;
use super::account::Account;
use super::folder::{Folder, short_hash};

/// PostgreSQL names its socket after the port, which no TCP listener takes here.
pub const PORT: u16 = 5432;

/// The kernel's limit is 108 bytes on Linux, 104 on macOS, the closing zero included.
const LONGEST: usize = 100;

pub fn file(folder: &Path, port: u16) -> PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}

/// A folder for the socket that only `account` can enter.
pub fn make_folder(folder: &Folder, account: &Account) -> Result<PathBuf, Error> {
    let name = format!("regimen-{}-{}", account.uid(), short_hash(folder.root()));
    // `TMPDIR` is no setting of ours: it says where this system wants such folders.
    let places = [
        folder.root().join("run"),
        env::temp_dir().join(&name),
        Path::new("/tmp").join(name),
    ];
    let usable =
        |it: &PathBuf| fits(it) && account.barred_from(it.parent().unwrap_or(it)).is_none();
    let [.., last] = &places;
    let chosen = places.iter().find(|it| usable(it)).unwrap_or(last);
    make_private(chosen, account)?;
    Ok(chosen.clone())
}

/// Short enough, and free of what separates or quotes folders in settings and URLs.
fn fits(folder: &Path) -> bool {
    let plain = |text: &str| !text.contains(|c: char| ",\"'\\".contains(c) || c.is_control());
    file(folder, PORT).as_os_str().len() <= LONGEST && folder.to_str().is_some_and(plain)
}

/// Makes a 0700 folder; one that is already there must be a real folder and the account's own,
/// since anybody can make folders in the temporary one.
pub fn make_private(path: &Path, account: &Account) -> Result<(), Error> {
    let failed = || Error::folder(path, account.name());
    match DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(failed()(e)),
        _ => account.claim(path)?,
    }
    if !fs::symlink_metadata(path).is_ok_and(|it| it.is_dir()) {
        return Err(failed()(io::ErrorKind::NotADirectory.into()));
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed())
}

/// The address of our database behind the socket in `folder`.
pub fn url(folder: &Path, port: u16) -> String {
    let mut host = String::new();
    for &byte in folder.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            host.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(host, "%{byte:02X}");
        }
    }
    format!("postgresql:///regimen?host={host}&port={port}&user=regimen")
}
