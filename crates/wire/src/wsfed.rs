//! WS-Federation for browsers (ws-federation-1.2-spec section 13, MS-MWBF): requests in a query, the answer in a form.

mod request;
mod response;

pub use request::{Request, SignIn};
pub use response::response;
