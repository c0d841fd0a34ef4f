//! The demo's screen: what happened, told in under 60 lines. Colour helps; nothing depends on it.

use std::collections::BTreeSet;

use samesign_agent::OpenFinding;
use samesign_agent::engine::{Action, AttributeChange, Change, Finding, Severity};
use serde_json::Value;

use super::Played;
use super::people::Person;
use super::sign_in::SignIn;

/// Of each group of people this many are shown.
const EXAMPLES: usize = 3;

/// What belongs to the line above.
const INDENT: &str = "    ";

/// Collects lines.
#[derive(Default)]
pub struct Story {
    lines: Vec<String>,
}

impl Story {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn heading(&mut self, text: &str) {
        self.line("");
        self.line(bold(text));
    }

    fn text(self) -> String {
        self.lines.join("\n")
    }
}

impl Played {
    /// The objects in scope: whoever is planned, and whoever waits for a person.
    pub fn in_scope(&self) -> usize {
        let planned = self.plan.plan.changes.iter().map(|change| &change.source_dn);
        let errors = self.plan.plan.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let waiting = errors.flat_map(|finding| &finding.objects).filter(|object| object.contains('='));
        planned.chain(waiting).collect::<BTreeSet<_>>().len()
    }

    /// The users that showed "Synced with Active Directory" after the first sync.
    pub fn synced(&self) -> usize {
        self.users.iter().filter(|user| is_synced(user)).count()
    }

    /// The whole story.
    pub fn story(&self) -> String {
        let mut story = Story::default();
        self.tell_opening(&mut story);
        self.tell_check(&mut story);
        self.tell_plan(&mut story);
        self.tell_first_sync(&mut story);
        self.tell_sign_in(&mut story);
        self.tell_cleanup(&mut story);
        story.text()
    }

    fn tell_opening(&self, story: &mut Story) {
        story.line(bold("samesign demo: Nordlicht Instruments moves to Microsoft 365"));
        story.line("");
        story.line("  source    an export of Active Directory: 100 accounts, of which only those below OU=Office365 take part");
        story.line(format!(
            "  tenant    a local Microsoft 365 on {}; 30 people have licences there, given by hand",
            self.stage.server.url()
        ));
        story.line("  adopt     \"allow\": existing cloud accounts are taken over unasked; the default, \"ask\", waits for a person");
    }

    fn tell_check(&self, story: &mut Story) {
        story.heading("1  Check: what is wrong, before anything is written");
        let mut findings: Vec<&Finding> = self.check.findings.iter().filter(|finding| finding.severity != Severity::Info).collect();
        findings.sort_by_key(|finding| finding.severity);
        let ready = self.plan.plan.changes.len();
        let waiting = self.in_scope().saturating_sub(ready);
        story.line(format!("  {} people are in scope: {ready} are ready, {waiting} wait until a person mends the data", self.in_scope()));
        for finding in &findings {
            let code = format!("{:<20}", finding.code);
            let code = if finding.severity == Severity::Error { yellow(&code) } else { code };
            story.line(format!("  {code} {}", about(finding)));
        }
        story.line("  Each comes with its mend: `samesign findings` shows it");
        let named = |upn: &str| findings.iter().any(|finding| finding.objects.iter().any(|object| **object == *upn));
        let unmatched: Vec<&str> = self.check.unmatched.iter().map(|user| &*user.upn).filter(|upn| !named(upn)).collect();
        story.line(format!("  And the other way round: nobody in Active Directory matches {}", unmatched.join(" and ")));
    }

    fn tell_plan(&self, story: &mut Story) {
        story.heading("2  Plan: what a sync would do, and why");
        for action in [Action::Join, Action::Create] {
            let changes: Vec<&Change> = self.plan.plan.changes.iter().filter(|change| change.action == action).collect();
            let Some(first) = changes.first() else { continue };
            story.line(format!("  {} to {}: {}", changes.len(), action.as_str(), first.reason));
            let names: Vec<&str> = changes.iter().take(EXAMPLES).map(|change| &*change.upn).collect();
            story.line(format!("{INDENT}{} and {} more", names.join(", "), changes.len().saturating_sub(names.len())));
        }
        if let Some(join) = self.plan.plan.changes.iter().find(|change| change.action == Action::Join) {
            story.line(format!("  {}, attribute by attribute, before and after:", join.upn));
            example(join).into_iter().for_each(|line| story.line(format!("{INDENT}{line}")));
        }
    }

    fn tell_first_sync(&self, story: &mut Story) {
        story.heading("3  The first sync");
        let (joined, created) = (self.first.count(Action::Join), self.first.count(Action::Create));
        story.line(format!(
            "  {joined} joined, {created} created. {} of {} people in scope are in sync now:",
            self.synced(),
            self.in_scope()
        ));
        let (synced, cloud): (Vec<&Value>, Vec<&Value>) = self.users.iter().partition(|user| is_synced(user));
        synced.iter().take(EXAMPLES).for_each(|user| story.line(format!("  {}", green(&status_row(user)))));
        let waiting = cloud.iter().filter(|user| self.mends.iter().any(|mend| mend.name == text(user, "displayName")));
        waiting.for_each(|user| story.line(format!("  {}", status_row(user))));
    }

    fn tell_sign_in(&self, story: &mut Story) {
        story.heading("4  Same Sign-On: the Windows password opens the tenant");
        let SignIn { upn, ok, refusal, other } = &self.sign_in;
        story.line(format!("  {}; what is sent is a salted digest, never a password nor its NT hash", self.first.passwords));
        let right = refusal.clone().unwrap_or_else(|| format!("signed in as {upn}"));
        story.line(format!("  with the Windows password   {}", if *ok { green(&right) } else { yellow(&right) }));
        story.line(format!("  with another one            {other}"));
    }

    fn tell_cleanup(&self, story: &mut Story) {
        story.heading("5  Two errors are mended in Active Directory, and it runs again");
        for mend in &self.mends {
            let before = mend.before.as_deref().unwrap_or("blank");
            story.line(format!("  {:<15} mail was {before}, is now {}", mend.name, mend.mail));
        }
        let first = self.cleanup.to_string().lines().next().unwrap_or_default().to_owned();
        story.line(format!("  {first}; {} can sign in now, too", self.cleanup.passwords.sent));
        story.heading("6  Once more, nothing changed");
        story.line(format!("  {}", self.second.to_string().lines().next().unwrap_or_default()));
        let errors = self.second.findings.iter().filter(|finding| finding.severity() == "error").map(OpenFinding::code);
        let codes: BTreeSet<&str> = errors.clone().collect();
        story.line(format!("  {} findings are left for a person; nobody else was kept waiting by them:", errors.count()));
        story.line(format!("  {}", codes.into_iter().collect::<Vec<_>>().join(", ")));
    }

    /// Where to look around while the demo runs.
    pub fn places(&self) -> String {
        let mut story = Story::default();
        let admin = &self.stage.made.admin;
        story.heading("Look around");
        story.line(format!(
            "  portal    {}/portal   (the browser does not know its authority yet: {})",
            self.stage.server.url(),
            self.stage.made.ca.display()
        ));
        story.line(format!("            {}   {}", admin.upn, admin.password.expose()));
        story.line(format!("  account   {}/account   {}", self.stage.server.url(), self.visitor()));
        story.line(format!(
            "  commands  samesign --config {} findings   (or explain, plan, sync, runs)",
            self.stage.configuration_file().display()
        ));
        story.line("  Ctrl-C    ends the demo");
        story.text()
    }

    /// A name and a Windows password to try.
    fn visitor(&self) -> String {
        let name_and_password = |person: &Person| format!("{}   {}", person.upn, person.password());
        self.stage.visitor().map(name_and_password).unwrap_or_default()
    }

    /// The same for a demo that ends here; `kept` says whether its folder stays.
    pub fn places_later(&self, kept: bool) -> String {
        let mut story = Story::default();
        story.heading("Look around");
        match kept {
            true => self.tell_how_to_return(&mut story),
            false => story
                .line(format!("  portal    {}/portal, for as long as the demo runs: leave out --once to open it", self.stage.server.url())),
        }
        story.line("  next      docs/guide/rehearse.md: the same with your own people");
        story.text()
    }

    fn tell_how_to_return(&self, story: &mut Story) {
        let (data, admin) = (self.stage.folder.join("tenant"), &self.stage.made.admin);
        story.line(format!("  tenant    samesign tenant run --data {} --listen {}", data.display(), self.stage.server.address()));
        story.line(format!(
            "  portal    {}/portal then; sign in as {} with {}",
            self.stage.server.url(),
            admin.upn,
            admin.password.expose()
        ));
        story.line(format!("  account   {}/account; sign in as {}", self.stage.server.url(), self.visitor().replace("   ", " with ")));
        story.line(format!("  commands  samesign --config {} findings", self.stage.configuration_file().display()));
    }
}

/// Whom a finding is about, and the value.
fn about(finding: &Finding) -> String {
    let people = finding.objects.iter().filter(|object| object.contains('='));
    let names: Vec<String> = people.map(|object| name_of(object)).collect();
    let cloud = finding.objects.iter().find(|object| !object.contains('='));
    let rest = match (&finding.attribute, &finding.value, cloud) {
        (Some(attribute), Some(value), _) if !value.is_empty() => format!("{attribute} = {value}"),
        (Some(attribute), _, _) => format!("{attribute} is blank"),
        (None, _, Some(cloud)) => format!("cloud user {cloud}"),
        (None, _, None) => String::new(),
    };
    format!("{:<31} {rest}", names.join(" and "))
}

/// The attributes of a change that tell a person most, and how many there are beside them.
fn example(change: &Change) -> Vec<String> {
    let differs = |edit: &&AttributeChange| edit.differs();
    let edits = change.attributes.all();
    let telling = edits.iter().filter(differs).filter(|edit| ["department", "telephoneNumber", "title"].contains(&edit.name));
    let text = |value: Option<&samesign_agent::engine::Value>| value.map_or_else(|| "(none)".to_owned(), ToString::to_string);
    let mut lines: Vec<String> =
        telling.map(|edit| format!("{:<16} {} → {}", edit.name, text(edit.from.as_deref()), text(edit.to.as_ref()))).collect();
    lines.push(format!("and {} more", edits.iter().filter(differs).count().saturating_sub(lines.len())));
    lines
}

/// The name in a DN; a UPN as it is.
fn name_of(object: &str) -> String {
    object.strip_prefix("CN=").and_then(|rest| rest.split_once(',')).map_or(object, |(name, _)| name).to_owned()
}

fn is_synced(user: &Value) -> bool {
    user.get("onPremisesSyncEnabled").and_then(Value::as_bool) == Some(true)
}

fn text<'a>(user: &'a Value, name: &str) -> &'a str {
    user.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn status_row(user: &Value) -> String {
    let status = if is_synced(user) { "Synced with Active Directory" } else { "In cloud" };
    format!("{:<20} {:<40} {status}", text(user, "displayName"), text(user, "userPrincipalName"))
}

fn bold(text: &str) -> String {
    format!("\u{1b}[1m{text}\u{1b}[0m")
}

fn green(text: &str) -> String {
    format!("\u{1b}[32m{text}\u{1b}[0m")
}

fn yellow(text: &str) -> String {
    format!("\u{1b}[33m{text}\u{1b}[0m")
}
