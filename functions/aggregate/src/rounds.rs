//! One organization after the other, of which none keeps the others waiting.

use domain::OrganizationId;
use std::time::{Duration, Instant};

/// How a round went.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// Whose work is done.
    pub done: u64,
    /// Whose work failed; the log says why.
    pub failed: u64,
    /// Whom nobody came to any more: on another day they are first.
    pub unfinished: u64,
}

/// Does a work for each organization, in their order. One that takes longer than `patience` is left, which counts as failed, and
/// none is begun after `until`. Work may break off anywhere.
pub async fn round(
    organizations: &[OrganizationId],
    until: Instant,
    patience: Duration,
    work: impl AsyncFn(OrganizationId) -> anyhow::Result<()>,
) -> Round {
    let mut round = Round::default();
    for (place, organization) in organizations.iter().enumerate() {
        if Instant::now() > until {
            let left = organizations.len() - place;
            tracing::warn!(organizations.left = left, "what is left is done another day");
            round.unfinished = left as u64;
            break;
        }
        match tokio::time::timeout(patience, work(*organization)).await {
            Ok(Ok(())) => round.done += 1,
            Ok(Err(error)) => {
                round.failed += 1;
                tracing::error!(organization.id = %organization, error = format!("{error:#}"), "the round's work fails");
            }
            Err(_) => {
                round.failed += 1;
                tracing::error!(organization.id = %organization, "the round's work takes too long");
            }
        }
    }
    round
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::pending, sync::Mutex};

    fn five() -> Vec<OrganizationId> {
        (0..5).map(|_| OrganizationId::generate()).collect()
    }

    #[tokio::test]
    async fn one_that_is_slow_or_fails_keeps_no_other_waiting() {
        let (all, seen) = (five(), Mutex::new(Vec::new()));
        let work = async |organization| {
            seen.lock().expect("not poisoned").push(organization);
            match all.iter().position(|one| *one == organization) {
                Some(0) => pending().await,
                Some(2) => anyhow::bail!("no"),
                _ => Ok(()),
            }
        };
        let until = Instant::now() + Duration::from_secs(60);
        let went = round(&all, until, Duration::from_millis(20), work).await;
        assert_eq!(went, Round { done: 3, failed: 2, unfinished: 0 });
        assert_eq!(*seen.lock().expect("not poisoned"), all);
    }

    #[tokio::test]
    async fn none_is_begun_when_the_time_is_over() {
        let all = five();
        let work = async |_| {
            tokio::time::sleep(Duration::from_millis(40)).await;
            Ok(())
        };
        let until = Instant::now() + Duration::from_millis(60);
        let went = round(&all, until, Duration::from_secs(60), work).await;
        assert!(went.done >= 1 && went.unfinished >= 2 && went.done + went.unfinished == 5, "{went:?}");
        let over = Instant::now().checked_sub(Duration::from_secs(1)).expect("after the machine's start");
        let went = round(&all, over, Duration::from_secs(60), async |_| Ok(())).await;
        assert_eq!(went, Round { done: 0, failed: 0, unfinished: 5 });
    }
}
