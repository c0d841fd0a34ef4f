//! Where a run tells how far it is, for whoever shows it.

/// A step of a run that may take long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Objects of the source have been read.
    ReadSource,
    /// Users of the tenant have been read.
    ReadTenant,
    /// Objects have been planned.
    Plan,
    /// Changes have been sent.
    Send,
}

/// Takes progress. `total` is `None` while it is not known.
pub trait Progress: Sync {
    /// So much of a step is done.
    fn at(&self, step: Step, done: usize, total: Option<usize>);
}

/// Shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn at(&self, _step: Step, _done: usize, _total: Option<usize>) {}
}
