//! Gives the library of a build with the feature `gssapi` the environment in which it finds the keytab. Nothing to do in others.

use std::path::Path;

use anyhow::Result;

/// Begins the process anew where the environment does not name the keytab yet: its variables cannot be changed safely in a process
/// that runs. Everything else stays, the process's number too, so that whoever watches the service notices nothing.
///
/// # Errors
/// When the program cannot be started again.
#[cfg(feature = "gssapi")]
pub fn prepare(keytab: Option<&Path>) -> Result<()> {
    use std::env;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use anyhow::Context as _;
    use samesign_federation::negotiate::Gssapi;

    let Some(keytab) = keytab else { return Ok(()) };
    let wanted = Gssapi::environment(keytab);
    if wanted.iter().all(|(name, value)| env::var_os(name).as_ref() == Some(value)) {
        return Ok(());
    }
    let program = env::current_exe().context("the program's own file is not known")?;
    let mut arguments = env::args_os();
    let mut command = Command::new(&program);
    if let Some(called) = arguments.next() {
        command.arg0(called);
    }
    // Returns only when it failed.
    let error = command.args(arguments).envs(wanted).exec();
    Err(error).with_context(|| format!("{} cannot be started again to tell MIT Kerberos where the keytab is", program.display()))
}

#[cfg(not(feature = "gssapi"))]
pub fn prepare(_keytab: Option<&Path>) -> Result<()> {
    Ok(())
}
