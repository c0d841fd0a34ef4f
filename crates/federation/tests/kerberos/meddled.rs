//! A real token with every byte changed, and cut at every length.

use samesign_federation::negotiate::TicketRefusal;

use crate::stage::{REALM, Stage};

/// Nobody gets in as somebody else, whichever byte is changed, and nothing panics. Bytes that nobody has to look at (the
/// client's own list of mechanisms, flags it does not set) may be different, but then the ticket's owner gets in, and once only.
pub async fn no_changed_byte_lets_anybody_in(stage: &Stage) {
    let service = stage.service();
    let token = stage.client("u000008", 1, None).tokens.remove(0);
    let mut accepted = 0;
    for at in 0..token.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut meddled = token.clone();
            meddled[at] ^= change;
            match service.sign_in(&meddled).await {
                Ok(ticket) => {
                    assert_eq!((ticket.account.as_str(), ticket.realm.as_str()), ("u000008", REALM), "byte {at}");
                    accepted += 1;
                }
                Err(TicketRefusal::Store(error)) => panic!("byte {at}: {error}"),
                Err(_) => {}
            }
        }
    }
    assert!(accepted <= 1, "the same authenticator let in {accepted} times");
    for end in 0..token.len() {
        assert!(service.sign_in(&token[..end]).await.is_err(), "cut at {end}");
    }
    let mut longer = token.clone();
    longer.push(0);
    assert!(service.sign_in(&longer).await.is_err());
    assert!(service.sign_in(&vec![0x60; 1 << 20]).await.is_err());
}
