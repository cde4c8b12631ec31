//! What this module asks and calls of others: the registry of streams, brokers, credentials, reputation, and assets.
//!
//! Where others fail for what may be want of gas the whole call fails: who calls cannot choose by it what happens.

use crate::error::Error;
use crate::terms::Counted;
use crate::types::{Currency, MAX_ROUNDS_BEHIND, Requirement};
use brokers::{BrokersRef, Progress};
use credentials::CredentialsRef;
use reputation::ReputationRef;
use streams::{Level, RightInfo, StreamsRef};
use tenon_contract::Wire;
use tenon_contract::prelude::*;

const STREAMS: StreamsRef = StreamsRef::at(Address::of_module("streams"));
const CREDENTIALS: CredentialsRef = CredentialsRef::at(Address::of_module("credentials"));
const BROKERS: BrokersRef = BrokersRef::at(Address::of_module("brokers"));
const REPUTATION: ReputationRef = ReputationRef::at(Address::of_module("reputation"));

/// Whether somebody owns a stream, or may grant rights on it.
pub(crate) fn check_seller(stream: Hash, seller: Address) -> Result<(), Error> {
    let sells = STREAMS.may(stream, seller, Level::Grant).try_invoke().unwrap_or(false);
    ensure!(sells, Error::NotStreamSeller);
    Ok(())
}

/// Whether a stream was deleted.
pub(crate) fn is_gone(stream: Hash) -> bool {
    let answer = STREAMS.may(stream, env().self_address(), Level::Grant).try_invoke();
    answer.is_err_and(|failure| failure.module_error() == Some(streams::Error::UnknownStream))
}

/// Lets somebody read a stream until a time. Who may read it for longer keeps that.
pub(crate) fn grant(stream: Hash, who: Address, end_ms: u64) -> Result<(), Error> {
    let Err(failure) = granted(stream, who, end_ms) else { return Ok(()) };
    let has_longer = failure.module_error() == Some(streams::Error::HasLonger);
    ensure!(has_longer, Error::StreamRefused);
    Ok(())
}

/// The same as far as the registry lets it: this instance's own right on the stream may be gone by now.
pub(crate) fn grant_if_possible(stream: Hash, who: Address, end_ms: u64) -> Result<(), Error> {
    granted(stream, who, end_ms).or_else(numbered)
}

fn granted(stream: Hash, who: Address, end_ms: u64) -> Result<(), CallError> {
    STREAMS.grant(stream, who, Level::Subscribe, Some(end_ms)).try_invoke()
}

/// Passes over what the registry itself refused. Whatever else failed may be for want of gas.
fn numbered(failure: CallError) -> Result<(), Error> {
    ensure!(failure.host_error().is_none(), Error::StreamRefused);
    Ok(())
}

/// Takes the right to read from somebody, if it was this instance that granted it. Where the registry refuses, the
/// stream or this instance's own right is gone, or the stream's owner granted a right that ends later.
pub(crate) fn revoke(stream: Hash, who: Address) -> Result<(), Error> {
    let page = STREAMS.rights(stream, Some((Some(who), Level::Publish)), Some(1)).try_invoke();
    let found = page.map_err(|_| Error::StreamRefused)?;
    let is_ours = |right: &RightInfo| {
        right.who == Some(who) && right.level == Level::Subscribe && right.by == env().self_address() && !right.lapsed
    };
    if found.first().is_some_and(is_ours) {
        return STREAMS.revoke(stream, who, Level::Subscribe).try_invoke().or_else(numbered);
    }
    Ok(())
}

/// Whether somebody has the credential that terms ask for.
pub(crate) fn check_credential(required: Option<&Requirement>, who: Address) -> Result<(), Error> {
    let Some(required) = required else { return Ok(()) };
    let found = CREDENTIALS.credential(required.issuer, required.topic, who).try_invoke();
    ensure!(found.is_ok_and(|credential| credential.is_some()), Error::NotEligible);
    Ok(())
}

/// On how many events of a stream the brokers have agreed. Zero before they ever did.
pub(crate) fn counted(stream: Hash) -> Result<Counted, Error> {
    Ok(agreed(stream)?.map_or_else(Counted::default, |agreed| Counted { events: agreed.events, at_ms: agreed.at_ms }))
}

/// The same, as long as the brokers keep up: what somebody buys is counted from there on.
pub(crate) fn counted_lately(stream: Hash) -> Result<Counted, Error> {
    let Progress { round, events, at_ms, .. } = agreed(stream)?.ok_or(Error::BrokersBehind)?;
    let times = BROKERS.times(stream, round).try_invoke().map_err(|_| Error::BrokersBehind)?;
    let most_ms = times.end_ms.saturating_sub(times.start_ms).saturating_mul(MAX_ROUNDS_BEHIND);
    ensure!(env().block_time_ms().saturating_sub(at_ms) < most_ms, Error::BrokersBehind);
    Ok(Counted { events, at_ms })
}

fn agreed(stream: Hash) -> Result<Option<Progress>, Error> {
    BROKERS.progress(stream).try_invoke().map_err(|_| Error::BrokersFailed)
}

/// Hands money to the brokers of a stream.
pub(crate) fn fund(stream: Hash, currency: Currency, amount: Amount) -> Result<(), Error> {
    let fund = match currency {
        Currency::Coin => BROKERS.fund(stream, currency, amount).with_value(amount),
        Currency::Asset { module, asset } => {
            let (expected, until_ms): (Amount, Option<u64>) = (0, None);
            let mut approval = Vec::new();
            asset.put(&mut approval);
            BROKERS.address().put(&mut approval);
            expected.put(&mut approval);
            amount.put(&mut approval);
            until_ms.put(&mut approval);
            let approved = Call::<()>::new(module, "approve", approval, false).try_execute();
            approved.map_err(|_| Error::BrokersRefused)?;
            BROKERS.fund(stream, currency, amount)
        }
    };
    fund.try_execute().map_err(|_| Error::BrokersRefused)
}

/// Counts what was settled in the scores of both sides.
pub(crate) fn count_trade(
    seller: Address,
    buyer: Address,
    currency: Currency,
    amount: Amount,
    shared: Amount,
) -> Result<(), Error> {
    if amount == 0 || seller == buyer {
        return Ok(());
    }
    let counted = REPUTATION.count_trade(seller, buyer, currency, amount, shared).try_execute();
    counted.map_err(|_| Error::ReputationFailed)
}
