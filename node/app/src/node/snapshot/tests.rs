//! A chain whose state is served by one node and imported by another, which then makes the same blocks.

use super::super::engine::Running;
use super::super::state::PagesAfter;
use super::super::{Begun, Kept, Node, Threads, development_genesis};
use super::*;
use crate::backend::{Backend, BlockEntry};
use parity_scale_codec::Encode;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tenon_client::{ChainIdentity, Lifetime, sign};
use tenon_core::consensus::bbft::{Certificate, FinalityProof, Signature, Signers, Statement, View};
use tenon_core::consensus::{DevEngine, DevMode};
use tenon_core::sync::snapshot::{Answer, Effect, Input, Offence, Peer, Piece, SnapshotSync, Target, Trusted};
use tenon_crypto::{Keypair, Scheme};
use tenon_engine::{EngineOptions, WasmtimeEngine};
use tenon_host::tree::prove;
use tenon_store::{Options, Scan, StateAt, StoreError};
use tenon_types::proof::{key_hash, value_hash};
use tenon_types::{Address, BalancesCall, Call, Genesis, Hash, Header, Hooks, MultiAddress, Parameters, keys};

const FIRST_MS: u64 = 1_767_225_600_000;
const ACCOUNTS: u32 = 3_000;
/// Snapshots are at this height in most tests; the chain is one block longer.
const HEIGHT: u64 = 6;
const INDEX: usize = 6;
const CHILD: u32 = 7;
/// What shows that a snapshot's block is final, as far as these tests look.
const FINALITY: &[u8] = b"final";

/// What shows that a block is final, as far as its form goes.
fn finality() -> FinalityProof {
    let statement = Statement::finalize(View(1), Hash([7; 32]));
    let certificate = Certificate { statement, signers: Signers::none(4), signature: Signature([0; 48]) };
    FinalityProof { certificate, descendants: Vec::new() }
}

/// A chain without modules and with many accounts.
fn genesis() -> Genesis {
    let mut genesis = Genesis { modules: Vec::new(), codes: Vec::new(), ..development_genesis(FIRST_MS, Hooks::NONE) };
    genesis.balances.extend((1..=ACCOUNTS).map(|account| (address(account), Parameters::COIN)));
    genesis
}

fn address(number: u32) -> Address {
    let mut address = [0xaa; 32];
    address[..4].copy_from_slice(&number.to_le_bytes());
    Address(address)
}

fn open(folder: &Path) -> Arc<Store> {
    Arc::new(Store::open(folder.join("chain"), &Options::default()).unwrap())
}

/// Starts a node whose clock stands still, so that the same transactions make the same blocks.
fn start(store: Arc<Store>) -> (Arc<Node>, Threads) {
    let make_consensus = |begun: &Begun, _: &Kept| {
        let mode = DevMode::Interval { interval_ms: u64::MAX };
        Ok(Box::new(DevEngine::new(mode, FIRST_MS, begun.finalized.hash, Address([1; 32]))) as Box<dyn Running>)
    };
    let engine = Arc::new(WasmtimeEngine::new(&EngineOptions::default()).unwrap());
    Node::begin(store, engine, Box::new(|| FIRST_MS), make_consensus, genesis, None).unwrap()
}

fn transfer(chain: Hash, nonce: u32) -> Vec<u8> {
    let pair = Keypair::from_suri(Scheme::Sr25519, "//Alice").unwrap();
    let Parameters { spec_version, transaction_version, .. } = Parameters::DEVELOPMENT;
    let chain = ChainIdentity { genesis: chain, spec_version, transaction_version };
    // Some receivers are new, so that rows are added as well as changed.
    let dest = MultiAddress::Id(address(nonce * 400));
    let call = Call::Balances(BalancesCall::transfer_keep_alive { dest, value: Parameters::COIN + u128::from(nonce) });
    sign(&pair, call, &chain, nonce, 0, Lifetime::Immortal).to_bytes()
}

/// Makes blocks of two transfers each until the chain has so many, and returns it from block `first` on. All is final.
fn extend(folder: &Path, first: u32, last: u32) -> Vec<Arc<BlockEntry>> {
    let (node, threads) = start(open(folder));
    for height in node.best().block.header.number + 1..=last {
        for nonce in [2 * (height - 1), 2 * (height - 1) + 1] {
            node.submit(transfer(node.genesis_hash(), nonce), None).unwrap();
        }
        node.make_block().unwrap();
        assert_eq!(node.best().transactions.len(), 2);
    }
    let chain = (first..=last).map(|height| node.block(&node.hash_at(height).unwrap()).unwrap()).collect();
    node.stop();
    threads.join();
    assert_eq!(node.failure(), None);
    chain
}

fn snapshots(folder: &Path, part_bytes: u64) -> Snapshots {
    Snapshots { part_bytes, ..Snapshots::open(folder).unwrap() }
}

fn made(folder: &Path, part_bytes: u64, heights: &[u64]) -> Snapshots {
    let (snapshots, store) = (snapshots(folder, part_bytes), open(folder));
    heights.iter().for_each(|height| snapshots.make(&store, *height, &AtomicBool::new(false)).unwrap());
    snapshots
}

/// Two peers: one that serves, and one that changes a byte of everything.
fn serve(snapshots: &Snapshots, peer: Peer, height: u64, piece: Piece) -> Answer {
    let bytes = match piece {
        Piece::Manifest => snapshots.serve_manifest(height),
        Piece::Anchor => snapshots.serve_anchor(height),
        Piece::Part(part) => snapshots.serve_part(height, part),
    };
    match bytes {
        Some(mut bytes) => {
            let middle = bytes.len() / 2;
            bytes[middle] ^= peer[0];
            Answer::Bytes(bytes)
        }
        None => Answer::Absent,
    }
}

/// Fetches a snapshot; returns how many pieces were asked for, and who was punished.
fn fetch(snapshots: &Snapshots, target: &Target, incoming: &Incoming) -> (usize, Vec<Peer>) {
    let (manifest, kept) = incoming.kept().unwrap();
    let mut machine = SnapshotSync::new(*target, manifest.as_deref(), &kept);
    let offer = snapshots.offers().into_iter().find(|offer| offer.height == target.height).unwrap();
    let offered = |first: u8| Input::Offered { peer: [first; 32], offer };
    let mut inputs = std::collections::VecDeque::from([offered(0), offered(1)]);
    let (mut asked, mut punished, mut finished) = (0, Vec::new(), false);
    while let Some(input) = inputs.pop_front() {
        for effect in machine.handle(0, input) {
            match effect {
                Effect::Ask { peer, piece } => {
                    asked += 1;
                    let answer = serve(snapshots, peer, u64::from(target.height), piece);
                    inputs.push_back(Input::Answered { peer, piece, answer });
                }
                Effect::Keep { piece, bytes } => incoming.keep(piece, &bytes).unwrap(),
                Effect::Punish { peer, offence } => {
                    assert!(matches!(offence, Offence::Piece { .. }), "{offence:?}");
                    punished.push(peer);
                }
                Effect::Finished => finished = true,
                Effect::SetTimer { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(finished, "{:?}", machine.progress());
    (asked, punished)
}

fn target(child: &Header) -> Target {
    Target::below(child).unwrap()
}

fn rows(state: &StateAt<'_>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    state.scan(&Scan::prefix(b""), usize::MAX).unwrap().into_iter().collect()
}

/// What the tests begin with: a chain, and who imports it.
struct Pair {
    here: tempfile::TempDir,
    there: tempfile::TempDir,
    chain: Vec<Arc<BlockEntry>>,
    target: Target,
}

fn pair() -> Pair {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let chain = extend(here.path(), 0, CHILD);
    let target = target(&chain[INDEX + 1].block.header);
    Pair { here, there, chain, target }
}

impl Pair {
    fn import(&self, incoming: &Incoming) -> anyhow::Result<tenon_store::Finalized> {
        import(&open(self.there.path()), (&genesis(), self.chain[0].hash), (&self.target, FINALITY), incoming)
    }
}

#[test]
fn an_imported_state_reads_proves_and_goes_on_as_the_chain_does() {
    let mut depths = Vec::new();
    for part_bytes in [PART_BYTES, 20_000, 100] {
        let pair = pair();
        let served = made(pair.here.path(), part_bytes, &[HEIGHT]);
        depths.push(served.offers()[0].depth);
        let incoming = Incoming::open(pair.there.path(), &pair.target).unwrap();
        let (_, punished) = fetch(&served, &pair.target, &incoming);
        assert!(punished.len() <= 1 && punished.iter().all(|peer| *peer == [1; 32]), "{punished:?}");
        let finalized = pair.import(&incoming).unwrap();
        assert_eq!((finalized.height, finalized.oldest, finalized.oldest_hash), (HEIGHT, HEIGHT, 0));
        assert_eq!(incoming.kept().unwrap(), (None, Default::default()));

        let (here, there) = (open(pair.here.path()), open(pair.there.path()));
        let expected = rows(&here.state_at(HEIGHT).unwrap());
        assert!(expected.len() > ACCOUNTS as usize);
        assert_eq!(rows(&there.state_at(HEIGHT).unwrap()), expected);
        let pages = PagesAfter { store: there.clone(), height: HEIGHT };
        for (key, value) in &expected {
            let proof = prove(&pages, pair.target.root, &key_hash(key)).unwrap();
            assert_eq!(proof.verify(&pair.target.root, key), Ok(Some(value_hash(value))));
        }
        let absent = prove(&pages, pair.target.root, &key_hash(b"absent")).unwrap();
        assert_eq!(absent.verify(&pair.target.root, b"absent"), Ok(None));
        assert_eq!(there.block(HEIGHT).unwrap(), here.block(HEIGHT).unwrap());
        assert_eq!(there.receipts(HEIGHT).unwrap(), here.receipts(HEIGHT).unwrap());
        assert_eq!(there.proof(HEIGHT).unwrap().as_deref(), Some(FINALITY));
        for entry in &pair.chain[..=INDEX] {
            assert_eq!(there.height_of(&entry.hash.0).unwrap(), Some(u64::from(entry.block.header.number)));
        }
        let included = pair.chain[INDEX].transactions[1];
        assert_eq!(there.transaction(&included.0).unwrap().unwrap().index, 1);
        drop((here, there, pages));

        // Both chains go on with the same transactions: every hash is the same, and so every root.
        let first = CHILD;
        let imported = extend(pair.there.path(), first, first + 3);
        let own = extend(pair.here.path(), first, first + 3);
        assert_eq!(imported[0].hash, pair.chain[first as usize].hash);
        for (one, other) in imported.iter().zip(&own) {
            assert_eq!((one.hash, &one.receipts), (other.hash, &other.receipts));
        }
        // Whoever took a snapshot makes the next one, with the same bytes, though it has few of the blocks before.
        let pieces = |folder: &Path| {
            let snapshots = made(folder, part_bytes, &[HEIGHT + 2]);
            (
                snapshots.serve_manifest(HEIGHT + 2),
                snapshots.serve_anchor(HEIGHT + 2),
                snapshots.serve_part(HEIGHT + 2, 0),
            )
        };
        let own = pieces(pair.here.path());
        assert!(own.0.is_some() && own.1.is_some() && own.2.is_some());
        assert_eq!(pieces(pair.there.path()), own);
    }
    assert!(depths[0] == 0 && depths[1] > 3 && depths[2] == 12, "{depths:?}");
}

#[test]
fn fetching_goes_on_after_a_stop_and_a_spoilt_piece_is_fetched_again() {
    let pair = pair();
    let served = made(pair.here.path(), 20_000, &[HEIGHT]);
    let incoming = Incoming::open(pair.there.path(), &pair.target).unwrap();
    let (all, _) = fetch(&served, &pair.target, &incoming);
    incoming.forget(Piece::Part(0)).unwrap();
    let incoming = Incoming::open(pair.there.path(), &pair.target).unwrap();
    let error = pair.import(&incoming).unwrap_err();
    assert!(error.to_string().contains("found no Part(0)"), "{error:#}");
    let store = open(pair.there.path());
    assert_eq!(store.unfinished_import().unwrap(), Some(HEIGHT));
    drop(store);
    assert!(fetch(&served, &pair.target, &incoming).0 < all / 2);

    // The bytes of another part, as a disk may give them.
    let other = incoming.read(Piece::Part(1)).unwrap().unwrap();
    incoming.keep(Piece::Part(0), &other).unwrap();
    let error = format!("{:#}", pair.import(&incoming).unwrap_err());
    assert!(error.contains("row 0 belongs to part 1, expected part 0"), "{error}");
    let spoilt = pair.chain[0].block.encode();
    incoming.keep(Piece::Anchor, &spoilt).unwrap();
    let error = format!("{:#}", pair.import(&incoming).unwrap_err());
    assert!(error.contains("Anchor of the snapshot"), "{error}");
    let (_, kept) = incoming.kept().unwrap();
    assert!(!kept.contains(&Piece::Anchor) && !kept.contains(&Piece::Part(0)));
    let (asked, _) = fetch(&served, &pair.target, &incoming);
    assert!(asked >= 2 && asked < all / 2, "{asked} of {all}");
    pair.import(&incoming).unwrap();
    let error = pair.import(&incoming).unwrap_err();
    assert!(error.to_string().contains("found no Manifest"), "{error:#}");
}

#[test]
fn what_was_fetched_is_imported_once_and_what_cannot_be_is_given_up() {
    let pair = pair();
    let served = made(pair.here.path(), 20_000, &[HEIGHT]);
    let base = pair.there.path();
    let import_fetched = || {
        let hash = || Ok(pair.chain[0].hash);
        import_fetched(&open(base), base, &genesis(), hash).unwrap().map(|finalized| finalized.height)
    };
    assert_eq!(import_fetched(), None);
    let child = pair.chain[INDEX + 1].block.header.clone();
    let trusted = || Trusted { target: pair.target, child: child.clone(), finality: finality() };
    let fetch_all = || {
        let incoming = Incoming::open(base, &pair.target).unwrap();
        fetch(&served, &pair.target, &incoming);
        incoming.trust(&trusted()).unwrap();
        incoming
    };
    // A piece that the disk has spoilt, or lost: nothing stays of the attempt.
    let incoming = fetch_all();
    let other = incoming.read(Piece::Part(1)).unwrap().unwrap();
    incoming.keep(Piece::Part(0), &other).unwrap();
    assert_eq!(import_fetched(), None);
    assert!(Incoming::complete(base).unwrap().is_none());
    let store = open(base);
    assert_eq!((store.unfinished_import().unwrap(), store.finalized().unwrap()), (None, None));
    // A process that ended in the middle, and whose pieces are gone: as if nothing had been.
    drop(store.begin_import(&pair.chain[0].hash.0, HEIGHT).unwrap());
    drop(store);
    assert_eq!(import_fetched(), None);
    assert_eq!(open(base).unfinished_import().unwrap(), None);
    // One that ended in the middle, and whose pieces are there.
    let incoming = fetch_all();
    let (_, again) = Incoming::complete(base).unwrap().unwrap();
    assert_eq!((again, incoming.kept().unwrap().0.is_some()), (trusted(), true));
    drop(open(base).begin_import(&pair.chain[0].hash.0, HEIGHT).unwrap());
    assert_eq!(import_fetched(), Some(HEIGHT));
    assert_eq!(open(base).proof(HEIGHT).unwrap(), Some(finality().to_bytes()));
    assert_eq!(import_fetched(), None);
    // A chain that is further than what was fetched stays.
    fetch_all();
    assert_eq!(import_fetched(), None);
    assert_eq!(open(base).finalized().unwrap().unwrap().height, HEIGHT);
}

#[test]
fn pieces_of_another_snapshot_are_not_gone_on_from() {
    let pair = pair();
    let served = made(pair.here.path(), 20_000, &[HEIGHT - 1, HEIGHT]);
    let earlier = target(&pair.chain[INDEX].block.header);
    let incoming = Incoming::open(pair.there.path(), &earlier).unwrap();
    fetch(&served, &earlier, &incoming);
    let incoming = Incoming::open(pair.there.path(), &pair.target).unwrap();
    assert_eq!(incoming.kept().unwrap(), (None, Default::default()));
    fetch(&served, &pair.target, &incoming);
    pair.import(&incoming).unwrap();
    // The older one is of no use any more.
    let incoming = Incoming::open(pair.there.path(), &earlier).unwrap();
    fetch(&served, &earlier, &incoming);
    let (store, genesis) = (open(pair.there.path()), genesis());
    let error = import(&store, (&genesis, pair.chain[0].hash), (&earlier, FINALITY), &incoming).unwrap_err();
    let error = error.downcast_ref::<StoreError>();
    assert!(matches!(error, Some(StoreError::StaleImport { found, .. }) if *found == HEIGHT - 1), "{error:?}");
    let error = import(&store, (&genesis, pair.chain[1].hash), (&earlier, FINALITY), &incoming).unwrap_err();
    assert!(matches!(error.downcast_ref::<StoreError>(), Some(StoreError::WrongGenesis { .. })), "{error:#}");
}

#[test]
fn a_maker_makes_every_so_many_blocks_and_keeps_the_last_two() {
    let pair = pair();
    let (folder, store) = (pair.here.path(), open(pair.here.path()));
    let snapshots = Arc::new(snapshots(folder, 20_000));
    let (maker, work) = SnapshotMaker::new(store.clone(), snapshots.clone(), 2, Arc::default());
    let thread = std::thread::spawn(work);
    let heights = || snapshots.offers().iter().map(|offer| offer.height).collect::<Vec<_>>();
    let until = |expected: &[u32]| {
        let begun = Instant::now();
        while heights() != expected {
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", heights());
            std::thread::yield_now();
        }
    };
    maker.on_final(1);
    maker.on_final(3);
    until(&[2]);
    maker.on_final(4);
    until(&[2, 4]);
    maker.on_final(5);
    maker.on_final(7);
    until(&[4, 6]);
    drop(maker);
    thread.join().unwrap();
    assert_eq!((snapshots.serve_manifest(2), snapshots.serve_anchor(2)), (None, None));
    let depth = snapshots.offers()[1].depth;
    assert!(snapshots.serve_part(6, (1 << depth) - 1).is_some());
    assert_eq!(snapshots.serve_part(6, 1 << depth), None);
    // They are there again after a restart, and a maker of none makes none.
    let again = Arc::new(Snapshots::open(folder).unwrap());
    assert_eq!(again.offers(), snapshots.offers());
    assert_eq!(again.serve_manifest(4), snapshots.serve_manifest(4));
    let (none, work) = SnapshotMaker::new(store, again.clone(), 0, Arc::default());
    none.on_final(8);
    drop(none);
    work();
    assert_eq!(again.offers().len(), 2);
}

#[test]
fn what_the_disk_has_spoilt_is_not_served() {
    let pair = pair();
    let folder = pair.here.path();
    let served = made(folder, 20_000, &[4, HEIGHT]);
    let path = served.path(HEIGHT, FINISHED);
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    bytes[40] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let opened = Snapshots::open(folder).unwrap();
    assert_eq!((opened.offers().len(), opened.serve_part(HEIGHT, 0)), (2, None));
    assert!(opened.serve_part(HEIGHT, 1).is_some());
    // A damaged head, a file that is cut off, of another kind or of another version, and one that was not finished.
    let (last, start) = (whole.len() - 1, b"TENONSNP\x02\0\0\0".to_vec());
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for bytes in [changed(last), changed(last - 50), whole[..last].to_vec(), changed(0), start, Vec::new()] {
        fs::write(&path, &bytes).unwrap();
        fs::write(folder.join(DIRECTORY).join("9.unfinished"), b"half").unwrap();
        let heights: Vec<u32> = Snapshots::open(folder).unwrap().offers().iter().map(|offer| offer.height).collect();
        assert_eq!(heights, [4]);
        assert!(!path.exists() && !folder.join(DIRECTORY).join("9.unfinished").exists());
    }
}

#[test]
fn a_height_that_is_not_final_or_a_stop_gives_no_snapshot_and_leaves_no_file() {
    let pair = pair();
    let served = snapshots(pair.here.path(), 20_000);
    let early = served.make(&open(pair.here.path()), HEIGHT + 2, &AtomicBool::new(false)).unwrap_err();
    assert!(early.to_string().contains("is not final"), "{early:#}");
    let stopped = served.make(&open(pair.here.path()), HEIGHT, &AtomicBool::new(true)).unwrap_err();
    assert!(stopped.to_string().contains("the node stops"), "{stopped:#}");
    assert_eq!(served.offers(), []);
    assert_eq!(fs::read_dir(pair.here.path().join(DIRECTORY)).unwrap().count(), 0);
    let key = keys::account(&address(1));
    assert!(open(pair.here.path()).get(&key).unwrap().is_some());
}
