//! The metadata is compared with golden files: a change of the wire format must be seen in a review.

use super::*;
use frame_metadata::RuntimeMetadata;
use parity_scale_codec::Decode;
use std::path::PathBuf;
use tenon_types::Parameters;

/// The most bytes of metadata that a wallet should have to load.
const MAX_METADATA_BYTES: usize = 60 * 1024;

fn genesis() -> Genesis {
    Genesis {
        name: "Test".into(),
        symbol: "TEN".into(),
        decimals: 12,
        ss58_prefix: 42,
        time_ms: 0,
        parameters: Parameters::DEVELOPMENT,
        balances: Vec::new(),
        validators: Vec::new(),
        modules: Vec::new(),
        codes: Vec::new(),
    }
}

fn golden(name: &str, found: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = hex::encode(found) + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == text, "{} differs: look at what changed, then run with UPDATE_GOLDEN=1", path.display());
}

#[test]
fn metadata_is_as_recorded_and_small() {
    for version in METADATA_VERSIONS {
        let bytes = metadata(&genesis(), version).unwrap();
        assert!(bytes.len() < MAX_METADATA_BYTES, "{} bytes", bytes.len());
        golden(&format!("metadata_v{version}.hex"), &bytes);
    }
    assert_eq!(metadata(&genesis(), 16), None);
}

#[test]
fn types_have_the_paths_that_clients_look_for() {
    let bytes = metadata(&genesis(), 15).unwrap();
    let RuntimeMetadata::V15(decoded) = RuntimeMetadataPrefixed::decode(&mut &bytes[..]).unwrap().1 else {
        panic!("expected version 15");
    };
    let paths: Vec<String> = decoded.types.types.iter().map(|entry| entry.ty.path.to_string()).collect();
    for path in [
        "sp_core::crypto::AccountId32",
        "sp_runtime::multiaddress::MultiAddress",
        "sp_runtime::generic::digest::DigestItem",
        "sp_runtime::generic::era::Era",
        "sp_runtime::DispatchError",
        "frame_system::EventRecord",
        "tenon_runtime::RuntimeCall",
        "tenon_runtime::RuntimeEvent",
    ] {
        assert_eq!(paths.iter().filter(|found| *found == path).count(), 1, "{path}");
    }
    assert!(!paths.iter().any(|path| path.starts_with("tenon_types") || path.starts_with("tenon_api")), "{paths:?}");
}
