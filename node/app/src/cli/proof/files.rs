//! The files of `tenon proof`: read within a bound, and written whole or not at all.

use super::{light, query, state, trust};
use crate::cli::output::{Failure, Kind, Report};
use serde::Serialize;
use serde_json::Value as Json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tenon_api::json::{LightProofView, ProofView, TrustView};

/// Bytes of a file: a proof that leads over thousands of epochs.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// Checks a file that a command of `tenon proof` printed, without a node.
pub(super) fn check(path: &Path, trusted: Option<String>, checkpoint: Option<PathBuf>) -> Result<Report, Failure> {
    let json: Json = parse(path)?;
    let trusted = trusted.as_deref().map(query::hash).transpose()?;
    if json.get("finality").is_none() {
        let proof: ProofView = shaped(path, json)?;
        return match checkpoint {
            None => state::check(&proof, trusted.as_ref()),
            Some(_) => Err(Failure::new(
                Kind::Usage,
                format!("found no votes in {}, expected some for --checkpoint", path.display()),
                "fetch the proof with `tenon proof entry`, or give --trusted HASH",
            )),
        };
    }
    let proof: LightProofView = shaped(path, json)?;
    let Some(checkpoint) = checkpoint else {
        return Err(Failure::new(
            Kind::Usage,
            format!("found votes in {}, expected --checkpoint to tell whose they must be", path.display()),
            "give the file of `tenon proof checkpoint` that you trust",
        ));
    };
    light::check(&proof, &read_trust(&checkpoint)?, trust::now_ms())
}

/// Reads a file of trust.
pub(super) fn read_trust(path: &Path) -> Result<TrustView, Failure> {
    shaped(path, parse(path)?)
}

/// Writes a file of trust in place of the one before: at no time there is half of one.
pub(super) fn write_trust(path: &Path, trust: &TrustView) -> Result<(), Failure> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create(&unfinished)?;
        writeln!(file, "{}", pretty(trust))?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().map_err(|error| {
        let text = format!("cannot write {:?}: {error}", path.display().to_string());
        Failure::new(Kind::File, text, "check that the directory exists, and who may write it")
    })
}

/// JSON for people.
pub(super) fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("our own views are JSON")
}

fn parse(path: &Path) -> Result<Json, Failure> {
    let failed = |reason: String| {
        let text = format!("cannot read {:?}: {reason}", path.display().to_string());
        Failure::new(Kind::File, text, "give the path of a file that a command of `tenon proof` printed")
    };
    let found = fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if found > MAX_FILE_BYTES {
        return Err(failed(format!("found {found} bytes, expected at most {MAX_FILE_BYTES}")));
    }
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| failed(format!("found no JSON: {error}")))
}

fn shaped<T: serde::de::DeserializeOwned>(path: &Path, json: Json) -> Result<T, Failure> {
    serde_json::from_value(json).map_err(|error| {
        Failure::new(
            Kind::File,
            format!("found no proof in {}, expected what a command of `tenon proof` prints: {error}", path.display()),
            "fetch the file again",
        )
    })
}
