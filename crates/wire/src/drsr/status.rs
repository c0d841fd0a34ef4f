//! What a domain controller answers when it refuses (Windows error codes, MS-ERREF 2.2).

use std::fmt;

/// A Windows error code other than success.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Status(u32);

impl Status {
    /// A parameter is not valid: ERROR_INVALID_PARAMETER.
    pub const INVALID_PARAMETER: Self = Self(87);
    /// The object is in no naming context of this domain controller: ERROR_DS_CANT_FIND_EXPECTED_NC.
    pub const NO_EXPECTED_NC: Self = Self(8420);
    /// A parameter of replication is not valid: ERROR_DS_DRA_INVALID_PARAMETER.
    pub const DRA_INVALID_PARAMETER: Self = Self(8437);
    /// The domain controller is too busy to replicate: ERROR_DS_DRA_BUSY.
    pub const BUSY: Self = Self(8438);
    /// The name is not one of an object: ERROR_DS_DRA_BAD_DN.
    pub const BAD_DN: Self = Self(8439);
    /// The naming context is not one of this domain controller: ERROR_DS_DRA_BAD_NC.
    pub const BAD_NC: Self = Self(8440);
    /// The account lacks a right: ERROR_DS_DRA_ACCESS_DENIED.
    pub const ACCESS_DENIED: Self = Self(8453);
    /// The domain controller has replication to others turned off: ERROR_DS_DRA_SOURCE_DISABLED.
    pub const SOURCE_DISABLED: Self = Self(8456);
    /// The object is not there: ERROR_DS_OBJ_NOT_FOUND.
    pub const OBJECT_NOT_FOUND: Self = Self(8333);
    /// The watermark is older than what the domain controller still remembers: ERROR_DS_REPL_LIFETIME_EXCEEDED.
    pub const LIFETIME_EXCEEDED: Self = Self(8614);

    /// `None` for success.
    pub const fn of(code: u32) -> Option<Self> {
        if code == 0 { None } else { Some(Self(code)) }
    }

    /// The code.
    pub const fn code(self) -> u32 {
        self.0
    }

    const fn name(self) -> &'static str {
        match self.0 {
            5 => "ERROR_ACCESS_DENIED",
            14 => "ERROR_OUTOFMEMORY",
            87 => "ERROR_INVALID_PARAMETER",
            8333 => "ERROR_DS_OBJ_NOT_FOUND",
            8420 => "ERROR_DS_CANT_FIND_EXPECTED_NC",
            8431 => "ERROR_DS_DRA_GENERIC",
            8437 => "ERROR_DS_DRA_INVALID_PARAMETER",
            8438 => "ERROR_DS_DRA_BUSY",
            8439 => "ERROR_DS_DRA_BAD_DN",
            8440 => "ERROR_DS_DRA_BAD_NC",
            8442 => "ERROR_DS_DRA_INTERNAL_ERROR",
            8446 => "ERROR_DS_DRA_OUT_OF_MEM",
            8451 => "ERROR_DS_DRA_DB_ERROR",
            8453 => "ERROR_DS_DRA_ACCESS_DENIED",
            8454 => "ERROR_DS_DRA_NOT_SUPPORTED",
            8456 => "ERROR_DS_DRA_SOURCE_DISABLED",
            8465 => "ERROR_DS_DRA_SOURCE_IS_PARTIAL_REPLICA",
            8593 => "ERROR_DS_DIFFERENT_REPL_EPOCHS",
            8594 => "ERROR_DS_DRS_EXTENSIONS_CHANGED",
            8614 => "ERROR_DS_REPL_LIFETIME_EXCEEDED",
            _ => "Windows error",
        }
    }

    /// What it means and what to do, where a person can do something.
    const fn advice(self) -> Option<&'static str> {
        Some(match self.0 {
            8420 | 8440 => "it does not hold this domain: check `domain` and `servers` in [source]",
            8438 => "it is too busy now",
            8456 => {
                "its outbound replication is disabled, as after it was set back: look at `repadmin /showrepl`, or name another in `servers`"
            }
            8465 => "it holds this domain in part only: name a domain controller of the domain itself in `servers`",
            8614 => "we last read from it before its tombstone lifetime: everything must be read anew",
            _ => return None,
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)?;
        self.advice().map_or(Ok(()), |advice| write!(f, ", {advice}"))
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
