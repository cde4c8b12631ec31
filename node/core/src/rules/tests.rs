//! Each rule broken once, and what follows the rules accepted.

use super::*;
use crate::refusal::{Refusal, RefusalKind};
use proptest::prelude::*;
use std::sync::Arc;
use tenon_types::{
    AccountData, AccountInfo, Address, BalancesCall, Block, BlockInfo, Call, Digest, DigestItem, ENGINE_ID, Era, Extra,
    Extrinsic, Hash, Header, Hooks, MAX_MISSED, MAX_SIGNER_BYTES, ModulesCall, MultiAddress, Parameters, Seal,
    Signature, SignedPart, extrinsics_root, max_gas, next_base_fee, signing_payload,
};

const PARAMETERS: Parameters = Parameters::DEVELOPMENT;
const OUTCOME: Outcome = Outcome { state_root: Hash([1; 32]), gas_used: 3_000_000_000, receipts_root: Hash([2; 32]) };
const NOW_MS: u64 = 1_700_000_000_000;
/// Root over the ancestors of the child.
const ANCESTORS: Hash = Hash([5; 32]);

fn header_with(info: &BlockInfo) -> Header {
    use parity_scale_codec::Encode;
    let digest = Digest { logs: vec![DigestItem::PreRuntime(ENGINE_ID, info.encode())] };
    Header { parent_hash: Hash::ZERO, number: 7, state_root: Hash::ZERO, extrinsics_root: Hash::ZERO, digest }
}

fn parent() -> (Header, BlockInfo) {
    let info = BlockInfo {
        time_ms: NOW_MS - 500,
        producer: Address::ZERO,
        base_fee: PARAMETERS.initial_base_fee,
        parent_gas_used: 0,
        parent_receipts_root: Hash::ZERO,
        ancestors: Hash([4; 32]),
        seal: Seal::default(),
        next_validators: None,
    };
    (header_with(&info), info)
}

fn production(now_ms: u64) -> Production {
    let producer = Address([3; 32]);
    Production { now_ms, producer, seal: Seal::of_leader(0, producer), next_validators: None, ancestors: ANCESTORS }
}

fn child() -> (Header, Header, BlockInfo) {
    let (parent, parent_info) = parent();
    let info = next_info(&parent_info, &OUTCOME, production(NOW_MS), &PARAMETERS);
    let header = next_header(&parent, &OUTCOME, &info, extrinsics_root::<Vec<u8>>(&[])).unwrap();
    (parent, header, info)
}

fn refused(change: impl FnOnce(&mut Header, &mut BlockInfo)) -> HeaderError {
    let (parent, mut header, mut info) = child();
    change(&mut header, &mut info);
    if header.digest == child().1.digest {
        header.digest = header_with(&info).digest;
    }
    check_header(&parent, &header, ANCESTORS, NOW_MS, &PARAMETERS).unwrap_err()
}

#[test]
fn accepts_the_header_that_it_makes() {
    let (parent, header, info) = child();
    assert_eq!(check_header(&parent, &header, ANCESTORS, NOW_MS, &PARAMETERS), Ok(info.clone()));
    assert_eq!(check_outcome(&header, &info, &OUTCOME), Ok(()));
    assert_eq!(info.base_fee, next_base_fee(&PARAMETERS, PARAMETERS.initial_base_fee, OUTCOME.gas_used));
    assert_eq!((header.number, info.time_ms), (8, NOW_MS));
}

#[test]
fn time_rises_though_the_clock_lags() {
    let (_, parent_info) = parent();
    let info = next_info(&parent_info, &OUTCOME, production(5), &PARAMETERS);
    assert_eq!(info.time_ms, parent_info.time_ms + 1);
}

#[test]
fn the_last_height_has_no_child() {
    let (mut parent, info) = parent();
    parent.number = u32::MAX;
    assert_eq!(next_header(&parent, &OUTCOME, &info, Hash::ZERO), None);
}

#[test]
fn refuses_headers_that_do_not_follow() {
    assert!(matches!(refused(|header, _| header.parent_hash = Hash::ZERO), HeaderError::Parent { .. }));
    assert!(matches!(refused(|header, _| header.number = 9), HeaderError::Number { found: 9, expected: 8 }));
    assert!(matches!(refused(|header, _| header.digest.logs.clear()), HeaderError::Digest { found: 0 }));
    let extra = |header: &mut Header, _: &mut BlockInfo| header.digest.logs.push(DigestItem::Other(vec![]));
    assert!(matches!(refused(extra), HeaderError::Digest { found: 2 }));
    let garbage = |header: &mut Header, _: &mut BlockInfo| {
        header.digest.logs = vec![DigestItem::PreRuntime(ENGINE_ID, vec![1])];
    };
    assert!(matches!(refused(garbage), HeaderError::Digest { found: 1 }));
    assert!(matches!(refused(|_, info| info.time_ms = NOW_MS - 500), HeaderError::TimeNotAbove { .. }));
    let ahead = refused(|_, info| info.time_ms = NOW_MS + MAX_FUTURE_MS + 1);
    assert_eq!(ahead, HeaderError::TimeAhead { found: NOW_MS + MAX_FUTURE_MS + 1, max: NOW_MS + MAX_FUTURE_MS });
    assert!(matches!(refused(|_, info| info.base_fee += 1), HeaderError::BaseFee { .. }));
    assert!(matches!(refused(|_, info| info.parent_gas_used = 0), HeaderError::BaseFee { .. }));
    let history = refused(|_, info| info.ancestors = Hash([4; 32]));
    let expected = HeaderError::Ancestors { found: Hash([4; 32]), expected: ANCESTORS };
    assert_eq!((history.code(), history), (15, expected));
}

/// Epochs of four blocks, so that the child, at height 8, is the last of its epoch.
fn epochs(staking: bool) -> Parameters {
    let staking = staking.then_some(Address([9; 32]));
    Parameters { hooks: Hooks { staking, epoch_blocks: 4, ..Hooks::NONE }, ..PARAMETERS }
}

fn checked(parameters: &Parameters, change: impl FnOnce(&mut BlockInfo)) -> Result<BlockInfo, HeaderError> {
    let (parent, mut header, mut info) = child();
    change(&mut info);
    header.digest = header_with(&info).digest;
    check_header(&parent, &header, ANCESTORS, NOW_MS, parameters)
}

#[test]
fn refuses_seals_that_the_height_and_the_bounds_contradict() {
    let lie = checked(&PARAMETERS, |info| info.seal.epoch = 1).unwrap_err();
    assert_eq!((lie.code(), lie), (11, HeaderError::SealEpoch { found: 1, expected: 0 }));
    let stale = checked(&epochs(true), |_| {}).unwrap_err();
    assert_eq!(stale, HeaderError::SealEpoch { found: 0, expected: 1 });
    assert!(checked(&epochs(true), |info| info.seal.epoch = 1).is_ok());
    let full = |info: &mut BlockInfo| {
        info.seal.missed = vec![Address::ZERO; MAX_MISSED];
        info.seal.parent_signers = vec![1; MAX_SIGNER_BYTES];
    };
    assert!(checked(&PARAMETERS, full).is_ok());
    let missed = checked(&PARAMETERS, |info| info.seal.missed = vec![Address::ZERO; MAX_MISSED + 1]).unwrap_err();
    let expected = HeaderError::SealBound { what: "missed leaders", found: MAX_MISSED + 1, max: MAX_MISSED };
    assert_eq!((missed.code(), missed), (12, expected));
    let signers = checked(&PARAMETERS, |info| info.seal.parent_signers = vec![1; MAX_SIGNER_BYTES + 1]).unwrap_err();
    assert!(matches!(signers, HeaderError::SealBound { what: "bytes of signers", .. }));
}

#[test]
fn refuses_seals_that_differ_from_what_consensus_says() {
    let (_, _, info) = child();
    assert_eq!(check_seal(&info, &Seal::of_leader(0, Address([3; 32]))), Ok(()));
    let truth = [
        Seal::of_leader(0, Address([4; 32])),
        Seal { leader: None, ..info.seal.clone() },
        Seal { parent_signers: vec![7], ..info.seal.clone() },
        Seal { missed: vec![Address([5; 32])], ..info.seal.clone() },
    ];
    for expected in truth {
        let refused = check_seal(&info, &expected).unwrap_err();
        let (found, expected) = (Box::new(info.seal.clone()), Box::new(expected));
        assert_eq!((refused.code(), refused), (13, HeaderError::Seal { found, expected }));
    }
}

#[test]
fn commits_to_validators_in_the_last_block_of_an_epoch_alone() {
    let hash = Some(Hash([6; 32]));
    let commit = |info: &mut BlockInfo| (info.seal.epoch, info.next_validators) = (1, hash);
    let info = checked(&epochs(true), commit).unwrap();
    assert_eq!(check_next_validators(&info, hash), Ok(()));
    let refused = check_next_validators(&info, None).unwrap_err();
    assert_eq!((refused.code(), &refused), (14, &HeaderError::NextValidators { found: hash, expected: None }));
    assert!(refused.to_string().ends_with("expected none"), "{refused}");
    let silent = BlockInfo { next_validators: None, ..info };
    assert!(matches!(check_next_validators(&silent, hash), Err(HeaderError::NextValidators { found: None, .. })));
    assert!(matches!(checked(&epochs(false), commit), Err(HeaderError::NextValidators { .. })));
    let early = Parameters { hooks: Hooks { epoch_blocks: 7, ..epochs(true).hooks }, ..PARAMETERS };
    assert!(matches!(checked(&early, commit), Err(HeaderError::NextValidators { expected: None, .. })));
}

#[test]
fn refuses_a_parent_without_digest() {
    let (mut parent, mut header, _) = child();
    parent.digest.logs.clear();
    header.parent_hash = parent.hash();
    let refused = check_header(&parent, &header, ANCESTORS, NOW_MS, &PARAMETERS).unwrap_err();
    assert_eq!((refused.code(), refused), (4, HeaderError::ParentDigest { parent: parent.hash() }));
}

#[test]
fn refuses_headers_that_misstate_the_parents_outcome() {
    let (_, header, info) = child();
    let check = |outcome| check_outcome(&header, &info, &outcome).unwrap_err();
    assert!(matches!(check(Outcome { state_root: Hash::ZERO, ..OUTCOME }), HeaderError::StateRoot { .. }));
    assert!(matches!(check(Outcome { gas_used: 1, ..OUTCOME }), HeaderError::GasUsed { expected: 1, .. }));
    assert!(matches!(check(Outcome { receipts_root: Hash::ZERO, ..OUTCOME }), HeaderError::ReceiptsRoot { .. }));
}

#[test]
fn checks_a_body_against_header_and_bounds() {
    let (_, mut header, _) = child();
    let extrinsics = vec![vec![1; 100], vec![2; 50]];
    header.extrinsics_root = extrinsics_root(&extrinsics);
    let block = Block { header, extrinsics };
    assert_eq!(check_block(&block, &PARAMETERS), Ok(()));
    let small = Parameters { block_bytes: 149, ..PARAMETERS };
    assert_eq!(check_block(&block, &small), Err(BlockError::TooLong { found: 150, max: 149 }));
    let mut swapped = block.clone();
    swapped.extrinsics.reverse();
    assert!(matches!(check_block(&swapped, &PARAMETERS), Err(BlockError::Root { .. })));
    let many = Block { extrinsics: vec![Vec::new(); MAX_BLOCK_TRANSACTIONS + 1], ..block.clone() };
    assert!(matches!(check_block(&many, &PARAMETERS), Err(BlockError::TooMany { .. })));
    let long = Block { extrinsics: vec![vec![0; 2 << 20]], ..block };
    assert!(matches!(check_block(&long, &PARAMETERS), Err(BlockError::TransactionTooLong { index: 0, .. })));
}

fn transfer() -> Call {
    Call::Balances(BalancesCall::transfer_keep_alive { dest: MultiAddress::Id(Address([5; 32])), value: 1 })
}

fn extrinsic(call: Call) -> Extrinsic {
    let extra = Extra { era: Era::mortal(64, 1_000), nonce: 10, tip: 7, metadata_mode: 0 };
    let signed =
        SignedPart { signer: MultiAddress::Id(Address([4; 32])), signature: Signature::Sr25519([6; 64]), extra };
    Extrinsic { signed, call }
}

/// An account that can pay an amount and still exist.
fn account(payable: u128) -> AccountInfo {
    let free = payable.saturating_add(PARAMETERS.existential_deposit);
    AccountInfo {
        nonce: 10,
        providers: 1,
        data: AccountData { free, ..AccountData::default() },
        ..AccountInfo::default()
    }
}

const HEAD: Head<'static> =
    Head { parameters: &PARAMETERS, genesis: Hash([8; 32]), height: 1_000, base_fee: PARAMETERS.initial_base_fee };

fn validate(extrinsic: &Extrinsic, account: &AccountInfo, head: &Head<'_>) -> Result<Unverified, Invalid> {
    let candidate = Candidate::decode(extrinsic.to_bytes().into())?;
    validity(candidate, account, 0, head, |height| Some(Hash([u8::try_from(height % 251).unwrap(); 32])))
}

#[test]
fn a_valid_transfer_gives_what_the_pool_needs_and_what_was_signed() {
    let extrinsic = extrinsic(transfer());
    let valid = validate(&extrinsic, &account(Parameters::COIN), &HEAD).unwrap();
    let length = extrinsic.to_bytes().len();
    let gas = max_gas(&extrinsic.call, length, &PARAMETERS).unwrap();
    assert_eq!(valid.checked.gas_limit, gas);
    assert_eq!(valid.checked.max_fee, Parameters::gas_fee(gas, HEAD.base_fee) + 7);
    assert_eq!((valid.checked.nonce, valid.checked.tip, valid.checked.sender), (10, 7, Address([4; 32])));
    assert_eq!(valid.checked.hash, extrinsic.hash());
    let birth = extrinsic.signed.extra.era.birth(1_001);
    assert_eq!(valid.checked.valid_until, birth + 64);
    let checkpoint = Hash([u8::try_from(birth % 251).unwrap(); 32]);
    let message = signing_payload(&extrinsic.call, &extrinsic.signed.extra, 1, 1, &HEAD.genesis, &checkpoint);
    assert_eq!((valid.message, valid.signature), (message, extrinsic.signed.signature));
}

#[test]
fn an_immortal_transaction_signs_the_genesis_hash() {
    let mut extrinsic = extrinsic(transfer());
    extrinsic.signed.extra.era = Era::Immortal;
    let candidate = Candidate::decode(extrinsic.to_bytes().into()).unwrap();
    let valid = validity(candidate, &account(Parameters::COIN), 0, &HEAD, |_| None).unwrap();
    let message = signing_payload(&extrinsic.call, &extrinsic.signed.extra, 1, 1, &HEAD.genesis, &HEAD.genesis);
    assert_eq!((valid.message, valid.checked.valid_until), (message, u32::MAX));
}

#[test]
fn refuses_what_is_no_transaction_of_an_account() {
    let refused = Candidate::decode(Arc::from(&[1, 2, 3][..])).unwrap_err();
    assert_eq!((refused.code(), refused.kind()), (1001, RefusalKind::Malformed));
    let mut system = extrinsic(transfer());
    system.signed.signer = MultiAddress::Id(Address::SYSTEM);
    let refused = Candidate::decode(system.to_bytes().into()).unwrap_err();
    assert_eq!((refused.kind(), refused), (RefusalKind::BadProof, Invalid::SystemSigner));
    let mut raw = extrinsic(transfer());
    raw.signed.signer = MultiAddress::Raw(vec![1]);
    let refused = Candidate::decode(raw.to_bytes().into()).unwrap_err();
    assert_eq!(refused, Invalid::SignerForm { found: "Raw" });
    let shown = Refusal::from(refused);
    assert_eq!((shown.code, shown.name), (1010, "SignerForm"));
    assert_eq!(shown.message, "signer has the form Raw, expected Id");
    assert!(shown.hint.contains("Id"));
}

#[test]
fn refuses_wrong_nonces_and_metadata_mode() {
    let funded = account(Parameters::COIN);
    let check = |change: fn(&mut Extra), account: &AccountInfo| {
        let mut extrinsic = extrinsic(transfer());
        change(&mut extrinsic.signed.extra);
        validate(&extrinsic, account, &HEAD).map(drop)
    };
    assert_eq!(check(|extra| extra.metadata_mode = 1, &funded), Err(Invalid::MetadataMode { found: 1 }));
    assert_eq!(check(|extra| extra.nonce = 9, &funded), Err(Invalid::Stale { found: 9, expected: 10 }));
    assert_eq!(check(|extra| extra.nonce = 10 + MAX_NONCE_AHEAD, &funded), Ok(()));
    let found = 11 + MAX_NONCE_AHEAD;
    let far = Invalid::TooFarAhead { found, max: 10 + MAX_NONCE_AHEAD, next: 10 };
    assert_eq!(check(|extra| extra.nonce = 11 + MAX_NONCE_AHEAD, &funded), Err(far));
    let worn = AccountInfo { nonce: u32::MAX, ..funded };
    let last = Invalid::TooFarAhead { found: u32::MAX, max: u32::MAX - 1, next: u32::MAX };
    assert_eq!(check(|extra| extra.nonce = u32::MAX, &worn), Err(last));
}

#[test]
fn refuses_what_cannot_be_paid_in_the_worst_case() {
    let extrinsic = extrinsic(transfer());
    let fee = validate(&extrinsic, &account(Parameters::COIN), &HEAD).unwrap().checked.max_fee;
    assert!(validate(&extrinsic, &account(fee), &HEAD).is_ok());
    let refused = validate(&extrinsic, &account(fee - 1), &HEAD).unwrap_err();
    assert_eq!(refused, Invalid::Payment { found: fee - 1, expected: fee, fee, committed: 0 });
    assert_eq!(refused.kind(), RefusalKind::Payment);
    let mut frozen = account(2 * fee);
    frozen.data.frozen = frozen.data.free - fee + 1;
    assert!(matches!(validate(&extrinsic, &frozen, &HEAD), Err(Invalid::Payment { .. })));
    let candidate = Candidate::decode(extrinsic.to_bytes().into()).unwrap();
    let refused = validity(candidate, &account(fee), 1, &HEAD, |_| Some(Hash::ZERO)).unwrap_err();
    assert_eq!(refused, Invalid::Payment { found: fee, expected: fee + 1, fee, committed: 1 });
}

#[test]
fn refuses_what_fits_no_block() {
    let call = |gas_limit| {
        let (instance, method) = (Address::ZERO, String::from("f"));
        Call::Modules(ModulesCall::call { instance, method, input: vec![], value: 0, gas_limit })
    };
    let funded = account(u128::MAX);
    let refused = validate(&extrinsic(call(PARAMETERS.block_gas)), &funded, &HEAD).unwrap_err();
    assert!(matches!(refused, Invalid::Gas { found: Some(_), .. }));
    let refused = validate(&extrinsic(call(u64::MAX)), &funded, &HEAD).unwrap_err();
    assert_eq!(refused, Invalid::Gas { found: None, max: PARAMETERS.block_gas });
    assert!(refused.to_string().contains("more than 2^64"));
    let small = Parameters { block_bytes: 100, ..PARAMETERS };
    let refused = validate(&extrinsic(transfer()), &funded, &Head { parameters: &small, ..HEAD }).unwrap_err();
    assert!(matches!(refused, Invalid::Length { max: 100, .. }));
}

#[test]
fn refuses_eras_that_begin_out_of_sight() {
    let funded = account(Parameters::COIN);
    let with_era = |era| {
        let mut extrinsic = extrinsic(transfer());
        extrinsic.signed.extra.era = era;
        extrinsic
    };
    let future = with_era(Era::mortal(64, 1_001));
    let refused = validate(&future, &funded, &HEAD).unwrap_err();
    assert_eq!(refused, Invalid::Era { birth: 1_001, oldest: 0, newest: 1_000 });
    let window = Parameters { checkpoint_window: 16, ..PARAMETERS };
    let narrow = Head { parameters: &window, ..HEAD };
    assert!(validate(&with_era(Era::mortal(64, 985)), &funded, &narrow).is_ok());
    assert!(matches!(
        validate(&with_era(Era::mortal(64, 984)), &funded, &narrow),
        Err(Invalid::Era { birth: 984, oldest: 985, newest: 1_000 })
    ));
    let candidate = Candidate::decode(with_era(Era::mortal(64, 1_000)).to_bytes().into()).unwrap();
    let refused = validity(candidate, &funded, 0, &HEAD, |_| None).unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (RefusalKind::AncientBirthBlock, 1010));
    let last = Head { height: u32::MAX, ..HEAD };
    assert!(matches!(validate(&with_era(Era::Immortal), &funded, &last), Err(Invalid::LastHeight { .. })));
}

proptest! {
    #[test]
    fn what_is_valid_is_payable_timely_and_fits(
        nonce in any::<u32>(), next in any::<u32>(), tip in any::<u128>(), free in any::<u128>(),
        period in 0u64..70_000, current in any::<u32>(), height in any::<u32>(), gas_limit in any::<u64>(),
    ) {
        let (instance, method) = (Address::ZERO, String::from("f"));
        let call = ModulesCall::call { instance, method, input: vec![], value: 0, gas_limit };
        let mut extrinsic = extrinsic(Call::Modules(call));
        extrinsic.signed.extra = Extra { era: Era::mortal(period, u64::from(current)), nonce, tip, metadata_mode: 0 };
        let account = AccountInfo { nonce: next, ..account(free) };
        if let Ok(valid) = validate(&extrinsic, &account, &Head { height, ..HEAD }) {
            prop_assert!(nonce >= next && nonce < u32::MAX);
            prop_assert!(valid.checked.max_fee <= free && valid.checked.gas_limit <= PARAMETERS.block_gas);
            prop_assert!(valid.checked.valid_until > height);
        }
    }
}
