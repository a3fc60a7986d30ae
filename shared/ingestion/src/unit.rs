//! A unit of work: what one message may take of a function's time.

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
