//! The files, put away: a copy beside a list of their hashes, which is read back before anybody relies on it; and
//! the way back from there. Originals go only when their copies were verified once more.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the list is called, in the folder of the copies: hidden, because it is no file of the app.
const MANIFEST: &str = ".manifest.json";

/// The files of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// When it was made.
    pub made_at: DateTime<Utc>,
    pub files: Vec<Archived>,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Archived {
    /// Its path in the folder.
    pub path: String,
    pub bytes: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// Why files are not in an archive, or not back.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("`{}`: {error}", .path.display())]
    Disk { path: PathBuf, error: io::Error },
    #[error("`{}` is not what the archive's list says: nothing was changed", .0.display())]
    NotTheSame(PathBuf),
    #[error("`{}` has no list that can be read: {reason}", .folder.display())]
    NoManifest { folder: PathBuf, reason: String },
    #[error("`{}` holds other files already: choose an empty folder", .0.display())]
    NotEmpty(PathBuf),
}

type Result<T> = std::result::Result<T, ArchiveError>;

/// Copies all files of a folder to a new one, and reads the copies back.
pub fn make(from: &Path, to: &Path) -> Result<Manifest> {
    fs::create_dir_all(to).map_err(at(to))?;
    if fs::read_dir(to).map_err(at(to))?.next().is_some() {
        return Err(ArchiveError::NotEmpty(to.to_owned()));
    }
    let mut files = Vec::new();
    for path in listed(from)? {
        files.push(copy(from, to, &path)?);
    }
    let manifest = Manifest {
        made_at: Utc::now(),
        files,
    };
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    write_through(&to.join(MANIFEST), &text)?;
    verify(to)?;
    Ok(manifest)
}

/// Reads an archive and compares it with its list.
pub fn verify(folder: &Path) -> Result<Manifest> {
    let no_manifest = |reason: String| ArchiveError::NoManifest {
        folder: folder.to_owned(),
        reason,
    };
    let text = fs::read(folder.join(MANIFEST)).map_err(|error| no_manifest(error.to_string()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| no_manifest(error.to_string()))?;
    for file in &manifest.files {
        check(folder, file)?;
    }
    Ok(manifest)
}

/// Copies an archive's files back. A file that is there is left alone if it is the same, and stops everything
/// if it is not.
pub fn restore(archive: &Path, to: &Path) -> Result<Manifest> {
    let manifest = verify(archive)?;
    fs::create_dir_all(to).map_err(at(to))?;
    for file in &manifest.files {
        if to.join(&file.path).exists() {
            check(to, file)?;
        }
    }
    for file in &manifest.files {
        if !to.join(&file.path).exists() {
            copy(archive, to, &file.path)?;
        }
        check(to, file)?;
    }
    Ok(manifest)
}

/// Removes the originals of an archive that is as its list says. One that has changed since stays.
pub fn retire(archive: &Path, from: &Path) -> Result<usize> {
    let manifest = verify(archive)?;
    for file in &manifest.files {
        check(from, file)?;
    }
    for file in &manifest.files {
        let path = from.join(&file.path);
        fs::remove_file(&path).map_err(at(&path))?;
    }
    sync_folder(from)?;
    Ok(manifest.files.len())
}

/// The paths of all files, in order; links are not followed.
fn listed(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut below = vec![PathBuf::new()];
    while let Some(within) = below.pop() {
        let path = folder.join(&within);
        for entry in fs::read_dir(&path).map_err(at(&path))? {
            let entry = entry.map_err(at(&path))?;
            let kind = entry.file_type().map_err(at(&path))?;
            let inner = within.join(entry.file_name());
            if kind.is_dir() {
                below.push(inner);
            } else if kind.is_file() {
                found.push(inner.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies one file through to the disk, and says what it is.
fn copy(from: &Path, to: &Path, path: &str) -> Result<Archived> {
    let (source, target) = (from.join(path), to.join(path));
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let mut file = File::open(&source).map_err(at(&source))?;
    let mut copy = File::create_new(&target).map_err(at(&target))?;
    io::copy(&mut file, &mut copy).map_err(at(&target))?;
    copy.sync_all().map_err(at(&target))?;
    sync_folder(target.parent().unwrap_or(to))?;
    let archived = described(from, path)?;
    check(to, &archived)?;
    Ok(archived)
}

fn check(folder: &Path, file: &Archived) -> Result<()> {
    if described(folder, &file.path)? == *file {
        Ok(())
    } else {
        Err(ArchiveError::NotTheSame(folder.join(&file.path)))
    }
}

fn described(folder: &Path, path: &str) -> Result<Archived> {
    let full = folder.join(path);
    let mut file = File::open(&full).map_err(at(&full))?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut chunk = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut chunk).map_err(at(&full))?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
        bytes += read as u64;
    }
    let sha256 = hex(&hash.finalize());
    Ok(Archived {
        path: path.to_owned(),
        bytes,
        sha256,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn write_through(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create_new(path).map_err(at(path))?;
    file.write_all(bytes).map_err(at(path))?;
    file.sync_all().map_err(at(path))?;
    sync_folder(path.parent().unwrap_or(path))
}

fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at(folder))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError + use<> {
    let path = path.to_owned();
    move |error| ArchiveError::Disk { path, error }
}
