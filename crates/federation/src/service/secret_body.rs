//! Bodies that hold a password.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use zeroize::{Zeroize, Zeroizing};

/// A whole body, wiped on drop.
///
/// What the bytes passed through before cannot be wiped from here: the receive buffers of HTTP and of TLS. They are written over by
/// what comes next on the connection.
pub(super) struct SecretBody(pub Zeroizing<Vec<u8>>);

impl<S: Send + Sync> FromRequest<S> for SecretBody {
    type Rejection = BytesRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let body = Bytes::from_request(request, state).await?;
        let kept = Zeroizing::new(body.to_vec());
        // A body that came in several pieces was put together in memory of its own; a single piece is still part of a buffer.
        if let Ok(mut ours) = body.try_into_mut() {
            ours.as_mut().zeroize();
        }
        Ok(Self(kept))
    }
}
