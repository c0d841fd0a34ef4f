//! The demo: the main job on a sample company, with nothing installed.

mod export;
mod people;
#[cfg(test)]
mod tests;
