//! Which waiting message goes next: groups take turns, within a group first come, first served.
//!
//! This is what SQS promises of *fair queues*: a tenant with ten thousand waiting messages cannot make another
//! tenant's single message wait behind them. Messages without a group share one turn.

use std::collections::{HashMap, VecDeque};

/// The waiting messages of one queue, by their sequence number.
///
/// A message that leaves by another door (deleted by an old receipt, expired) stays here as a stale number; the
/// queue skips it when its turn comes, which is cheaper than searching for it.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    turns: VecDeque<String>,
    groups: HashMap<String, VecDeque<u64>>,
}

impl Rotation {
    /// Puts a message at the end of its group.
    pub(super) fn push(&mut self, group: &str, sequence: u64) {
        match self.groups.get_mut(group) {
            Some(waiting) => waiting.push_back(sequence),
            None => {
                self.groups.insert(group.to_owned(), VecDeque::from([sequence]));
                self.turns.push_back(group.to_owned());
            }
        }
    }

    /// Takes the first message of the group whose turn it is; that group then waits behind all others.
    pub(super) fn pop(&mut self) -> Option<u64> {
        while let Some(group) = self.turns.pop_front() {
            let Some(waiting) = self.groups.get_mut(&group) else { continue };
            let next = waiting.pop_front();
            if waiting.is_empty() {
                self.groups.remove(&group);
            } else {
                self.turns.push_back(group);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.turns.clear();
        self.groups.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_message_of_one_group_does_not_wait_behind_ten_thousand_of_another() {
        let mut rotation = Rotation::default();
        (0..10_000).for_each(|sequence| rotation.push("a", sequence));
        rotation.push("b", 10_000);
        rotation.push("", 10_001);
        let order: Vec<_> = std::iter::from_fn(|| rotation.pop()).take(5).collect();
        assert_eq!(order, [0, 10_000, 10_001, 1, 2]);
    }

    #[test]
    fn a_group_that_ran_empty_comes_back_with_its_next_message() {
        let mut rotation = Rotation::default();
        rotation.push("a", 1);
        assert_eq!(rotation.pop(), Some(1));
        assert_eq!(rotation.pop(), None);
        rotation.push("a", 2);
        assert_eq!(rotation.pop(), Some(2));
    }
}
