//! Where a node keeps its chain, and what it says of a place or a port that it cannot use.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use tenon_client::WaitUntil;
use tenon_e2e::state::whole_state;
use tenon_e2e::{Complaint, Ended, Node, Starting, Wallet, poll, transfer};
use tenon_types::Parameters;

/// Starts a node that must end by itself, with one numbered complaint.
fn refused(arguments: &[&str]) -> Complaint {
    let Err(ended) = Starting::new(arguments).ready() else { panic!("{arguments:?}: it is ready") };
    complaint(&ended)
}

fn complaint(ended: &Ended) -> Complaint {
    assert!(!ended.log.contains("panicked"), "{ended:?}");
    assert_eq!((ended.code, ended.lines.len()), (Some(1), 1), "{ended:?}");
    let json: serde_json::Value = serde_json::from_str(&ended.lines[0]).unwrap();
    let complaint = Complaint::read(&json["error"]).unwrap_or_else(|| panic!("no complaint: {ended:?}"));
    assert_eq!((complaint.code, complaint.name.as_str()), (3109, "Node"), "{complaint:?}");
    complaint
}

/// How the node of a chain ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Clean,
    Killed,
}

/// Makes a chain with some transfers in it, in two runs.
async fn make_chain(place: &str, stop: Stop) {
    let arguments = ["--base-path", place, "--block-time-ms", "50"];
    let (alice, bob) = (Wallet::new("//Alice"), Wallet::new("//Bob"));
    for last in [false, true] {
        let node = Node::start(&arguments);
        let client = node.client().await;
        for _ in 0..3 {
            let signed = alice.signed(&client, transfer(&bob.address, Parameters::COIN)).await;
            client.submit_and_wait(&signed, WaitUntil::Finalized, 30_000).await.unwrap();
        }
        drop(client);
        if last && stop == Stop::Killed {
            node.kill()
        } else {
            node.terminate()
        };
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (source, target) = { (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name())) };
        if source.is_dir() { copy(&source, &target) } else { fs::copy(&source, &target).map(drop).unwrap() }
    }
}

#[tokio::test]
async fn a_chain_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    make_chain(place, Stop::Clean).await;
    let before = Node::start(&["--base-path", place]);
    let client = before.client().await;
    let (genesis, (height, hash)) = (client.facts().identity.genesis, client.finalized_head().await.unwrap());
    let bob = client.account(&Wallet::new("//Bob").address).await.unwrap();
    assert_eq!(bob.data.free, 1_000_006 * Parameters::COIN);
    drop(client);
    before.terminate();

    let after = Node::start(&["--base-path", place]);
    println!("ready with a chain after {} ms", after.ready["started_ms"]);
    let client = after.client().await;
    assert_eq!(client.facts().identity.genesis, genesis);
    assert_eq!(client.hash_at(height).await.unwrap(), hash);
    assert_eq!(client.account(&Wallet::new("//Bob").address).await.unwrap(), bob);
    poll::until_async("a block on top", || async { (client.finalized_head().await.unwrap().0 > height).then_some(()) })
        .await;
}

#[test]
fn a_second_node_at_the_same_place_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--base-path", folder.path().to_str().unwrap()];
    let first = Node::start(&arguments);
    let complaint = refused(&arguments);
    assert!(complaint.message.contains("locked") && complaint.message.contains("expected"), "{complaint:?}");
    assert!(complaint.hint.contains("stop the other node"), "{complaint:?}");
    first.cli().done(&["transfer", "--to", "//Bob", "--amount", "1", "--from", "//Alice"]);
    // When the first one is killed the place is free again.
    first.kill();
    Node::start(&arguments).terminate();
}

#[test]
fn a_folder_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let chain = folder.path().join("chain");
    fs::create_dir(&chain).unwrap();
    fs::write(chain.join("letters.txt"), "dear").unwrap();
    let complaint = refused(&["--base-path", folder.path().to_str().unwrap()]);
    assert!(complaint.message.contains("letters.txt") && complaint.message.contains("expected"), "{complaint:?}");
    assert_eq!(fs::read_dir(&chain).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(chain.join("letters.txt")).unwrap(), "dear");
}

#[test]
fn a_place_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let complaint = refused(&["--base-path", file.to_str().unwrap()]);
    assert!(complaint.message.contains("file"), "{complaint:?}");
}

/// What it is, the files it is done to, and what is done to each.
type Damage<'d> = (&'d str, &'d [String], &'d dyn Fn(&Path));

#[tokio::test]
async fn damaged_files_are_named_and_nothing_panics() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    make_chain(whole.to_str().unwrap(), Stop::Clean).await;
    let names: Vec<String> = fs::read_dir(whole.join("chain"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let like = |what: &str| names.iter().filter(|name| name.contains(what)).cloned().collect::<Vec<_>>();
    let (manifests, tables) = (like("MANIFEST-"), like(".sst"));
    assert!(!manifests.is_empty() && !tables.is_empty(), "{names:?}");
    let empty = |path: &Path| fs::write(path, b"").unwrap();
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let halve = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    };
    let current = vec!["CURRENT".to_string()];
    let damages: [Damage<'_>; 8] = [
        ("an empty CURRENT", &current, &empty),
        ("no CURRENT", &current, &remove),
        ("an empty manifest", &manifests, &empty),
        ("half a manifest", &manifests, &halve),
        ("no manifest", &manifests, &remove),
        ("half of every table", &tables, &halve),
        ("empty tables", &tables, &empty),
        ("no tables", &tables, &remove),
    ];
    for (index, (what, files, damage)) in damages.into_iter().enumerate() {
        let place = folder.path().join(index.to_string());
        copy(&whole, &place);
        files.iter().for_each(|name| damage(&place.join("chain").join(name)));
        match Starting::new(&["--base-path", place.to_str().unwrap()]).ready() {
            Ok(node) => panic!("{what}: it is ready: {}", node.ready),
            Err(ended) => {
                let complaint = complaint(&ended);
                println!("{what}: {} | {}", complaint.message, complaint.hint);
                assert!(complaint.message.len() > 20 && complaint.hint.len() > 10, "{what}: {complaint:?}");
            }
        }
    }
    // The whole one still works.
    Node::start(&["--base-path", whole.to_str().unwrap()]).terminate();
}

/// Cuts the log of a stopped chain in half, starts it, checks that it is a whole chain and goes on, and tells the final
/// heights of the whole chain and of the one whose log was cut.
async fn heights_with_a_log_cut_short(stop: Stop) -> (u32, u32) {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    make_chain(whole.to_str().unwrap(), stop).await;
    let cut = folder.path().join("cut");
    copy(&whole, &cut);
    let log = fs::read_dir(cut.join("chain")).unwrap().map(|entry| entry.unwrap().path());
    let log = log.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().unwrap();
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() / 2]).unwrap();

    let before = Node::start(&["--base-path", whole.to_str().unwrap(), "--on-demand"]);
    let after = Node::start(&["--base-path", cut.to_str().unwrap(), "--on-demand"]);
    let (old, new) = (before.client().await, after.client().await);
    let ((old_height, _), (height, hash)) = (old.finalized_head().await.unwrap(), new.finalized_head().await.unwrap());
    println!("height {old_height} before, {height} after");
    assert_eq!(old.hash_at(height).await.unwrap(), hash);
    assert_eq!(whole_state(&new, hash).await, whole_state(&old, hash).await);
    let ending = Wallet::new("//Alice").send(&new, transfer(&Wallet::new("//Bob").address, 1)).await;
    assert_eq!((ending.error, ending.height), (None, height + 1));
    (old_height, height)
}

/// After a kill, whoever cuts the log takes the newest blocks with it, as a power cut may.
#[tokio::test]
async fn a_log_cut_short_gives_back_a_whole_earlier_chain() {
    let (whole, cut) = heights_with_a_log_cut_short(Stop::Killed).await;
    assert!(0 < cut && cut < whole, "{cut} of {whole}");
}

#[tokio::test]
async fn after_a_clean_stop_a_log_cut_short_loses_nothing() {
    let (whole, cut) = heights_with_a_log_cut_short(Stop::Clean).await;
    assert_eq!(cut, whole);
}

#[test]
fn a_port_in_use_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let complaint = refused(&["--tmp", "--port", &port]);
    assert!(complaint.message.contains(&port) && complaint.message.contains("expected a free port"), "{complaint:?}");
    assert!(complaint.hint.contains("--port"), "{complaint:?}");
}
