//! A process that is killed while it commits, or whose disk is full, loses nothing finalized and leaves nothing half.
//!
//! The parent runs this test binary again as the writer, through `writer_process` and an environment variable.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tenon_store::{Direction, FinalizedBatch, Options, Store, StoreError};

use crate::support::{Block, Rows, all, deterministic, hash, nodes, options, random, transaction};

const DIRECTORY: &str = "TENON_STORE_TEST_DIRECTORY";
const ROUNDS: u64 = 25;
const HISTORY_BLOCKS: u64 = 40;

fn crash_options() -> Options {
    Options { sync: true, history_blocks: HISTORY_BLOCKS, write_buffer_bytes: 256 << 10, ..options() }
}

/// What the parent starts: commits without end, alone and several at once, and takes some blocks back now and then.
#[test]
fn writer_process() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let result = Store::open(Path::new(&directory), &crash_options()).and_then(|store| {
        let error = write_until_failure(&store);
        // The store refuses to go on after a failed write.
        let next = store.finalized()?.map_or(0, |finalized| finalized.height + 1);
        let refusal = deterministic(next).commit(&store).expect_err("the store is poisoned");
        assert!(matches!(refusal, StoreError::Poisoned { .. }), "{refusal}");
        assert!(matches!(store.put_record(b"a", b"b"), Err(StoreError::Poisoned { .. })));
        Err::<(), _>(error)
    });
    eprintln!("stopped: {result:?}");
}

fn write_until_failure(store: &Store) -> StoreError {
    let mut seed = store.finalized().unwrap().map_or(0, |finalized| finalized.height);
    loop {
        let finalized = store.finalized().unwrap();
        let next = finalized.map_or(0, |finalized| finalized.height + 1);
        let written = match random(&mut seed) % 16 {
            0 if next > 3 => store.rollback_to(next - 1 - 3.min(next - 1)),
            1..=3 => commit_several(store, next),
            _ => deterministic(next).commit(store),
        };
        if let Err(error) = written {
            return error;
        }
        // Said after it was finalized: what was said must be there after the kill.
        eprintln!("finalized {}", store.finalized().unwrap().unwrap().height);
    }
}

fn commit_several(store: &Store, next: u64) -> Result<(), StoreError> {
    let blocks: Vec<Block> = (next..next + 4).map(deterministic).collect();
    let bodies: Vec<Vec<u8>> = blocks.iter().map(Block::body).collect();
    let parent = |height: u64| height.checked_sub(1).map_or([0; 32], |below| hash(below, 0));
    let batches: Vec<FinalizedBatch<'_>> =
        blocks.iter().zip(&bodies).map(|(block, body)| block.batch(parent(block.height), body)).collect();
    store.commit_many(&batches)
}

#[test]
fn a_killed_writer_leaves_a_whole_store() {
    let directory = tempfile::tempdir().unwrap();
    let mut seed = 7;
    let mut finalized = 0;
    for round in 0..ROUNDS {
        let lines = 1 + random(&mut seed) % 60;
        let delay = Duration::from_micros(random(&mut seed) % 3_000);
        let mut command = writer(directory.path());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut last = String::new();
        for _ in 0..lines {
            last = said.next().unwrap_or_else(|| panic!("round {round}: the writer stopped after {last}")).unwrap();
            assert!(last.starts_with("finalized"), "round {round}: {last}");
        }
        let until = Instant::now() + delay;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let said: Vec<u64> = std::iter::once(Ok(last))
            .chain(said)
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("finalized ")?.parse().ok())
            .collect();
        let store = Store::open(directory.path(), &crash_options()).unwrap();
        finalized = store.finalized().unwrap().unwrap().height;
        let newest = *said.last().unwrap();
        // The writer may have done one more step, or be at one of the heights of a rollback.
        assert!((newest.saturating_sub(3)..=newest + 4).contains(&finalized), "round {round}: {newest}, {finalized}");
        check(&store, round);
    }
    assert!(finalized > HISTORY_BLOCKS, "too few blocks to have pruned: {finalized}");
}

#[test]
fn a_writer_that_may_write_no_more_says_so_and_leaves_a_whole_store() {
    let directory = tempfile::tempdir().unwrap();
    // The shell bounds the size of a file, and has the write fail rather than end the process.
    let exe = env::current_exe().unwrap();
    let script =
        format!("trap '' XFSZ; ulimit -f 128; exec '{}' crash::writer_process --exact --nocapture", exe.display());
    let output = Command::new("bash").args(["-c", &script]).env(DIRECTORY, directory.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("File too large"), "{said}");
    assert!(output.status.success(), "{said}");
    let newest =
        said.lines().filter_map(|line| line.strip_prefix("finalized ")?.parse::<u64>().ok()).next_back().unwrap();
    let store = Store::open(directory.path(), &crash_options()).unwrap();
    let finalized = store.finalized().unwrap().unwrap().height;
    assert!((newest.saturating_sub(3)..=newest + 4).contains(&finalized), "{newest}, {finalized}");
    check(&store, 0);
    deterministic(finalized + 1).commit(&store).unwrap();
}

fn writer(directory: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["crash::writer_process", "--exact", "--nocapture"]).env(DIRECTORY, directory).stdout(Stdio::null());
    command
}

/// Checks every kept height against the chain, which is known in full.
fn check(store: &Store, round: u64) {
    let finalized = store.finalized().unwrap().unwrap();
    let (mut state, mut pages) = (Rows::new(), Rows::new());
    for height in 0..=finalized.height {
        let block = deterministic(height);
        block.apply(&mut state, &mut pages);
        for (level, node) in (0..).zip(nodes(height)) {
            assert_eq!(store.node(height, level).unwrap(), Some(node), "round {round}, node {level} of {height}");
        }
        if height < finalized.oldest {
            continue;
        }
        assert_eq!(store.block(height).unwrap().unwrap(), block.body(), "round {round}, block {height}");
        assert_eq!(store.receipts(height).unwrap().unwrap(), block.body()[1..], "round {round}, receipts {height}");
        assert_eq!(store.proof(height).unwrap().unwrap_or_default(), block.proof, "round {round}, proof of {height}");
        assert_eq!(store.height_of(&hash(height, 0)).unwrap(), Some(height), "round {round}");
        for index in 0..height % 5 {
            let found = store.transaction(&transaction(height, index)).unwrap().unwrap();
            assert_eq!((found.height, u64::from(found.index)), (height, index), "round {round}");
        }
        let events = store.events(&[b'e', (height % 3) as u8], height..=height, Direction::Ascending, 9).unwrap();
        assert_eq!(events.len(), 3, "round {round}, events of {height}");
        let at = store.state_at(height).unwrap();
        assert_eq!(all(|scan, limit| at.scan(scan, limit)), state, "round {round}, state at {height}");
        for id in (0..500_u16).step_by(7).map(|id| [&b"p"[..], &id.to_le_bytes()].concat()) {
            assert_eq!(at.page(&id).unwrap().as_ref(), pages.get(&id), "round {round}, page at {height}");
        }
    }
    assert_eq!(all(|scan, limit| store.scan(scan, limit)), state, "round {round}, finalized state");
    assert_eq!(store.height_of(&hash(finalized.height + 1, 0)).unwrap(), None, "round {round}");
}
