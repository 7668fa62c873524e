use crate::Member;
use std::collections::BTreeMap;

/// How far each member stands above those that refer to nothing, in the order of `members`; `places` says where each path
/// stands there.
///
/// What stands high changes most: every rebuild of something below it gives it another hash. Members of a cycle, which
/// Nix never makes, stand on top. A loop, not a recursion, so any depth is fine.
pub(crate) fn heights(members: &[&Member], places: &BTreeMap<&str, usize>) -> Vec<usize> {
    let mut heights = vec![0; members.len()];
    let mut open = vec![0_usize; members.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); members.len()];
    for (at, member) in members.iter().enumerate() {
        for below in member.references.iter().filter_map(|path| places.get(path.as_str())).filter(|below| **below != at)
        {
            open[at] += 1;
            users[*below].push(at);
        }
    }
    let mut ready: Vec<usize> = (0..members.len()).filter(|at| open[*at] == 0).collect();
    while let Some(below) = ready.pop() {
        for &user in &users[below] {
            heights[user] = heights[user].max(heights[below] + 1);
            open[user] -= 1;
            if open[user] == 0 {
                ready.push(user);
            }
        }
    }
    let top = heights.iter().max().map_or(0, |height| height + 1);
    for (at, height) in heights.iter_mut().enumerate() {
        if open[at] > 0 {
            *height = top;
        }
    }
    heights
}
