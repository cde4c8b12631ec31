//! System hooks: which instance the host calls by itself, what it tells it, and the bounds of both.
//!
//! The encodings here are the input of the hooks' methods: a module declares the same fields in the same order. This
//! leaves out running hooks (`tenon-host`) and checking what consensus says (`tenon-core`).

use crate::{Address, Amount, BlockNumber, Gas, Hash, blake2b_256};
use alloc::vec::Vec;
use parity_scale_codec::{Decode, DecodeAll, Encode};

/// The most gas of one hook, whatever the parameters say.
pub const MAX_HOOK_GAS: Gas = 1_000_000_000;
/// Validators of one set.
pub const MAX_VALIDATORS: usize = 512;
/// Bytes of a bitmap of signers: a bit for each validator.
pub const MAX_SIGNER_BYTES: usize = MAX_VALIDATORS / 8;
/// Leaders that one block reports as having failed. Of a longer row of failures the last ones are reported.
pub const MAX_MISSED: usize = 64;
/// Pieces of evidence in one block.
pub const MAX_EVIDENCE: usize = 4;
/// Bytes of the proof in one piece of evidence.
pub const MAX_EVIDENCE_BYTES: usize = 4_096;
/// Method of the hook at the end of each block; takes a [`BlockReport`] and, as its value, the block reward.
pub const END_BLOCK: &str = "end_block";
/// Method of the hook for each piece of evidence; takes the fields of [`Evidence`].
pub const REPORT_EVIDENCE: &str = "report_evidence";
/// Query for the validators of an epoch; takes its number as `u64` and gives a list of [`Validator`].
pub const VALIDATORS: &str = "validators";

/// Which instance has hooks, and their numbers. A part of the chain's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hooks {
    /// The instance whose hooks are called. Without one there are none, and nothing is ever issued.
    pub staking: Option<Address>,
    /// Coin that is issued to it at the end of each block; 0 lets the supply only fall.
    pub block_reward: Amount,
    /// The most gas of one hook, at most [`MAX_HOOK_GAS`]. It is not counted as the block's.
    pub gas: Gas,
    /// Blocks of an epoch; 0 if there are no epochs.
    pub epoch_blocks: u32,
}

impl Hooks {
    /// No instance, no reward, no epochs.
    pub const NONE: Self = Self { staking: None, block_reward: 0, gas: MAX_HOOK_GAS / 2, epoch_blocks: 0 };

    /// The epoch of a height. Epoch 0 is that of the blocks from 1 to the epochs' length, and of block 0.
    pub fn epoch(&self, height: BlockNumber) -> u64 {
        u64::from(height.saturating_sub(1)).checked_div(u64::from(self.epoch_blocks)).unwrap_or_default()
    }

    /// Whether a height is the last of its epoch.
    pub fn ends_epoch(&self, height: BlockNumber) -> bool {
        height > 0 && height.checked_rem(self.epoch_blocks) == Some(0)
    }
}

/// What consensus says of a block and of how its parent came about. It stands in the header, so that whoever executes
/// the block again has the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Seal {
    /// The epoch, which follows from the height.
    pub epoch: u64,
    /// The view of the epoch in which it was proposed; 0 under an engine without views.
    pub view: u64,
    /// The view of its parent; 0 if the parent is the last block of the epoch before, or genesis.
    pub parent_view: u64,
    /// The account of the validator that proposed the block.
    pub leader: Option<Address>,
    /// Who voted for the parent, as far as the leader knows: bit `i % 8` of byte `i / 8` for validator `i` of its epoch.
    pub parent_signers: Vec<u8>,
    /// Accounts of the leaders whose views failed since the parent, oldest first.
    pub missed: Vec<Address>,
    /// Faults that consensus proved.
    pub evidence: Vec<Evidence>,
}

impl Seal {
    /// What an engine without votes says: who leads, and nothing else.
    pub fn of_leader(epoch: u64, leader: Address) -> Self {
        Self { epoch, leader: Some(leader), ..Self::default() }
    }

    /// The first bound that is exceeded: what it bounds, what was found, and the bound.
    pub fn excess(&self) -> Option<(&'static str, usize, usize)> {
        let longest = self.evidence.iter().map(|evidence| evidence.proof.len()).max().unwrap_or_default();
        let bounds = [
            ("bytes of signers", self.parent_signers.len(), MAX_SIGNER_BYTES),
            ("missed leaders", self.missed.len(), MAX_MISSED),
            ("pieces of evidence", self.evidence.len(), MAX_EVIDENCE),
            ("bytes of a proof", longest, MAX_EVIDENCE_BYTES),
        ];
        bounds.into_iter().find(|(_, found, max)| found > max)
    }
}

/// A fault of a validator, which consensus checked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Evidence {
    /// Which rule was broken, by the number that consensus gives it.
    pub kind: u8,
    /// The BLS key of who broke it.
    pub offender: [u8; 96],
    /// The epoch.
    pub epoch: u64,
    /// The view.
    pub view: u64,
    /// The signed messages that contradict each other.
    pub proof: Vec<u8>,
}

/// What the hook at the end of a block is told.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BlockReport {
    /// The block's height.
    pub height: u64,
    /// Its time in milliseconds.
    pub time_ms: u64,
    /// Its epoch.
    pub epoch: u64,
    /// As [`Seal::leader`].
    pub leader: Option<Address>,
    /// As [`Seal::parent_signers`].
    pub signers: Vec<u8>,
    /// As [`Seal::missed`].
    pub missed: Vec<Address>,
}

impl BlockReport {
    /// What a block's seal tells the hook.
    pub fn new(height: BlockNumber, time_ms: u64, seal: &Seal) -> Self {
        Self {
            height: u64::from(height),
            time_ms,
            epoch: seal.epoch,
            leader: seal.leader,
            signers: seal.parent_signers.clone(),
            missed: seal.missed.clone(),
        }
    }
}

/// A validator of an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Validator {
    /// Its account.
    pub account: Address,
    /// The BLS key by which it votes.
    pub bls_key: [u8; 96],
    /// The weight of its vote.
    pub weight: Amount,
}

impl Validator {
    /// Reads a set, if it is one: well formed to its end, and of at most [`MAX_VALIDATORS`].
    pub fn read_set(mut bytes: &[u8]) -> Option<Vec<Self>> {
        Vec::decode_all(&mut bytes).ok().filter(|set: &Vec<Self>| set.len() <= MAX_VALIDATORS)
    }

    /// By what a header commits to an encoded set.
    pub fn set_hash(bytes: &[u8]) -> Hash {
        blake2b_256(bytes)
    }
}

/// What stands in the receipt of a hook where that of a transaction has its hash.
pub fn hook_id(method: &str) -> Hash {
    blake2b_256(&[&b"tenon/hook/"[..], method.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn epochs_follow_from_heights() {
        let hooks = Hooks { epoch_blocks: 10, ..Hooks::NONE };
        let epochs = [0, 1, 10, 11, 20, 21].map(|height| hooks.epoch(height));
        assert_eq!(epochs, [0, 0, 0, 1, 1, 2]);
        let ends: Vec<u32> = (0..=30).filter(|height| hooks.ends_epoch(*height)).collect();
        assert_eq!(ends, [10, 20, 30]);
        assert!((0..=30).all(|height| Hooks::NONE.epoch(height) == 0 && !Hooks::NONE.ends_epoch(height)));
        assert_eq!(hooks.epoch(u32::MAX), u64::from(u32::MAX - 1) / 10);
    }

    #[test]
    fn bounds_of_a_seal_are_exact() {
        let evidence = |bytes| Evidence { kind: 1, offender: [2; 96], epoch: 3, view: 4, proof: vec![5; bytes] };
        let full = Seal {
            parent_signers: vec![255; MAX_SIGNER_BYTES],
            missed: vec![Address::ZERO; MAX_MISSED],
            evidence: vec![evidence(MAX_EVIDENCE_BYTES); MAX_EVIDENCE],
            ..Seal::default()
        };
        assert_eq!(full.excess(), None);
        let mut more = full.clone();
        more.parent_signers.push(0);
        assert_eq!(more.excess(), Some(("bytes of signers", MAX_SIGNER_BYTES + 1, MAX_SIGNER_BYTES)));
        let mut more = full.clone();
        more.missed.push(Address::ZERO);
        assert_eq!(more.excess(), Some(("missed leaders", MAX_MISSED + 1, MAX_MISSED)));
        let mut more = full.clone();
        more.evidence.push(evidence(0));
        assert_eq!(more.excess(), Some(("pieces of evidence", MAX_EVIDENCE + 1, MAX_EVIDENCE)));
        let more = Seal { evidence: vec![evidence(MAX_EVIDENCE_BYTES + 1)], ..full };
        assert_eq!(more.excess(), Some(("bytes of a proof", MAX_EVIDENCE_BYTES + 1, MAX_EVIDENCE_BYTES)));
    }

    #[test]
    fn the_report_has_its_fields_in_the_order_that_modules_declare() {
        let seal = Seal {
            epoch: 3,
            view: 6,
            parent_view: 5,
            leader: Some(Address([7; 32])),
            parent_signers: vec![5, 1],
            missed: vec![Address([8; 32])],
            evidence: Vec::new(),
        };
        let report = BlockReport::new(258, 9, &seal).encode();
        let expected = [
            &[2, 1, 0, 0, 0, 0, 0, 0][..],
            &[9, 0, 0, 0, 0, 0, 0, 0],
            &[3, 0, 0, 0, 0, 0, 0, 0],
            &[1],
            &[7; 32],
            &[8, 5, 1],
            &[4],
            &[8; 32],
        ];
        assert_eq!(report, expected.concat());
    }

    #[test]
    fn a_set_is_read_to_its_end_and_bounded() {
        let one = Validator { account: Address([1; 32]), bls_key: [2; 96], weight: 3 };
        let set = vec![one; MAX_VALIDATORS];
        let bytes = set.encode();
        assert_eq!(Validator::read_set(&bytes), Some(set.clone()));
        assert_eq!(Validator::read_set(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Validator::read_set(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Validator::read_set(&[set.clone(), set[..1].to_vec()].concat().encode()), None);
        assert_eq!(Validator::read_set(&[0]), Some(Vec::new()));
    }
}
