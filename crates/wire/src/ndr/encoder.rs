//! Writing.

/// The first referent id, as Windows chooses it; every further pointer adds four (C706 14.3.12: any but zero will do).
const FIRST_REFERENT: u32 = 0x0002_0000;

/// The parameters of a call ("stub data") as they grow.
#[derive(Default)]
pub struct Encoder {
    bytes: Vec<u8>,
    pointers: u32,
}

impl Encoder {
    /// Begins with nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills up with zeros before a value of this alignment, in bytes.
    pub fn align(&mut self, alignment: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(alignment.max(1)), 0);
    }

    /// Bytes, without alignment.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// An unsigned short.
    pub fn u16(&mut self, value: u16) {
        self.align(2);
        self.bytes(&value.to_le_bytes());
    }

    /// An unsigned long.
    pub fn u32(&mut self, value: u32) {
        self.align(4);
        self.bytes(&value.to_le_bytes());
    }

    /// An unsigned hyper.
    pub fn u64(&mut self, value: u64) {
        self.align(8);
        self.bytes(&value.to_le_bytes());
    }

    /// A hyper.
    pub fn i64(&mut self, value: i64) {
        self.align(8);
        self.bytes(&value.to_le_bytes());
    }

    /// A UUID, its 16 bytes as they are given.
    pub fn uuid(&mut self, uuid: &[u8; 16]) {
        self.align(4);
        self.bytes(uuid);
    }

    /// A unique pointer. What it leads to must be written later, in the order of the pointers.
    pub fn pointer(&mut self, leads_somewhere: bool) {
        let referent = if leads_somewhere { FIRST_REFERENT.wrapping_add(self.pointers.wrapping_mul(4)) } else { 0 };
        self.pointers = self.pointers.wrapping_add(u32::from(leads_somewhere));
        self.u32(referent);
    }

    /// A count of elements: the maximum count before a conformant array, or the field that repeats it. What a message cannot
    /// count is clipped, which the receiver will refuse.
    pub fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// A conformant array of bytes.
    pub fn byte_array(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes(bytes);
    }

    /// The stub data.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
