//! The pages where people sign in, as a browser without JavaScript and an application meet them: real TLS, real cookies, real forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod browsing;
mod support;

mod sign_in_pages {
    mod account;
    mod app;
    mod authorize;
    mod device;
    mod forms;
    mod logout;
    mod redirects;
}
