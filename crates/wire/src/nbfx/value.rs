//! The content of a text record, and the characters it stands for.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{DateTime, Error, TimeSpan};

/// The content of a text record ([MC-NBFX] 2.2.3). Without `Debug` outside tests: a text may be a bearer token.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub enum Value<'a> {
    /// `FalseText`, `TrueText`, `BoolText`.
    Bool(bool),
    /// `ZeroText`, `OneText`, `Int8Text` to `Int64Text`.
    Int(i64),
    /// `UInt64Text`.
    UInt(u64),
    /// `FloatText`.
    Float(f32),
    /// `DoubleText`.
    Double(f64),
    /// `DecimalText`.
    Decimal(Decimal),
    /// `DateTimeText`.
    DateTime(DateTime),
    /// `TimeSpanText`.
    TimeSpan(TimeSpan),
    /// `UniqueIdText`: a UUID whose text begins with `urn:uuid:`.
    UniqueId(Uuid),
    /// `UuidText`.
    Uuid(Uuid),
    /// Characters: `Chars8Text` to `Chars32Text`, `UnicodeChars8Text` to `UnicodeChars32Text`, `DictionaryText`, `EmptyText`, and a list.
    Chars(Cow<'a, str>),
    /// `Bytes8Text` to `Bytes32Text`. The text is their Base64.
    Bytes(&'a [u8]),
    /// `QNameDictionaryText`: a name with a prefix of one letter.
    QName {
        /// The prefix, `a` to `z`.
        prefix: char,
        /// The local name.
        name: &'a str,
    },
}

impl<'a> Value<'a> {
    /// The characters that the value stands for.
    pub fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Int(value) => Cow::Owned(value.to_string()),
            Self::UInt(value) => Cow::Owned(value.to_string()),
            Self::Float(value) => Cow::Owned(float_text(f64::from(*value), value.to_string(), format!("{value:E}"))),
            Self::Double(value) => Cow::Owned(float_text(*value, value.to_string(), format!("{value:E}"))),
            Self::Decimal(value) => Cow::Owned(value.to_string()),
            Self::DateTime(value) => Cow::Owned(value.to_string()),
            Self::TimeSpan(value) => Cow::Owned(value.to_string()),
            Self::UniqueId(value) => Cow::Owned(format!("urn:uuid:{value}")),
            Self::Uuid(value) => Cow::Owned(value.to_string()),
            Self::Chars(text) => text.clone(),
            Self::Bytes(bytes) => Cow::Owned(STANDARD.encode(bytes)),
            Self::QName { prefix, name } => Cow::Owned(format!("{prefix}:{name}")),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Chars(Cow::Borrowed(text))
    }
}

/// Exponents are written where the plain form would be all zeros (2.2.3.9); the sign of the exponent is always there.
fn float_text(value: f64, plain: String, exponential: String) -> String {
    let magnitude = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "INF".to_owned() } else { "-INF".to_owned() }
    } else if magnitude != 0.0 && !(1e-5..1e15).contains(&magnitude) {
        if exponential.contains("E-") { exponential } else { exponential.replace('E', "E+") }
    } else {
        plain
    }
}

/// A UUID in the order of bytes of the wire: the first three fields little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a3, a2, a1, a0, b1, b0, c1, c0, d0, d1, rest @ ..] = self.0;
        write!(f, "{a0:02x}{a1:02x}{a2:02x}{a3:02x}-{b0:02x}{b1:02x}-{c0:02x}{c1:02x}-{d0:02x}{d1:02x}-")?;
        rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A decimal number of 96 bits with up to 28 places ([MS-OAUT] 2.2.26).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    places: u8,
    magnitude: u128,
}

impl Decimal {
    pub(super) fn from_wire(bytes: [u8; 16]) -> Result<Self, Error> {
        let [_, _, places, sign, h0, h1, h2, h3, low @ ..] = bytes;
        let high = u128::from(u32::from_le_bytes([h0, h1, h2, h3]));
        if places > 28 || (sign != 0 && sign != 0x80) {
            return Err(Error::Value);
        }
        Ok(Self { negative: sign != 0, places, magnitude: high << 64 | u128::from(u64::from_le_bytes(low)) })
    }

    pub(super) fn to_wire(self) -> [u8; 16] {
        let [l0, l1, l2, l3, l4, l5, l6, l7, h0, h1, h2, h3, ..] = self.magnitude.to_le_bytes();
        let sign = if self.negative { 0x80 } else { 0 };
        [0, 0, self.places, sign, h0, h1, h2, h3, l0, l1, l2, l3, l4, l5, l6, l7]
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u128.pow(u32::from(self.places));
        let (whole, fraction) = (self.magnitude / unit, self.magnitude % unit);
        f.write_str(if self.negative { "-" } else { "" })?;
        write!(f, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let digits = format!("{fraction:0width$}", width = usize::from(self.places));
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}
