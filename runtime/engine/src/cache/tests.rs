//! What the directory of compiled code must refuse, and what must make an entry stale.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use tenon_host::Value;

use super::*;
use crate::engine::{Backend, EngineOptions, Workshop};
use crate::testing::{TestHost, module};

fn compiled() -> Compiled {
    Compiled { artifact: b"native code".to_vec(), instance_gas: 7 }
}

fn directory() -> (tempfile::TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("code");
    (outer, inner)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn gives_back_what_was_saved_after_a_restart() {
    let (_outer, path) = directory();
    DiskCache::open(&path, 1 << 20).unwrap().save(&[1; 32], &compiled()).unwrap();
    let again = DiskCache::open(&path, 1 << 20).unwrap();
    assert_eq!(again.load(&[1; 32]), Some(compiled()));
    assert_eq!(again.load(&[2; 32]), None);
}

#[test]
fn refuses_a_file_that_was_altered_or_renamed() {
    let (_outer, path) = directory();
    let cache = DiskCache::open(&path, 1 << 20).unwrap();
    cache.save(&[1; 32], &compiled()).unwrap();
    let file = cache.path(&[1; 32]);
    fs::copy(&file, cache.path(&[2; 32])).unwrap();
    assert_eq!(cache.load(&[2; 32]), None);
    let good = fs::read(&file).unwrap();
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 1;
        fs::write(&file, &bad).unwrap();
        assert_eq!(cache.load(&[1; 32]), None, "byte {index}");
    }
    fs::write(&file, &good[..20]).unwrap();
    assert_eq!(cache.load(&[1; 32]), None);
}

#[test]
fn refuses_a_directory_or_a_secret_that_others_can_reach() {
    let (_outer, path) = directory();
    drop(DiskCache::open(&path, 1 << 20).unwrap());
    set_mode(&path, 0o770);
    assert!(matches!(DiskCache::open(&path, 1 << 20), Err(CacheError::OpenToOthers { mode: 0o770, .. })));
    set_mode(&path, 0o700);
    set_mode(&path.join(SECRET_FILE), 0o644);
    assert!(matches!(DiskCache::open(&path, 1 << 20), Err(CacheError::OpenToOthers { mode: 0o644, .. })));
    set_mode(&path.join(SECRET_FILE), 0o600);
    fs::write(path.join(SECRET_FILE), b"short").unwrap();
    assert!(matches!(DiskCache::open(&path, 1 << 20), Err(CacheError::Secret { found: 5, .. })));
}

#[test]
fn removes_the_oldest_files_when_there_are_too_many_bytes() {
    let (_outer, path) = directory();
    let cache = DiskCache::open(&path, 200).unwrap();
    for number in 0..10 {
        cache.save(&[number; 32], &compiled()).unwrap();
    }
    let kept = (0..10).filter(|number| cache.load(&[*number; 32]).is_some()).count();
    assert_eq!(kept, 3);
}

#[test]
fn a_change_of_weights_code_or_backend_finds_no_old_code() {
    let engine = |backend| {
        let options = EngineOptions { backend, threads: 1, ..EngineOptions::default() };
        wasmtime::Engine::new(&crate::pool::config(&options).unwrap()).unwrap()
    };
    let native = engine(Backend::Cranelift);
    let base = key(&Hash([1; 32]), &native, CURRENT_WEIGHTS);
    assert_eq!(base, key(&Hash([1; 32]), &engine(Backend::Cranelift), CURRENT_WEIGHTS));
    assert_ne!(base, key(&Hash([2; 32]), &native, CURRENT_WEIGHTS));
    assert_ne!(base, key(&Hash([1; 32]), &native, CURRENT_WEIGHTS + 1));
    assert_ne!(base, key(&Hash([1; 32]), &engine(Backend::Pulley), CURRENT_WEIGHTS));
}

#[test]
fn the_lock_file_has_the_version_of_wasmtime_that_keys_name() {
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
    assert!(lock.contains(&format!("name = \"wasmtime\"\nversion = \"{WASMTIME_VERSION}\"")));
}

#[test]
fn a_second_engine_runs_what_the_first_compiled_without_the_code() {
    let (_outer, path) = directory();
    let options = EngineOptions { cache_dir: Some(path), threads: 1, ..EngineOptions::default() };
    let code: Value = Arc::from(module(
        r#"(module (memory (export "memory") 1) (data (i32.const 0) "abcdefgh") (func (export "call.f") nop))"#,
    ));
    let hash = Hash(*blake3::hash(&code).as_bytes());
    let first = Workshop::<TestHost>::new(&options).unwrap();
    first.program(&hash, &mut || Some(Arc::clone(&code))).unwrap();
    let second = Workshop::<TestHost>::new(&options).unwrap();
    let program = second.program(&hash, &mut || panic!("the code is on disk")).unwrap();
    let outcome = program.run("call.f", 1_000, 1_000, TestHost::default());
    assert_eq!(outcome.gas_left, 1_000 - 2 - 1 - 2);
    assert!(second.program(&Hash([9; 32]), &mut || None).is_err());
}
