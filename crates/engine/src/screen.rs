//! How plans and findings look on a terminal, without colour. Control characters in the data never reach it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use crate::catalogue;
use crate::guard;
use crate::plan::{Action, AttributeChange, Change, Finding, Plan, Severity};

/// A plan with more changes than this is shortened.
const CHANGES_SHOWN_MAX: usize = 40;
/// Of every action, a shortened plan shows this many changes.
const EXAMPLES: usize = 5;
/// Deletes and held changes are what a person must look at: more of them are shown.
const GRAVE_EXAMPLES: usize = 15;
/// Of every code, this many findings are shown.
const FINDINGS_SHOWN_MAX: usize = 10;
const VALUE_CHARS_MAX: usize = 80;

/// The changes of a plan with their totals, without its findings.
pub struct ChangesScreen<'a>(pub &'a Plan);

/// Findings, one after the other; of a code that many objects share, the first ones.
pub struct FindingsScreen<'a>(pub &'a [Finding]);

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.findings.is_empty() {
            writeln!(f, "{}", FindingsScreen(&self.findings))?;
        }
        ChangesScreen(self).fmt(f)
    }
}

impl Display for ChangesScreen<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let changes = &self.0.changes;
        if changes.len() > CHANGES_SHOWN_MAX {
            shortened(f, changes)?;
        } else {
            let widths = Widths::of(changes.iter());
            changes.iter().try_for_each(|change| line(f, change, widths).and_then(|()| details(f, change)))?;
        }
        totals(f, self.0)
    }
}

impl Display for FindingsScreen<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for findings in self.0.chunk_by(|one, other| one.code == other.code) {
            let Some(first) = findings.first() else { continue };
            writeln!(f, "{}", heading(first))?;
            findings.iter().take(FINDINGS_SHOWN_MAX).try_for_each(|finding| body(f, finding))?;
            if let more @ 1.. = findings.len().saturating_sub(FINDINGS_SHOWN_MAX) {
                writeln!(f, "  … and {more} more")?;
            }
        }
        Ok(())
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", heading(self))?;
        body(f, self)
    }
}

/// The code with its meaning.
fn heading(finding: &Finding) -> String {
    let grade = match finding.severity {
        Severity::Error => "",
        Severity::Warning => " (warning)",
        Severity::Info => " (note)",
    };
    let meaning = catalogue::entry(finding.code).map(|entry| format!(": {}", entry.meaning));
    format!("finding {}{grade}{}", finding.code, meaning.unwrap_or_default())
}

fn body(f: &mut Formatter<'_>, finding: &Finding) -> fmt::Result {
    let Finding { code: _, severity: _, objects, attribute, value, hint } = finding;
    let at = match (attribute, value) {
        (Some(attribute), Some(value)) => format!("   {attribute} = {}", shown(value)),
        (Some(attribute), None) => format!("   {attribute} is blank"),
        (None, _) => String::new(),
    };
    writeln!(f, "  {}{at}", clean(&objects.join(" and ")))?;
    writeln!(f, "    hint: {}", clean(hint))
}

#[derive(Clone, Copy)]
struct Widths {
    action: usize,
    kind: usize,
    upn: usize,
}

impl Widths {
    fn of<'a>(changes: impl Iterator<Item = &'a Change>) -> Self {
        const UPN_MAX: usize = 48;
        changes.fold(Self { action: 0, kind: 0, upn: 0 }, |widths, change| Self {
            action: widths.action.max(change.action.as_str().len()),
            kind: widths.kind.max(change.kind.as_str().len()),
            upn: widths.upn.max(change.upn.chars().count().min(UPN_MAX)),
        })
    }
}

fn line(f: &mut Formatter<'_>, change: &Change, widths: Widths) -> fmt::Result {
    let Widths { action, kind, upn } = widths;
    let held = change.held.map(|code| format!("  [held: {code}]")).unwrap_or_default();
    let (done, class) = (change.action.as_str(), change.kind.as_str());
    writeln!(f, "  {done:<action$}  {class:<kind$}  {:<upn$}   {}{held}", clean(&change.upn), clean(&change.reason))
}

/// Before and after. A new account has no before; of an account that is taken over, what is overwritten matters.
fn details(f: &mut Formatter<'_>, change: &Change) -> fmt::Result {
    let differs = |edit: &&AttributeChange| edit.differs();
    match change.action {
        // Who joins a group and who leaves it stands in the reason.
        Action::Create | Action::Delete | Action::Member => Ok(()),
        Action::Join | Action::Restore => {
            let (overwritten, added): (Vec<_>, Vec<_>) = change.attributes.iter().filter(differs).partition(|edit| edit.from.is_some());
            overwritten.iter().try_for_each(|edit| before_and_after(f, edit))?;
            if added.is_empty() {
                Ok(())
            } else {
                writeln!(f, "            and sets {} the tenant does not show yet", counted(added.len(), "attribute"))
            }
        }
        Action::Update | Action::Password => change.attributes.iter().filter(differs).try_for_each(|edit| before_and_after(f, edit)),
    }
}

fn before_and_after(f: &mut Formatter<'_>, edit: &AttributeChange) -> fmt::Result {
    let text = |value: Option<&crate::Value>| value.map_or_else(|| "(none)".to_owned(), |value| shown(&value.to_string()));
    writeln!(f, "            {}: {} → {}", edit.name, text(edit.from.as_deref()), text(edit.to.as_ref()))
}

/// Groups by action; of each the first ones, and which attributes they touch.
fn shortened(f: &mut Formatter<'_>, changes: &[Change]) -> fmt::Result {
    let mut groups: BTreeMap<(u8, bool), Vec<&Change>> = BTreeMap::new();
    for change in changes {
        groups.entry((screen_order(change.action), change.held.is_none())).or_default().push(change);
    }
    for ((_, free), group) in groups {
        let Some(first) = group.first() else { continue };
        let examples = if first.action == Action::Delete || !free { GRAVE_EXAMPLES } else { EXAMPLES };
        let widths = Widths::of(group.iter().take(examples).copied());
        group.iter().take(examples).try_for_each(|change| line(f, change, widths))?;
        let more = group.len().saturating_sub(examples);
        if more > 0 {
            writeln!(f, "          … and {more} more to {}", first.action.as_str())?;
        }
        if first.action == Action::Update {
            writeln!(f, "          attributes: {}", touched(&group))?;
        }
    }
    Ok(())
}

/// `department 118, title 3`: most often touched first.
fn touched(group: &[&Change]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for edit in group.iter().flat_map(|change| &change.attributes) {
        *counts.entry(edit.name).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

fn totals(f: &mut Formatter<'_>, plan: &Plan) -> fmt::Result {
    let count = |action| plan.changes.iter().filter(|change| change.action == action).count();
    write!(f, "{} to delete, {} to create, ", count(Action::Delete), count(Action::Create))?;
    for action in [Action::Join, Action::Restore] {
        if let total @ 1.. = count(action) {
            write!(f, "{total} to {}, ", action.as_str())?;
        }
    }
    write!(f, "{} to update, ", count(Action::Update))?;
    if let memberships @ 1.. = count(Action::Member) {
        write!(f, "{} to change members of, ", counted(memberships, "group"))?;
    }
    write!(f, "{} unchanged", plan.unchanged)?;
    let held = plan.changes.iter().filter(|change| change.held.is_some()).count();
    if held > 0 {
        write!(f, "\nheld by the guard: {} until a person approves exactly this plan", counted(held, "change"))?;
    } else if !plan.held_because.is_empty() {
        write!(f, "\nheld by the guard: nothing follows from the people who cannot be seen any more")?;
    }
    plan.held_because.iter().try_for_each(|code| write!(f, "\n  {code}: {}", guard::meaning(code)))?;
    Ok(())
}

fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

fn screen_order(action: Action) -> u8 {
    match action {
        Action::Delete => 0,
        Action::Create => 1,
        Action::Join => 2,
        Action::Restore => 3,
        Action::Update => 4,
        Action::Password => 5,
        Action::Member => 6,
    }
}

/// A value in one short line.
pub(crate) fn shown(value: &str) -> String {
    let cut = value.chars().nth(VALUE_CHARS_MAX).is_some();
    let short: String = value.chars().take(VALUE_CHARS_MAX).chain(cut.then_some('…')).collect();
    clean(&short)
}

/// Text from a directory, with whatever could steer a terminal or turn the line around made visible.
pub(crate) fn clean(text: &str) -> String {
    let steers = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|character| if steers(character) { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests;
