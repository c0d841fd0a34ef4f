//! What a person sees: data on stdout, everything else on stderr.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Writes data to stdout. A reader that stops listening (`| head`) is no failure of the command.
pub fn data(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", safe(text)).and_then(|()| out.flush());
}

/// Writes a value to stdout as JSON.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| anyhow::Error::new(error).context("cannot write the answer as JSON"))?;
    data(&text);
    Ok(())
}

/// Writes a line for the person to stderr.
pub fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{}", safe(text));
}

/// INVARIANT: whatever a directory holds, it cannot steer the terminal: control characters are shown as a replacement.
fn safe(text: &str) -> Cow<'_, str> {
    let steers = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    match text.contains(steers) {
        true => Cow::Owned(text.replace(steers, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

/// Whether a person can be asked.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Whether stderr can show something that moves.
pub fn can_draw() -> bool {
    std::io::stderr().is_terminal()
}

/// Asks a yes-or-no question on stderr; no is the answer of whoever just presses Enter.
pub fn ask(question: &str) -> bool {
    dialoguer::Confirm::new().with_prompt(question).default(false).interact().unwrap_or(false)
}

/// Writes coloured text to stdout; the colour goes where it cannot be shown, or where NO_COLOR is set.
pub fn coloured(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The same to stderr.
pub fn coloured_note(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn data_cannot_steer_the_terminal() {
        assert_eq!(safe("one\n\ttwo"), "one\n\ttwo");
        assert_eq!(safe("\u{1b}[2Jgone\r\u{9b}1m"), "\u{fffd}[2Jgone\u{fffd}\u{fffd}1m");
    }
}
