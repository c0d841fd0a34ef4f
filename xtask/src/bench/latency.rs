//! How long a change in Active Directory takes to count at the tenant, while `samesign agent run` watches 10,000 people.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::service::Service;
use super::table::Row;
use super::tenant::{Application, SignIn, Tenant};
use super::{directory_source, fresh, units};
use crate::clock::Watch;
use crate::testbed::DomainController;

const REPEATS: usize = 3;
/// Of the service's schedule in this measurement.
const OBJECTS: Duration = Duration::from_secs(60);
/// What a changed password and a disabled account may take, and a new person beyond the interval of the objects.
const SECONDS_MAX: f64 = 15.0;
const PATIENCE: Duration = Duration::from_secs(120);

pub fn run(users: usize) -> Result<Vec<Row>> {
    let directory = DomainController::start("latency", &["--users", &users.to_string(), "--password", "nthash", "--groups", "0"])?;
    let tenant = Tenant::start(&fresh("latency")?)?;
    let source = directory_source(&directory.facts, "svc-dirsync")?;
    let more = format!("[passwords]\nenabled = true\n[schedule]\nobjects = \"{}s\"\npasswords = \"10s\"\n", OBJECTS.as_secs());
    let agent = tenant.configure(&source, &units(&directory.facts), &more)?;
    let first = agent.sync()?.cost;
    let application = tenant.application()?;
    let service = Service::start(&agent)?;
    wait_for(&service, "the first object cycle", || Ok(agent.runs()? > 1))?;
    let mut stage = Stage { directory, application, service };
    let mut rows = vec![Row::new(format!("first sync of {users} with passwords, wall"), first.wall.as_secs_f64(), "s")];
    rows.extend(stage.passwords()?);
    rows.extend(stage.disabling()?);
    rows.push(stage.new_person()?);
    rows.push(stage.idle()?);
    ensure!(stage.directory.was_only_read()?, "samesign wrote to the directory, which it must never do");
    stage.service.stop()?;
    Ok(rows)
}

struct Stage {
    directory: DomainController,
    application: Application,
    service: Service,
}

impl Stage {
    /// A changed password: the new one works, the old one does not.
    fn passwords(&mut self) -> Result<Vec<Row>> {
        let mut waits = Vec::new();
        for number in 0..REPEATS {
            let (account, new) = (account(30 + number), format!("New-Pässword {number} 🔑"));
            let (upn, old) = (upn(&account), old_password(30 + number));
            ensure!(self.application.sign_in(&upn, &old)? == SignIn::Done, "{upn} cannot sign in with the old password");
            let watch = Watch::start();
            self.directory.change(&["password", &account, &new])?;
            self.until("a changed password", || Ok(self.application.sign_in(&upn, &new)? == SignIn::Done))?;
            waits.push(watch.elapsed());
            ensure!(self.application.sign_in(&upn, &old)? != SignIn::Done, "the old password of {upn} still works");
        }
        Ok(longest("a changed password works, the old one does not", &waits, SECONDS_MAX))
    }

    /// A disabled account is refused.
    fn disabling(&mut self) -> Result<Vec<Row>> {
        let mut waits = Vec::new();
        for number in 0..REPEATS {
            let (account, password) = (account(40 + number), old_password(40 + number));
            let upn = upn(&account);
            ensure!(self.application.sign_in(&upn, &password)? == SignIn::Done, "{upn} cannot sign in");
            let watch = Watch::start();
            self.directory.change(&["disable", &account])?;
            self.until("a disabled account", || Ok(self.application.sign_in(&upn, &password)? != SignIn::Done))?;
            waits.push(watch.elapsed());
        }
        Ok(longest("a disabled account is refused", &waits, SECONDS_MAX))
    }

    /// Somebody new signs in without anyone's doing.
    fn new_person(&mut self) -> Result<Row> {
        let (name, upn) = ("ana.ruiz", "ana.ruiz@contoso.example");
        let watch = Watch::start();
        self.directory.change(&[
            "add-user",
            name,
            "OU=Office365",
            "displayName=Ana Ruiz",
            &format!("userPrincipalName={upn}"),
            "password=Bienvenida, Ana 7",
        ])?;
        self.until("a new person", || Ok(self.application.sign_in(upn, "Bienvenida, Ana 7")? == SignIn::Done))?;
        let limit = OBJECTS.as_secs_f64() + SECONDS_MAX;
        Ok(Row::new("a new person signs in", watch.elapsed().as_secs_f64(), "s").at_most(limit))
    }

    /// What the service costs while nothing happens, its share of an object cycle included.
    fn idle(&mut self) -> Result<Row> {
        let (watch, before) = (Watch::start(), self.service.cpu()?);
        sleep(OBJECTS);
        let spent = self.service.cpu()?.saturating_sub(before);
        Ok(Row::new("nothing happens: agent CPU", spent.as_secs_f64() * 1000.0 / watch.elapsed().as_secs_f64(), "ms/s"))
    }

    fn until(&self, what: &str, done: impl FnMut() -> Result<bool>) -> Result<()> {
        wait_for(&self.service, what, done)
    }
}

fn wait_for(service: &Service, what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let watch = Watch::start();
    while !done()? {
        ensure!(watch.elapsed() < PATIENCE, "{what} did not arrive; the service said last:\n{}", service.last_words());
        sleep(Duration::from_millis(250));
    }
    Ok(())
}

fn longest(what: &str, waits: &[Duration], limit: f64) -> Vec<Row> {
    let seconds = |wait: Option<&Duration>| wait.map_or(f64::NAN, Duration::as_secs_f64);
    vec![
        Row::new(format!("{what}: longest of {}", waits.len()), seconds(waits.iter().max()), "s").at_most(limit),
        Row::new(format!("{what}: shortest"), seconds(waits.iter().min()), "s"),
    ]
}

fn account(number: usize) -> String {
    format!("u{number:06}")
}

fn upn(account: &str) -> String {
    format!("{account}@contoso.example")
}

/// What the testbed gives everybody (people.py).
fn old_password(number: usize) -> String {
    format!("Pw-{number:06}-Xy9!")
}
