//! A unit of work: what one message may take of a function's time, and how much of it is done at a time.

use domain::limits;
use std::time::{Duration, Instant};

/// A unit's clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Instant,
    begins_for: Duration,
}

impl Clock {
    /// From now on, within the product's limits.
    #[must_use]
    pub fn start() -> Self {
        Self::within(Duration::from_secs(limits::UNIT_BEGINS_SECONDS))
    }

    /// With another time to begin things in.
    #[must_use]
    pub fn within(begins_for: Duration) -> Self {
        Self { began: Instant::now(), begins_for }
    }

    /// Whether nothing new should be begun.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.began.elapsed() >= self.begins_for
    }

    /// Until the unit must end.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        Duration::from_secs(limits::UNIT_SECONDS).saturating_sub(self.began.elapsed())
    }
}

/// How many passages are embedded and written at a time: what was not written when a unit ends is lost, and a slow model takes a
/// second a passage.
#[derive(Debug)]
pub(crate) struct Pace(usize);

/// A batch that took less may grow, one that took more shrinks: a unit sees several of them.
const GROWS_BELOW: Duration = Duration::from_secs(4);
const SHRINKS_ABOVE: Duration = Duration::from_secs(12);

impl Pace {
    pub(crate) fn start() -> Self {
        Self(limits::CHUNKS_AT_FIRST)
    }

    /// Passages of the next batch.
    pub(crate) fn chunks(&self) -> usize {
        self.0
    }

    /// The last batch took so long.
    pub(crate) fn took(&mut self, time: Duration) {
        if time < GROWS_BELOW {
            self.0 = (self.0 * 2).min(limits::CHUNKS_AT_ONCE);
        } else if time > SHRINKS_ABOVE {
            self.0 = (self.0 / 2).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_grows_while_it_is_quick_and_shrinks_when_it_is_slow() {
        let mut pace = Pace::start();
        for _ in 0..5 {
            pace.took(Duration::from_millis(50));
        }
        assert_eq!(pace.chunks(), limits::CHUNKS_AT_ONCE);
        pace.took(Duration::from_secs(8));
        assert_eq!(pace.chunks(), limits::CHUNKS_AT_ONCE, "neither");
        for _ in 0..9 {
            pace.took(Duration::from_secs(20));
        }
        assert_eq!(pace.chunks(), 1);
    }
}
