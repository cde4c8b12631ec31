//! A snapshot from simulated peers: honest, lying, silent, slow, and of other depths.

mod find;
mod pieces;
mod world;

use super::*;
use proptest::prelude::*;
use world::{Conduct, Fixture, World, any_conduct, any_rows, peer};

proptest! {
    #[test]
    fn with_one_honest_peer_every_piece_comes_and_only_those_who_lied_are_punished(
        rows in any_rows(), depth in 0..=6_u8, mut others in prop::collection::vec(any_conduct(), 0..6),
        at in any::<prop::sample::Index>(), seed in any::<u64>(),
    ) {
        others.insert(at.index(others.len() + 1), Conduct::Honest);
        let fixture = Fixture::new(&rows, depth, 300);
        let mut world = World::new(&fixture, &others, seed);
        let mut machine = SnapshotSync::new(fixture.target, None, &BTreeSet::new());
        world.run(&mut machine, usize::MAX);
        prop_assert!(world.finished, "{:?} after {} ms", machine.progress(), world.now_ms);
        prop_assert_eq!(&world.kept, &fixture.pieces(depth));
        let progress = machine.progress();
        prop_assert_eq!((progress.done, progress.in_flight), (progress.total, 0));
        for (number, conduct) in others.iter().enumerate() {
            let offences = world.offences.get(&peer(number)).map_or(0, Vec::len);
            prop_assert!(offences <= 1, "{conduct:?} was punished {offences} times");
            match conduct {
                Conduct::Honest | Conduct::Slow => prop_assert_eq!(offences, 0),
                Conduct::OtherRoot => prop_assert_eq!(offences, 1),
                Conduct::Liar => prop_assert_eq!(offences == 1, world.has_answered(number)),
                _ => {}
            }
        }
    }

    #[test]
    fn what_was_kept_before_a_stop_is_not_asked_for_again(
        rows in any_rows(), depth in 0..=6_u8, steps in 0..40_usize, seed in any::<u64>(),
    ) {
        let fixture = Fixture::new(&rows, depth, 2);
        let conducts = [Conduct::Honest, Conduct::Liar, Conduct::Honest];
        let mut world = World::new(&fixture, &conducts, seed);
        world.run(&mut SnapshotSync::new(fixture.target, None, &BTreeSet::new()), steps);
        let kept = world.kept.clone();
        let mut again = World::new(&fixture, &conducts, seed);
        again.kept = kept.clone();
        let manifest = kept.get(&Piece::Manifest).map(Vec::as_slice);
        let mut machine = SnapshotSync::new(fixture.target, manifest, &kept.keys().copied().collect());
        again.run(&mut machine, usize::MAX);
        prop_assert!(again.finished);
        prop_assert_eq!(&again.kept, &fixture.pieces(depth));
        prop_assert!(again.asked.iter().all(|piece| !kept.contains_key(piece)), "{:?}", again.asked);
    }
}

fn fixture() -> Fixture {
    let rows = (0..200_u32).map(|row| (row.to_be_bytes().to_vec(), vec![7; 3])).collect();
    Fixture::new(&rows, 4, 10)
}

fn offered(fixture: &Fixture, number: usize, depth: u8) -> Input {
    let offer = Offer { height: fixture.target.height, root: fixture.target.root, depth };
    Input::Offered { peer: peer(number), offer }
}

fn asks(effects: &[Effect]) -> Vec<(Peer, Piece)> {
    let ask = |effect: &Effect| match effect {
        Effect::Ask { peer, piece } => Some((*peer, *piece)),
        _ => None,
    };
    effects.iter().filter_map(ask).collect()
}

fn bytes(fixture: &Fixture, number: usize, piece: Piece) -> Input {
    let bytes = fixture.piece(4, piece);
    Input::Answered { peer: peer(number), piece, answer: Answer::Bytes(bytes) }
}

/// A machine that has the manifest of peer 0.
fn with_manifest(fixture: &Fixture) -> (SnapshotSync, Vec<Effect>) {
    let mut machine = SnapshotSync::new(fixture.target, None, &BTreeSet::new());
    let effects = machine.handle(0, offered(fixture, 0, 4));
    assert_eq!(asks(&effects), [(peer(0), Piece::Manifest)]);
    let effects = machine.handle(0, bytes(fixture, 0, Piece::Manifest));
    assert!(matches!(&effects[0], Effect::Keep { piece: Piece::Manifest, .. }), "{effects:?}");
    (machine, effects)
}

#[test]
fn pieces_are_asked_of_several_peers_within_bounds() {
    let fixture = fixture();
    let (mut machine, effects) = with_manifest(&fixture);
    assert_eq!(asks(&effects), [(peer(0), Piece::Anchor), (peer(0), Piece::Part(0))]);
    let mut asked = 2;
    for number in 1..9 {
        let effects = machine.handle(0, offered(&fixture, number, 4));
        let new = asks(&effects);
        assert!(new.iter().all(|(asked, _)| *asked == peer(number)) && new.len() <= MAX_IN_FLIGHT_PER_PEER);
        asked += new.len();
        assert_eq!(asked, (2 * (number + 1)).min(MAX_IN_FLIGHT));
    }
    assert_eq!(machine.progress(), Progress { done: 1, total: 18, peers: 9, in_flight: MAX_IN_FLIGHT });
}

#[test]
fn a_peer_that_sends_a_wrong_piece_is_punished_at_once_and_another_is_asked() {
    let fixture = fixture();
    let (mut machine, _) = with_manifest(&fixture);
    machine.handle(0, offered(&fixture, 1, 4));
    let answer = Answer::Bytes(fixture.piece(4, Piece::Part(1)));
    let effects = machine.handle(0, Input::Answered { peer: peer(0), piece: Piece::Part(0), answer });
    let Effect::Punish { peer: punished, offence: Offence::Piece { piece, error } } = &effects[0] else {
        panic!("{effects:?}")
    };
    assert_eq!((*punished, *piece), (peer(0), Piece::Part(0)));
    assert!(error.to_string().contains("belongs to part 1, expected part 0"), "{error}");
    assert_eq!(machine.progress().peers, 1);
    // The liar's new offer counts for nothing, and what it was asked for is asked of the other once that has room.
    assert_eq!(asks(&machine.handle(0, offered(&fixture, 0, 4))), []);
    let effects = machine.handle(0, bytes(&fixture, 1, Piece::Part(1)));
    assert_eq!(asks(&effects), [(peer(1), Piece::Anchor)]);
    let effects = machine.handle(0, bytes(&fixture, 1, Piece::Part(2)));
    assert_eq!(asks(&effects), [(peer(1), Piece::Part(0))]);
}

#[test]
fn silence_is_forgiven_at_first_and_punished_when_it_lasts() {
    let fixture = fixture();
    let mut machine = SnapshotSync::new(fixture.target, None, &BTreeSet::new());
    machine.handle(0, offered(&fixture, 0, 4));
    let mut now_ms = 0;
    for failure in 1..MAX_FAILURES {
        now_ms += ANSWER_MS;
        let effects = machine.handle(now_ms, Input::Tick);
        now_ms += REST_MS * u64::from(failure);
        assert_eq!(effects, [Effect::SetTimer { at_ms: now_ms }]);
        assert_eq!(asks(&machine.handle(now_ms, Input::Tick)), [(peer(0), Piece::Manifest)]);
    }
    let effects = machine.handle(now_ms + ANSWER_MS, Input::Tick);
    let offence = Offence::Silence { failures: MAX_FAILURES };
    assert_eq!(effects, [Effect::Punish { peer: peer(0), offence }, Effect::Stalled]);
    assert_eq!(machine.handle(now_ms + ANSWER_MS, bytes(&fixture, 0, Piece::Manifest)), []);
    let effects = machine.handle(now_ms + ANSWER_MS, offered(&fixture, 1, 4));
    assert_eq!(asks(&effects), [(peer(1), Piece::Manifest)]);
}

#[test]
fn a_cut_that_nobody_serves_gives_way_to_another() {
    let fixture = fixture();
    let (mut machine, _) = with_manifest(&fixture);
    let effects = machine.handle(0, offered(&fixture, 1, 3));
    assert!(asks(&effects).is_empty());
    let effects = machine.handle(0, Input::Gone { peer: peer(0) });
    assert_eq!(effects[0], Effect::DropAll);
    assert_eq!(asks(&effects), [(peer(1), Piece::Manifest)]);
    // A manifest cut otherwise than was offered is a lie.
    let effects = machine.handle(0, bytes(&fixture, 1, Piece::Manifest));
    let error = SnapshotError::Depth { found: 4, expected: 3 };
    let offence = Offence::Piece { piece: Piece::Manifest, error };
    assert_eq!(effects, [Effect::Punish { peer: peer(1), offence }, Effect::Stalled]);
}

#[test]
fn the_cut_that_most_offer_is_taken() {
    let fixture = fixture();
    let mut machine = SnapshotSync::new(fixture.target, None, &BTreeSet::new());
    machine.handle(0, offered(&fixture, 0, 9));
    machine.handle(0, offered(&fixture, 1, 4));
    machine.handle(0, offered(&fixture, 2, 4));
    let effects = machine.handle(0, Input::Gone { peer: peer(0) });
    assert_eq!(asks(&effects), [(peer(1), Piece::Manifest)]);
    // One that nobody can cut is no offer.
    machine.handle(0, offered(&fixture, 3, 13));
    assert_eq!(machine.progress().peers, 2);
}

#[test]
fn a_peer_without_the_snapshot_is_dropped_and_not_punished() {
    let fixture = fixture();
    let (mut machine, _) = with_manifest(&fixture);
    let absent = Input::Answered { peer: peer(0), piece: Piece::Anchor, answer: Answer::Absent };
    assert_eq!(machine.handle(0, absent), [Effect::Stalled]);
    let newer = Offer { height: fixture.target.height + 1, root: [1; 32], depth: 4 };
    assert_eq!(machine.handle(0, Input::Offered { peer: peer(0), offer: newer }), []);
    let effects = machine.handle(0, offered(&fixture, 0, 4));
    assert_eq!(asks(&effects), [(peer(0), Piece::Anchor), (peer(0), Piece::Part(0))]);
}

#[test]
fn peers_are_bounded() {
    let fixture = fixture();
    let mut machine = SnapshotSync::new(fixture.target, None, &BTreeSet::new());
    for number in 0..200 {
        machine.handle(0, offered(&fixture, number, 4));
    }
    assert_eq!(machine.progress().peers, MAX_SNAPSHOT_PEERS);
}

#[test]
fn a_manifest_of_another_state_is_not_gone_on_from() {
    let (one, rows) = (fixture(), (0..9_u8).map(|row| (vec![row], vec![row])).collect());
    let other = Fixture::new(&rows, 4, 10);
    let manifest = other.piece(4, Piece::Manifest);
    let machine = SnapshotSync::new(one.target, Some(&manifest), &BTreeSet::from([Piece::Anchor]));
    assert_eq!(machine.progress(), Progress { done: 0, total: 0, peers: 0, in_flight: 0 });
    let kept = BTreeSet::from([Piece::Anchor, Piece::Part(3), Piece::Part(16), Piece::Manifest]);
    let machine = SnapshotSync::new(one.target, Some(&one.piece(4, Piece::Manifest)), &kept);
    assert_eq!(machine.progress(), Progress { done: 3, total: 18, peers: 0, in_flight: 0 });
}
