//! Votes and sums by hand.

use super::*;
use crate::consensus::bbft::Place;
use crate::consensus::bbft::testing::{Sums, equal_set, sign, weighted_set};

const CHAIN: Hash = Hash([5; 32]);

fn collector(set: ValidatorSet) -> Collector {
    Collector::new(CHAIN, Epoch(1), Arc::new(set), Arc::new(Sums { me: 0 }))
}

fn notarize(digest: u8) -> Statement {
    Statement::notarize(View(1), Hash([digest; 32]))
}

fn vote(statement: Statement, signer: ValidatorIndex) -> Vote {
    Vote { statement, signer, signature: sign(signer, &signed_bytes(CHAIN, Epoch(1), &statement)) }
}

fn forged(statement: Statement, signer: ValidatorIndex) -> Vote {
    Vote { signature: Signature([9; 48]), ..vote(statement, signer) }
}

fn partial(statement: Statement, signers: &[ValidatorIndex]) -> Partial {
    let signatures: Vec<_> = signers.iter().map(|signer| vote(statement, *signer).signature).collect();
    let signature = Sums { me: 0 }.sum(&signatures).expect("sums add up");
    Partial { statement, signers: bitmap(7, signers), signature }
}

fn bitmap(validators: usize, signers: &[ValidatorIndex]) -> Signers {
    let mut bitmap = Signers::none(validators);
    signers.iter().for_each(|signer| assert!(bitmap.insert(*signer)));
    bitmap
}

fn give(collector: &mut Collector, vote: &Vote) -> Collected {
    collector.vote(View(1), View(0), vote, vote.signer)
}

fn give_partial(collector: &mut Collector, partial: &Partial, sender: ValidatorIndex) -> Collected {
    collector.partial(View(1), View(0), partial, sender)
}

#[test]
fn a_quorum_of_votes_makes_one_certificate() {
    let mut collector = collector(equal_set(4));
    assert_eq!(give(&mut collector, &vote(notarize(1), 0)), Collected::Kept);
    assert_eq!(give(&mut collector, &vote(notarize(1), 0)), Collected::Rejected(Rejected::Known));
    assert_eq!(give(&mut collector, &vote(notarize(1), 3)), Collected::Kept);
    let Collected::Certificate(certificate) = give(&mut collector, &vote(notarize(1), 1)) else { panic!("3 of 4") };
    assert!(collector.verify(&certificate));
    assert_eq!(certificate.signers, bitmap(4, &[0, 1, 3]));
    assert_eq!(give(&mut collector, &vote(notarize(1), 2)), Collected::Rejected(Rejected::Late), "one is enough");
    assert_eq!(give(&mut collector, &vote(notarize(1), 2)), Collected::Rejected(Rejected::Known));
}

#[test]
fn exactly_two_thirds_of_the_weight_decide_nothing() {
    let mut collector = collector(weighted_set(&[4, 2, 3]));
    assert_eq!(give(&mut collector, &vote(notarize(1), 0)), Collected::Kept);
    assert_eq!(give(&mut collector, &vote(notarize(1), 1)), Collected::Kept, "6 of 9");
    assert!(matches!(give(&mut collector, &vote(notarize(1), 2)), Collected::Certificate(_)));
}

#[test]
fn a_wrong_vote_is_found_dropped_and_may_be_given_right() {
    let mut collector = collector(equal_set(4));
    give(&mut collector, &forged(notarize(1), 2));
    give(&mut collector, &vote(notarize(1), 0));
    assert_eq!(give(&mut collector, &vote(notarize(1), 1)), Collected::Kept);
    assert!(matches!(give(&mut collector, &vote(notarize(1), 2)), Collected::Certificate(_)));
}

#[test]
fn nobody_can_put_a_wrong_vote_in_anothers_place() {
    let mut collector = collector(equal_set(4));
    let impostor = collector.vote(View(1), View(0), &forged(notarize(2), 1), 3);
    assert_eq!(impostor, Collected::Rejected(Rejected::Sender));
    assert_eq!(
        collector.vote(View(1), View(0), &vote(notarize(1), 1), 3),
        Collected::Kept,
        "a right one may be passed on"
    );
}

#[test]
fn contradictions_are_evidence_and_wrong_signatures_are_not() {
    let finalize = Statement::finalize(View(1), Hash([1; 32]));
    let pairs = [
        (notarize(1), notarize(2)),
        (finalize, Statement::finalize(View(1), Hash([2; 32]))),
        (finalize, Statement::nullify(View(1))),
        (Statement::nullify(View(1)), finalize),
    ];
    for (one, other) in pairs {
        let mut collector = collector(equal_set(4));
        give(&mut collector, &vote(one, 2));
        let unproven = give(&mut collector, &forged(other, 2));
        assert!(!matches!(unproven, Collected::Evidence(_)), "{unproven:?}");
        let mut collector = self::collector(equal_set(4));
        give(&mut collector, &vote(one, 2));
        let Collected::Evidence(evidence) = give(&mut collector, &vote(other, 2)) else { panic!("{one:?} {other:?}") };
        assert!(collector.verify_evidence(&evidence));
        let Evidence { first, second } = *evidence;
        let untrue = [
            Evidence { first: first.clone(), second: first.clone() },
            Evidence { first: first.clone(), second: vote(other, 1) },
            Evidence { first, second: forged(second.statement, 2) },
        ];
        assert!(untrue.iter().all(|evidence| !collector.verify_evidence(evidence)));
    }
    let mut collector = collector(equal_set(4));
    give(&mut collector, &vote(notarize(1), 2));
    assert_eq!(
        give(&mut collector, &vote(Statement::nullify(View(1)), 2)),
        Collected::Kept,
        "both of these are honest"
    );
}

#[test]
fn only_disjoint_sums_are_added_and_votes_fill_up() {
    let mut collector = collector(equal_set(7));
    assert_eq!(give_partial(&mut collector, &partial(notarize(1), &[0, 1, 2]), 0), Collected::Kept);
    assert_eq!(give_partial(&mut collector, &partial(notarize(1), &[2, 3, 4]), 3), Collected::Kept, "2 is in both");
    give(&mut collector, &vote(notarize(1), 4));
    let Collected::Certificate(certificate) = give(&mut collector, &vote(notarize(1), 5)) else { panic!("5 of 7") };
    assert_eq!(certificate.signers, bitmap(7, &[0, 1, 2, 4, 5]));
    assert!(collector.verify(&certificate));
}

#[test]
fn a_false_sum_is_dropped_and_its_sender_believed_no_more_after_a_few() {
    let mut collector = collector(equal_set(7));
    for view in 1..=u64::from(MAX_FAULTS) {
        let statement = Statement::notarize(View(view), Hash([1; 32]));
        let false_sum = Partial { signature: Signature([1; 48]), ..partial(statement, &[3, 4, 5, 6]) };
        assert_eq!(give_partial(&mut collector, &false_sum, 6), Collected::Kept);
        assert!(matches!(give_partial(&mut collector, &partial(statement, &[0, 1]), 0), Collected::Kept));
        let three = [vote(statement, 2), vote(statement, 3), vote(statement, 4)];
        let last = three.map(|vote| give(&mut collector, &vote));
        assert!(matches!(last[2], Collected::Certificate(_)), "{last:?}");
    }
    let statement = Statement::notarize(View(9), Hash([1; 32]));
    let refused = give_partial(&mut collector, &partial(statement, &[3, 4]), 6);
    assert_eq!(refused, Collected::Rejected(Rejected::Sender));
}

#[test]
fn sums_hold_only_whom_they_may() {
    let mut collector = collector(equal_set(7));
    for signer in [0, 1, 4] {
        give(&mut collector, &vote(notarize(1), signer));
    }
    give_partial(&mut collector, &partial(notarize(1), &[2, 3]), 2);
    let sum = collector.sum_of(&notarize(1), &bitmap(7, &[0, 1, 2, 5])).expect("two voted");
    assert_eq!(sum, partial(notarize(1), &[0, 1]));
    let sum = collector.sum_of(&notarize(1), &bitmap(7, &[1, 2, 3])).expect("three voted");
    assert_eq!(sum, partial(notarize(1), &[1, 2, 3]));
    assert_eq!(collector.heard(&notarize(1), &bitmap(7, &[0, 1, 2, 3, 4])), bitmap(7, &[0, 1, 2, 3, 4]));
    assert_eq!(collector.voters(&notarize(1)), bitmap(7, &[0, 1, 4]));
    assert_eq!(collector.sum_of(&notarize(2), &bitmap(7, &[0])), None);
}

#[test]
fn refuses_what_is_malformed_final_or_far() {
    let mut collector = collector(equal_set(4));
    let malformed = Collected::Rejected(Rejected::Malformed);
    assert_eq!(give(&mut collector, &vote(notarize(1), 4)), malformed, "no such validator");
    assert_eq!(give(&mut collector, &vote(Statement::notarize(View(1), Hash::ZERO), 1)), malformed);
    let long = Partial { signers: bitmap(9, &[0]), ..partial(notarize(1), &[0]) };
    assert_eq!(give_partial(&mut collector, &long, 0), malformed);
    let empty = Partial { signers: Signers::none(4), ..partial(notarize(1), &[0]) };
    assert_eq!(give_partial(&mut collector, &empty, 0), malformed);
    let far = vote(Statement::nullify(View(2 + MAX_VIEWS_AHEAD)), 1);
    assert_eq!(give(&mut collector, &far), Collected::Rejected(Rejected::View));
    let old = collector.vote(View(9), View(1), &vote(notarize(1), 1), 1);
    assert_eq!(old, Collected::Rejected(Rejected::View));
}

#[test]
fn refuses_certificates_of_another_chain_or_epoch_or_of_too_few() {
    let mut one = collector(equal_set(4));
    give(&mut one, &vote(notarize(1), 0));
    give(&mut one, &vote(notarize(1), 1));
    let Collected::Certificate(right) = give(&mut one, &vote(notarize(1), 2)) else { panic!("3 of 4") };
    assert!(one.verify(&right));
    let set = || Arc::new(equal_set(4));
    let scheme = || Arc::new(Sums { me: 0 });
    assert!(!Collector::new(Hash([6; 32]), Epoch(1), set(), scheme()).verify(&right));
    assert!(!Collector::new(CHAIN, Epoch(2), set(), scheme()).verify(&right));
    let few = Certificate { signers: bitmap(4, &[0, 1]), ..right.clone() };
    let more = Certificate { signers: bitmap(4, &[0, 1, 2, 3]), ..right.clone() };
    let other = Certificate { statement: notarize(2), ..right.clone() };
    let long = Certificate { signers: bitmap(9, &[0, 1, 2]), ..right };
    assert!([few, more, other, long].iter().all(|certificate| !one.verify(certificate)));
}

#[test]
fn forgets_what_is_final_but_who_voted_for_it() {
    let mut collector = collector(equal_set(4));
    give(&mut collector, &vote(notarize(1), 0));
    give(&mut collector, &vote(notarize(2), 1));
    collector.finalize(Place { view: View(1), digest: Hash([1; 32]) });
    assert_eq!(collector.voters(&notarize(1)), bitmap(4, &[0]));
    assert_eq!(collector.voters(&notarize(2)).count(), 0);
    collector.finalize(Place { view: View(2), digest: Hash([1; 32]) });
    assert_eq!(collector.voters(&notarize(1)).count(), 0);
}

/// A collector with a certificate, which 0, 1 and 3 of 4 signed, or which came from elsewhere and made a block final.
fn certified(elsewhere: bool) -> (Collector, Certificate) {
    let (mut one, finalize) = (collector(equal_set(4)), Statement::finalize(View(1), Hash([1; 32])));
    give(&mut one, &vote(finalize, 0));
    give(&mut one, &vote(finalize, 3));
    let Collected::Certificate(certificate) = give(&mut one, &vote(finalize, 1)) else { panic!("3 of 4") };
    let mut collector = if elsewhere { collector(equal_set(4)) } else { one };
    if elsewhere {
        collector.finalize(Place { view: View(1), digest: Hash([1; 32]) });
    }
    (collector, certificate)
}

#[test]
fn who_votes_after_the_certificate_is_in_a_wider_one() {
    for elsewhere in [false, true] {
        let final_view = View(u64::from(elsewhere));
        let (mut collector, certificate) = certified(elsewhere);
        let statement = certificate.statement;
        assert_eq!(collector.widen(&certificate), None, "nobody else voted");
        let other = Statement::finalize(View(1), Hash([2; 32]));
        for strange in [vote(other, 2), vote(Statement::nullify(View(1)), 2)] {
            let given = collector.vote(View(2), final_view, &strange, 2);
            assert!(given != Collected::Rejected(Rejected::Late), "{strange:?} is not for what is certified");
        }
        let passed_on = collector.vote(View(2), final_view, &vote(statement, 2), 0);
        assert!(passed_on != Collected::Rejected(Rejected::Late), "it was not checked");
        let late = collector.vote(View(2), final_view, &vote(statement, 2), 2);
        assert_eq!(late, Collected::Rejected(Rejected::Late));
        let wide = collector.widen(&certificate).expect("another voted");
        assert_eq!(wide.signers, bitmap(4, &[0, 1, 2, 3]));
        assert!(collector.verify(&wide));
        assert_eq!(collector.widen(&wide), None);
    }
}

#[test]
fn a_late_sum_widens_a_certificate_and_a_wrong_one_counts_against_its_sender() {
    for elsewhere in [false, true] {
        let final_view = View(u64::from(elsewhere));
        let (mut collector, certificate) = certified(elsewhere);
        let late = partial(certificate.statement, &[2]);
        for _ in 0..MAX_FAULTS {
            let wrong = Partial { signature: Signature([1; 48]), ..late.clone() };
            let given = collector.partial(View(2), final_view, &wrong, 2);
            assert_eq!(given, Collected::Rejected(Rejected::Late));
            assert_eq!(collector.widen(&certificate), None, "its signature is wrong");
        }
        assert!(collector.distrusts(2));
        assert!(collector.partial(View(2), final_view, &late, 2) != Collected::Rejected(Rejected::Late));
        assert_eq!(collector.partial(View(2), final_view, &late, 1), Collected::Rejected(Rejected::Late));
        let wide = collector.widen(&certificate).expect("a right sum came from another");
        assert!(wide.signers == bitmap(4, &[0, 1, 2, 3]) && collector.verify(&wide));
    }
}

#[test]
fn who_gives_wrong_votes_is_believed_no_more_after_a_few() {
    let mut collector = collector(equal_set(4));
    give(&mut collector, &vote(notarize(1), 0));
    give(&mut collector, &vote(notarize(1), 1));
    for _ in 0..MAX_FAULTS {
        assert_eq!(give(&mut collector, &forged(notarize(1), 2)), Collected::Kept, "found wrong in the sum");
    }
    assert_eq!(give(&mut collector, &vote(notarize(1), 2)), Collected::Rejected(Rejected::Sender));
    assert!(matches!(give(&mut collector, &vote(notarize(1), 3)), Collected::Certificate(_)), "others decide");

    let mut collector = self::collector(equal_set(4));
    for _ in 0..MAX_FAULTS {
        collector.vote(View(1), View(0), &forged(notarize(1), 1), 3);
    }
    assert!(collector.distrusts(3) && !collector.distrusts(1), "who sends another's wrong vote has made it");
    assert_eq!(give(&mut collector, &vote(notarize(1), 1)), Collected::Kept);

    let mut collector = self::collector(equal_set(4));
    give(&mut collector, &vote(notarize(1), 2));
    for digest in 2..=u8::try_from(MAX_FAULTS).expect("a few") + 1 {
        assert_eq!(give(&mut collector, &forged(notarize(digest), 2)), Collected::Rejected(Rejected::Sender));
    }
    assert!(collector.distrusts(2), "each wrong contradiction costs a check");
}

#[test]
fn a_contradiction_is_proven_once() {
    let mut collector = collector(equal_set(4));
    give(&mut collector, &vote(notarize(1), 2));
    let Collected::Evidence(evidence) = give(&mut collector, &vote(notarize(2), 2)) else { panic!("two notarized") };
    assert!(collector.convict(evidence.first.signer) && !collector.convict(2));
    assert_eq!(give(&mut collector, &vote(notarize(3), 2)), Collected::Rejected(Rejected::Known));
}

#[test]
fn what_others_say_of_those_below_keeps_no_vote_out_of_their_sum() {
    for false_signers in [&[0, 1, 2][..], &[0, 1, 5], &[0, 1]] {
        let mut collector = collector(equal_set(7));
        let false_sum = Partial { signature: Signature([1; 48]), ..partial(notarize(1), false_signers) };
        give_partial(&mut collector, &false_sum, 6);
        let below = bitmap(7, &[0, 1, 2]);
        assert_eq!(collector.heard(&notarize(1), &below).count(), 0, "nobody below has voted yet");
        give(&mut collector, &vote(notarize(1), 0));
        give(&mut collector, &vote(notarize(1), 1));
        assert_eq!(collector.sum_of(&notarize(1), &below), Some(partial(notarize(1), &[0, 1])));
    }
    // One from below is found out, and the votes that it covered come in.
    let mut collector = collector(equal_set(7));
    let false_sum = Partial { signature: Signature([1; 48]), ..partial(notarize(1), &[0, 1]) };
    give_partial(&mut collector, &false_sum, 2);
    give(&mut collector, &vote(notarize(1), 0));
    assert_eq!(collector.sum_of(&notarize(1), &bitmap(7, &[0, 1, 2])), Some(partial(notarize(1), &[0])));
}

#[test]
fn a_sum_gives_way_only_to_one_with_more_in_it() {
    let mut collector = collector(equal_set(7));
    assert_eq!(give_partial(&mut collector, &partial(notarize(1), &[0, 1]), 0), Collected::Kept);
    let known = Collected::Rejected(Rejected::Known);
    for other in [&[0, 1][..], &[0], &[0, 2], &[2, 3, 4]] {
        assert_eq!(give_partial(&mut collector, &partial(notarize(1), other), 0), known, "{other:?}");
    }
    assert_eq!(give_partial(&mut collector, &partial(notarize(1), &[0, 1, 2]), 0), Collected::Kept);
}

#[test]
fn keeps_the_votes_of_the_newest_views_when_none_becomes_final() {
    let mut collector = collector(equal_set(4));
    let views = 2 * MAX_ROUNDS as u64;
    for view in (1..=views).map(View) {
        assert_eq!(collector.vote(view, View(0), &vote(Statement::nullify(view), 1), 1), Collected::Kept);
    }
    assert_eq!(collector.rounds.len(), MAX_ROUNDS);
    assert_eq!(collector.voters(&Statement::nullify(View(views))).count(), 1);
    assert_eq!(collector.voters(&Statement::nullify(View(1))).count(), 0);
}
