//! An unchanged polkadot.js client drives the node: `js/run.mjs`. Leaves out what that program itself checks.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use tenon_e2e::{Node, cache, sources};

/// Written beside the packages, with the lock file that they were installed by.
const INSTALLED: &str = "node_modules/.installed-lock";

fn run(command: &mut Command) {
    let named = format!("{command:?}");
    let output = command.output().unwrap_or_else(|error| {
        panic!("{named} does not start: {error}; this test needs node and npm: run `make setup-test`")
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{named} ended with {}\n{out}{err}", output.status);
    println!("{out}");
}

/// A folder with the client's packages: that of the sources if they are there, else one beside the builds.
fn installed() -> PathBuf {
    let own = sources().join("tests/e2e/js");
    let lock = fs::read(own.join("package-lock.json")).unwrap();
    let has = |folder: &Path| fs::read(folder.join(INSTALLED)).is_ok_and(|of| of == lock);
    if has(&own) {
        return own;
    }
    let folder = cache().join("js");
    fs::create_dir_all(&folder).unwrap();
    let guard = File::create(cache().join("js.lock")).unwrap();
    guard.lock().unwrap();
    for file in ["package.json", "package-lock.json", "run.mjs"] {
        fs::copy(own.join(file), folder.join(file)).unwrap();
    }
    if !has(&folder) {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder));
        fs::write(folder.join(INSTALLED), lock).unwrap();
    }
    folder
}

#[test]
fn an_unchanged_polkadot_js_client_transfers_and_follows_finality() {
    let folder = installed();
    let node = Node::start(&["--tmp"]);
    run(Command::new("node").arg("run.mjs").arg(&node.url).current_dir(folder));
}
