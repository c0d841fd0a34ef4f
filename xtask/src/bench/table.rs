//! What was measured, beside what we want to reach.

/// One line of the table.
pub struct Row {
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    /// The value must not be above it; without one the line is for information.
    pub target_max: Option<f64>,
    /// Likewise, from below.
    pub target_min: Option<f64>,
}

impl Row {
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, target_max: None, target_min: None }
    }

    pub fn at_most(self, target: f64) -> Self {
        Self { target_max: Some(target), ..self }
    }

    pub fn at_least(self, target: f64) -> Self {
        Self { target_min: Some(target), ..self }
    }

    pub fn missed(&self) -> bool {
        self.target_max.is_some_and(|target| self.value > target) || self.target_min.is_some_and(|target| self.value < target)
    }
}

/// Prints all rows to stdout; answers whether every target was reached.
pub fn print(rows: &[Row]) -> bool {
    println!("{:<58} {:>12} {:<10} {:>10} {:>7}", "", "measured", "", "target", "ratio");
    for row in rows {
        let bound = row.target_max.map(|target| ("<=", target)).or(row.target_min.map(|target| (">=", target)));
        let target = bound.map_or_else(String::new, |(sign, target)| format!("{sign} {target}"));
        let ratio = bound.map_or_else(String::new, |(_, target)| format!("{:.2}", row.value / target));
        let verdict = if row.missed() { "  MISSED" } else { "" };
        println!("{:<58} {:>12.3} {:<10} {target:>10} {ratio:>7}{verdict}", row.what, row.value, row.unit);
    }
    !rows.iter().any(Row::missed)
}
