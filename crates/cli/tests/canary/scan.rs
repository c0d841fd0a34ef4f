//! Looks for secrets in bytes, files and the memory of processes, in every form in which one might have been left.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_wire::password::NtHash;

const BLOCK: usize = 1 << 20;
const PAGE: usize = 4096;

/// One form of a secret, or a half of one: what is freed loses its first bytes to the allocator, and half a hash is still too much.
struct Needle {
    name: String,
    bytes: Vec<u8>,
}

/// What is looked for.
pub struct Scan {
    needles: Vec<Needle>,
    by_first_byte: Vec<Vec<usize>>,
    longest: usize,
}

/// Where a needle was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Find {
    pub place: String,
    pub needle: String,
    /// The bytes around it, for whoever has to find out how it came there.
    pub around: String,
}

impl Scan {
    /// Looks for these passwords and their NT hashes.
    pub fn passwords(passwords: &[&str]) -> Self {
        let mut needles = Vec::new();
        for password in passwords {
            let mut add = |form: &str, bytes: Vec<u8>| needles.push(Needle { name: format!("{form} of {password:?}"), bytes });
            add("clear text", password.as_bytes().to_vec());
            add("clear text in UTF-16", utf16(password));
            for (form, whole) in forms(NtHash::of_password(password).expose()) {
                let (first, second) = whole.split_at(whole.len() / 2);
                add(&format!("first half of {form}"), first.to_vec());
                add(&format!("second half of {form}"), second.to_vec());
            }
        }
        Self::of(needles)
    }

    /// Looks for a text that must be there: a scan that finds nothing at all proves nothing.
    pub fn text(text: &str) -> Self {
        Self::of(vec![Needle { name: text.to_owned(), bytes: text.as_bytes().to_vec() }])
    }

    fn of(needles: Vec<Needle>) -> Self {
        let mut by_first_byte = vec![Vec::new(); 256];
        for (number, needle) in needles.iter().enumerate() {
            // Blank pages are stepped over.
            assert_ne!(needle.bytes[0], 0, "{} begins with zero: take another password", needle.name);
            by_first_byte[usize::from(needle.bytes[0])].push(number);
        }
        let longest = needles.iter().map(|needle| needle.bytes.len()).max().unwrap();
        Self { needles, by_first_byte, longest }
    }

    pub fn bytes(&self, place: &str, bytes: &[u8]) -> Vec<Find> {
        let mut finds = Vec::new();
        for (page, content) in bytes.chunks(PAGE).enumerate().filter(|(_, content)| content.iter().any(|byte| *byte != 0)) {
            for (at, byte) in content.iter().enumerate() {
                let at = page * PAGE + at;
                for number in &self.by_first_byte[usize::from(*byte)] {
                    let needle = &self.needles[*number];
                    if bytes[at..].starts_with(&needle.bytes) {
                        finds.push(Find { place: format!("{place}, byte {at}"), needle: needle.name.clone(), around: around(bytes, at) });
                    }
                }
            }
        }
        finds
    }

    /// Every file below a folder, but for those of these names.
    pub fn folder(&self, folder: &Path, but: &[&str]) -> Vec<Find> {
        let mut finds = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                finds.extend(self.folder(&path, but));
            } else if kind.is_file() && !but.iter().any(|name| entry.file_name() == *name) {
                finds.extend(self.bytes(&path.display().to_string(), &std::fs::read(&path).unwrap()));
            }
        }
        finds
    }

    /// Everything that a process has mapped and could read. Gives the number of bytes too.
    pub fn memory(&self, process: u32) -> (Vec<Find>, u64) {
        let memory = File::open(format!("/proc/{process}/mem")).expect("the memory of a child can be opened");
        let (mut finds, mut total) = (Vec::new(), 0);
        for (range, name) in mappings(process) {
            let (mut at, end) = range;
            while at < end {
                let wanted = usize::try_from(end - at).unwrap().min(BLOCK + self.longest);
                let mut block = vec![0; wanted];
                // Guard pages and what was unmapped meanwhile.
                let Ok(read) = memory.read_at(&mut block, at) else { break };
                finds.extend(self.bytes(&format!("memory {name} at {at:x}"), &block[..read]));
                total += read as u64;
                at += BLOCK as u64;
            }
        }
        (finds, total)
    }
}

/// The forms in which a hash is written somewhere, each by its name.
pub fn forms(hash: &[u8; 16]) -> BTreeMap<&'static str, Vec<u8>> {
    let lower: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let upper = lower.to_uppercase();
    // Base64 looks different at each of three places in a longer text; what the neighbours have a part in is left off.
    let base64 = |before: usize| {
        let whole = STANDARD.encode([&vec![0; before][..], hash].concat()).into_bytes();
        whole[(before * 8).div_ceil(6)..][..20].to_vec()
    };
    BTreeMap::from([
        ("the raw hash", hash.to_vec()),
        ("lower-case digits", lower.as_bytes().to_vec()),
        ("upper-case digits", upper.as_bytes().to_vec()),
        ("lower-case digits in UTF-16", utf16(&lower)),
        ("upper-case digits in UTF-16", utf16(&upper)),
        ("Base64", base64(0)),
        ("Base64 behind one byte", base64(1)),
        ("Base64 behind two bytes", base64(2)),
    ])
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn around(bytes: &[u8], at: usize) -> String {
    let (from, to) = (at.saturating_sub(48), (at + 80).min(bytes.len()));
    bytes[from..to].escape_ascii().to_string()
}

/// The readable mappings: their addresses and names.
fn mappings(process: u32) -> Vec<((u64, u64), String)> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).expect("the mappings of a child can be read");
    let mapping = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (from, to) = fields[0].split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        let name = fields.get(5).copied().unwrap_or("[anonymous]");
        let readable = fields[1].starts_with('r') && !name.starts_with("[v");
        readable.then(|| ((number(from), number(to)), name.to_owned()))
    };
    maps.lines().filter_map(mapping).collect()
}
