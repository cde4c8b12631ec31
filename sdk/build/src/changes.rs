//! Building only what changed since the last build, without asking cargo: for tests, which all want the same module.
//!
//! A stamp beside the module says what it was built from and when the build began. It is not proof: `tenon build`
//! always asks cargo.

use crate::error::BuildError;
use crate::{Built, build_module, cargo};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Folders within folders of a package's sources.
const MAX_FOLDER_DEPTH: u32 = 32;

/// Builds the package in `manifest_dir` unless nothing changed since it was last built into `target_dir`. Processes
/// that ask at the same time wait for each other.
///
/// # Errors
/// As [`build_module`].
pub fn build_module_if_changed(manifest_dir: &Path, target_dir: &Path) -> Result<Built, BuildError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        |source| BuildError::Io { path, source }
    };
    fs::create_dir_all(target_dir).map_err(io(target_dir))?;
    let folder = manifest_dir.canonicalize().map_err(io(manifest_dir))?;
    let name = folder.file_name().map_or_else(|| "module".into(), |name| name.to_string_lossy());
    let lock_path = target_dir.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(io(&lock_path))?;
    lock.lock().map_err(io(&lock_path))?;
    let stamp = target_dir.join(format!("{name}.stamp"));
    let image = cargo::compiler(&folder)?.image();
    if let Some(built) = read(&stamp, &folder, &image) {
        return Ok(built);
    }
    let began = now();
    let built = build_module(&folder, target_dir)?;
    fs::write(&stamp, write(&folder, &built, [began, now()])).map_err(io(&stamp))?;
    Ok(built)
}

fn now() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

/// One line each: package, compiler, start and end of the build in nanoseconds, hash of the sources, name, module,
/// sources.
fn write(folder: &Path, built: &Built, [began, ended]: [String; 2]) -> String {
    let hash: String = built.source_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut lines = vec![
        folder.display().to_string(),
        built.build_image.clone(),
        began,
        ended,
        hash,
        built.name.clone(),
        built.path.display().to_string(),
    ];
    lines.extend(built.sources.iter().map(|path| path.display().to_string()));
    lines.join("\n")
}

/// What the stamp stands for, if it still holds.
fn read(stamp: &Path, folder: &Path, image: &str) -> Option<Built> {
    let text = fs::read_to_string(stamp).ok()?;
    let mut lines = text.lines();
    if lines.next()? != folder.display().to_string() || lines.next()? != image {
        return None;
    }
    let began = UNIX_EPOCH + Duration::from_nanos(lines.next()?.parse().ok()?);
    let ended = UNIX_EPOCH + Duration::from_nanos(lines.next()?.parse().ok()?);
    let hash = lines.next()?;
    let mut source_hash = [0; 32];
    for (index, byte) in source_hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    let (name, path) = (lines.next()?.to_owned(), PathBuf::from(lines.next()?));
    let sources: Vec<PathBuf> = lines.map(PathBuf::from).collect();
    // Cargo itself may complete its lock file while it builds.
    let limit = |source: &Path| if source.ends_with("Cargo.lock") { ended } else { began };
    if !sources.iter().all(|source| is_older(source, limit(source), 0)) {
        return None;
    }
    Some(Built { wasm: fs::read(&path).ok()?, path, name, source_hash, build_image: image.to_owned(), sources })
}

fn is_older(path: &Path, than: SystemTime, depth: u32) -> bool {
    let Ok(metadata) = path.metadata() else { return false };
    if metadata.modified().is_ok_and(|modified| modified < than) && !metadata.is_dir() {
        return true;
    }
    if !metadata.is_dir() || depth > MAX_FOLDER_DEPTH || metadata.modified().is_ok_and(|modified| modified >= than) {
        return false;
    }
    fs::read_dir(path)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_older(&entry.path(), than, depth + 1))))
}
