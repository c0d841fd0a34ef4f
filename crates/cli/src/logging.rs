//! The log: to stderr, for the person or for a log collector.

use std::fmt;

use clap::ValueEnum;
use tracing::field::Field;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// What failed
    Error,
    /// What may need a person
    Warn,
    /// What is being done
    Info,
    /// Why it is being done
    Debug,
    /// Every step
    Trace,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Starts the log.
///
/// INVARIANT: crates that are not ours never log below `warn`, whatever the level asked for: at a lower level some of them
/// print what they send, passwords and tokens included.
pub fn start(level: Level, format: Format) {
    let layer = layer(format, std::io::stderr).with_filter(filter(level));
    let _ = Registry::default().with(layer).try_init();
}

fn layer<W>(format: Format, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let base = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    match format {
        Format::Text => base.with_target(false).fmt_fields(debug_fn(for_people)).boxed(),
        Format::Json => base.json().flatten_event(true).boxed(),
    }
}

/// The message as it is; of the fields, those that it does not tell already. What sorts records is for programs.
fn for_people(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    match field.name() {
        "message" => write!(writer, "{value:?}"),
        "event" | "run" => Ok(()),
        name => write!(writer, " {name}={value:?}"),
    }
}

fn filter(level: Level) -> Targets {
    let ours = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_target("samesign", ours).with_default(ours.min(LevelFilter::WARN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_crates_stay_at_warn() {
        let filter = filter(Level::Trace);
        assert!(filter.would_enable("samesign_agent::run", &tracing::Level::TRACE));
        assert!(filter.would_enable("hyper::client", &tracing::Level::WARN));
        assert!(!filter.would_enable("hyper::client", &tracing::Level::INFO));
        assert!(!filter.would_enable("ldap3_proto", &tracing::Level::DEBUG));
    }

    #[test]
    fn quiet_holds_for_everyone() {
        assert!(!filter(Level::Error).would_enable("hyper::client", &tracing::Level::WARN));
    }
}
