//! What a real Samba sent is read in full; what nobody should send is refused.

mod captured;
mod hostile;
mod messages;
mod sealed;
mod synthetic;
