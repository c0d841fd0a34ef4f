//! Runs the service while a test tells a story, and waits for what the service tells.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use samesign_agent::{Mode, ServiceEvent};
use tokio::sync::oneshot;

use super::world::World;

/// Long enough for a slow machine; nothing waits for it where all is well.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What the service told, to be waited for.
#[derive(Default)]
pub struct Told(RefCell<Vec<String>>);

impl Told {
    fn take(&self, event: &ServiceEvent) {
        self.0.borrow_mut().push(format!("{}{event}", if event.is_failure() { "FAILED " } else { "" }));
    }

    pub fn has(&self, words: &str) -> bool {
        self.0.borrow().iter().any(|line| line.contains(words))
    }

    /// Forgets what was told so far.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    pub async fn wait_until(&self, so: impl Fn() -> bool) {
        let seen = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, seen).await.is_ok(), "it never came; told was {self}");
    }

    pub async fn wait_for(&self, words: &str) {
        let seen = async {
            while !self.has(words) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, seen).await.is_ok(), "{words} was never told; told was {self}");
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#?}", self.0.borrow())
    }
}

/// Runs the service while a story is told, and stops it then.
pub async fn serve_during(world: &RefCell<World>, told: &Told, story: impl Future<Output = ()>) {
    let mut agent = world.borrow().agent(Mode::Write);
    let (stop, stopped) = oneshot::channel::<()>();
    let mut events = |event: ServiceEvent| told.take(&event);
    let serving = agent.serve(async { drop(stopped.await) }, &mut events);
    let telling = async {
        story.await;
        drop(stop);
    };
    let (served, ()) = tokio::join!(serving, telling);
    served.unwrap();
    assert!(told.has("stopped"));
}
