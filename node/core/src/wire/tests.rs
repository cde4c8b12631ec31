//! Encodings are as written here, canonical and bounded, and no bytes make reading panic.

use super::*;
use crate::consensus::bbft::{
    Certificate, Epoch, MAX_CERTIFICATES, MAX_PROOF_BYTES, Message, Signature, Signers, Statement, View,
};
use crate::relay::testing::{block, transactions};
use crate::relay::{Code, CompactBlock, PartAnswer, PartRequest, Shard};
use crate::rules::MAX_BLOCK_TRANSACTIONS;
use crate::sync::snapshot::{MAX_PIECE_BYTES, Offer, Piece};
use crate::sync::{BlocksAnswer, BlocksRequest};
use parity_scale_codec::Encode;
use proptest::prelude::*;
use std::fmt::Debug;
use tenon_crypto::bls::BlsSecretKey;
use tenon_types::{Address, Block, Hash, MAX_EXTRINSIC_BYTES};

fn number(value: u64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

fn record() -> ValidatorRecord {
    ValidatorRecord {
        account: Address([1; 32]),
        peer: [2; 32],
        addresses: vec!["/ip4/10.0.0.1/udp/30333/quic-v1".into(), "/dns/a".into()],
        sequence: 258,
        signature: Signature([3; 48]),
    }
}

fn shard() -> Shard {
    let code = Code::new(2, 4).expect("there is such a code");
    let mut all = Shard::encode(Hash([9; 32]), b"seven b", code).expect("it is short");
    all.swap_remove(2)
}

fn compact() -> CompactBlock {
    let block = block(3, 40);
    CompactBlock::new(&block, 77, |_, bytes| bytes == &block.extrinsics[1][..]).expect("it is small")
}

fn envelopes() -> Vec<Envelope> {
    let consensus = |block| Consensus { epoch: Epoch(3), message: Message::Ask { view: View(4) }, block };
    vec![
        Envelope::Consensus(Box::new(consensus(None))),
        Envelope::Consensus(Box::new(consensus(Some(compact())))),
        Envelope::Shard(Box::new(ShardMessage { epoch: Epoch(3), view: View(4), shard: shard() })),
        Envelope::Transactions(TransactionBatch(transactions(3, 40))),
        Envelope::Status(Status { lowest: 1, height: 513, hash: Hash([4; 32]) }),
    ]
}

fn records() -> Vec<ValidatorRecord> {
    vec![record()]
}

fn requests() -> Vec<Request> {
    vec![
        Request::Blocks(BlocksRequest { from_height: 1, max_blocks: 2, max_bytes: 3 }),
        Request::Block { hash: Hash([9; 32]) },
        Request::Parts(PartRequest { block: Hash([9; 32]), places: vec![7] }),
        Request::Snapshots,
        Request::Piece(PieceRequest { height: 512, piece: Piece::Manifest }),
        Request::Piece(PieceRequest { height: 512, piece: Piece::Anchor }),
        Request::Piece(PieceRequest { height: 512, piece: Piece::Part(258) }),
        Request::Header { height: 513 },
        Request::Epochs { first: Epoch(3) },
    ]
}

fn offer(height: u32, depth: u8) -> Offer {
    Offer { height, root: [8; 32], depth }
}

fn answers() -> Vec<Answer> {
    vec![
        Answer::Blocks(BlocksAnswer { blocks: vec![vec![1, 2], vec![3]], proof: vec![4] }),
        Answer::Block(Some(vec![5, 6])),
        Answer::Block(None),
        Answer::Parts(PartAnswer { block: Hash([9; 32]), transactions: vec![vec![8]] }),
        Answer::Snapshots(vec![offer(512, 1), offer(1_024, 12)]),
        Answer::Piece(Some(vec![5, 6])),
        Answer::Piece(None),
        Answer::Header(Some(vec![7])),
        Answer::Header(None),
        Answer::Epochs(vec![vec![1], vec![2, 3]]),
        Answer::Shards(Hash([6; 32])),
    ]
}

#[test]
fn envelopes_are_written_so() {
    let header = block(3, 40).header.encode();
    let (header, ids) = (&header[..], compact().into_parts().1);
    let body = transactions(3, 40);
    let [first, second, third] = [0, 1, 2].map(|place| [&[40 << 2], &body[place][..]].concat());
    let ask = [number(3), vec![5], number(4)].concat();
    let branch = shard().branch.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>();
    let stated = [&[9; 32], &shard().root.0[..], &[2, 0, 4, 0, 7, 0, 0, 0, 2, 0]].concat();
    let expected: Vec<Vec<u8>> = vec![
        [&[0], &ask[..], &[0]].concat(),
        [&[0], &ask[..], &[1], header, &number(77), &[2 << 2], &ids[0].0, &ids[1].0, &[1 << 2, 1 << 2], &second]
            .concat(),
        [&[1], &number(3)[..], &number(4), &stated, &[4 << 2], &shard().bytes, &[2 << 2], &branch].concat(),
        [&[2, 3 << 2], &first[..], &second, &third].concat(),
        [&[3, 1, 0, 0, 0, 1, 2, 0, 0][..], &[4; 32]].concat(),
    ];
    assert_eq!(envelopes().len(), expected.len());
    for (envelope, expected) in envelopes().iter().zip(expected) {
        assert_eq!(hex::encode(envelope.to_bytes()), hex::encode(expected), "{}", envelope.kind());
    }
}

#[test]
fn records_requests_and_answers_are_written_so() {
    let addresses = [&[2 << 2, 31 << 2][..], b"/ip4/10.0.0.1/udp/30333/quic-v1", &[6 << 2], b"/dns/a"].concat();
    let unsigned = [&[1; 32], &[2; 32], &addresses[..], &number(258)].concat();
    let expected: Vec<Vec<u8>> = vec![
        [&unsigned[..], &[3; 48]].concat(),
        vec![0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0],
        [&[1], &[9; 32][..]].concat(),
        [&[2], &[9; 32][..], &[1 << 2, 7 << 2]].concat(),
        vec![3],
        vec![4, 0, 2, 0, 0, 0],
        vec![4, 0, 2, 0, 0, 1],
        vec![4, 0, 2, 0, 0, 2, 2, 1, 0, 0],
        vec![5, 1, 2, 0, 0],
        [&[6], &number(3)[..]].concat(),
        vec![0, 2 << 2, 2 << 2, 1, 2, 1 << 2, 3, 1 << 2, 4],
        vec![1, 1, 2 << 2, 5, 6],
        vec![1, 0],
        [&[2], &[9; 32][..], &[1 << 2, 1 << 2, 8]].concat(),
        [&[3, 2 << 2, 0, 2, 0, 0], &[8; 32][..], &[1, 0, 4, 0, 0], &[8; 32], &[12]].concat(),
        vec![4, 1, 2 << 2, 5, 6],
        vec![4, 0],
        vec![5, 1, 1 << 2, 7],
        vec![5, 0],
        vec![6, 2 << 2, 1 << 2, 1, 2 << 2, 2, 3],
        [&[7], &[6; 32][..]].concat(),
    ];
    let found = [written_of(&records()), written_of(&requests()), written_of(&answers())].concat();
    assert_eq!(found, expected);
    assert_eq!(record().signed_bytes(Hash([5; 32])), [&b"tenon/addresses1"[..], &[5; 32], &unsigned].concat());
}

/// Each is read again; no part of its bytes is one, nor are its bytes and another.
fn check_whole<T: Wire + PartialEq + Debug>(all: &[T]) {
    for one in all {
        let bytes = one.to_bytes();
        assert_eq!(T::from_bytes(&bytes).as_ref(), Ok(one));
        for length in 0..bytes.len() {
            assert!(T::from_bytes(&bytes[..length]).is_err(), "{length} bytes of {one:?}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(T::from_bytes(&longer), Err(WireError::Trailing { what: T::WHAT, found: 1 }));
    }
}

#[test]
fn what_is_cut_off_or_goes_on_is_refused() {
    check_whole(&envelopes());
    check_whole(&records());
    check_whole(&requests());
    check_whole(&answers());
    check_whole(&[block(3, 40)]);
}

#[test]
fn unknown_kinds_are_refused() {
    for kind in [8, 200] {
        let out_of_range = |what, bound| WireError::OutOfRange { what, found: u64::from(kind), bound };
        assert_eq!(Envelope::from_bytes(&[kind]), Err(out_of_range("kind of an envelope", 4)));
        assert_eq!(Request::from_bytes(&[kind]), Err(out_of_range("kind of a request", 7)));
        assert_eq!(Answer::from_bytes(&[kind]), Err(out_of_range("kind of an answer", 8)));
    }
}

#[test]
fn lists_above_their_bounds_are_refused_before_they_are_read() {
    let mut many = record();
    many.addresses = vec![String::new(); MAX_ADDRESSES + 1];
    let too_many = |what, max| WireError::TooMany { what, found: max + 1, max };
    assert_eq!(ValidatorRecord::from_bytes(&many.to_bytes()), Err(too_many("addresses", MAX_ADDRESSES)));
    let mut long = record();
    long.addresses = vec!["a".repeat(MAX_ADDRESS_BYTES + 1)];
    let too_long = |what, max| WireError::TooLong { what, found: max + 1, max };
    assert_eq!(ValidatorRecord::from_bytes(&long.to_bytes()), Err(too_long("address", MAX_ADDRESS_BYTES)));
    let batch = TransactionBatch(vec![Vec::new(); MAX_BATCH_TRANSACTIONS + 1]);
    let error = too_many("transactions", MAX_BATCH_TRANSACTIONS);
    assert_eq!(TransactionBatch::from_bytes(&batch.to_bytes()), Err(error));
    let batch = TransactionBatch(vec![vec![0; MAX_EXTRINSIC_BYTES + 1]]);
    let error = too_long("transaction", MAX_EXTRINSIC_BYTES);
    assert_eq!(TransactionBatch::from_bytes(&batch.to_bytes()), Err(error));
    let batch = TransactionBatch(vec![vec![0; MAX_EXTRINSIC_BYTES]]);
    assert_eq!(TransactionBatch::from_bytes(&batch.to_bytes()), Ok(batch), "the longest transaction fits a batch");
    let mut body = block(1, 1);
    body.extrinsics = vec![Vec::new(); MAX_BLOCK_TRANSACTIONS + 1];
    assert_eq!(Block::from_bytes(&body.to_bytes()), Err(too_many("transactions", MAX_BLOCK_TRANSACTIONS)));
}

#[test]
fn certificates_above_their_bound_are_refused() {
    let statement = Statement::nullify(View(1));
    let certificate = Certificate { statement, signers: Signers::none(4), signature: Signature([0; 48]) };
    let with = |count| {
        let message = Message::Certificates(vec![certificate.clone(); count]);
        let envelope = Envelope::Consensus(Box::new(Consensus { epoch: Epoch(1), message, block: None }));
        Envelope::from_bytes(&envelope.to_bytes()).map(|_| ())
    };
    assert_eq!(with(MAX_CERTIFICATES), Ok(()));
    let (found, max) = (MAX_CERTIFICATES + 1, MAX_CERTIFICATES);
    assert_eq!(with(found), Err(WireError::TooMany { what: "certificates", found, max }));
}

#[test]
fn a_message_that_is_too_long_is_not_looked_at() {
    let max = ValidatorRecord::MAX_BYTES;
    let error = WireError::TooLong { what: ValidatorRecord::WHAT, found: max + 1, max };
    assert_eq!(ValidatorRecord::from_bytes(&vec![0; max + 1]), Err(error));
}

#[test]
fn another_form_of_the_same_is_refused() {
    // 1 as a length in two bytes; the mark of a block that is neither there nor not; places that go beyond any block.
    let long_form = [&[0x05, 0x00][..], &[8 << 2], &[0; 8]].concat();
    assert_eq!(TransactionBatch::from_bytes(&long_form), Err(WireError::Malformed { what: "transactions", rest: 11 }));
    assert_eq!(Answer::from_bytes(&[1, 2]), Err(WireError::Malformed { what: "mark of a block", rest: 1 }));
    let beyond = [&[0; 32][..], &[2 << 2, 0, 0x03, 0xff, 0xff, 0xff, 0xff]].concat();
    let (what, bound) = ("transactions asked for", 131_072);
    let error = WireError::OutOfRange { what, found: u64::from(u32::MAX) + 1, bound };
    assert_eq!(PartRequest::from_bytes(&beyond), Err(error));
    let at = |place| PartRequest { block: Hash::ZERO, places: vec![place] };
    assert_eq!(PartRequest::from_bytes(&at(131_071).to_bytes()), Ok(at(131_071)));
    let error = WireError::OutOfRange { what, found: 131_072, bound };
    assert_eq!(PartRequest::from_bytes(&at(131_072).to_bytes()), Err(error));
    let status = Status { lowest: 3, height: 2, hash: Hash::ZERO };
    let error = WireError::OutOfRange { what: "lowest height", found: 3, bound: 3 };
    assert_eq!(Status::from_bytes(&status.to_bytes()), Err(error));
    let mut record = record();
    record.addresses = vec!["\u{e9}".into()];
    let mut bytes = record.to_bytes();
    let accent = bytes.iter().position(|byte| *byte == 0xc3).expect("it is two bytes in UTF-8");
    bytes[accent + 1] = 0xff;
    assert!(matches!(ValidatorRecord::from_bytes(&bytes), Err(WireError::Malformed { what: "address", .. })));
}

#[test]
fn record_is_taken_by_its_signature_alone() {
    let (key, other) = (BlsSecretKey::from_seed(&[1; 32]), BlsSecretKey::from_seed(&[2; 32]));
    let chain = Hash([5; 32]);
    let mut signed = record();
    assert!(!signed.is_signed_by(chain, &key.public_key()), "the signature is no point");
    signed.signature = Signature(key.sign(&signed.signed_bytes(chain)).to_bytes());
    assert!(signed.is_signed_by(chain, &key.public_key()));
    assert!(!signed.is_signed_by(chain, &other.public_key()));
    assert!(!signed.is_signed_by(Hash([6; 32]), &key.public_key()), "on another chain");
    let changes: [fn(&mut ValidatorRecord); 4] = [
        |record| record.account = Address([7; 32]),
        |record| record.peer = [7; 32],
        |record| record.addresses.truncate(1),
        |record| record.sequence += 1,
    ];
    for change in changes {
        let mut changed = signed.clone();
        change(&mut changed);
        assert!(!changed.is_signed_by(chain, &key.public_key()), "{changed:?}");
    }
}

#[test]
fn answers_are_told_by_their_kind() {
    let request = PartRequest { block: Hash([9; 32]), places: vec![7] };
    let answer = |block| Answer::Parts(PartAnswer { block, transactions: Vec::new() });
    assert!(answer(Hash([9; 32])).answers(&Request::Parts(request.clone())));
    assert!(!answer(Hash([8; 32])).answers(&Request::Parts(request.clone())));
    assert!(!Answer::Block(None).answers(&Request::Parts(request)));
    assert!(Answer::Block(None).answers(&Request::Block { hash: Hash::ZERO }));
    assert!(Answer::Blocks(BlocksAnswer::default()).answers(&requests()[0]));
    let kinds = [Answer::Snapshots(Vec::new()), Answer::Piece(None), Answer::Header(None), Answer::Epochs(Vec::new())];
    let places = requests().iter().map(|one| kinds.iter().position(|kind| kind.answers(one))).collect::<Vec<_>>();
    assert_eq!(places[3..], [Some(0), Some(1), Some(1), Some(1), Some(2), Some(3)]);
    assert_eq!(places[..3], [None; 3]);
}

#[test]
fn snapshots_beyond_their_bounds_are_refused() {
    let many = Answer::Snapshots(vec![offer(1, 1); MAX_OFFERS + 1]).to_bytes();
    let error = WireError::TooMany { what: "snapshots", found: MAX_OFFERS + 1, max: MAX_OFFERS };
    assert_eq!(Answer::from_bytes(&many), Err(error));
    let deep = Answer::Snapshots(vec![offer(1, 13)]).to_bytes();
    assert_eq!(Answer::from_bytes(&deep), Err(WireError::OutOfRange { what: "depth", found: 13, bound: 13 }));
    let part = |part| Request::Piece(PieceRequest { height: 1, piece: Piece::Part(part) });
    assert_eq!(Request::from_bytes(&part(4_095).to_bytes()), Ok(part(4_095)));
    let error = WireError::OutOfRange { what: "part", found: 4_096, bound: 4_096 };
    assert_eq!(Request::from_bytes(&part(4_096).to_bytes()), Err(error));
    let error = WireError::OutOfRange { what: "kind of a piece", found: 3, bound: 3 };
    assert_eq!(Request::from_bytes(&[4, 1, 0, 0, 0, 3]), Err(error));
    let piece = |bytes| Answer::Piece(Some(vec![0; bytes]));
    assert_eq!(Answer::from_bytes(&piece(MAX_PIECE_BYTES).to_bytes()), Ok(piece(MAX_PIECE_BYTES)));
    let error = WireError::TooLong { what: "piece", found: MAX_PIECE_BYTES + 1, max: MAX_PIECE_BYTES };
    assert_eq!(Answer::from_bytes(&piece(MAX_PIECE_BYTES + 1).to_bytes()), Err(error));
    let header = Answer::Header(Some(vec![0; MAX_PROOF_BYTES + 1])).to_bytes();
    let (found, max) = (MAX_PROOF_BYTES + 1, MAX_PROOF_BYTES);
    assert_eq!(Answer::from_bytes(&header), Err(WireError::TooLong { what: "proof of a header", found, max }));
    let epochs = Answer::Epochs(vec![Vec::new(); MAX_EPOCH_PROOFS + 1]).to_bytes();
    let (what, found) = ("proofs of epochs", MAX_EPOCH_PROOFS + 1);
    assert_eq!(Answer::from_bytes(&epochs), Err(WireError::TooMany { what, found, max: MAX_EPOCH_PROOFS }));
}

/// What is read has these bytes and no others.
fn check_canonical<T: Wire>(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(value) = T::from_bytes(bytes) {
        prop_assert_eq!(value.to_bytes(), bytes);
    }
    Ok(())
}

fn check_all(bytes: &[u8]) -> Result<(), TestCaseError> {
    check_canonical::<Envelope>(bytes)?;
    check_canonical::<ValidatorRecord>(bytes)?;
    check_canonical::<TransactionBatch>(bytes)?;
    check_canonical::<Request>(bytes)?;
    check_canonical::<Answer>(bytes)?;
    check_canonical::<Block>(bytes)
}

fn written() -> Vec<Vec<u8>> {
    let (envelopes, records) = (written_of(&envelopes()), written_of(&records()));
    [envelopes, records, written_of(&requests()), written_of(&answers()), written_of(&[block(3, 40)])].concat()
}

fn written_of<T: Wire>(all: &[T]) -> Vec<Vec<u8>> {
    all.iter().map(Wire::to_bytes).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read_without_panic_and_canonically(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        check_all(&bytes)?;
    }

    #[test]
    fn bytes_that_are_almost_right_are_read_canonically(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::weighted(0.3, any::<proptest::sample::Index>()),
    ) {
        let all = written();
        let mut bytes = which.get(&all).clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        check_all(&bytes)?;
    }
}
