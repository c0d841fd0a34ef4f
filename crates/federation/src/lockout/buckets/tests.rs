use std::net::Ipv4Addr;

use super::*;

const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 8));

#[test]
fn an_address_is_held_up_from_its_fiftieth_wrong_try_on_and_gets_them_back_with_time() {
    let buckets = Buckets::default();
    (0..49).for_each(|_| buckets.take(THERE, 100));
    assert!(!buckets.is_empty(THERE, 100));
    (0..100).for_each(|_| buckets.take(THERE, 100));
    assert!(buckets.is_empty(THERE, 100) && buckets.is_empty(THERE, 104));
    assert!(buckets.is_empty(THERE, 0), "a clock that was set back gives none");
    assert!(!buckets.is_empty(THERE, 105), "what was tried while it was empty is not held against it");
    assert!(!buckets.is_empty(ELSEWHERE, 100));
}

#[test]
fn a_flood_of_addresses_does_not_fill_the_memory() {
    let buckets = Buckets::default();
    (0..30_000_u32).for_each(|number| buckets.take(IpAddr::V4(Ipv4Addr::from_bits(number)), 100));
    assert_eq!(lock(&buckets.0).len(), ADDRESSES_MAX);
    buckets.take(THERE, 1_000);
    assert_eq!(lock(&buckets.0).len(), 1);
}

#[test]
fn names_that_nobody_has_run_out_for_everybody() {
    let bucket = Bucket::of_strangers();
    assert_eq!((0..2_000).filter(|_| bucket.take(1_000)).count(), 1_000);
    assert_eq!((0..100).filter(|_| bucket.take(1_002)).count(), 20);
}
