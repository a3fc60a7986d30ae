//! Periods of whole days, by the organization's clock.

use crate::Refusal;
use domain::limits;
use jiff::{ToSpan as _, civil::Date};
use store::metrics::Period;

/// Years that a period may be in: what Postgres and everybody's calendar know.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2200;

/// A period as it was asked for; what is not said: the last thirty days.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Asked {
    /// The period that is meant today.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] when it ends before it begins or is longer than [`limits::DASHBOARD_DAYS`].
    pub fn within(self, today: Date) -> Result<Period, Refusal> {
        for (pointer, day) in [("?from", self.from), ("?to", self.to)] {
            if day.is_some_and(|day| !YEARS.contains(&day.year())) {
                return Err(Refusal::invalid(pointer, "It is a day of this century, as in 2026-11-30."));
            }
        }
        let usual = limits::DASHBOARD_DAYS_DEFAULT - 1;
        let to = self.to.unwrap_or_else(|| self.from.map_or(today, |from| today.max(from)));
        let from = self.from.unwrap_or_else(|| to.saturating_sub(usual.days()));
        if from > to {
            return Err(Refusal::invalid("?from", format!("The period ends on {to}, before it begins.")));
        }
        let period = Period { from, to };
        if days(period) > limits::DASHBOARD_DAYS {
            let most = limits::DASHBOARD_DAYS;
            return Err(Refusal::invalid("?from", format!("A period has at most {most} days.")));
        }
        Ok(period)
    }
}

/// How many days a period has.
fn days(period: Period) -> i32 {
    (period.to - period.from).get_days() + 1
}

/// As many days, right before.
pub(crate) fn before(period: Period) -> Period {
    let to = period.from.saturating_sub(1.day());
    Period { from: to.saturating_sub((days(period) - 1).days()), to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 27);

    fn asked(from: Option<Date>, to: Option<Date>) -> Result<(Date, Date), &'static str> {
        match (Asked { from, to }).within(TODAY) {
            Ok(period) => Ok((period.from, period.to)),
            Err(Refusal::Invalid { pointer, .. }) => Err(pointer),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_said_is_the_last_thirty_days() {
        assert_eq!(asked(None, None), Ok((date(2026, 10, 29), TODAY)));
        assert_eq!(asked(Some(date(2026, 11, 1)), None), Ok((date(2026, 11, 1), TODAY)));
        assert_eq!(asked(None, Some(date(2026, 1, 30))), Ok((date(2026, 1, 1), date(2026, 1, 30))));
        let tomorrow = date(2026, 11, 28);
        assert_eq!(asked(Some(tomorrow), None), Ok((tomorrow, tomorrow)));
    }

    #[test]
    fn a_period_has_edges() {
        let last = TODAY.saturating_sub((limits::DASHBOARD_DAYS - 1).days());
        assert_eq!(asked(Some(last), Some(TODAY)), Ok((last, TODAY)));
        assert_eq!(asked(Some(last.saturating_sub(1.day())), Some(TODAY)), Err("?from"));
        assert_eq!(asked(Some(TODAY), Some(date(2026, 11, 26))), Err("?from"));
        assert_eq!(asked(Some(Date::MIN), None), Err("?from"));
        assert_eq!(asked(None, Some(Date::MAX)), Err("?to"));
    }

    #[test]
    fn the_period_before_has_as_many_days() {
        let february = Period { from: date(2028, 2, 1), to: date(2028, 2, 29) };
        assert_eq!(before(february), Period { from: date(2028, 1, 3), to: date(2028, 1, 31) });
    }
}
