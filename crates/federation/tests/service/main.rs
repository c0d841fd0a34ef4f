//! The whole service over TLS, with a real domain behind it: one test, because a domain takes seconds to start.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

mod accounts;
mod addresses;
mod browser;
#[path = "../../../cli/tests/samba/domain.rs"]
mod domain;
mod hostile;
mod memory;
mod pages;
mod rig;
mod saml;
mod sign_out;
mod signed;
mod tickets;
mod trust;
mod wsfed;

use std::rc::Rc;

use rig::Rig;

/// Tells each story, and goes on after one that fails: another start of the domain is saved for whoever mends it.
macro_rules! tell {
    ($rig:ident: $($story:path),* $(,)?) => {{
        let mut failed = Vec::new();
        $({
            let rig = $rig.clone();
            if tokio::task::spawn_local(async move { $story(&rig).await }).await.is_err() {
                failed.push(stringify!($story));
            }
        })*
        failed
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_vouched_for_and_nobody_else_is() {
    let rig = Rc::new(Rig::start().await);
    tokio::task::LocalSet::new().run_until(stories(rig)).await;
}

async fn stories(rig: Rc<Rig>) {
    let failed = tell!(rig:
        wsfed::a_person_signs_in_once_and_is_known_from_then_on,
        wsfed::the_context_goes_back_byte_for_byte,
        wsfed::a_sign_in_may_be_asked_for_anew,
        saml::an_application_asks_by_either_binding,
        saml::a_request_may_ask_for_silence_or_for_a_new_sign_in,
        saml::a_name_is_of_the_kind_of_the_configuration_or_there_is_none,
        saml::a_way_to_prove_it_that_there_is_not_is_said_to_be_none,
        signed::whoever_signs_is_not_spoken_for,
        signed::nobody_is_signed_out_by_what_others_wrote,
        tickets::a_ticket_is_asked_for_inside_only_and_counts_for_its_owner,
        hostile::a_request_is_answered_once,
        hostile::forms_of_other_sites_are_refused,
        hostile::the_client_cannot_write_its_own_address,
        hostile::what_is_too_large_or_unknown_is_refused,
        hostile::a_session_that_was_planted_ends_at_sign_in,
        hostile::slow_and_silent_clients_do_not_hold_up_others,
        addresses::no_answer_goes_where_the_configuration_does_not_say,
        pages::nothing_that_comes_from_outside_becomes_markup,
        pages::every_page_is_under_the_strict_policy,
        sign_out::every_application_is_told,
        sign_out::an_application_may_ask_by_saml,
        sign_out::a_request_that_is_not_signed_ends_the_session_of_the_browser_that_carries_it,
        sign_out::afterwards_the_browser_goes_to_known_addresses_only,
        trust::a_program_gets_a_token_for_a_password,
        trust::whoever_gets_none_is_told_as_ad_fs_tells,
        memory::what_ran_out_while_the_service_was_down_is_forgotten,
        memory::without_a_log_nobody_is_vouched_for,
        wsfed::metadata_names_the_keys_and_is_signed,
        wsfed::tokens_follow_the_keys_through_a_rotation,
        accounts::names_are_held_against_the_session,
        accounts::nobody_is_vouched_for_who_should_not_be,
        accounts::who_is_disabled_is_out,
    );
    assert!(failed.is_empty(), "{failed:?}");
    rig.the_log_is_whole();
    assert_eq!(rig.domain.writes(), "", "the source is never written");
}
