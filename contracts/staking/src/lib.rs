//! Delegated proof of stake: who stands as a validator, whose coin stands behind them, who is elected for each epoch,
//! what they earn and what a fault costs. The instance that a chain names in its parameters decides who builds its
//! blocks.
//!
//! Rules:
//! - A candidate stakes the least amount at least, and shows that it has the secret of its BLS key. The stake is locked
//!   while it stands. Whoever enters a full list of 400 displaces the candidate with the least weight.
//! - Anybody binds coin to a candidate and takes it back. What is bound is in the instance, so nobody can spend it. A
//!   pool is stake and delegations together; shares of it lose alike when it is slashed.
//! - At the end of each epoch the heaviest candidates are elected for the epoch after the next one, with the weight
//!   that they have then; of two with equal weight the one whose account is lower stands before the other. Standbys are
//!   elected with them. Before the next epoch begins, those who were jailed, removed or have withdrawn since make way,
//!   and standbys move up. So the set for an epoch is fixed before the epoch's first block, and does not change in it.
//! - A block's reward is split: a part to the leader, the rest to the validators by weight; of that each keeps its
//!   commission, and the rest goes to the shares of its pool. What cannot be divided, or has nobody, is carried to the
//!   next block. Claims are pulled, and cost the same however many there are.
//! - Coin that is unbound is liquid 20 days later: the end of a block pays up to 16 such amounts out, in the order of
//!   their times, and anybody may pay any other one out. Until then no second unbonding from the same candidate begins.
//!   To move coin to another candidate is to unbind it and to bind it when it has ended.
//! - A validator that fails too many views, or whose vote is missing too often in an epoch, is jailed: it leaves the
//!   list, earns nothing, and its pool loses a small part. It can come back after a time, with the least stake.
//! - Evidence that consensus has checked removes a candidate. Its pool loses a part, and so does what has left it since
//!   the set was fixed that committed the fault: together at most that part of the weight in that set. A candidate is
//!   removed once. It can return when everything has been paid back, no sooner than 20 days later.
//! - Slashed coin goes to the zero address, whose coin nobody can use.
//! - Nobody has a right over others' coin. The terms are fixed when the instance is created.
//!
//! Left out: the check of evidence, which is the host's; rewards for who reports; partial withdrawal of an own stake.

#![no_std]

mod blocks;
mod bonds;
mod candidates;
mod checks;
mod error;
mod events;
mod faults;
pub mod pool;
mod types;

pub use self::staking::*;
pub use checks::{MAX_CHECKED_CANDIDATES, MAX_CHECKED_ENTRIES};
pub use error::Error;
pub use events::*;
pub use types::*;

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, hash, verify), upgrade = "admin")]
pub mod staking {
    use crate::error::Error;
    use crate::events::{CommissionAnnounced, EndpointChanged, KeyChanged};
    use crate::pool::worth;
    use crate::types::{
        Attendance, BlockReport, Books, Candidate, CandidateInfo, Committee, DelegationInfo, MAX_BASIS_POINTS,
        NewCommission, Position, Profile, Terms, Unbonding, UnbondingInfo, Validator, value_of,
    };
    use core::ops::Bound;
    use tenon_contract::Wire;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Staking {
        /// The numbers that it follows.
        pub(crate) terms: Value<Terms>,
        /// Its sums.
        pub(crate) books: Value<Books>,
        /// Candidates, and those that stand no longer but have not been cleared.
        pub(crate) candidates: OrderedMap<Address, Candidate>,
        /// Their keys and endpoints.
        pub(crate) profiles: Map<Address, Profile>,
        /// Whose a key is.
        pub(crate) keys: Map<[u8; 96], Address>,
        /// Who stands: the heaviest first, as its weight is taken from the largest number.
        pub(crate) ranking: Set<(Amount, Address)>,
        /// What is bound, by candidate and owner.
        pub(crate) positions: OrderedMap<(Address, Address), Position>,
        /// Coin on its way, by owner and candidate.
        pub(crate) unbondings: OrderedMap<(Address, Address), Unbonding>,
        /// The same by the time at which it is liquid.
        pub(crate) queue: Set<(u64, Address, Address)>,
        /// Coin that could not be sent.
        pub(crate) credits: Map<Address, Amount>,
        /// The validators of epochs.
        pub(crate) sets: OrderedMap<u64, Committee>,
        /// Who was elected for the epoch after the next set that was fixed, with standbys.
        pub(crate) elected: Value<Committee>,
        /// What each validator of this epoch failed to do.
        pub(crate) attendance: Value<Vec<Attendance>>,
    }

    impl Staking {
        /// Starts without candidates, with the terms that are stated or else the default ones.
        #[init]
        pub fn init(&mut self, terms: Option<Terms>) -> Result<(), Error> {
            let terms = terms.unwrap_or_default();
            terms.check()?;
            self.terms.set(&terms);
            Ok(())
        }

        /// Makes the caller a candidate, with the coin that comes along as its stake. Whoever has withdrawn can return
        /// when the old stake has been paid out. The proof names no account: whoever copies it can come first.
        #[call(payable)]
        pub fn register(
            &mut self,
            bls_key: [u8; 96],
            proof: [u8; 48],
            commission_bp: u16,
            endpoint: String,
        ) -> Result<(), Error> {
            self.add_candidate(Profile { bls_key, endpoint }, &proof, commission_bp)
        }

        /// Gives the caller another BLS key, from the next election on. The old one is free then.
        #[call]
        pub fn set_key(&mut self, bls_key: [u8; 96], proof: [u8; 48]) -> Result<(), Error> {
            let candidate = env().caller();
            self.standing(candidate)?;
            self.take_key(candidate, &bls_key, &proof)?;
            let mut profile = self.profile_of(candidate);
            if profile.bls_key != bls_key {
                self.keys.remove(&profile.bls_key);
            }
            profile.bls_key = bls_key;
            self.profiles.set(&candidate, &profile);
            emit(KeyChanged { candidate, bls_key });
            Ok(())
        }

        /// Says where the caller is found from now on.
        #[call]
        pub fn set_endpoint(&mut self, endpoint: String) -> Result<(), Error> {
            let candidate = env().caller();
            self.standing(candidate)?;
            let profile = Profile { endpoint: endpoint.clone(), ..self.profile_of(candidate) };
            profile.check()?;
            self.profiles.set(&candidate, &profile);
            emit(EndpointChanged { candidate, endpoint });
            Ok(())
        }

        /// Announces the caller's next commission. It counts from the first epoch on that begins when the delay has
        /// passed. One that was announced before and does not count yet is forgotten.
        #[call]
        pub fn set_commission(&mut self, commission_bp: u16) -> Result<(), Error> {
            let who = env().caller();
            let mut candidate = self.standing(who)?;
            ensure!(commission_bp <= MAX_BASIS_POINTS, Error::InvalidCommission);
            let from_ms = env().block_time_ms().saturating_add(self.terms_now().commission_delay_ms);
            candidate.next_commission = Some(NewCommission { commission_bp, from_ms });
            self.candidates.set(&who, &candidate);
            emit(CommissionAnnounced { candidate: who, commission_bp, from_ms });
            Ok(())
        }

        /// Ends the caller's candidacy. The stake is liquid 20 days later; delegations stay until they are taken back.
        /// As a validator it serves until the set changes.
        #[call]
        pub fn withdraw_candidacy(&mut self) -> Result<(), Error> {
            let who = env().caller();
            self.standing(who)?;
            let mut books = self.books.get();
            self.retire(&mut books, who);
            self.books.set(&books);
            Ok(())
        }

        /// Lets the caller, who was jailed, stand again, when the time has passed and the stake is the least one at
        /// least.
        #[call]
        pub fn unjail(&mut self) -> Result<(), Error> {
            self.release_candidate(env().caller())
        }

        /// Removes what is kept of a candidate that stands no longer, when nothing is bound to it or on its way from
        /// it. Anyone may; who does receives the deposit, and the candidate what it has earned.
        #[call]
        pub fn clear_candidate(&mut self, candidate: Address) -> Result<(), Error> {
            self.forget(candidate)
        }

        /// Binds the coin that comes along to a candidate.
        #[call(payable)]
        pub fn delegate(&mut self, candidate: Address) -> Result<(), Error> {
            let mut books = self.books.get();
            self.bind(&mut books, candidate, env().caller(), env().value())?;
            self.books.set(&books);
            Ok(())
        }

        /// Unbinds coin from a candidate, and returns how much: it is liquid 20 days later. Meanwhile it earns nothing,
        /// and faults that were committed with it can still cost a part.
        ///
        /// Optional: `amount` (default: all).
        #[call]
        pub fn undelegate(&mut self, candidate: Address, amount: Option<Amount>) -> Result<Amount, Error> {
            self.unbind(candidate, amount, None)
        }

        /// Unbinds coin from a candidate and binds it to another one 20 days later. If that one does not stand then,
        /// the coin is liquid.
        ///
        /// Optional: `amount` (default: all).
        #[call]
        pub fn redelegate(&mut self, from: Address, to: Address, amount: Option<Amount>) -> Result<Amount, Error> {
            ensure!(from != to, Error::SameCandidate);
            self.standing(to)?;
            self.unbind(from, amount, Some(to))
        }

        /// Pays out, or binds anew, somebody's coin that was unbound from a candidate 20 days ago or earlier. Anyone
        /// may, and receives the deposit. Nobody needs to: the ends of blocks do the same.
        #[call]
        pub fn withdraw(&mut self, who: Address, candidate: Address) -> Result<(), Error> {
            let unbonding = self.unbondings.get(&(who, candidate)).ok_or(Error::NotUnbonding)?;
            ensure!(env().block_time_ms() >= unbonding.end_ms, Error::NotLiquid);
            let mut books = self.books.get();
            self.finish(&mut books, who, candidate);
            self.books.set(&books);
            Ok(())
        }

        /// Pays the caller what delegations to a candidate have earned, what the caller has earned as that candidate,
        /// and coin that could not be sent before. Returns how much.
        #[call]
        pub fn claim(&mut self, candidate: Address) -> Result<Amount, Error> {
            self.pay_rewards(candidate, env().caller())
        }

        /// Ends a block: shares its reward, which comes along, counts who was down, pays out what is liquid, and
        /// changes and elects validators at the ends of epochs. Only the host.
        #[call(payable)]
        pub fn end_block(&mut self, report: BlockReport) -> Result<(), Error> {
            ensure!(env().caller() == Address::SYSTEM, Error::NotSystem);
            self.finish_block(&report);
            Ok(())
        }

        /// Punishes a fault that consensus has checked: of the validator of an epoch that had a key. Only the host.
        #[call]
        pub fn report_evidence(
            &mut self,
            kind: u8,
            offender: [u8; 96],
            epoch: u64,
            view: u64,
            proof: Vec<u8>,
        ) -> Result<(), Error> {
            ensure!(env().caller() == Address::SYSTEM, Error::NotSystem);
            self.punish(kind, &offender, epoch, view, &proof)
        }

        /// The numbers that the instance follows.
        #[query]
        pub fn terms(&self) -> Terms {
            self.terms_now()
        }

        /// Blocks of an epoch. A chain that names the instance in its parameters must count as many.
        #[query]
        pub fn epoch_blocks(&self) -> u32 {
            self.terms_now().epoch_blocks
        }

        /// Its sums.
        #[query]
        pub fn books(&self) -> Books {
            self.books.get()
        }

        /// A candidate, up to date.
        #[query]
        pub fn candidate(&self, candidate: Address) -> Result<CandidateInfo, Error> {
            let mut state = self.known(candidate)?;
            state.settle(&self.books.get().shared);
            let own = self.positions.get_or_default(&(candidate, candidate));
            let (own_stake, claimable) = (value_of(&own, &state), state.earned);
            Ok(CandidateInfo { state, profile: self.profile_of(candidate), own_stake, claimable })
        }

        /// Who stands, with the weight that would count if the election were now: the heaviest first, after `after`,
        /// which is an entry. At most 100.
        #[query]
        pub fn ranking(&self, after: Option<(Address, Amount)>, limit: Option<u32>) -> Vec<(Address, Amount)> {
            let after = after.map(|(account, weight)| (Amount::MAX - weight, account));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.ranking.iter_from(from, Direction::Ascending);
            let page = page.limit(limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            page.map(|((turned, account), ())| (account, Amount::MAX - turned)).collect()
        }

        /// The validators of an epoch: the one that runs, those kept of the past, or the next one as it would be now.
        #[query]
        pub fn validators(&self, epoch: u64) -> Result<Vec<Validator>, Error> {
            self.validators_of(epoch)
        }

        /// The BLAKE2b-256 hash of the encoded validators of an epoch, as a header states it.
        #[query]
        pub fn validators_hash(&self, epoch: u64) -> Result<Hash, Error> {
            let mut bytes = Vec::new();
            self.validators_of(epoch)?.put(&mut bytes);
            Ok(crypto::blake2b_256(&bytes))
        }

        /// Who was elected last, the heaviest first: validators, then standbys. The set for the next epoch that is not
        /// fixed yet is taken from these.
        #[query]
        pub fn elected(&self) -> Committee {
            self.elected.get()
        }

        /// What each validator of the running epoch failed to do, in the order of the set.
        #[query]
        pub fn attendance(&self) -> Vec<Attendance> {
            self.attendance.get()
        }

        /// What somebody has bound to a candidate.
        #[query]
        pub fn delegation(&self, candidate: Address, who: Address) -> DelegationInfo {
            let mut position = self.positions.get_or_default(&(candidate, who));
            let mut bound = 0;
            if let Some(mut state) = self.candidates.get(&candidate) {
                state.settle(&self.books.get().shared);
                position.settle(&state.pool);
                bound = worth(position.shares, state.bonded, state.shares);
            }
            DelegationInfo { bound, shares: position.shares, claimable: position.reward }
        }

        /// Who has shares of a candidate's pool, by account, after `after`. At most 100.
        #[query]
        pub fn delegations(
            &self,
            candidate: Address,
            after: Option<Address>,
            limit: Option<u32>,
        ) -> Vec<(Address, Amount)> {
            let after = after.map(|who| (candidate, who));
            let limit = limit.unwrap_or(MAX_PAGE).min(MAX_PAGE);
            let page = self.positions.page_within(&candidate, after.as_ref(), limit);
            page.into_iter().map(|((_, who), position)| (who, position.shares)).collect()
        }

        /// Somebody's coin on its way, by candidate, after `after`. At most 100. What is liquid counts as liquid
        /// whether or not it was paid out.
        #[query]
        pub fn unbondings(&self, who: Address, after: Option<Address>, limit: Option<u32>) -> Vec<UnbondingInfo> {
            let (after, now_ms) = (after.map(|candidate| (who, candidate)), env().block_time_ms());
            let page = self.unbondings.page_within(&who, after.as_ref(), limit.unwrap_or(MAX_PAGE).min(MAX_PAGE));
            let info = |((_, candidate), unbonding): ((Address, Address), Unbonding)| {
                let Unbonding { amount, end_ms, to, .. } = unbonding;
                let amount = amount - self.taken_from(candidate, &unbonding);
                UnbondingInfo { candidate, amount, end_ms, to, liquid: now_ms >= end_ms }
            };
            page.into_iter().map(info).collect()
        }

        /// Coin that could not be sent to somebody, and comes with their next claim.
        #[query]
        pub fn credit_of(&self, who: Address) -> Amount {
            self.credits.get_or_default(&who)
        }

        /// The instance holds the coin that its books say, whoever sends it more.
        #[invariant]
        pub fn coin_is_accounted_for(&self) -> bool {
            let held = coin::balance(&env().self_address());
            self.books.get().held().is_some_and(|due| held >= due)
        }

        /// The list is that of the candidates that stand, by the coin bound to them; pools and weights add up to the
        /// books; and nobody's key is another's. One check reads 500 candidates.
        #[invariant]
        pub fn candidates_add_up(&self) -> bool {
            self.check_ranking() && self.check_candidates()
        }

        /// The shares of a pool are its delegations', and nobody is promised more than the rewards that there are. One
        /// check takes 8 candidates, by the block's height, and reads 500 delegations of each.
        #[invariant]
        pub fn pools_are_of_delegations(&self) -> bool {
            self.check_pools()
        }

        /// Coin on its way adds up to the books, and stands in the queue. One check reads 500 entries, from where the
        /// block's height points to.
        #[invariant]
        pub fn unbondings_add_up(&self) -> bool {
            self.check_unbondings()
        }
    }
}
