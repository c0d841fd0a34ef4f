//! Dates, times and durations as the format counts them: in units of 100 nanoseconds.

use std::fmt;

use super::Error;

const TICKS_PER_SECOND: u64 = 10_000_000;
const TICKS_PER_DAY: u64 = 86_400 * TICKS_PER_SECOND;
/// One past 9999-12-31T23:59:59.9999999.
const TICKS_END: u64 = 3_155_378_976_000_000_000;

/// A date and time ([MC-NBFX] 2.2.3.12), from the year 1 to the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    ticks: u64,
    zone: Zone,
}

/// What a [`DateTime`] is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Not told.
    Unspecified,
    /// Coordinated universal time.
    Utc,
    /// The reader's own zone. It is not known here, so the text bears no offset.
    Local,
}

impl DateTime {
    /// Takes ticks of 100 nanoseconds since 0001-01-01T00:00:00; past the year 9999 is an error.
    pub fn new(ticks: u64, zone: Zone) -> Result<Self, Error> {
        (ticks < TICKS_END).then_some(Self { ticks, zone }).ok_or(Error::Value)
    }

    /// Takes the eight bytes of the record: 62 bits of ticks, two bits of zone.
    pub(super) fn from_wire(bits: u64) -> Result<Self, Error> {
        let zone = match bits >> 62 {
            0 => Zone::Unspecified,
            1 => Zone::Utc,
            2 => Zone::Local,
            _ => return Err(Error::Value),
        };
        Self::new(bits & (u64::MAX >> 2), zone)
    }

    pub(super) const fn to_wire(self) -> u64 {
        let zone = match self.zone {
            Zone::Unspecified => 0,
            Zone::Utc => 1,
            Zone::Local => 2,
        };
        self.ticks | zone << 62
    }

    /// Ticks of 100 nanoseconds since 0001-01-01T00:00:00.
    pub const fn ticks(self) -> u64 {
        self.ticks
    }

    /// What it is relative to.
    pub const fn zone(self) -> Zone {
        self.zone
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.ticks / TICKS_PER_DAY);
        let seconds = self.ticks % TICKS_PER_DAY / TICKS_PER_SECOND;
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        write_fraction(f, self.ticks % TICKS_PER_SECOND)?;
        f.write_str(if self.zone == Zone::Utc { "Z" } else { "" })
    }
}

/// The date of a day counted from 0001-01-01, by the proleptic Gregorian calendar. Counts in years that begin in March, so that the
/// leap day comes last.
const fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_FROM_MARCH_OF_YEAR_0: u64 = 306;
    const DAYS_PER_400_YEARS: u64 = 146_097;
    let shifted = days + DAYS_FROM_MARCH_OF_YEAR_0;
    let (era, day_of_era) = (shifted / DAYS_PER_400_YEARS, shifted % DAYS_PER_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + (month <= 2) as u64, month, day)
}

/// A duration in ticks of 100 nanoseconds ([MC-NBFX] 2.2.3.23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan(pub i64);

impl fmt::Display for TimeSpan {
    /// The text is an XML Schema duration, as in the specification's examples and as .NET writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let (days, rest) = (ticks / TICKS_PER_DAY, ticks % TICKS_PER_DAY);
        let (seconds, fraction) = (rest / TICKS_PER_SECOND, rest % TICKS_PER_SECOND);
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        write_part(f, days, 'D')?;
        if rest > 0 || ticks == 0 {
            f.write_str("T")?;
        }
        write_part(f, seconds / 3600, 'H')?;
        write_part(f, seconds / 60 % 60, 'M')?;
        if seconds % 60 > 0 || fraction > 0 || ticks == 0 {
            write!(f, "{}", seconds % 60)?;
            write_fraction(f, fraction)?;
            f.write_str("S")?;
        }
        Ok(())
    }
}

fn write_part(f: &mut fmt::Formatter<'_>, count: u64, unit: char) -> fmt::Result {
    if count > 0 { write!(f, "{count}{unit}") } else { Ok(()) }
}

fn write_fraction(f: &mut fmt::Formatter<'_>, fraction: u64) -> fmt::Result {
    if fraction == 0 {
        return Ok(());
    }
    let digits = format!("{fraction:07}");
    write!(f, ".{}", digits.trim_end_matches('0'))
}
