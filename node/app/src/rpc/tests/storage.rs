//! What a block itself serves as if it stood in the state.

use super::double::Double;
use super::*;
use crate::rpc::storage::Storage;
use tenon_types::{Event, Hash, Phase, Receipt, SystemEvent};

fn receipt(account: u8) -> Receipt {
    let event = Event::System(SystemEvent::NewAccount { account: Address([account; 32]) });
    let (transaction, output, events) = (Hash([account; 32]), Vec::new(), vec![event]);
    Receipt { transaction, outcome: Ok(()), gas_used: 1, burnt: 0, tip: 0, output, events }
}

#[test]
fn events_of_hooks_are_served_after_those_of_transactions_as_finalization() {
    let node = Double::new(&[]);
    let mut block = (*node.best()).clone();
    (block.receipts, block.hook_receipts) = (vec![receipt(1), receipt(2)], vec![receipt(3), receipt(4)]);
    let mut storage = Storage::new(&node, Arc::new(block));
    let bytes = storage.get(&keys::pallet_prefix("System", "Events")).unwrap().unwrap();
    let records = Vec::<EventRecord>::decode(&mut &bytes[..]).unwrap();
    let phases = [Phase::ApplyExtrinsic(0), Phase::ApplyExtrinsic(1), Phase::Finalization, Phase::Finalization];
    let expected: Vec<EventRecord> = phases
        .into_iter()
        .zip(1..)
        .map(|(phase, account)| EventRecord { phase, event: receipt(account).events.remove(0), topics: Vec::new() })
        .collect();
    assert_eq!(records, expected);
}
