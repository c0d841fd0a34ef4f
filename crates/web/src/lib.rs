//! What every web page of samesign shares: the shell around a page, its style, sessions, and the guards of forms.
//!
//! Pages work without JavaScript, load nothing from elsewhere, and run under a policy that forbids both. One kind of page may
//! run the one script there is, see [`post`].
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod assets;
pub mod csrf;
pub mod headers;
pub mod page;
pub mod post;
pub mod random;
pub mod server;
pub mod session;
pub mod tls;

pub use page::{Account, ErrorPage, Notice, NoticeKind, Page, Shell, Tab};
