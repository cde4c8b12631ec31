//! The machine step by step.

use super::chain::Chain;
use super::world::peer;
use crate::sync::peers::Peers;
use crate::sync::window::{Held, Window};
use crate::sync::{
    BlocksAnswer, BlocksRequest, Effect, Input, MAX_EMPTY, MAX_REQUESTS, MAX_SYNC_PEERS, Offence, Peer, RequestId,
    Sync, SyncRules,
};
use crate::wire::Status;
use tenon_types::{BlockNumber, Hash};

const RULES: SyncRules = SyncRules {
    lag: 1,
    patience_ms: 3_000,
    window_blocks: 40,
    max_held_bytes: 200 << 20,
    max_deliveries: 2,
    first_batch: 10,
    max_batch: 10,
    max_per_peer: 1,
    timeout_ms: 1_000,
    slow_ms: 400,
    aside_ms: 500,
    max_aside_ms: 4_000,
    ban_ms: 60_000,
    retry_ms: 200,
};

/// A machine and the chain that its peers have.
struct Bench {
    sync: Sync,
    chain: Chain,
    now_ms: u64,
}

impl Bench {
    fn new(rules: SyncRules, length: usize) -> Self {
        Self { sync: Sync::new(rules, 0), chain: Chain::new(length, 1, 40), now_ms: 10_000 }
    }

    fn give(&mut self, input: Input) -> Vec<Effect> {
        self.sync.handle(self.now_ms, input)
    }

    fn announce(&mut self, index: usize, height: BlockNumber) -> Vec<Effect> {
        self.give(Input::Announced { peer: peer(index), status: Status { lowest: 0, height, hash: Hash::ZERO } })
    }

    fn answer(&mut self, request: (Peer, RequestId, BlocksRequest)) -> Vec<Effect> {
        let (peer, id, request) = request;
        let answer = self.chain.answer(&request);
        self.give(Input::Answered { peer, id, answer })
    }

    fn after(&mut self, pause_ms: u64) -> Vec<Effect> {
        self.now_ms += pause_ms;
        self.give(Input::Tick)
    }
}

fn requests(effects: &[Effect]) -> Vec<(Peer, RequestId, BlocksRequest)> {
    let request = |effect: &Effect| match effect {
        Effect::Request { peer, id, request } => Some((*peer, *id, *request)),
        _ => None,
    };
    effects.iter().filter_map(request).collect()
}

/// Whom blocks are asked of, and which: the first and how many.
fn asked(effects: &[Effect]) -> Vec<(Peer, BlockNumber, u32)> {
    let one = |(peer, _, request): &(Peer, RequestId, BlocksRequest)| (*peer, request.from_height, request.max_blocks);
    requests(effects).iter().map(one).collect()
}

/// Which blocks are delivered: the first and how many.
fn delivered(effects: &[Effect]) -> Vec<(BlockNumber, usize)> {
    let delivery = |effect: &Effect| match effect {
        Effect::Deliver { first_height, blocks, .. } => Some((*first_height, blocks.len())),
        _ => None,
    };
    effects.iter().filter_map(delivery).collect()
}

fn punished(effects: &[Effect]) -> Vec<(Peer, Offence)> {
    let punishment = |effect: &Effect| match effect {
        Effect::Punish { peer, offence } => Some((*peer, *offence)),
        _ => None,
    };
    effects.iter().filter_map(punishment).collect()
}

fn timer(effects: &[Effect]) -> Option<u64> {
    effects.iter().rev().find_map(|effect| if let Effect::SetTimer { at_ms } = effect { Some(*at_ms) } else { None })
}

#[test]
fn begins_at_once_when_far_behind_and_after_a_while_when_near() {
    let mut bench = Bench::new(SyncRules { lag: 16, ..RULES }, 100);
    assert!(bench.announce(0, 0).is_empty() && !bench.sync.is_active());
    let effects = bench.announce(0, 15);
    assert_eq!((asked(&effects), timer(&effects)), (vec![], Some(13_000)));
    bench.after(2_000);
    assert!(!bench.sync.is_active());
    // Consensus reached what was announced; now something newer is out of reach, and not for long yet.
    bench.give(Input::Applied { height: 15 });
    bench.announce(0, 18);
    assert_eq!(asked(&bench.after(2_999)), []);
    assert_eq!(asked(&bench.after(1)), [(peer(0), 16, 3)], "three seconds");
    let mut moving = Bench::new(SyncRules { lag: 16, ..RULES }, 100);
    moving.announce(0, 10);
    moving.after(2_000);
    moving.announce(0, 14);
    moving.give(Input::Applied { height: 10 });
    moving.after(1_500);
    assert!(!moving.sync.is_active(), "what was announced first was reached, and 14 is not out of reach for long");
    let mut far = Bench::new(SyncRules { lag: 16, ..RULES }, 100);
    assert_eq!(asked(&far.announce(0, 16)), [(peer(0), 1, 10)]);
    far.give(Input::Applied { height: 16 });
    assert!(!far.sync.is_active(), "nobody is ahead");
}

#[test]
fn asks_several_for_ranges_side_by_side_and_delivers_in_order() {
    let mut bench = Bench::new(RULES, 100);
    let first = bench.announce(0, 100);
    let second = bench.announce(1, 100);
    let third = bench.announce(2, 25);
    assert_eq!(asked(&first), [(peer(0), 1, 10)]);
    assert_eq!(asked(&second), [(peer(1), 11, 10)]);
    assert_eq!(asked(&third), [(peer(2), 21, 5)], "it has no more");
    let late = bench.answer(requests(&third)[0]);
    assert_eq!((delivered(&late), asked(&late)), (vec![], vec![]), "it has nothing above");
    let effects = bench.answer(requests(&second)[0]);
    assert_eq!((delivered(&effects), asked(&effects)), (vec![], vec![(peer(1), 26, 10)]));
    let effects = bench.answer(requests(&first)[0]);
    assert_eq!(delivered(&effects), [(1, 10), (11, 10)], "no more than two at once");
    assert_eq!(asked(&effects), [(peer(0), 36, 5)], "the window ends at 40");
    assert_eq!(delivered(&bench.give(Input::Applied { height: 9 })), []);
    assert_eq!(delivered(&bench.give(Input::Applied { height: 10 })), [(21, 5)]);
}

#[test]
fn who_does_not_answer_is_left_aside_and_another_is_asked() {
    let mut bench = Bench::new(RULES, 100);
    let first = requests(&bench.announce(0, 10))[0];
    bench.announce(1, 10);
    let effects = bench.after(399);
    assert_eq!(asked(&effects), []);
    let again = bench.after(1);
    assert_eq!(asked(&again), [(peer(1), 1, 10)], "it is slow, so another is asked as well");
    assert_eq!(timer(&again), Some(11_000), "when the first is due");
    bench.after(600);
    assert_eq!(delivered(&bench.answer(first)), [], "it is too late");
    assert_eq!(delivered(&bench.answer(requests(&again)[0])), [(1, 10)]);
    assert_eq!(asked(&bench.after(0)), []);
    let mut alone = Bench::new(RULES, 100);
    alone.announce(0, 10);
    let effects = alone.after(1_000);
    assert_eq!((asked(&effects), timer(&effects)), (vec![], Some(11_500)));
    assert_eq!(asked(&alone.after(500)), [(peer(0), 1, 5)], "half as many");
    let effects = alone.after(2_000);
    assert_eq!((asked(&effects), timer(&effects)), (vec![], Some(14_500)), "for twice as long");
}

#[test]
fn refused_block_keeps_what_is_below_and_the_rest_is_asked_of_another() {
    let mut bench = Bench::new(RULES, 40);
    let first = requests(&bench.announce(0, 40))[0];
    let second = requests(&bench.announce(1, 40))[0];
    let third = requests(&bench.announce(2, 40))[0];
    for request in [first, second] {
        bench.answer(request);
    }
    bench.answer(third);
    bench.give(Input::Applied { height: 4 });
    let effects = bench.give(Input::Refused { height: 8, is_fault: true });
    assert_eq!(punished(&effects), [(peer(0), Offence::BadBlock)]);
    assert_eq!(bench.sync.progress().height, 7, "what is below was applied");
    let again = requests(&effects);
    assert!(asked(&effects).iter().all(|(asked, _, _)| *asked != peer(0)), "{effects:?}");
    assert_eq!((again[0].2.from_height, again[0].2.max_blocks), (8, 10), "what was delivered after it is dropped");
    let effects = bench.answer(again[0]);
    assert_eq!(delivered(&effects)[0], (8, 10));
    assert!(bench.give(Input::Refused { height: 3, is_fault: true }).is_empty(), "it is applied");
    assert_eq!(punished(&bench.give(Input::Refused { height: 39, is_fault: true })), [], "it was not delivered");
}

#[test]
fn what_is_refused_through_nobodys_fault_is_tried_again_a_little_later() {
    let mut bench = Bench::new(RULES, 5);
    let request = requests(&bench.announce(0, 5))[0];
    bench.answer(request);
    let effects = bench.give(Input::Refused { height: 3, is_fault: false });
    assert_eq!((asked(&effects), punished(&effects), timer(&effects)), (vec![], vec![], Some(10_200)));
    assert_eq!(asked(&bench.after(200)), [(peer(0), 3, 3)]);
}

/// What a peer is punished for that sends an answer, and whether it is asked again at once.
fn offence_of(change: impl FnOnce(&mut BlocksAnswer)) -> Vec<Offence> {
    let mut bench = Bench::new(RULES, 100);
    let (liar, id, request) = requests(&bench.announce(0, 100))[0];
    let mut answer = bench.chain.answer(&request);
    change(&mut answer);
    let effects = bench.give(Input::Answered { peer: liar, id, answer });
    assert_eq!(asked(&effects), [], "a liar is asked nothing");
    assert_eq!(delivered(&effects), []);
    bench.announce(1, 5);
    punished(&effects).into_iter().map(|(_, offence)| offence).collect()
}

#[test]
fn lies_that_an_answer_shows_are_punished() {
    assert_eq!(offence_of(|answer| drop(answer.blocks.remove(0))), [Offence::WrongRange]);
    assert_eq!(offence_of(|answer| answer.blocks.swap(3, 4)), [Offence::WrongRange]);
    let other = Chain::new(100, 1, 40).fork(5);
    assert_eq!(offence_of(|answer| answer.blocks[6] = other.blocks[7].clone()), [Offence::Unlinked]);
    assert_eq!(offence_of(|answer| answer.blocks[6].truncate(30)), [Offence::Malformed]);
    assert_eq!(offence_of(|answer| answer.blocks = vec![Vec::new(); 513]), [Offence::Oversized]);
    assert_eq!(offence_of(|answer| answer.blocks[2] = vec![0; 17 << 20]), [Offence::Oversized]);
    assert_eq!(offence_of(|answer| answer.proof = vec![0; (4 << 20) + 1]), [Offence::Oversized]);
    assert_eq!(offence_of(|answer| answer.blocks.clear()), [], "once may be bad luck");
}

#[test]
fn empty_answers_in_a_row_are_a_lie() {
    let mut bench = Bench::new(RULES, 100);
    for round in 1..=MAX_EMPTY {
        let (peer, id, _) = requests(&bench.announce(0, 1_000))[0];
        let effects = bench.give(Input::Answered { peer, id, answer: BlocksAnswer::default() });
        let expected = if round == MAX_EMPTY { vec![(peer, Offence::Empty)] } else { vec![] };
        assert_eq!(punished(&effects), expected, "round {round}");
        assert_eq!(asked(&bench.after(RULES.max_aside_ms)), [], "what it announced is forgotten");
    }
    assert_eq!(asked(&bench.announce(0, 1_000)), [], "it is left aside for long");
    bench.now_ms += RULES.ban_ms;
    assert_eq!(asked(&bench.announce(0, 1_000)), [(peer(0), 1, 1)]);
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut bench = Bench::new(RULES, 100);
    let (_, id, request) = requests(&bench.announce(0, 100))[0];
    let answer = bench.chain.answer(&request);
    let of_another = Input::Answered { peer: peer(1), id, answer: answer.clone() };
    assert!(bench.give(of_another).is_empty());
    let of_no_request = Input::Answered { peer: peer(0), id: RequestId(99), answer: answer.clone() };
    assert!(bench.give(of_no_request).is_empty());
    assert!(bench.give(Input::Failed { peer: peer(1), id }).is_empty());
    let right = Input::Answered { peer: peer(0), id, answer };
    assert_eq!(delivered(&bench.give(right.clone())), [(1, 10)]);
    assert_eq!(delivered(&bench.give(right)), [], "it was taken already");
}

#[test]
fn blocks_that_overlap_are_delivered_once() {
    let mut bench = Bench::new(RULES, 40);
    bench.chain = Chain::new(40, 7, 40);
    let first = requests(&bench.announce(0, 40))[0];
    let second = requests(&bench.announce(1, 40))[0];
    assert_eq!(delivered(&bench.answer(second)), [], "blocks 11 to 21");
    let effects = bench.answer(first);
    assert_eq!(delivered(&effects), [(1, 14), (15, 7)], "blocks 1 to 14, and of the others what is new");
}

#[test]
fn what_consensus_applied_is_neither_asked_for_nor_delivered() {
    let mut bench = Bench::new(RULES, 100);
    let first = requests(&bench.announce(0, 100))[0];
    let second = requests(&bench.announce(1, 100))[0];
    bench.answer(second);
    bench.give(Input::Applied { height: 15 });
    assert_eq!(bench.sync.progress().height, 15);
    assert_eq!(delivered(&bench.answer(first)), [], "blocks 1 to 10 are known");
    let effects = bench.give(Input::Applied { height: 14 });
    assert_eq!(bench.sync.progress().height, 15, "it goes not back");
    assert_eq!(asked(&effects), []);
}

#[test]
fn blocks_held_beside_what_consensus_applied_are_delivered_from_the_next_on() {
    let mut bench = Bench::new(RULES, 100);
    bench.announce(0, 100);
    let second = requests(&bench.announce(1, 100))[0];
    bench.answer(second);
    assert_eq!(delivered(&bench.give(Input::Applied { height: 15 })), [(16, 5)]);
}

#[test]
fn requests_to_a_peer_that_is_gone_go_to_another() {
    let mut bench = Bench::new(RULES, 100);
    bench.announce(0, 100);
    let effects = bench.announce(1, 15);
    assert_eq!(asked(&effects), [(peer(1), 11, 5)]);
    let request = requests(&effects)[0];
    assert_eq!(asked(&bench.give(Input::Gone { peer: peer(0) })), []);
    assert_eq!(asked(&bench.answer(request)), [(peer(1), 1, 10)]);
    bench.give(Input::Gone { peer: peer(1) });
    assert!(!bench.sync.is_active(), "nobody is there");
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut bench = Bench::new(RULES, 100);
    bench.announce(0, 100);
    bench.now_ms = 5;
    assert_eq!(asked(&bench.give(Input::Tick)), []);
    let progress = bench.sync.progress();
    assert_eq!(progress.requests, 1);
    bench.now_ms = 11_000;
    bench.give(Input::Tick);
    assert_eq!(bench.sync.progress().requests, 0, "a second after the first time");
}

#[test]
fn timer_that_goes_off_early_is_set_again() {
    let mut bench = Bench::new(RULES, 100);
    let at_ms = timer(&bench.announce(0, 100)).expect("the request may be slow");
    assert_eq!(at_ms, 10_400);
    assert_eq!(timer(&bench.after(399)), Some(10_400));
}

#[test]
fn progress_says_how_far_how_quickly_and_from_whom() {
    let mut bench = Bench::new(RULES, 1_000);
    let first = requests(&bench.announce(0, 1_000))[0];
    bench.give(Input::Applied { height: 0 });
    bench.answer(first);
    bench.give(Input::Applied { height: 5 });
    bench.now_ms += 1_000;
    bench.give(Input::Applied { height: 10 });
    let progress = bench.sync.progress();
    assert!(progress.is_active);
    assert_eq!((progress.height, progress.target, progress.behind), (10, Some(1_000), 990));
    assert_eq!((progress.blocks_per_second, progress.lowest), (5, Some(0)));
    assert_eq!((progress.peers[0].peer, progress.peers[0].blocks), (peer(0), 10));
    bench.now_ms += 20_000;
    bench.after(0);
    assert_eq!(bench.sync.progress().blocks_per_second, 0, "nothing for long");
}

#[test]
fn a_height_at_the_end_of_the_numbers_does_no_harm() {
    let mut bench = Bench::new(RULES, 3);
    bench.sync = Sync::new(RULES, BlockNumber::MAX - 2);
    assert_eq!(asked(&bench.announce(0, BlockNumber::MAX)), [(peer(0), BlockNumber::MAX - 1, 2)]);
    bench.give(Input::Applied { height: BlockNumber::MAX });
    assert_eq!(asked(&bench.after(10_000)), []);
}

#[test]
fn knows_only_so_many_peers_and_forgets_who_is_gone_first() {
    let mut bench = Bench::new(RULES, 100);
    let key = |index: usize| {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&index.to_le_bytes());
        Peer(key)
    };
    let status = Status { lowest: 0, height: 0, hash: Hash::ZERO };
    for index in 0..MAX_SYNC_PEERS + 10 {
        bench.give(Input::Announced { peer: key(index), status });
    }
    let known = |bench: &Bench| bench.sync.progress().peers.iter().map(|peer| peer.peer).collect::<Vec<_>>();
    assert_eq!(known(&bench).len(), MAX_SYNC_PEERS);
    assert!(!known(&bench).contains(&key(MAX_SYNC_PEERS)));
    bench.give(Input::Gone { peer: key(3) });
    bench.give(Input::Announced { peer: key(MAX_SYNC_PEERS), status });
    assert!(known(&bench).contains(&key(MAX_SYNC_PEERS)) && !known(&bench).contains(&key(3)));
}

#[test]
fn an_answer_with_blocks_forgives_empty_ones() {
    let mut bench = Bench::new(RULES, 1_000);
    for is_empty in [true, true, false, true, true] {
        let (peer, id, request) = requests(&bench.announce(0, 1_000))[0];
        let answer = if is_empty { BlocksAnswer::default() } else { bench.chain.answer(&request) };
        bench.now_ms += 500;
        let effects = bench.give(Input::Answered { peer, id, answer });
        assert_eq!(punished(&effects), []);
        // What it asks for at once comes to nothing, so that each round begins alike.
        for (peer, id, _) in requests(&effects) {
            bench.give(Input::Failed { peer, id });
        }
        bench.now_ms += RULES.max_aside_ms;
    }
}

#[test]
fn what_a_liar_sent_before_is_asked_for_again() {
    let mut bench = Bench::new(RULES, 100);
    let first = requests(&bench.announce(0, 100))[0];
    let second = requests(&bench.announce(1, 100))[0];
    let (liar, id, request) = requests(&bench.answer(second))[0];
    let mut answer = bench.chain.answer(&request);
    answer.blocks.remove(0);
    let effects = bench.give(Input::Answered { peer: liar, id, answer });
    assert_eq!(punished(&effects), [(peer(1), Offence::WrongRange)]);
    let effects = bench.answer(first);
    assert_eq!((delivered(&effects), asked(&effects)), (vec![(1, 10)], vec![(peer(0), 11, 10)]));
}

#[test]
fn asks_for_no_more_than_there_is_room_for() {
    let requests_of = |max_held_bytes: usize| {
        let rules = SyncRules { window_blocks: 10_000, max_held_bytes, ..RULES };
        let mut bench = Bench::new(rules, 10);
        for index in 0..40 {
            bench.announce(index, 10_000);
        }
        bench
    };
    // An answer takes up to 20 MiB; room for one is kept free for what is needed first.
    let mut bench = requests_of(100 << 20);
    assert_eq!(bench.sync.progress().requests, 4);
    bench.after(RULES.slow_ms);
    assert_eq!(bench.sync.progress().requests, 5, "the first is slow, so another is asked too");
    let mut bench = requests_of(4 << 30);
    assert_eq!(bench.sync.progress().requests, MAX_REQUESTS - 1);
    bench.after(RULES.slow_ms);
    assert_eq!(bench.sync.progress().requests, MAX_REQUESTS);
}

#[test]
fn who_answers_is_asked_before_who_did_not() {
    let mut peers = Peers::new(RULES);
    for index in 0..2 {
        peers.announce(peer(index), &Status { lowest: 0, height: 9, hash: Hash::ZERO });
    }
    let picked = |peers: &Peers, now_ms| peers.pick(1, None, now_ms).map(|picked| picked.peer);
    assert_eq!(picked(&peers, 1_000), Some(peer(0)));
    peers.failed(peer(0), 1_000);
    peers.asked(peer(1));
    peers.settled(peer(1));
    peers.answered(peer(1), 200);
    assert_eq!(picked(&peers, 1_000 + RULES.max_aside_ms), Some(peer(1)), "though it is no longer aside");
}

#[test]
fn of_two_ranges_from_one_height_the_longer_is_held() {
    let chain = Chain::new(10, 1, 40);
    let held = |last: BlockNumber| {
        let request = BlocksRequest { from_height: 1, max_blocks: last, max_bytes: u32::MAX };
        Held { first: 1, last, peer: peer(0), answer: chain.answer(&request) }
    };
    for order in [[5, 3], [3, 5]] {
        let mut window = Window::new(0, usize::MAX);
        order.into_iter().for_each(|last| window.hold(held(last)));
        let delivered = window.deliver().expect("the first block is there");
        assert_eq!((delivered.last, delivered.answer.blocks.len()), (5, 5));
        assert!(window.deliver().is_none());
    }
}
