//! What systemd is told (`Type=notify`). Where nobody listens, nothing happens.

use sd_notify::NotifyState;

/// The service is up.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The service was asked to end.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!("systemd could not be told how the service is: {error}");
    }
}
