use proptest::prelude::*;

use super::*;

/// The blob published for `Pa$$w0rd`.
const PUBLISHED: &str = "v1;PPH1_MD4,181a3024085fcee2f70e,1000,b39525c3bc72a1136fcf7c8a338e0c14313d0450d1a4c98ef0a6ddada3bc5b0a;";
/// The blob published for the empty password.
const PUBLISHED_EMPTY: &str = "v1;PPH1_MD4,01cda06eceb9d9bc2621,1000,9d4fc778add44776555d3fa6ccb4f9637f25e34a62dbc5fa0f782ef8c762c902;";

fn made(password: &str, salt: Salt) -> String {
    derive(&[(NtHash::of_password(password), salt)])[0].expose().to_owned()
}

#[test]
fn published_blobs_come_out() {
    assert_eq!(made("Pa$$w0rd", [0x18, 0x1a, 0x30, 0x24, 0x08, 0x5f, 0xce, 0xe2, 0xf7, 0x0e]), PUBLISHED);
    assert_eq!(made("", [0x01, 0xcd, 0xa0, 0x6e, 0xce, 0xb9, 0xd9, 0xbc, 0x26, 0x21]), PUBLISHED_EMPTY);
}

#[test]
fn published_blobs_match_their_password_alone() {
    let blob = CredentialData::parse(PUBLISHED).unwrap();
    assert!(blob.matches(&NtHash::of_password("Pa$$w0rd")));
    assert!(!blob.matches(&NtHash::of_password("pa$$w0rd")));
    assert!(!blob.matches(&NtHash::of_password("")));
    assert!(CredentialData::parse(PUBLISHED_EMPTY).unwrap().matches(&NtHash::of_password("")));
}

#[test]
fn nt_hashes_are_those_of_windows() {
    let known: [(&str, [u8; 16]); 3] = [
        // MS-NLMP 4.2.2.1.2.
        ("Password", [0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52]),
        ("", [0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31, 0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0]),
        ("Pa$$w0rd", [0x92, 0x93, 0x79, 0x45, 0xb5, 0x18, 0x81, 0x43, 0x41, 0xde, 0x3f, 0x72, 0x65, 0x00, 0xd4, 0xff]),
    ];
    for (password, hash) in known {
        assert_eq!(NtHash::of_password(password).expose(), &hash, "{password:?}");
    }
}

#[test]
fn hashes_of_another_length_are_none() {
    for length in (0..40).filter(|length| *length != 16) {
        assert!(NtHash::from_slice(&vec![7; length]).is_none(), "{length} bytes");
    }
    assert_eq!(NtHash::from_slice(&[7; 16]).unwrap().expose(), &[7; 16]);
}

#[test]
fn upper_case_digits_are_read_and_the_text_stays_as_it_came() {
    let shouted = PUBLISHED.replace("b39525c3bc72a1136fcf7c8a338e0c14", "B39525C3BC72A1136FCF7C8A338E0C14");
    let blob = CredentialData::parse(&shouted).unwrap();
    assert_eq!(blob.expose(), shouted);
    assert!(blob.matches(&NtHash::of_password("Pa$$w0rd")));
}

#[test]
fn damage_is_named() {
    use CredentialDataError::{Iterations, Key, Kind, Salt, Shape};
    let key = "b39525c3bc72a1136fcf7c8a338e0c14313d0450d1a4c98ef0a6ddada3bc5b0a";
    let cases = [
        (String::new(), Kind),
        ("v2;PPH1_MD4,".to_owned(), Kind),
        (PUBLISHED.replace("v1;", "V1;"), Kind),
        (PUBLISHED.replace("MD4", "MD5"), Kind),
        ("v1;PPH1_MD4,".to_owned(), Shape),
        ("v1;PPH1_MD4,;".to_owned(), Shape),
        (format!("{PUBLISHED} "), Shape),
        (format!("{PUBLISHED};"), Key),
        (PUBLISHED.replace(";PPH1", ";;PPH1"), Kind),
        (PUBLISHED.replace("0a;", "0a,;"), Shape),
        (format!("v1;PPH1_MD4,181a3024085fcee2f70,1000,{key};"), Salt),
        (format!("v1;PPH1_MD4,181a3024085fcee2f7,1000,{key};"), Salt),
        (format!("v1;PPH1_MD4,181a3024085fcee2f70e00,1000,{key};"), Salt),
        (format!("v1;PPH1_MD4,181a3024085fcee2f70g,1000,{key};"), Salt),
        (PUBLISHED.replace("5b0a;", "5b0;"), Key),
        (PUBLISHED.replace("5b0a;", "5b;"), Key),
        (PUBLISHED.replace("5b0a;", "5b0a00;"), Key),
        (PUBLISHED.replace("5b0a;", "5bé;"), Key),
    ];
    for (text, error) in cases {
        assert_eq!(CredentialData::parse(&text).err(), Some(error), "{text}");
    }
    for iterations in ["", "0", "-1", "+1000", "01000", " 1000", "1e3", "100001", "4294967296", "18446744073709551616", "1000.0"] {
        let text = PUBLISHED.replace(",1000,", &format!(",{iterations},"));
        assert_eq!(CredentialData::parse(&text).err(), Some(Iterations), "{text}");
    }
    for iterations in ["1", "999", "100000"] {
        assert!(CredentialData::parse(&PUBLISHED.replace(",1000,", &format!(",{iterations},"))).is_ok(), "{iterations}");
    }
}

#[test]
fn truncations_are_errors() {
    for end in 0..PUBLISHED.len() {
        assert!(CredentialData::parse(&PUBLISHED[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn errors_never_show_the_blob() {
    let texts = ["b39525c3bc72a1136f", "v1;PPH1_MD4,b39525c3bc72a1136f;", "v1;PPH1_MD4,b39525c3bc72a1136f,1000,b39525c3bc72a1136f;"];
    for error in texts.map(|text| CredentialData::parse(text).err().unwrap()) {
        assert!(!format!("{error} {error:?}").contains("b39525"), "{error}");
    }
}

#[test]
fn other_iterations_are_followed() {
    let hundred = CredentialData::parse(&PUBLISHED.replace(",1000,", ",100,")).unwrap();
    assert!(!hundred.matches(&NtHash::of_password("Pa$$w0rd")));
}

#[test]
fn a_dummy_is_a_blob_that_nothing_matches() {
    let dummy = CredentialData::dummy();
    let again = CredentialData::parse(dummy.expose()).unwrap();
    for password in ["", "Pa$$w0rd", "\0"] {
        assert!(!dummy.matches(&NtHash::of_password(password)));
        assert!(!again.matches(&NtHash::of_password(password)));
    }
}

#[test]
fn many_are_derived_in_their_order() {
    // More than one core's share, and a remainder in every part.
    let hash = |at: u32| NtHash::of_password(&at.to_string());
    let salt = |at: u32| std::array::from_fn(|place| (at >> (place % 4)) as u8);
    for count in [0, 1, 63, 64, 65, 255, 256, 257, 1_001] {
        let people: Vec<(NtHash, Salt)> = (0..count).map(|at| (hash(at), salt(at))).collect();
        let blobs = derive(&people);
        assert_eq!(blobs.len(), people.len());
        for (at, blob) in (0..).zip(&blobs).filter(|(at, _)| at % 31 == 0 || *at + 1 == count) {
            assert!(blob.expose().contains(&salt(at).map(|byte| format!("{byte:02x}")).concat()), "{at} of {count}");
            assert!(blob.matches(&hash(at)), "{at} of {count}");
        }
    }
}

/// A blob's digest must not stop at some length of the password, nor at some place in it.
#[test]
fn every_character_of_a_password_of_any_length_counts() {
    const ALPHABET: [char; 6] = ['a', 'Z', '7', ' ', 'ü', '😀'];
    let flipped = |password: &[char], at: usize| -> String {
        password.iter().enumerate().map(|(place, other)| if place == at { '§' } else { *other }).collect()
    };
    for length in [0, 1, 2, 7, 8, 14, 15, 27, 28, 63, 64, 71, 72, 73, 127, 128, 255, 256, 257, 1_024] {
        let password: Vec<char> = ALPHABET.iter().copied().cycle().take(length).collect();
        let whole: String = password.iter().collect();
        let others = (0..length).map(|at| flipped(&password, at)).chain([format!("{whole}a"), format!("{whole}\0")]);
        let shortened = (length > 0).then(|| password[..length - 1].iter().collect());
        let mut people = vec![(NtHash::of_password(&whole), [9; 10])];
        people.extend(others.chain(shortened).map(|other| (NtHash::of_password(&other), [9; 10])));
        let blobs = derive(&people);
        let same = blobs.iter().filter(|blob| blob.expose() == blobs[0].expose()).count();
        assert_eq!(same, 1, "length {length}");
    }
}

proptest! {
    #[test]
    fn what_is_made_is_read_and_matches(password in ".{0,40}", salt: Salt) {
        let hash = NtHash::of_password(&password);
        let blob = CredentialData::parse(&made(&password, salt)).unwrap();
        prop_assert!(blob.matches(&hash));
        let mut other = *hash.expose();
        other[usize::from(salt[0] % 16)] ^= 1 << (salt[1] % 8);
        prop_assert!(!blob.matches(&NtHash::from_slice(&other).unwrap()));
    }

    #[test]
    fn parsing_never_panics(text in ".{0,200}", cut in 0..PUBLISHED.len(), with in ".{0,3}") {
        let _ = CredentialData::parse(&text);
        let _ = CredentialData::parse(&format!("{}{with}{}", &PUBLISHED[..cut], &PUBLISHED[cut..]));
        let _ = CredentialData::parse(&format!("{}{with}{}", &PUBLISHED[..cut], &PUBLISHED[cut + 1..]));
    }
}
