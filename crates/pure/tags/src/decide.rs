use crate::branch::may_be_own;
use crate::rules::{Rules, Scope, rules};
use crate::{
    Decision, Facts, Held, Holder, Kept, Move, MoveReason, NUMBERS, Number, Order, Policy, Purpose, Stay, StayReason,
    Tag, Ties, branch_tag,
};
use std::collections::BTreeSet;

/// Decides over the tags of an image.
///
/// After all moves were made, deciding again from what is then held gives no moves.
pub fn decide(held: &Held, image: &Facts, policy: &Policy) -> Decision {
    let mut table = Table { held, image, policy, decision: Decision::default() };
    match (&image.own, rules(image, policy), &policy.purpose) {
        (Some(own), ..) => table.revision(own.clone()),
        (None, Some(rules), _) => table.forward(&rules),
        (None, None, Purpose::Branch(name)) => table.branch(branch_tag(name, &policy.all_reserved())),
        (None, None, _) => table.decision.remarks.push("a packaged release is not tagged as a revision".to_owned()),
    }
    table.decision
}

struct Table<'a> {
    held: &'a Held,
    image: &'a Facts,
    policy: &'a Policy,
    decision: Decision,
}

/// What the rules say of one tag: whether it goes to the image, or where else, or why not.
type Verdict = Result<(Facts, MoveReason), StayReason>;

impl Table<'_> {
    fn forward(&mut self, rules: &Rules) {
        self.remark();
        if rules.numbered {
            self.number();
        }
        for (tag, scope) in &rules.forward {
            let verdict = self.judge(tag, *scope);
            self.enter(tag.clone(), verdict);
        }
        for (tag, why) in &rules.refused {
            self.enter(tag.clone(), Err(why.clone()));
        }
        let at = |tag: &Tag| if Number::read(tag).is_some() { 0 } else { place(tag, rules) };
        // Refused tags come here only by an overruling; the order of writing is kept for them, too.
        self.decision.moves.sort_by_key(|one| at(&one.tag));
    }

    /// The number of the image: the one that it has, or the next.
    fn number(&mut self) {
        let (held, version) = (self.held, &self.image.version);
        let all = || held.tags.iter().filter_map(|(tag, holder)| Some((tag, Number::read(tag)?, holder)));
        let of_version = || all().filter(|(_, number, _)| number.version == *version);
        let at_image =
            of_version().filter(|(_, number, holder)| number.canonical && holder.digest() == self.image.digest);
        if let Some((tag, ..)) = at_image.max_by_key(|(_, number, _)| number.number) {
            let stay = Stay { tag: tag.clone(), holder: Some(self.image.digest), why: StayReason::There };
            self.decision.stays.push(stay);
            return;
        }
        let next = of_version().filter_map(|(_, number, _)| number.number).max().unwrap_or(0) + 1;
        let tag = Number::tag(version, next);
        if next > NUMBERS {
            self.decision.stays.push(Stay { tag, holder: None, why: StayReason::NoNumberLeft });
            return;
        }
        let newer = numbered(held).filter(|(_, other)| other.version == *version && other.is_newer_than(self.image));
        let verdict = match newer.last() {
            Some((number, _)) => Err(StayReason::OlderThanNumbered { number: number.clone() }),
            None => Ok((self.image.clone(), MoveReason::Numbered)),
        };
        self.enter(tag, verdict);
    }

    /// A tag that goes forward only.
    fn judge(&self, tag: &Tag, scope: Scope) -> Verdict {
        let own = (self.image, None);
        let admitted = numbered(self.held).filter(|(_, other)| scope.admits(self.image, other));
        let (best, number) =
            admitted.fold(
                own,
                |(best, of), (tag, other)| {
                    if other.is_newer_than(best) { (other, Some(tag)) } else { (best, of) }
                },
            );
        let kept = self.held.kept(tag).and_then(|kept| Some((kept, kept.from.as_ref()?)));
        let why = match (self.held.tags.get(tag), kept) {
            (Some(holder), _) if holder.digest() == self.image.digest && number.is_none() => {
                return Err(StayReason::There);
            }
            (None, _) => MoveReason::First,
            (Some(Holder::Foreign { why, .. }), _) => return Err(StayReason::Foreign { why: why.clone() }),
            (Some(Holder::Ours(_)), Some((kept, from))) if !best.is_newer_than(from) => {
                return Err(StayReason::PutBack { reason: kept.reason.clone() });
            }
            (Some(Holder::Ours(holder)), _) if holder.own.is_some() => MoveReason::Packaged { than: holder.clone() },
            (Some(Holder::Ours(holder)), _) => match best.order(holder) {
                Order::Newer => MoveReason::Newer { than: holder.clone() },
                Order::Equal | Order::Unknown if self.policy.ties == Ties::Move && number.is_none() => {
                    MoveReason::Rebuilt
                }
                Order::Equal => return Err(StayReason::Equal),
                Order::Unknown => return Err(StayReason::Unknown),
                Order::Same | Order::Older => return Err(StayReason::HolderNewer { holder: holder.clone() }),
            },
        };
        Ok(match number {
            Some(number) => (best.clone(), MoveReason::Completes { number: number.clone(), image: best.clone() }),
            None => (best.clone(), why),
        })
    }

    /// The tag of an image of a revision of the source: no other is touched, whatever is asked for.
    fn revision(&mut self, own: Tag) {
        let reserved = self.policy.all_reserved();
        let refused = match &self.policy.purpose {
            Purpose::Revision { .. } if !may_be_own(&own, &self.image.version, &reserved) => Some(StayReason::Reserved),
            Purpose::Revision { branch: Some(branch) } if branch_tag(branch, &reserved) != own => {
                Some(StayReason::OtherBranch { branch: branch.clone() })
            }
            Purpose::Revision { .. } => None,
            _ => Some(StayReason::OfRevision),
        };
        match refused {
            Some(why) => self.enter(own, Err(why)),
            None => self.branch(own),
        }
    }

    /// A branch's own tag.
    fn branch(&mut self, tag: Tag) {
        let follows = (self.image.clone(), MoveReason::Follows);
        let verdict = match self.held.tags.get(&tag) {
            None => Ok((self.image.clone(), MoveReason::First)),
            Some(Holder::Foreign { digest, .. }) if *digest == self.image.digest => Err(StayReason::There),
            Some(Holder::Foreign { why, .. }) => Err(StayReason::Foreign { why: why.clone() }),
            Some(Holder::Ours(holder)) if holder.digest == self.image.digest => Err(StayReason::There),
            // Branches of two repositories may have one name.
            Some(Holder::Ours(holder)) if holder.own.is_some() != self.image.own.is_some() => {
                Err(StayReason::OtherKind { holder: holder.clone() })
            }
            Some(Holder::Ours(holder)) => match (holder.revised, self.image.revised) {
                (Some(theirs), Some(own)) if theirs > own => Err(StayReason::LaterCommit),
                _ => Ok(follows),
            },
        };
        self.enter(tag, verdict);
    }

    /// Writes down a verdict, or what a person said in its place.
    fn enter(&mut self, tag: Tag, verdict: Verdict) {
        let from = self.held.digest(&tag);
        let overrule = self.policy.overrule.as_ref().filter(|overrule| overrule.covers(&tag));
        let rule = match verdict {
            // What is overruled is about this image: another one, however new, does not take its place.
            Ok((to, why)) if to.digest == self.image.digest || overrule.is_none() => {
                self.decision.moves.push(Move { tag, from, to: to.digest, why, kept: None });
                return;
            }
            Ok((to, _)) => StayReason::HolderNewer { holder: to },
            Err(rule) => rule,
        };
        match overrule {
            None => self.decision.stays.push(Stay { tag, holder: from, why: rule }),
            Some(_) if from == Some(self.image.digest) => {
                self.decision.stays.push(Stay { tag, holder: from, why: StayReason::There });
            }
            Some(overrule) => {
                let (to, reason) = (self.image.digest, overrule.reason().to_owned());
                let kept = Kept { from: self.barrier(&tag), tag: tag.clone(), to, reason: reason.clone() };
                let why = MoveReason::Overruled { rule, reason };
                self.decision.moves.push(Move { tag, from, to, why, kept: Some(kept) });
            }
        }
    }

    /// The newest image that a tag has been at, as far as is known.
    fn barrier(&self, tag: &Tag) -> Option<Facts> {
        let before = self.held.kept(tag).and_then(|kept| kept.from.clone());
        before.or_else(|| self.held.tags.get(tag).and_then(Holder::facts).cloned())
    }

    /// Says what does not fit together in what is held.
    fn remark(&mut self) {
        let mut say = |text: String| self.decision.remarks.push(text);
        let mut counted = BTreeSet::new();
        for (tag, holder) in &self.held.tags {
            let number = Number::read(tag);
            match &number {
                Some(Number { number: None, .. }) => say(format!("`{tag}` is no number that is counted here")),
                Some(Number { canonical: false, .. }) => {
                    say(format!(
                        "`{tag}` is not written as numbers are here; it is left alone and its number not given again"
                    ));
                }
                Some(Number { version, number: Some(number), .. }) if *version == self.image.version => {
                    counted.insert(*number);
                }
                _ => {}
            }
            let version = number.map(|number| number.version).or_else(|| tag.as_str().parse().ok());
            match (version, holder) {
                (Some(version), Holder::Ours(facts)) if facts.version != version => {
                    say(format!("`{tag}` is at an image of version {}", facts.version));
                }
                (_, Holder::Ours(facts))
                    if self.policy.purpose != Purpose::Local
                        && self.policy.floating.contains(tag)
                        && facts.version.is_pre_release() =>
                {
                    say(format!("`{tag}` is at a pre-release, {facts}"));
                }
                (Some(_), Holder::Foreign { why, .. }) => say(format!("`{tag}` is at somebody else's image ({why})")),
                _ => {}
            }
        }
        let highest = counted.last().copied().unwrap_or(0);
        if let Some(first) = (1..highest).find(|number| !counted.contains(number)) {
            let (first, highest) = (Number::tag(&self.image.version, first), Number::tag(&self.image.version, highest));
            say(format!("`{first}` is not there although `{highest}` is; numbers are not given again"));
        }
    }
}

/// Where a tag stands in the order of writing.
fn place(tag: &Tag, rules: &Rules) -> usize {
    let refused = rules.refused.iter().map(|(tag, _)| tag);
    // `latest` comes last, whether it goes forward by itself or by a person's word.
    if *tag == Tag::latest() {
        return usize::MAX;
    }
    1 + rules.forward.iter().map(|(tag, _)| tag).chain(refused).position(|other| other == tag).unwrap_or(usize::MAX - 2)
}

/// The images with a number that is theirs, in the order of their tags.
fn numbered(held: &Held) -> impl Iterator<Item = (&Tag, &Facts)> {
    held.tags.iter().filter_map(|(tag, holder)| {
        let number = Number::read(tag)?;
        let is_its = |facts: &&Facts| number.canonical && facts.version == number.version && facts.own.is_none();
        holder.facts().filter(is_its).map(|facts| (tag, facts))
    })
}
