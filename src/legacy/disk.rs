//! Putting a file in the place of another so that at every instant one of the two is there, whole.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use sha2::{Digest as _, Sha256};

use super::folder::Stamp;

/// The steps of a replacement; any of them can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Create,
    Write,
    Sync,
    Rename,
    SyncFolder,
}

/// Says beforehand that a step fails: how tests see what a full or failing disk does.
pub type Faults = fn(Step, &Path) -> io::Result<()>;

impl Step {
    /// What the step is called where a test has it fail.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "disk.create",
            Self::Write => "disk.write",
            Self::Sync => "disk.sync",
            Self::Rename => "disk.rename",
            Self::SyncFolder => "disk.sync_folder",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "making a file beside it",
            Self::Write => "writing",
            Self::Sync => "having it written to the disk",
            Self::Rename => "putting it in place",
            Self::SyncFolder => "having the folder written to the disk",
        })
    }
}

/// A step that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) step: Step,
    pub(super) error: io::Error,
    /// What is in its place all the same, though it may not stay there.
    pub(super) placed: Option<Stamp>,
}

impl Failed {
    pub(super) const fn at(step: Step, error: io::Error) -> Self {
        let placed = None;
        Self {
            step,
            error,
            placed,
        }
    }
}

/// Writes a file beside `path`, and puts it in its place when all of it is on the disk. It keeps the mode and
/// the owner of what was there. `write` is given where to write to; `still` is asked at the last moment.
pub(super) fn replace(
    path: &Path,
    faults: Option<Faults>,
    write: impl FnOnce(&mut Counted) -> io::Result<()>,
    still: impl FnOnce() -> io::Result<()>,
) -> Result<Stamp, Failed> {
    let disk = Disk { path, faults };
    let (temporary, file) = disk.step(Step::Create, || create(path))?;
    let stamp = disk.fill(file, write).and_then(|stamp| {
        disk.step(Step::Rename, || {
            still()?;
            fs::rename(&temporary, path)
        })?;
        Ok(stamp)
    });
    let stamp = match stamp {
        Ok(stamp) => stamp,
        Err(failed) => {
            // What failed is told; that a file of ours stays behind would only hide it.
            let _ = fs::remove_file(&temporary);
            return Err(failed);
        }
    };
    match sync(path.parent().unwrap_or(Path::new(".")), faults) {
        Ok(()) => Ok(stamp),
        Err(failed) => Err(Failed {
            placed: Some(stamp),
            ..failed
        }),
    }
}

/// Has the disk confirm what is in a folder.
pub(super) fn sync(folder: &Path, faults: Option<Faults>) -> Result<(), Failed> {
    let disk = Disk {
        path: folder,
        faults,
    };
    disk.step(Step::SyncFolder, || File::open(folder)?.sync_all())
}

struct Disk<'a> {
    path: &'a Path,
    faults: Option<Faults>,
}

impl Disk<'_> {
    fn step<T>(&self, step: Step, work: impl FnOnce() -> io::Result<T>) -> Result<T, Failed> {
        let fault = self.faults.map_or(Ok(()), |faults| faults(step, self.path));
        fault
            .and_then(|()| work())
            .map_err(|error| Failed::at(step, error))
    }

    fn fill(
        &self,
        file: File,
        write: impl FnOnce(&mut Counted) -> io::Result<()>,
    ) -> Result<Stamp, Failed> {
        let mut counted = Counted {
            file: BufWriter::with_capacity(256 * 1024, file),
            hash: Sha256::new(),
            written: 0,
        };
        self.step(Step::Write, || {
            write(&mut counted)?;
            counted.file.flush()
        })?;
        let file = counted.file.get_ref();
        self.step(Step::Sync, || file.sync_all())?;
        self.step(Step::Sync, || {
            Stamp::of(file, counted.hash.clone().finalize().into())
        })
    }
}

/// A file that nobody else has, with the mode and the owner of the one that it is to replace.
fn create(path: &Path) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.{number}.tmp", process::id()));
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    let keep = || {
        let Ok(old) = fs::symlink_metadata(path) else {
            return Ok(());
        };
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(old.permissions())
    };
    if let Err(error) = keep() {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok((temporary, file))
}

/// What is written, and its hash.
pub(super) struct Counted {
    file: BufWriter<File>,
    hash: Sha256,
    pub(super) written: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
