//! Signed events of data streams, and their delivery to modules by whoever comes first.
//!
//! Events are published and stored off chain. A module that wants to know of them subscribes here: it says of which
//! stream and of whom, and pays a bounty for each. Who delivers an event first is paid; nobody has to be trusted, as the
//! event is signed by who published it, and checked here.
//!
//! Rules:
//! - An event has one form as bytes (`format`), and names stream and partition. Its signature covers everything else, and
//!   the chain: it is good on no other. Two schemes are known: secp256k1 as in Ethereum, and sr25519.
//! - Anyone may deliver. Who does commits to subscription and event first, without showing them, and hands the event in
//!   from the next block on, for ten minutes: who copies a transaction that they see would have to commit first.
//! - A subscription has each event once. Notes of what it had are kept as long as an event is not too old for it; then
//!   anyone may remove them. Either any event is taken once, or only those that are newer than all before, for each
//!   publisher and partition apart. An event of the same content that is signed anew is the same event.
//! - Whether somebody may publish is asked of the stream's registry at each delivery, unless the subscription lists its
//!   origins. Rights there are those of the account of the key that signed, also of a key of Ethereum.
//! - A bounty is the deliverer's when the event is shown to be one, before the consumer is called. The consumer gets the
//!   gas that the subscription states: a delivery with less gas fails and changes nothing. Whatever the consumer does,
//!   trap, refuse or burn its gas, the delivery counts: it can cheat nobody of the bounty, and hold up nobody else.
//! - So that nothing but the consumer itself can make its call fail, who delivers is the signer of the transaction, and
//!   no module between.
//! - Terms never change. Cancelling has a notice of ten minutes, so that who has committed is still paid. After the end
//!   anyone may close a subscription: what is left waits for its owner.
//! - Money waits until it is taken: `withdraw`. Each currency has books of its own. What arrives is what counts.
//!
//! Left out: streams and rights, which a registry has; keys to encrypted content; a right to subscribe, as what is
//! delivered on chain is public anyway; a bound on the deposit that a consumer makes its deliverer lock.

#![no_std]

pub mod check;
mod checks;
mod delivery;
mod error;
pub mod format;
mod money;
mod notices;
pub mod time_text;
mod types;

pub use self::events::*;
pub use checks::MAX_CHECKED_ENTRIES;
pub use error::Error;
pub use notices::{Cancelled, Closed, CommitmentRemoved, Committed, Delivered, Funded, Pruned, Subscribed, Withdrawn};
pub use types::*;

/// Where the source of this module is, for tests of modules that work with it.
#[cfg(not(target_arch = "wasm32"))]
pub const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// The module.
#[tenon_contract::module(capabilities(storage, events, coin, call, hash, verify), calls("*"), upgrade = "admin")]
pub mod events {
    use crate::check::Primitives;
    use crate::delivery;
    use crate::error::Error;
    use crate::notices::{Cancelled, Closed, Funded, Subscribed};
    use crate::types::{
        COMMITMENT_MS, Checked, Commitment, Currency, CurrencyKey, Event, MAX_TERM_MS, Origin, Progress, StreamId,
        SubscriptionInfo, Terms,
    };
    use core::ops::Bound;
    use tenon_contract::money::holds_coin_owed;
    use tenon_contract::prelude::*;
    use tenon_contract::storage::Direction;

    /// Entries that a listing returns.
    pub const MAX_PAGE: u32 = 100;

    /// What the instance keeps.
    #[storage]
    pub struct Events {
        /// The number of subscriptions that were made, which is the highest id.
        pub(crate) count: Value<u64>,
        /// What subscribers want.
        pub(crate) terms: Map<u64, Terms>,
        /// What became of subscriptions.
        pub(crate) progress: OrderedMap<u64, Progress>,
        /// Subscriptions by owner.
        pub(crate) by_owner: Set<(Address, u64)>,
        /// Subscriptions by the stream's registry and id.
        pub(crate) by_stream: Set<(Address, Hash, u64)>,
        /// When somebody committed to a delivery.
        pub(crate) commitments: Map<(Address, Hash), Commitment>,
        /// Events that subscriptions to any event had: subscription, time, id.
        pub(crate) seen: Set<(u64, u64, Hash)>,
        /// The newest event that subscriptions to rising events had, with its time, by publisher and partition.
        pub(crate) newest: OrderedMap<(u64, Address, u16), (u64, Hash)>,
        /// Money that waits, by currency and owner.
        pub(crate) credits: OrderedMap<(CurrencyKey, Address), Amount>,
        /// All that this instance owes in a currency: credits and the funds of subscriptions.
        pub(crate) owed: OrderedMap<CurrencyKey, Amount>,
    }

    impl Events {
        /// Starts without subscriptions.
        #[init]
        pub fn init(&mut self) {}

        /// Subscribes to events and returns the subscription's id. Terms never change. `funds` come with the call, in
        /// coin, or are taken in the asset that the caller approved; what arrives counts.
        ///
        /// Ends at `expires_at_ms`. Optional: `owner`, who may cancel and receives what is left (default the caller).
        #[call(payable)]
        pub fn subscribe(
            &mut self,
            terms: Terms,
            funds: Amount,
            expires_at_ms: u64,
            owner: Option<Address>,
        ) -> Result<u64, Error> {
            terms.check()?;
            let (now, owner) = (env().block_time_ms(), owner.unwrap_or(env().caller()));
            ensure!(!owner.is_zero(), Error::ZeroAddress);
            ensure!(tenon_contract::code_hash(&terms.consumer).is_some(), Error::NotAnInstance);
            ensure!(expires_at_ms > now && expires_at_ms - now <= MAX_TERM_MS, Error::InvalidExpiry);
            let funds = self.take_payment(terms.currency, funds)?;
            let subscription = self.count.update(|count| count + 1);
            let Terms { stream, consumer, currency, bounty, .. } = terms;
            self.terms.set(&subscription, &terms);
            let progress = Progress { owner, funds, delivered: 0, ends_at_ms: expires_at_ms };
            self.progress.set(&subscription, &progress);
            self.by_owner.insert(&(owner, subscription));
            self.by_stream.insert(&(stream.module, stream.id, subscription));
            let registry = stream.module;
            emit(Subscribed { subscription, stream: stream.id, consumer, registry, owner, currency, bounty });
            Ok(subscription)
        }

        /// Adds to what a subscription pays with, by anyone; returns how much arrived. In coin it comes with the call,
        /// else it is taken in the asset that the caller approved.
        #[call(payable)]
        pub fn top_up(&mut self, subscription: u64, amount: Amount) -> Result<Amount, Error> {
            let (terms, mut progress) = self.running(subscription)?;
            let amount = self.take_payment(terms.currency, amount)?;
            progress.funds += amount;
            self.progress.set(&subscription, &progress);
            emit(Funded { subscription, by: env().caller(), amount });
            Ok(amount)
        }

        /// Lets a subscription end in ten minutes, if it does not sooner. Only its owner.
        #[call]
        pub fn cancel(&mut self, subscription: u64) -> Result<(), Error> {
            let (_, mut progress) = self.running(subscription)?;
            ensure!(progress.owner == env().caller(), Error::NotOwner);
            progress.ends_at_ms = progress.ends_at_ms.min(env().block_time_ms() + COMMITMENT_MS);
            self.progress.set(&subscription, &progress);
            emit(Cancelled { subscription, ends_at_ms: progress.ends_at_ms });
            Ok(())
        }

        /// Removes a subscription that has ended: what is left waits for its owner. By anyone, who receives the deposit.
        #[call]
        pub fn close(&mut self, subscription: u64) -> Result<(), Error> {
            let (terms, Progress { owner, funds, .. }) = {
                let (terms, progress) = self.known(subscription)?;
                ensure!(progress.has_ended(env().block_time_ms()), Error::SubscriptionRuns);
                (terms, progress)
            };
            self.terms.remove(&subscription);
            self.progress.remove(&subscription);
            self.by_owner.remove(&(owner, subscription));
            self.by_stream.remove(&(terms.stream.module, terms.stream.id, subscription));
            self.credit(terms.currency, owner, funds);
            emit(Closed { subscription, owner, rest: funds });
            Ok(())
        }

        /// Commits to a delivery without showing it: `delivery_commitment` says to what. It can be made from the next
        /// block on, for ten minutes.
        #[call]
        pub fn commit(&mut self, commitment: Hash) -> Result<(), Error> {
            self.commit_to(commitment)
        }

        /// Removes a commitment that is not used: by who made it, or by anyone from ten minutes later on. Who does
        /// receives the deposit.
        #[call]
        pub fn remove_commitment(&mut self, by: Address, commitment: Hash) -> Result<(), Error> {
            self.forget_commitment(by, commitment)
        }

        /// Delivers an event to which the caller committed in an earlier block. The bounty waits for the caller, whatever
        /// the consumer does with the event; the result says whether it took it.
        ///
        /// The caller signs the transaction, and needs gas for the consumer's call.
        #[call]
        pub fn deliver(&mut self, subscription: u64, event: Vec<u8>, salt: Hash) -> Result<bool, Error> {
            self.hand_in(subscription, &event, salt)
        }

        /// Removes up to 100 notes of each kind, of deliveries that nothing depends on: the events are too old to come
        /// again, or the subscription was closed. By anyone, who receives the deposit. Returns how many.
        ///
        /// Optional: `after`, a publisher and a partition behind which to look.
        #[call]
        pub fn prune(&mut self, subscription: u64, after: Option<(Address, u16)>) -> Result<u32, Error> {
            self.prune_notes(subscription, after)
        }

        /// Takes all money in a currency that waits for the caller, or sends it to another receiver, and returns how much
        /// it is.
        #[call]
        pub fn withdraw(&mut self, currency: Currency, to: Option<Address>) -> Result<Amount, Error> {
            let who = env().caller();
            let to = to.unwrap_or(who);
            ensure!(!to.is_zero(), Error::ZeroAddress);
            self.pay_out(currency, who, to)
        }

        /// The number of subscriptions that were made; ids run from 1 to it.
        #[query]
        pub fn subscription_count(&self) -> u64 {
            self.count.get()
        }

        /// Everything about a subscription that was not closed.
        #[query]
        pub fn subscription(&self, subscription: u64) -> Result<SubscriptionInfo, Error> {
            let (terms, progress) = self.known(subscription)?;
            Ok(SubscriptionInfo { terms, progress })
        }

        /// Ids of somebody's subscriptions, after `after`. At most 100.
        #[query]
        pub fn subscriptions_of(&self, owner: Address, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let after = after.map(|subscription| (owner, subscription));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.by_owner.iter_within(&owner, from, Direction::Ascending).limit(page_size(limit));
            page.map(|((_, subscription), ())| subscription).collect()
        }

        /// Ids of the subscriptions to a stream, after `after`. At most 100. What deliverers look for.
        #[query]
        pub fn subscriptions_to(&self, stream: StreamId, after: Option<u64>, limit: Option<u32>) -> Vec<u64> {
            let StreamId { module, id } = stream;
            let after = after.map(|subscription| (module, id, subscription));
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.by_stream.iter_within(&(module, id), from, Direction::Ascending).limit(page_size(limit));
            page.map(|((_, _, subscription), ())| subscription).collect()
        }

        /// To what somebody commits who wants to deliver an event. Ask a node that you trust, as it learns the event.
        #[query]
        pub fn delivery_commitment(&self, by: Address, subscription: u64, event: Vec<u8>, salt: Hash) -> Hash {
            delivery::commitment(by, subscription, &event, salt)
        }

        /// A commitment that was not used.
        #[query]
        pub fn commitment(&self, by: Address, commitment: Hash) -> Option<Commitment> {
            self.commitments.get(&(by, commitment))
        }

        /// The bytes that an event's origin signs, whatever signature the event has: between `<Bytes>` and `</Bytes>` for
        /// `tenon key sign`, plain for `tenon key sign --ethereum`.
        #[query]
        pub fn message(&self, event: Event) -> Result<Vec<u8>, Error> {
            let message = event.message(&env().chain_id());
            Ok(match Origin::of(&event)? {
                Origin::Ethereum { .. } => message,
                Origin::Account { .. } => Primitives::wrapped(&message),
            })
        }

        /// An event as bytes, as it is delivered.
        #[query]
        pub fn encode_event(&self, event: Event) -> Result<Vec<u8>, Error> {
            let bytes = event.to_bytes();
            Event::decode(&bytes).map(|_| bytes)
        }

        /// Reads an event and checks its signature: its id on this chain, and the account of who published it.
        #[query]
        pub fn check_event(&self, event: Vec<u8>) -> Result<Checked, Error> {
            Primitives::HOST.read(&env().chain_id(), &event).map(|(_, checked)| checked)
        }

        /// Whether a subscription has had an event that is properly signed. Notes of events that are too old for it may
        /// be gone; of rising events only the newest is known.
        #[query]
        pub fn was_delivered(&self, subscription: u64, event: Vec<u8>) -> Result<bool, Error> {
            let (terms, _) = self.known(subscription)?;
            let (event, checked): (Event, Checked) = Primitives::HOST.read(&env().chain_id(), &event)?;
            Ok(self.had(subscription, terms.order, &event, &checked))
        }

        /// The money that waits for somebody.
        #[query]
        pub fn credit_of(&self, who: Address, currency: Currency) -> Amount {
            self.credits.get_or_default(&(currency.key(), who))
        }

        /// All that this instance owes in a currency.
        #[query]
        pub fn owed(&self, currency: Currency) -> Amount {
            self.owed.get_or_default(&currency.key())
        }

        /// The instance holds at least the coin that it owes.
        #[invariant]
        pub fn coin_covers_what_is_owed(&self) -> bool {
            holds_coin_owed(&self.owed)
        }

        /// What is owed in a currency is the sum of credits and of the funds of subscriptions.
        ///
        /// One check takes one of the first 100 currencies, by the block's height, and reads at most 1,000 entries of each
        /// kind. Where there are more, their partial sum is not above what is owed.
        #[invariant]
        pub fn books_add_up(&self) -> bool {
            self.check_books()
        }

        /// Each subscription has terms within their bounds and stands in its owner's and its stream's index. A check
        /// reads at most 1,000, beginning where the block's height points to and going round.
        #[invariant]
        pub fn subscriptions_are_sound(&self) -> bool {
            self.check_subscriptions()
        }
    }

    impl Events {
        /// A subscription that was not closed.
        pub(crate) fn known(&self, subscription: u64) -> Result<(Terms, Progress), Error> {
            let progress = self.progress.get(&subscription).ok_or(Error::UnknownSubscription)?;
            let terms = self.terms.get(&subscription).ok_or(Error::UnknownSubscription)?;
            Ok((terms, progress))
        }

        /// A subscription that has not ended.
        pub(crate) fn running(&self, subscription: u64) -> Result<(Terms, Progress), Error> {
            let (terms, progress) = self.known(subscription)?;
            ensure!(!progress.has_ended(env().block_time_ms()), Error::SubscriptionEnded);
            Ok((terms, progress))
        }
    }

    fn page_size(limit: Option<u32>) -> u32 {
        limit.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }
}
