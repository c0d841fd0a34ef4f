//! A call whose question and answer are both longer than one fragment: IDL_DRSCrackNames (MS-DRSR 4.1.4) of many names.

/// The opnum.
pub const OPNUM: u16 = 12;

/// Asks for the objectGUID form of `count` accounts that are not there: each answer says so.
pub fn stub(handle: &[u8], count: u32) -> Vec<u8> {
    let mut stub = handle.to_vec();
    let mut put = |values: &[u32]| stub.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    // dwInVersion and the union's tag; CodePage, LocaleId, dwFlags; from DS_NT4_ACCOUNT_NAME to DS_FQDN_1779_NAME.
    put(&[1, 1, 0, 0, 0, 2, 1, count, 0x0002_0000, count]);
    put(&(0..count).map(|index| 0x0002_0004 + index * 4).collect::<Vec<_>>());
    for index in 0..count {
        let name: Vec<u16> = format!("CORP\\nobody-{index:05}\0").encode_utf16().collect();
        let length = u32::try_from(name.len()).unwrap();
        stub.resize(stub.len().next_multiple_of(4), 0);
        stub.extend([length, 0, length].into_iter().flat_map(u32::to_le_bytes));
        stub.extend(name.into_iter().flat_map(u16::to_le_bytes));
    }
    stub
}

/// How many results the answer says it has, and whether the call succeeded.
pub fn results(answer: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_le_bytes(answer[at..at + 4].try_into().unwrap());
    // dwOutVersion, the union's tag, the pointer to DS_NAME_RESULTW, and its cItems.
    (number(12), number(answer.len() - 4))
}
