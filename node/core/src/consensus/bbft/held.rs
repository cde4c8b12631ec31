//! The certificates and candidates above the last final block, and what follows from them: which parents are allowed.
//!
//! It leaves out votes and timers: it knows what was proven, not what this validator said.

use super::{Candidate, Certificate, Phase, Place, Statement, View};
use std::collections::BTreeMap;
use tenon_types::Hash;

/// What is held of a view.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
struct Proofs {
    notarized: Option<Certificate>,
    nullified: Option<Certificate>,
    finalized: Option<Certificate>,
}

impl Proofs {
    fn of(&mut self, phase: Phase) -> &mut Option<Certificate> {
        match phase {
            Phase::Notarize => &mut self.notarized,
            Phase::Nullify => &mut self.nullified,
            Phase::Finalize => &mut self.finalized,
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Certificate> {
        [&self.finalized, &self.notarized, &self.nullified].into_iter().flatten()
    }
}

/// What came of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Inserted {
    /// It is new.
    New,
    /// It, or one of the same statement, was held; or it is below the last final block.
    Known,
    /// It contradicts this one.
    Conflict(Box<Certificate>),
}

/// Why a parent is not allowed, as far as is known here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ParentError {
    /// It cannot ever be: it lies before the last final block, beside it, or not before its child.
    Impossible,
    /// The certificate of the parent, or the nullification of a view between, is missing from this view to that one.
    Missing {
        /// The lowest view of which something is missing.
        first: View,
        /// The highest.
        last: View,
    },
}

/// The certificates and candidates above the last final block.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Held {
    /// The last final block.
    root: Candidate,
    proofs: BTreeMap<View, Proofs>,
    /// Candidates by place: proposed to this node, or certified.
    candidates: BTreeMap<Place, Candidate>,
    /// Statements of certificates that were not persisted yet.
    unsaved: Vec<(View, Phase)>,
}

impl Held {
    pub(crate) fn new(root: Candidate) -> Self {
        Self { root, proofs: BTreeMap::new(), candidates: BTreeMap::from([(root.place, root)]), unsaved: Vec::new() }
    }

    pub(crate) fn root(&self) -> &Candidate {
        &self.root
    }

    /// Keeps a certificate that is verified.
    pub(crate) fn insert(&mut self, certificate: Certificate) -> Inserted {
        let Certificate { statement, .. } = certificate;
        if statement.view <= self.root.place.view {
            return Inserted::Known;
        }
        let proofs = self.proofs.entry(statement.view).or_default();
        let contradicts = |held: &&Certificate| {
            let held = held.statement;
            let nullified_and_final = matches!(
                (held.phase, statement.phase),
                (Phase::Nullify, Phase::Finalize) | (Phase::Finalize, Phase::Nullify)
            );
            let both_name_blocks = held.phase != Phase::Nullify && statement.phase != Phase::Nullify;
            nullified_and_final || (both_name_blocks && held.digest != statement.digest)
        };
        if let Some(held) = proofs.iter().find(contradicts) {
            return Inserted::Conflict(Box::new(held.clone()));
        }
        let place = proofs.of(statement.phase);
        if place.is_some() {
            return Inserted::Known;
        }
        *place = Some(certificate);
        self.unsaved.push((statement.view, statement.phase));
        Inserted::New
    }

    /// Keeps a candidate whose digest binds its fields.
    pub(crate) fn know(&mut self, candidate: Candidate) {
        if candidate.place.view > self.root.place.view {
            self.candidates.insert(candidate.place, candidate);
        }
    }

    pub(crate) fn candidate(&self, place: &Place) -> Option<&Candidate> {
        self.candidates.get(place)
    }

    /// The digest that was notarized in a view. A final one was, too, but its certificate need not be here.
    pub(crate) fn notarized(&self, view: View) -> Option<Hash> {
        self.proofs.get(&view)?.notarized.as_ref().map(|certificate| certificate.statement.digest)
    }

    pub(crate) fn holds(&self, statement: &Statement) -> bool {
        let proofs = self.proofs.get(&statement.view);
        proofs.into_iter().flat_map(Proofs::iter).any(|certificate| certificate.statement == *statement)
    }

    /// Whether a place is certified: notarized or final.
    pub(crate) fn is_certified(&self, place: &Place) -> bool {
        let proofs = self.proofs.get(&place.view);
        let named = proofs.into_iter().flat_map(|proofs| [&proofs.notarized, &proofs.finalized]).flatten();
        named.into_iter().any(|certificate| certificate.statement.digest == place.digest)
    }

    /// The certificates above the last final block that finalize something, the lowest views first.
    pub(crate) fn finals(&self) -> impl DoubleEndedIterator<Item = &Certificate> {
        let above = self.proofs.range(self.root.place.view.next()..);
        above.filter_map(|(_, proofs)| proofs.finalized.as_ref())
    }

    pub(crate) fn is_nullified(&self, view: View) -> bool {
        self.proofs.get(&view).is_some_and(|proofs| proofs.nullified.is_some())
    }

    /// The certificate by which a view was entered.
    pub(crate) fn entry(&self, view: View) -> Option<&Certificate> {
        self.proofs.get(&view.previous()?)?.iter().next()
    }

    pub(crate) fn certificates(&self, first: View, last: View) -> impl Iterator<Item = &Certificate> {
        let range = (first <= last).then(|| self.proofs.range(first..=last));
        range.into_iter().flatten().flat_map(|(_, proofs)| proofs.iter())
    }

    /// The certificates that came since this was asked last and are still of use.
    pub(crate) fn take_unsaved(&mut self) -> Vec<Certificate> {
        let unsaved = std::mem::take(&mut self.unsaved);
        let find =
            |(view, phase): (View, Phase)| self.proofs.get_mut(&view).and_then(|proofs| proofs.of(phase).clone());
        unsaved.into_iter().filter_map(find).collect()
    }

    /// Whether a candidate's parent is the last final block, or notarized above it, and every view between is nullified.
    pub(crate) fn check_parent(&self, candidate: &Candidate, gaps_matter: bool) -> Result<(), ParentError> {
        let (parent, view) = (candidate.parent, candidate.place.view);
        let root = self.root.place;
        if parent.view >= view || parent.view < root.view || (parent.view == root.view && parent != root) {
            return Err(ParentError::Impossible);
        }
        let mut missing: Option<(View, View)> = None;
        let mut miss = |view| missing = Some((missing.map_or(view, |(first, _)| first), view));
        if parent != root {
            match self.notarized(parent.view) {
                Some(digest) if digest == parent.digest => {}
                Some(_) => return Err(ParentError::Impossible),
                None => miss(parent.view),
            }
        }
        let mut between = parent.view.next();
        while gaps_matter && between < view {
            if !self.is_nullified(between) {
                miss(between);
            }
            between = between.next();
        }
        missing.map_or(Ok(()), |(first, last)| Err(ParentError::Missing { first, last }))
    }

    /// The place on which a block of a view may be built: the highest notarized one, or the last final one, above which
    /// every view is nullified.
    pub(crate) fn parent_for(&self, view: View) -> Result<Place, ParentError> {
        let mut below = view.previous();
        while let Some(candidate) = below.filter(|below| *below > self.root.place.view) {
            if let Some(digest) = self.notarized(candidate) {
                return Ok(Place { view: candidate, digest });
            }
            if !self.is_nullified(candidate) {
                return Err(ParentError::Missing { first: self.gap_below(candidate), last: candidate });
            }
            below = candidate.previous();
        }
        Ok(self.root.place)
    }

    /// The lowest of the views up to one of which nothing is held that leads on: answers are bounded and start there.
    fn gap_below(&self, view: View) -> View {
        let mut first = view;
        while let Some(below) = first.previous().filter(|below| {
            *below > self.root.place.view && !self.is_nullified(*below) && self.notarized(*below).is_none()
        }) {
            first = below;
        }
        first
    }

    /// How many views directly below one are nullified and nothing else, up to a bound.
    pub(crate) fn failed_before(&self, view: View, bound: u32) -> u32 {
        let mut count = 0_u32;
        let mut below = view.previous();
        while let Some(failed) = below.filter(|below| {
            count < bound
                && *below > self.root.place.view
                && self.is_nullified(*below)
                && self.notarized(*below).is_none()
        }) {
            count = count.saturating_add(1);
            below = failed.previous();
        }
        count
    }

    /// The ancestor of a candidate, or it itself, that is not above a height; or the place of an ancestor that is not
    /// known. `None` if that one is below the last final block.
    pub(crate) fn ancestor_at(&self, candidate: &Candidate, height: u64) -> Option<Result<Candidate, Place>> {
        let mut found = *candidate;
        while found.height > height {
            if found.parent.view < self.root.place.view {
                return None;
            }
            match self.candidate(&found.parent) {
                Some(parent) => found = *parent,
                None => return Some(Err(found.parent)),
            }
        }
        Some(Ok(found))
    }

    /// Makes a block the last final one and forgets what lies below it.
    pub(crate) fn commit(&mut self, candidate: Candidate) {
        assert!(candidate.place.view >= self.root.place.view, "what is final stays so");
        self.root = candidate;
        let view = candidate.place.view;
        // What led to the next view may still be asked for.
        self.proofs = self.proofs.split_off(&view);
        self.candidates.retain(|place, _| place.view > view);
        self.candidates.insert(candidate.place, candidate);
    }
}
