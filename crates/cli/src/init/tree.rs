//! How the wizard shows the tree of units.

use samesign_agent::connect::ad::OuNode;
use samesign_agent::engine::Dn;

/// The units as an indented tree with the number of people in each, beside their DNs.
pub fn tree(units: &[OuNode]) -> Vec<(String, String)> {
    let mut rows: Vec<(Vec<String>, &OuNode)> = units.iter().map(|unit| (parts(&unit.dn), unit)).collect();
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let top = rows.iter().map(|(path, _)| path.len()).min().unwrap_or_default();
    let width = rows.iter().map(|(path, _)| indented(path, top).chars().count()).max().unwrap_or_default();
    let line = |path: &[String], unit: &OuNode| format!("{:<width$}  {:>6} people", indented(path, top), unit.users);
    rows.iter().map(|(path, unit)| (line(path, unit), unit.dn.to_string())).collect()
}

/// The parts of a DN, the root first.
fn parts(dn: &str) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = Dn::parse(dn).ok();
    while let Some(dn) = rest {
        path.push(dn.rdn_value().unwrap_or_default().to_string());
        rest = dn.parent();
    }
    path.reverse();
    path
}

fn indented(path: &[String], top: usize) -> String {
    format!("{}{}", "  ".repeat(path.len().saturating_sub(top)), path.last().map_or("", String::as_str))
}
