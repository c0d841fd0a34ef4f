//! What `harden` did for a process, read back from the kernel.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Somebody who is not root: `nobody`.
const OTHER_USER: u32 = 65_534;

#[test]
fn a_process_that_touches_hashes_can_neither_be_dumped_nor_traced() {
    let folder = tempfile::tempdir().unwrap();
    let binary = for_anyone(folder.path());
    let child = Waiting::start(&binary);
    let (process, user) = (child.0.id(), status(child.0.id(), "Uid:"));
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(cores.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{cores}");
    // The kernel gives the files of a process that is not dumpable to root, whoever runs it, and lets nobody else trace it.
    assert_ne!(user[0], "0", "{user:?}");
    assert_eq!(fs::metadata(format!("/proc/{process}/mem")).unwrap().uid(), 0);
    // One that hardened nothing shows what the test sees.
    let plain = Waiting(child_of(Command::new("/bin/cat")));
    assert_ne!(fs::metadata(format!("/proc/{}/mem", plain.0.id())).unwrap().uid(), 0);
}

/// A process that has hardened itself and waits for its input.
struct Waiting(Child);

impl Waiting {
    fn start(binary: &Path) -> Self {
        let mut command = Command::new(binary);
        command.args(["passwords", "hash"]);
        let waiting = Self(child_of(command));
        for _ in 0..100 {
            // It sleeps in the read of its input.
            let asleep = status(waiting.0.id(), "State:")[0] == "S";
            let reading = fs::read_to_string(format!("/proc/{}/limits", waiting.0.id())).unwrap().contains("Max core file size        0 ");
            if asleep && reading {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        waiting
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not as root, to whom everything belongs anyway.
fn child_of(mut command: Command) -> Child {
    if is_root() {
        command.uid(OTHER_USER).gid(OTHER_USER);
    }
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the binary runs")
}

/// The binary where another user can run it.
fn for_anyone(folder: &Path) -> PathBuf {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let binary = folder.join("samesign");
    fs::copy(env!("CARGO_BIN_EXE_samesign"), &binary).unwrap();
    binary
}

/// Whether the tests run as root.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn status(process: u32, field: &str) -> Vec<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}
