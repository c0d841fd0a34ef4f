//! How plans and findings look on a terminal, without colour. Control characters in the data never reach it.

mod licences;
mod short;

use std::fmt::{self, Display, Formatter};

use crate::catalogue;
use crate::guard;
use crate::plan::{Action, AttributeChange, Change, Finding, Plan, Severity};

/// A plan with more changes than this is shortened.
const CHANGES_SHOWN_MAX: usize = 40;
/// Of every code, this many findings are shown.
const FINDINGS_SHOWN_MAX: usize = 10;
/// The same above a shortened plan: `samesign findings` shows the others.
const FINDINGS_SHOWN_BRIEFLY: usize = 2;
/// A change of the scope or of the flows is told with this many names.
const NAMES_SHOWN: usize = 5;
const VALUE_CHARS_MAX: usize = 80;

/// The changes of a plan with their totals, without its findings. Many changes are grouped and shortened.
pub struct ChangesScreen<'a>(pub &'a Plan);

/// Every change of a plan, however many, with their totals.
pub struct AllChanges<'a>(&'a Plan);

impl<'a> ChangesScreen<'a> {
    /// Every change of a plan, however many.
    pub const fn all(plan: &'a Plan) -> AllChanges<'a> {
        AllChanges(plan)
    }
}

/// Findings, one after the other; of a code that many objects share, the first ones.
pub struct FindingsScreen<'a>(pub &'a [Finding]);

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.findings.is_empty() {
            let brief = self.changes.len() > CHANGES_SHOWN_MAX;
            findings(f, &self.findings, if brief { FINDINGS_SHOWN_BRIEFLY } else { FINDINGS_SHOWN_MAX })?;
            writeln!(f)?;
        }
        ChangesScreen(self).fmt(f)
    }
}

impl Display for ChangesScreen<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.changes.len() <= CHANGES_SHOWN_MAX {
            return AllChanges(self.0).fmt(f);
        }
        short::shortened(f, &self.0.changes)?;
        licences::some(f, &self.0.licences)?;
        totals(f, self.0)
    }
}

impl Display for AllChanges<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let changes = &self.0.changes;
        let widths = Widths::of(changes.iter());
        changes.iter().try_for_each(|change| line(f, change, widths).and_then(|()| details(f, change)))?;
        licences::all(f, &self.0.licences)?;
        totals(f, self.0)
    }
}

impl Display for FindingsScreen<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        findings(f, self.0, FINDINGS_SHOWN_MAX)
    }
}

fn findings(f: &mut Formatter<'_>, findings: &[Finding], shown_max: usize) -> fmt::Result {
    for findings in findings.chunk_by(|one, other| one.code == other.code) {
        let Some(first) = findings.first() else { continue };
        writeln!(f, "{}", heading(first))?;
        findings.iter().take(shown_max).try_for_each(|finding| body(f, finding))?;
        if let more @ 1.. = findings.len().saturating_sub(shown_max) {
            writeln!(f, "  … and {more} more")?;
        }
    }
    Ok(())
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
            let edits = change.attributes.all();
            let (overwritten, added): (Vec<_>, Vec<_>) = edits.iter().filter(differs).partition(|edit| edit.from.is_some());
            overwritten.iter().try_for_each(|edit| edited(f, edit))?;
            if added.is_empty() {
                Ok(())
            } else {
                writeln!(f, "            and sets {} the tenant does not show yet", counted(added.len(), "attribute"))
            }
        }
        Action::Update | Action::Password => change.attributes.all().iter().filter(differs).try_for_each(|edit| edited(f, edit)),
    }
}

fn edited(f: &mut Formatter<'_>, edit: &AttributeChange) -> fmt::Result {
    writeln!(f, "            {}", before_and_after(edit))
}

fn before_and_after(edit: &AttributeChange) -> String {
    let text = |value: Option<&crate::Value>| value.map_or_else(|| "(none)".to_owned(), |value| shown(&value.to_string()));
    format!("{}: {} → {}", edit.name, text(edit.from.as_deref()), text(edit.to.as_ref()))
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
    if let users @ 1.. = plan.licences.len() {
        write!(f, "licences to {}, ", counted(users, "user"))?;
    }
    write!(f, "{} unchanged", plan.unchanged)?;
    let held = plan.changes.iter().filter(|change| change.held.is_some()).count();
    if held > 0 {
        write!(f, "\nheld by the guard: {} until a person approves exactly this plan", counted(held, "change"))?;
    } else if !plan.held_because.is_empty() {
        write!(f, "\nheld by the guard: nothing follows from the people who cannot be seen any more")?;
    }
    for code in &plan.held_because {
        write!(f, "\n  {code}: {}", guard::meaning(code))?;
        match *code {
            guard::SCOPE_CHANGED => moved(f, plan)?,
            guard::FLOWS_CHANGED => reflowed(f, plan)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whom a change of the scope takes out and brings in (safety, D10).
fn moved(f: &mut Formatter<'_>, plan: &Plan) -> fmt::Result {
    let of = |actions: &'static [Action]| plan.changes.iter().filter(move |change| actions.contains(&change.action));
    let leaves = of(&[Action::Delete]).filter(|change| change.held == Some(guard::SCOPE_CHANGED));
    write!(f, "\n    takes out: {}", counts_and_names(leaves))?;
    write!(f, "\n    brings in: {}", counts_and_names(of(&[Action::Create, Action::Join, Action::Restore])))
}

/// What a change of the flows alters.
fn reflowed(f: &mut Formatter<'_>, plan: &Plan) -> fmt::Result {
    let held = || plan.changes.iter().filter(|change| change.held == Some(guard::FLOWS_CHANGED));
    let names =
        short::tally(held().flat_map(|change| change.attributes.all().into_owned()).filter(AttributeChange::differs).map(|edit| edit.name));
    let names: Vec<String> = names.iter().take(NAMES_SHOWN).map(|(name, count)| format!("{name} {count}")).collect();
    write!(f, "\n    alters: {}", counts_and_names(held()))?;
    if names.is_empty() { Ok(()) } else { write!(f, "\n    attributes: {}", names.join(", ")) }
}

/// `12 users, 3 groups (ana@example.com, bob@example.com, …)`
fn counts_and_names<'a>(changes: impl Iterator<Item = &'a Change>) -> String {
    let changes: Vec<&Change> = changes.collect();
    if changes.is_empty() {
        return "nobody".to_owned();
    }
    let mut kinds = short::tally(changes.iter().map(|change| change.kind));
    kinds.sort();
    let counts: Vec<String> = kinds.iter().map(|(kind, count)| counted(*count, kind.as_str())).collect();
    let mut names: Vec<String> = changes.iter().take(NAMES_SHOWN).map(|change| clean(&change.upn)).collect();
    names.extend((changes.len() > NAMES_SHOWN).then(|| "…".to_owned()));
    format!("{} ({})", counts.join(", "), names.join(", "))
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
