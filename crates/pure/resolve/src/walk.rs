use crate::links::Links;
use std::collections::BTreeSet;

/// Chooses as apt's marking does: depth first, each relation by its first alternative that can be had, and nothing
/// new where something chosen already will do.
///
/// What is returned need not be consistent: a choice that quarrels with an earlier one is passed over, and so is a
/// relation that nothing satisfies. The solver takes it as a preference and has the last word.
pub(crate) fn walk(links: &Links<'_>, roots: &[usize]) -> BTreeSet<usize> {
    let mut walk = Walk { links, chosen: roots.iter().copied().collect(), failed: BTreeSet::new() };
    for root in roots {
        walk.descend(*root);
    }
    walk.chosen
}

struct Walk<'l, 'u> {
    links: &'l Links<'u>,
    chosen: BTreeSet<usize>,
    /// Candidates whose own relations could not be satisfied.
    failed: BTreeSet<usize>,
}

/// A chosen candidate whose relations are being satisfied. An explicit stack: dependency chains may be long.
struct Frame {
    place: usize,
    need: usize,
    target: usize,
}

impl Walk<'_, '_> {
    fn descend(&mut self, root: usize) {
        let mut stack = vec![Frame { place: root, need: 0, target: 0 }];
        loop {
            let at_root = stack.len() == 1;
            let Some(frame) = stack.last_mut() else { return };
            let Some(need) = self.links.node(frame.place).needs.get(frame.need) else {
                stack.pop();
                continue;
            };
            if need.targets.iter().any(|target| self.chosen.contains(target)) {
                (frame.need, frame.target) = (frame.need + 1, 0);
                continue;
            }
            match need.targets.get(frame.target) {
                Some(target) => {
                    frame.target += 1;
                    if self.can_be_had(*target) {
                        self.chosen.insert(*target);
                        stack.push(Frame { place: *target, need: 0, target: 0 });
                    }
                }
                None if at_root => {
                    // Nothing satisfies a relation of what was asked for: go on, the solver will say so.
                    (frame.need, frame.target) = (frame.need + 1, 0);
                }
                None => {
                    // Back to whoever chose it, to try the next alternative.
                    self.failed.insert(frame.place);
                    self.chosen.remove(&frame.place);
                    stack.pop();
                }
            }
        }
    }

    fn can_be_had(&self, place: usize) -> bool {
        let node = self.links.node(place);
        !self.failed.contains(&place)
            && node.enemies.is_disjoint(&self.chosen)
            && node.needs.iter().all(|need| !need.targets.is_empty())
            // One version of a package at a time.
            && !self.links.universe.named(self.links.name(place)).any(|other| self.chosen.contains(&other))
    }
}
